"""What Scrapy's engine keeps to itself and this crawler has to know: the one place that touches its private parts."""

from scrapy.crawler import Crawler


def is_closing(crawler: Crawler) -> bool:
    """Return whether the spider was told to close and waits for its last pages."""
    slot = getattr(crawler.engine, "_slot", None)
    return slot is not None and slot.closing is not None


def wake(crawler: Crawler) -> None:
    """Have the engine ask the scheduler for requests now; its own heartbeat takes 5 s."""
    slot = getattr(crawler.engine, "_slot", None)
    if slot is not None:
        slot.nextcall.schedule()
