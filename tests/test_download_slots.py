"""What Scrapy's downloader remembers of hosts: nothing of those that the frontier hands out."""

from scrapy import Spider
from scrapy.core.downloader import Downloader
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler

from backlink_crawler.frontier.contract import Lease
from backlink_crawler.frontier.scheduler import FrontierScheduler


class Any(Spider):
    """A spider as the scheduler expects one."""

    name = "any"

    def failed(self) -> None:
        """Nothing fails here."""


def _taken(settings: Settings) -> dict[str, object]:
    names = (
        "CONCURRENT_REQUESTS",
        "DOWNLOAD_HANDLERS",
        "DOWNLOAD_SLOTS",
        "FRONTIER_LEASE_SECONDS",
        "SCHEDULER_PERSIST",
    )
    return {name: settings[name] for name in names}


async def test_all_hosts_share_one_slot() -> None:
    """However many hosts are asked, one slot is kept, and it never makes a request wait."""
    settings = Settings()
    settings.setmodule("settings.testing")
    crawler = get_crawler(Any, {"CRAWL_ID": "slots", "REDIS_URL": "redis://127.0.0.1:1", **_taken(settings)})
    crawler.spider = Any()
    scheduler, downloader = FrontierScheduler(crawler), Downloader(crawler)
    try:
        for number in range(50):
            host = f"host-{number}.test"
            scheduler._ready.append(Lease(f"http://{host}/", host, host, 0, 1, number, 1, 0))
            request = scheduler.next_request()
            assert request is not None
            _, slot = downloader._get_slot(request)
        assert len(downloader.slots) == 1
        assert slot.concurrency >= settings.getint("CONCURRENT_REQUESTS")
        assert not slot.delay
    finally:
        downloader.close()
