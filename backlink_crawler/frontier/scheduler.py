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

from backlink_crawler.frontier.connection import client_from, options_from
from backlink_crawler.frontier.contract import (
    Counts,
    Finished,
    FrontierUnavailable,
    Lease,
)
from backlink_crawler.frontier.redis import RedisFrontier
from backlink_crawler.records import Child

ROUND_SECONDS = 0.02
"""Pause between rounds, in which the outbox gathers."""
IDLE_SECONDS = 0.25
"""Longest pause of a worker that has nothing to do: new start URLs are picked up well within a second."""
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
        self.frontier = RedisFrontier(
            client_from(settings),
            crawl_id=self.crawl_id,
            options=options_from(settings),
        )
        self._ready: deque[Lease] = deque()
        self._in_work: dict[tuple[str, int], Lease] = {}
        self._new: list[Child] = []
        self._finished: list[Finished] = []
        self._crawl_delays: dict[str, float] = {}
        self._start_exhausted = False
        self._seeded = False
        self._ended = False
        self._awake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

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
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        try:
            await self._send()
            await self.frontier.release([*self._ready, *self._in_work.values()])
            stats = self._crawler.stats
            assert stats is not None
            stats.set_value("frontier/counts", await self.frontier.counts())
        except FrontierUnavailable as error:
            logger.warning("%s Leases of this worker run out by themselves.", error)
        await self.frontier.close()

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
        return Request(lease.url, callback=spider.parse, errback=spider.failed, dont_filter=True, meta={"lease": lease})

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
        while True:
            try:
                wait = await self._round()
                now = asyncio.get_running_loop().time()
                if now - renewed > self._renew_after:
                    renewed = now
                    await self.frontier.renew([*self._ready, *self._in_work.values()])
                pause = 0.5
            except FrontierUnavailable as error:
                logger.warning("%s Trying again in %.1f s.", error, pause)
                wait, pause = pause, min(pause * 2, _LONGEST_PAUSE)
            except Exception:
                logger.exception("The frontier's task failed; the worker stops, its leases go to others")
                self._ended = True
                self._stop("frontier_error")
                return
            await self._rest(wait)

    async def _round(self) -> float:
        """Send, claim, look whether the crawl has ended; return the seconds until the next round makes sense."""
        await self._send()
        if self._start_exhausted and not self._seeded and not self._new:
            await self.frontier.seeding_complete()
            self._seeded = True
        room = self._capacity - len(self._ready) - len(self._in_work)
        if room <= 0:
            return IDLE_SECONDS
        claimed = await self.frontier.claim(room)
        self._ready.extend(claimed.leases)
        if not claimed.leases and self._seeded and not self.has_pending_requests() and not self._in_work:
            self._ended = not self._stay_open and await self.frontier.ended()
        if claimed.leases or self._ended or not self._start_exhausted:
            self._wake_engine()
        return IDLE_SECONDS if claimed.next_due is None else min(claimed.next_due, IDLE_SECONDS)

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
            await self.frontier.finish(finished)
            del self._finished[: len(finished)]

    def _count(self, new: int, known: int, over_budget: int) -> None:
        stats = self._crawler.stats
        assert stats is not None
        for name, value in (("new", new), ("known", known), ("over_budget", over_budget)):
            stats.inc_value(f"frontier/{name}", value)

    async def _rest(self, seconds: float) -> None:
        """Gather for one round, then sleep until something happens or ``seconds`` are over."""
        await asyncio.sleep(ROUND_SECONDS)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._awake.wait(), max(seconds - ROUND_SECONDS, 0))
        self._awake.clear()

    def _wake_engine(self) -> None:
        """Have the engine ask for requests now; Scrapy has no public way, and its own heartbeat takes 5 s."""
        slot = getattr(self._crawler.engine, "_slot", None)
        if slot is not None:
            slot.nextcall.schedule()

    def _stop(self, reason: str) -> None:
        engine = self._crawler.engine
        assert engine is not None
        self._closing = asyncio.ensure_future(engine.close_spider_async(reason=reason))
