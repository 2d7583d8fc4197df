"""What Scrapy's engine keeps to itself and this crawler has to know: the one place that touches its private parts."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.asyncgen import as_async_generator
from scrapy.utils.defer import aiter_errback
from twisted.python.failure import Failure


def is_closing(crawler: Crawler) -> bool:
    """Return whether the spider was told to close and waits for its last pages."""
    slot = getattr(crawler.engine, "_slot", None)
    return slot is not None and slot.closing is not None


def wake(crawler: Crawler) -> None:
    """Have the engine ask the scheduler for requests now; its own heartbeat takes 5 s."""
    slot = getattr(crawler.engine, "_slot", None)
    if slot is not None:
        slot.nextcall.schedule()


def take_items_in_turn(crawler: Crawler) -> None:
    """Have the engine send the items of a page to the pipelines one after the other, as they come.

    Scrapy starts a queue and two tasks for the items of each page, however few it may send at a time
    (``CONCURRENT_ITEMS``); a page is one item here. What is replaced and what is called are public methods of
    Scrapy's ``Scraper``; only that one object is changed, as Scrapy has no setting for its class.
    """
    engine = crawler.engine
    assert engine is not None
    if crawler.settings.getint("CONCURRENT_ITEMS") != 1:
        return
    scraper = engine.scraper

    async def handle(
        result: Iterable[Any] | AsyncIterator[Any], request: Request, response: Response | Failure
    ) -> None:
        items = result if isinstance(result, AsyncIterator) else as_async_generator(result)
        async for one in aiter_errback(items, scraper.handle_spider_error, request, response):
            if isinstance(one, Request):
                engine.crawl(one)
            elif one is not None:
                await scraper.start_itemproc_async(one, response=response)

    scraper.handle_spider_output_async = handle  # type: ignore[method-assign]
