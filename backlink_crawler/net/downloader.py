"""Scrapy's downloader without its queues: who may be asked when is settled before a request comes here."""

from scrapy import Request, Spider
from scrapy.core.downloader import Downloader
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.defer import deferred_from_coro
from twisted.internet.defer import Deferred


class DirectDownloader(Downloader):
    """Gives a request to the middlewares and the download handler at once.

    The frontier has spaced the requests and locked their hosts, and the handler's connector bounds the connections of a
    host once more; a queue for each host would be a third guard that has nothing to hold back, at the cost of a task,
    three signals and a handful of Deferreds a page, and of 1.3 KB for each host of the last two minutes. Where somebody
    wants Scrapy's own spacing (``DOWNLOAD_DELAY``, ``DOWNLOAD_SLOTS``, AutoThrottle), requests take Scrapy's own way
    through those queues.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._spaced = bool(
            settings.getfloat("DOWNLOAD_DELAY")
            or settings.getdict("DOWNLOAD_SLOTS")
            or settings.getbool("AUTOTHROTTLE_ENABLED")
        )

    def fetch(self, request: Request, spider: Spider | None = None) -> Deferred[Response | Request]:
        """Return what the middlewares and the handler make of ``request``."""
        if self._spaced:
            return super().fetch(request)
        # Counted now, not when the task begins: the engine asks after each request whether there is room for another.
        self.active.add(request)
        return deferred_from_coro(self._fetch(request))

    async def _fetch(self, request: Request) -> Response | Request:
        try:
            return await self.middleware.download_async(self.handlers.download_request_async, request)
        finally:
            self.active.remove(request)
