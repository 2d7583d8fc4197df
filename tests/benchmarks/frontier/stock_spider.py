"""The ``seeds`` spider on scrapy-redis: the same work on every page, but a child becomes a request at once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from scrapy import Request
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy_redis.spiders import RedisMixin
from twisted.python.failure import Failure

from backlink_crawler.records import Visit
from backlink_crawler.spiders.observation import observe_failure, observe_response
from backlink_crawler.spiders.seeds import SeedsSpider


class StockSeedsSpider(RedisMixin, SeedsSpider):  # type: ignore[misc]  # scrapy-redis carries no types
    """Stays open as scrapy-redis spiders do. Its queue is filled beforehand, so ``start`` has nothing to add."""

    name = "seeds_stock"

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """With scrapy-redis it is Scrapy that keeps the delay, each worker for itself."""
        super().update_settings(settings)
        settings.set("DOWNLOAD_DELAY", settings.getfloat("FRONTIER_HOST_DELAY"), priority="spider")
        settings.set("DOWNLOAD_DELAY_JITTER", 0.0, priority="spider")

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **kwargs: Any) -> "StockSeedsSpider":
        """As ``RedisSpider`` does it."""
        spider: StockSeedsSpider = super().from_crawler(crawler, *args, **kwargs)
        spider.setup_redis(crawler)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Yield nothing."""
        nothing: tuple[Request, ...] = ()
        for request in nothing:
            yield request

    async def parse(self, response: Response) -> AsyncIterator[Visit | Request]:  # type: ignore[override]
        """Yield the children as requests, then the visit."""
        visit = observe_response(response, datetime.now(UTC))
        for child in self.children(visit):
            yield Request(child.url, callback=self.parse, errback=self.failed)
        yield visit

    async def failed(self, failure: Failure) -> AsyncIterator[Visit]:
        """Yield the visit of a page that gave no response."""
        request: Request = failure.request  # type: ignore[attr-defined]  # set by Scrapy for errbacks
        yield observe_failure(request, failure.value or failure, datetime.now(UTC))
