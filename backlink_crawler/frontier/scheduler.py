"""The frontier as Scrapy's scheduler: what is synchronous in Scrapy stays in memory, what is Redis runs in one task.

``next_request`` hands out leases claimed beforehand, ``enqueue_request`` and ``finish`` fill an outbox; every round of
the task sends the outbox and claims in batches. So Redis is asked less than once a page and never blocks the reactor.

Built on scrapy-redis: its settings for the connection (``REDIS_URL``, ``REDIS_PARAMS`` …) mean what they mean there;
its queue, duplicates filter and pickle are not used.
"""

import asyncio
import contextlib
import logging
from collections import deque
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.utils.defer import deferred_from_coro
from scrapy_redis.scheduler import Scheduler
from twisted.internet.defer import Deferred

from backlink_crawler import engine
from backlink_crawler.frontier.connection import client_from, options_from
from backlink_crawler.frontier.contract import (
    Counts,
    Finished,
    FrontierError,
    FrontierUnavailable,
    Lease,
)
from backlink_crawler.frontier.offered import Offered
from backlink_crawler.frontier.redis import RedisFrontier
from backlink_crawler.frontier.redis.scripts import Sender
from backlink_crawler.frontier.redis.start_urls import StartUrls
from backlink_crawler.records import Child

ROUND_SECONDS = 0.03
"""Time in which the outbox gathers before it is sent."""
IDLE_SECONDS = 0.25
"""Longest pause of a worker that has nothing to do: new start URLs are picked up well within a second."""
_HANDFUL = 3
_SHORTEST_PAUSE = 0.005
_LONGEST_PAUSE = 10.0

logger = logging.getLogger(__name__)


class FrontierScheduler(Scheduler):  # type: ignore[misc]  # scrapy-redis carries no types
    """Scrapy's view of one worker's frontier."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self.crawl_id: str = settings["CRAWL_ID"]
        self._capacity = settings.getint("CONCURRENT_REQUESTS")
        self._stay_open = settings.getbool("FRONTIER_STAY_OPEN")
        self._renew_after = settings.getfloat("FRONTIER_LEASE_SECONDS") / 3
        self._persist = settings.getbool("SCHEDULER_PERSIST")
        self._flush_on_start = settings.getbool("SCHEDULER_FLUSH_ON_START")
        client = client_from(settings)
        self.frontier = RedisFrontier(client, crawl_id=self.crawl_id, options=options_from(settings))
        self._start_urls = StartUrls(Sender(client), _start_keys(crawler))
        self._start_urls_read = 0.0
        self._ready: deque[Lease] = deque()
        self._in_work: dict[tuple[str, int], Lease] = {}
        self._new: list[Child] = []
        self._finished: list[Finished] = []
        self._offered = Offered()
        self._crawl_delays: dict[str, float] = {}
        self._start_exhausted = False
        self._seeded = False
        self._ended = False
        self._leaving = asyncio.Event()
        self._awake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "FrontierScheduler":
        """Scrapy's way to make a component."""
        return cls(crawler)

    def open(self, spider: Spider) -> Deferred[None]:
        """Join the crawl."""
        self._crawler.signals.connect(self._spider_idle, signals.spider_idle)
        return deferred_from_coro(self._open())

    async def _open(self) -> None:
        await self.frontier.open()
        if self._flush_on_start:
            await self._flush()
        if await self.frontier.ended() and not self._stay_open:
            logger.info(
                "Crawl %s has ended before; nothing is asked for twice. To repeat it, give another CRAWL_ID.",
                self.crawl_id,
            )
        self._task = asyncio.create_task(self._run(), name="frontier")

    def close(self, reason: str) -> Deferred[None]:
        """Send what is finished, hand back what was not started, leave the crawl."""
        return deferred_from_coro(self._close())

    async def _close(self) -> None:
        self._leaving.set()
        self._awake.set()
        if self._task is not None:
            await self._task
        try:
            await self._send()
            await self.frontier.release([*self._ready, *self._in_work.values()])
            stats = self._crawler.stats
            assert stats is not None
            stats.set_value("frontier/counts", await self.frontier.counts())
            if not self._persist and self._ended and not await self._others():
                await self.frontier.drop()
            await self.frontier.close()
        except FrontierError as error:
            logger.warning("%s Leases of this worker run out by themselves.", error)

    async def _flush(self) -> None:
        """``SCHEDULER_FLUSH_ON_START``: begin the crawl anew.

        :raises FrontierError: other workers are at it.
        """
        others = await self._others()
        if others:
            raise FrontierError(
                f"SCHEDULER_FLUSH_ON_START would delete crawl {self.crawl_id} under its workers {', '.join(others)}: "
                "stop them first, or give another CRAWL_ID"
            )
        await self.frontier.drop()
        await self.frontier.open()

    async def _others(self) -> list[str]:
        return [worker.name for worker in await self.frontier.workers() if worker.name != self.frontier.worker]

    def enqueue_request(self, request: Request) -> bool:
        """Take a URL to make known. Whether it is new is known only later, so the answer is always yes.

        :raises ValueError: a request that is more than the address of a page; the shared queue holds URLs only.
        """
        if request.method != "GET" or request.body:
            raise ValueError(f"The frontier holds pages, not {request.method} requests with a body: {request.url}")
        child = request.meta.get("child")
        self._new.append(child if isinstance(child, Child) else Child(request.url, request.meta.get("depth", 0)))
        self._awake.set()
        return True

    def next_request(self) -> Request | None:
        """Return the request of the next lease, or ``None`` when no claimed lease is left."""
        if not self._ready:
            return None
        lease = self._ready.popleft()
        self._in_work[lease.url, lease.token] = lease
        if not self._ready:
            self._awake.set()
        spider: Any = self._crawler.spider
        meta = {"lease": lease, "html_only": True}
        return Request(lease.url, callback=spider.parse, errback=spider.failed, dont_filter=True, meta=meta)

    def has_pending_requests(self) -> bool:
        """Whether this worker holds work that Scrapy has not seen, or has not yet been told whether there is any."""
        return bool(self._ready or self._new or self._finished)

    def finish(self, finished: Finished) -> None:
        """Take the end of a visit; it is sent with the next round."""
        self._in_work.pop((finished.lease.url, finished.lease.token), None)
        self._finished.append(finished)
        self._awake.set()

    def set_crawl_delay(self, host: str, seconds: float) -> None:
        """Take what a robots.txt asks for; it is sent with the next round."""
        self._crawl_delays[host] = seconds

    async def counts(self) -> Counts:
        """Return the state of the crawl."""
        return await self.frontier.counts()

    def _spider_idle(self) -> None:
        # Scrapy only calls a spider idle once its start() is exhausted.
        if not self._start_exhausted:
            self._start_exhausted = True
            self._awake.set()
        if not self._ended:
            raise DontCloseSpider

    async def _run(self) -> None:
        pause, renewed = 0.5, asyncio.get_running_loop().time()
        while not self._leaving.is_set():
            try:
                wait = await self._round()
                now = asyncio.get_running_loop().time()
                if now - renewed > self._renew_after:
                    renewed = now
                    await self.frontier.renew([*self._ready, *self._in_work.values()])
                pause = 0.5
                await self._rest(wait)
            except FrontierUnavailable as error:
                logger.warning("%s Trying again in %.1f s.", error, pause)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._leaving.wait()
                pause = min(pause * 2, _LONGEST_PAUSE)
            except Exception:
                logger.exception("The frontier's task failed; the worker stops, its leases go to others")
                self._ended = True
                self._stop("frontier_error")
                return

    async def _round(self) -> float:
        """Send, claim, look whether the crawl has ended; return the seconds until the next round makes sense."""
        await self._send()
        if engine.is_closing(self._crawler):
            await self._hand_back()
            return IDLE_SECONDS
        await self._take_start_urls()
        if self._start_exhausted and not self._seeded and not self._new:
            await self.frontier.seeding_complete()
            self._seeded = True
        room = self._capacity - len(self._ready) - len(self._in_work)
        # A free slot at a time would cost a round trip a page; a worker with nothing ready cannot be choosy.
        if room <= 0 or (self._ready and room < self._capacity // 4):
            return IDLE_SECONDS
        claimed = await self.frontier.claim(room)
        self._ready.extend(claimed.leases)
        if not claimed.leases and self._seeded and not self.has_pending_requests() and not self._in_work:
            self._ended = not self._stay_open and await self.frontier.ended()
        if claimed.leases or self._ended or not self._start_exhausted:
            engine.wake(self._crawler)
        return IDLE_SECONDS if claimed.next_due is None else min(claimed.next_due, IDLE_SECONDS)

    async def _take_start_urls(self) -> None:
        """Make known what others pushed into the start keys, at most four times a second."""
        now = asyncio.get_running_loop().time()
        if now - self._start_urls_read < IDLE_SECONDS:
            return
        pushed = await self._start_urls.read()
        if pushed:
            await self.frontier.discover([Child(one.url, depth=0, band=0) for one in pushed if one.url])
            await self._start_urls.remove(pushed)
            for one in pushed:
                if one.url is None:
                    logger.error("%r in %s is no web address; moved to %s:refused", one.entry[:200], one.key, one.key)
        else:
            self._start_urls_read = now

    async def _hand_back(self) -> None:
        """Give unstarted leases to the other workers, as soon as this one is told to stop."""
        leases = list(self._ready)
        self._ready.clear()
        if leases:
            await self.frontier.release(leases)

    async def _send(self) -> None:
        """Send the outbox. What was not acknowledged stays in it, and sending it twice changes nothing."""
        while self._crawl_delays:
            host, seconds = next(iter(self._crawl_delays.items()))
            await self.frontier.set_crawl_delay(host, seconds)
            del self._crawl_delays[host]
        new, finished = self._new[:], self._finished[:]
        if new:
            found = await self.frontier.discover(new)
            self._count(found.new, found.known, found.over_budget)
            del self._new[: len(new)]
        if finished:
            fresh = [Finished(one.lease, one.verdict, self._offered.fresh(one.children)) for one in finished]
            still_ours = await self.frontier.finish(fresh)
            del self._finished[: len(finished)]
            # The children of a stale visit may not have been taken; whoever visits the page again offers them.
            if still_ours == len(fresh):
                for one in fresh:
                    self._offered.remember(one.children)

    def _count(self, new: int, known: int, over_budget: int) -> None:
        stats = self._crawler.stats
        assert stats is not None
        for name, value in (("new", new), ("known", known), ("over_budget", over_budget)):
            stats.inc_value(f"frontier/{name}", value)

    async def _rest(self, seconds: float) -> None:
        """Sleep until ``seconds`` are over, or until something happens and a little longer, so that more gathers."""
        try:
            async with asyncio.timeout(max(seconds, _SHORTEST_PAUSE)):
                await self._awake.wait()
        except TimeoutError:
            return
        # With a handful of pages in work there is little to gather, and a slow host would wait for nothing.
        if not self._leaving.is_set() and len(self._in_work) > _HANDFUL:
            await asyncio.sleep(ROUND_SECONDS)
        self._awake.clear()

    def _stop(self, reason: str) -> None:
        running = self._crawler.engine
        assert running is not None
        self._closing = asyncio.ensure_future(running.close_spider_async(reason=reason))


def _start_keys(crawler: Crawler) -> list[str]:
    """The keys that scrapy-redis would read for this spider, and the one of this crawl alone."""
    spider = crawler.spidercls.name
    pattern = crawler.settings.get("REDIS_START_URLS_KEY") or "%(name)s:start_urls"
    return [pattern % {"name": name} for name in (spider, f"{spider}:{crawler.settings['CRAWL_ID']}")]
