"""robots.txt by RFC 9309: fetched once a day per origin, redirects followed, an unreachable one means *not now*.

Scrapy's own middleware would read a robots.txt behind a redirect as empty (its redirect middleware is off here), take a
5xx or a failed download as permission, and keep every parser for ever.
"""

import asyncio
import time
from collections import OrderedDict
from urllib.parse import urljoin

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import build_from_crawler, load_object

MAX_REDIRECTS = 5
"""§2.3.1.2: at least five hops are followed; more are read as no robots.txt."""
MAX_BYTES = 512_000
"""§2.5: at least 500 KiB are parsed; the rest is cut off."""
KEPT_SECONDS = 86_400
"""§2.4: not used for longer than 24 hours."""
KEPT_ORIGINS = 10_000

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SECONDS_TO_ANSWER = 30
_FIRST = 1000


class BlockedByRobots(IgnoreRequest):
    """The site's robots.txt does not want this URL asked for by us."""


class RobotsUnreachable(IgnoreRequest):
    """robots.txt answers 5xx or 429, so nothing of its site may be asked for now (§2.3.1.4)."""


class RobotsMiddleware:
    """Lets a request through when the robots.txt of its origin does.

    Reading robots.txt is a request to the host like any other, so its first page waits for the host's delay after it.
    Sends Scrapy's signal ``robots_parsed`` for every file read, which carries its Crawl-delay to the frontier.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._parser: type[RobotParser] = load_object(crawler.settings["ROBOTSTXT_PARSER"])
        self._user_agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        self._delay = crawler.settings.getfloat("FRONTIER_HOST_DELAY")
        self._longest_delay = crawler.settings.getfloat("FRONTIER_MAX_CRAWL_DELAY")
        self._rules: OrderedDict[str, tuple[float, asyncio.Future[RobotParser]]] = OrderedDict()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsMiddleware":
        """Scrapy's way to make a component."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let ``request`` through, or say why not.

        :raises BlockedByRobots: disallowed.
        :raises RobotsUnreachable: robots.txt answers with a server error.
        :raises Exception: of the download handler, when robots.txt could not be downloaded at all: the page would
            fail in the same way.
        """
        if request.meta.get("dont_obey_robotstxt"):
            return
        rules = await asyncio.shield(self._rules_for(request))
        if not rules.allowed(request.url, self._user_agent):
            raise BlockedByRobots("disallowed by robots.txt")

    def _rules_for(self, request: Request) -> asyncio.Future[RobotParser]:
        url = urlparse_cached(request)
        origin = f"{url.scheme}://{url.netloc}"
        now = time.monotonic()
        kept = self._rules.get(origin)
        if kept is not None and now - kept[0] < KEPT_SECONDS:
            self._rules.move_to_end(origin)
            return kept[1]
        task = asyncio.ensure_future(self._read(origin, request))
        task.add_done_callback(lambda done: self._forget_failure(origin, done))
        self._rules[origin] = (now, task)
        while len(self._rules) > KEPT_ORIGINS:
            self._rules.popitem(last=False)
        return task

    def _forget_failure(self, origin: str, done: asyncio.Future[RobotParser]) -> None:
        if done.cancelled() or done.exception() is not None:
            self._rules.pop(origin, None)

    async def _read(self, origin: str, request: Request) -> RobotParser:
        response = await self._download(f"{origin}/robots.txt")
        if response.status >= 500 or response.status == 429:
            raise RobotsUnreachable(f"robots.txt answers {response.status}")
        # §2.3.1.3: a client error means there are no rules.
        body = response.body[:MAX_BYTES] if response.status < 300 else b""
        rules: RobotParser = build_from_crawler(self._parser, self._crawler, body)
        await self._crawler.signals.send_catch_log_async(signals.robots_parsed, robotparser=rules, request=request)
        await asyncio.sleep(max(self._delay, min(rules.crawl_delay(self._user_agent) or 0, self._longest_delay)))
        return rules

    async def _download(self, url: str) -> Response:
        engine = self._crawler.engine
        stats = self._crawler.stats
        assert engine is not None
        assert stats is not None
        for hop in range(MAX_REDIRECTS + 1):
            if hop:
                await asyncio.sleep(self._delay)
            stats.inc_value("robotstxt/request_count")
            meta = {"dont_obey_robotstxt": True, "download_timeout": _SECONDS_TO_ANSWER}
            response = await engine.download_async(Request(url, priority=_FIRST, meta=meta, callback=NO_CALLBACK))
            stats.inc_value(f"robotstxt/response_status_count/{response.status}")
            location = response.headers.get("Location")
            if response.status not in _REDIRECTS or not location or hop == MAX_REDIRECTS:
                break
            url = urljoin(url, location.decode("latin-1").strip())
            if not url.startswith(("http://", "https://")):
                break
        return response
