"""robots.txt by RFC 9309: every request for a page is checked against the rules of its origin.

Scrapy's own middleware would read a robots.txt behind a redirect as empty (its redirect middleware is off here), take a
5xx or a failed download as permission, and keep every parser for ever.

What a file says is kept in memory (``robots_memory``) and shared by the workers of a crawl (``frontier.redis.robots``);
how one is read stands in ``robots_reading``, what it means in ``robots_rules``.
"""

import asyncio
import logging
import time
from typing import Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK
from scrapy.settings import BaseSettings
from scrapy.utils.httpobj import urlparse_cached

from backlink_crawler.frontier.connection import client_from, options_from
from backlink_crawler.frontier.redis.robots import SharedRobots
from backlink_crawler.net.errors import BlockedByRobots
from backlink_crawler.net.introduction import robots_name
from backlink_crawler.net.robots_memory import Read, RobotsMemory
from backlink_crawler.net.robots_reading import MAX_BYTES, SECONDS_TO_ANSWER, RobotsReader

ROBOTS_READ = object()
"""Signal: the rules of an origin are known from now on. Arguments: ``url`` of the page that asked, ``rules``
(:class:`RobotsRules`), and ``addresses`` that this worker downloaded the file from (``robots_memory.Read``)."""

_FIRST = 1000

logger = logging.getLogger(__name__)


class RobotsMiddleware:
    """Lets a request through when the robots.txt of its origin does.

    Reading robots.txt is a request to the host like any other, so its first page waits for the host's delay after it.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        agent = robots_name(settings)
        if agent.lower() not in settings["USER_AGENT"].lower():
            logger.warning(
                "robots.txt is read as %s, which USER_AGENT does not say: sites cannot tell whom to address.", agent
            )
        self._delay = settings.getfloat("FRONTIER_HOST_DELAY")
        self._longest_delay = settings.getfloat("FRONTIER_MAX_CRAWL_DELAY")
        self._memory = RobotsMemory(time.monotonic)
        self._shared = _shared(settings)
        self._reader = RobotsReader(self._download, self._shared, agent, delay=self._delay)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a component."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let ``request`` through, or say why not.

        :raises BlockedByRobots: disallowed.
        :raises RobotsUnreachable: nothing of the origin may be asked for now.
        :raises Exception: of the download handler, when the host gives no answer.
        """
        if request.meta.get("dont_obey_robotstxt"):
            return
        read = await asyncio.shield(self._reading_of(request))
        if not read.rules.allowed(request.url):
            raise BlockedByRobots("disallowed by robots.txt")

    async def spider_closed(self, spider: Spider) -> None:
        """Disconnect."""
        if self._shared is not None:
            await self._shared.close()

    def _reading_of(self, request: Request) -> asyncio.Future[Read]:
        url = urlparse_cached(request)
        origin = f"{url.scheme}://{url.netloc}"
        reading = self._memory.get(origin)
        if reading is None:
            reading = asyncio.ensure_future(self._read(origin, request.url))
            self._memory.put(origin, reading)
        return reading

    async def _read(self, origin: str, url: str) -> Read:
        read = await self._reader.read(origin)
        await self._crawler.signals.send_catch_log_async(
            ROBOTS_READ, url=url, rules=read.rules, addresses=read.addresses
        )
        if read.from_wire:
            await asyncio.sleep(max(self._delay, min(read.rules.crawl_delay or 0.0, self._longest_delay)))
        return read

    async def _download(self, url: str) -> Response:
        engine, stats = self._crawler.engine, self._crawler.stats
        assert engine is not None
        assert stats is not None
        stats.inc_value("robotstxt/request_count")
        meta = {
            "dont_obey_robotstxt": True,
            "download_timeout": SECONDS_TO_ANSWER,
            "truncate_at": MAX_BYTES,
        }
        response = await engine.download_async(Request(url, priority=_FIRST, meta=meta, callback=NO_CALLBACK))
        stats.inc_value(f"robotstxt/response_status_count/{response.status}")
        return response


def _shared(settings: BaseSettings) -> SharedRobots | None:
    """Connect to the crawl's Redis; with Scrapy's own scheduler there is no crawl and nobody to share with."""
    if settings["SCHEDULER"] == "scrapy.core.scheduler.Scheduler":
        return None
    return SharedRobots(client_from(settings), settings["CRAWL_ID"], options=options_from(settings))
