"""Last stage: visits are stored in batches. A visit leaves it only when MongoDB has it.

While a batch is being written the next one gathers. A batch costs a few round trips whatever its size, so a worker that
has much to do waits a moment for the next visits; one that has little to do waits for nothing.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from math import ceil
from typing import Any, Self, TypeVar

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from backlink_crawler.engine import is_closing
from backlink_crawler.frontier.feedback import Postponed
from backlink_crawler.history.revisiting import Patience
from backlink_crawler.records import Visit
from backlink_crawler.store import Saved, Store, StoreUnavailable

BATCH_LINKS = 5_000
"""A batch holds so many links at most (but one page at least): bounds the memory and the time of a write."""
BATCHES_AT_ONCE = 2
"""While MongoDB writes one batch, the next one is compared and encoded: each of the two has work all the time."""
ENOUGH = 32
"""Visits that make a batch worth its round trips: the second batch at once is begun with so many."""
GATHER_SECONDS = 0.02
"""How long a worker that has much to do waits for so many."""
_HANDFUL = 3
"""Visits; a worker whose last batch had no more has little to do."""
_LONGEST_PAUSE = 30.0
_LOOK_UP = 0.5
_PATIENCE_AT_STOP = 3.0
"""Seconds that a worker which is told to stop waits for MongoDB before it hands its pages back."""
_LAST_WORDS = 1.0
"""Seconds for the driver's farewell to a server that may not listen."""

_Answer = TypeVar("_Answer")

logger = logging.getLogger(__name__)


class Persist:
    """Gathers visits into bulk writes. While MongoDB is away, visits wait; nothing is dropped."""

    def __init__(self, crawler: Crawler) -> None:
        assert crawler.stats is not None
        settings = crawler.settings
        uri = settings.get("MONGODB_URI")
        if not uri:
            raise ValueError("MONGODB_URI is not set: say where the index lives, e.g. mongodb://127.0.0.1:27017")
        self._crawler = crawler
        self._stats = crawler.stats
        patience = Patience(
            recheck_min_days=settings.getfloat("RECHECK_MIN_DAYS"),
            recheck_max_days=settings.getfloat("RECHECK_MAX_DAYS"),
            unreachable_visits=settings.getint("UNREACHABLE_VISITS"),
            unreachable_days=settings.getfloat("UNREACHABLE_DAYS"),
        )
        self._store = Store(uri, settings["MONGODB_DATABASE"], patience=patience)
        self._waiting: deque[tuple[Visit, asyncio.Future[None]]] = deque()
        self._writing = 0
        self._last_batch = 0
        self._writers: set[asyncio.Task[None]] = set()
        self._stop_by: float | None = None
        self._given_up = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a component."""
        return cls(crawler)

    async def open_spider(self) -> None:
        """Open the index and note the crawl; :exc:`StoreError` ends the start."""
        await self._store.open()
        spider, settings = self._crawler.spider, self._crawler.settings
        assert spider is not None
        await self._store.start_crawl(settings["CRAWL_ID"], spider.name, getattr(spider, "arguments", {}))
        self._crawler.signals.connect(self.spider_closed, signals.spider_closed)

    async def spider_closed(self, spider: Spider, reason: str) -> None:
        """Note how the crawl went, and disconnect: every visit has left the pipelines by now."""
        counters = {
            name.replace("/", "_"): value
            for name, value in self._stats.get_stats().items()
            if name.startswith(("pages/", "links/", "visits/", "walk/"))
        }
        try:
            if not self._given_up:
                async with asyncio.timeout(_PATIENCE_AT_STOP):
                    await self._store.end_crawl(self._crawler.settings["CRAWL_ID"], reason, counters)
        except (StoreUnavailable, TimeoutError) as error:
            logger.warning("The end of this worker is not noted. %s", error or "MongoDB does not answer.")
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS):
                await self._store.close()

    async def process_item(self, visit: Visit) -> Visit:
        """Return ``visit`` once it is stored."""
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((visit, stored))
        if self._writing < (BATCHES_AT_ONCE if len(self._waiting) >= ENOUGH else 1):
            self._writing += 1
            writer = asyncio.create_task(self._write_all())
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        await stored
        return visit

    async def _write_all(self) -> None:
        while self._waiting:
            if self._last_batch > _HANDFUL and len(self._waiting) < ENOUGH:
                await asyncio.sleep(GATHER_SECONDS)
            if batch := self._next_batch():  # else the other writer has taken them meanwhile
                self._last_batch = len(batch)
                await self._write(batch)
        self._writing -= 1  # at once, not when the task is collected: no visit may wait for a writer that has left

    def _next_batch(self) -> list[tuple[Visit, asyncio.Future[None]]]:
        batch: list[tuple[Visit, asyncio.Future[None]]] = []
        links = 0
        while self._waiting and (not batch or links + len(self._waiting[0][0].links) <= BATCH_LINKS):
            batch.append(self._waiting.popleft())
            links += len(batch[-1][0].links)
        return batch

    async def _write(self, batch: list[tuple[Visit, asyncio.Future[None]]]) -> None:
        visits = [visit for visit, _ in batch]
        try:
            saved = await self._patiently(visits)
        except Exception as error:  # noqa: BLE001 - whatever it is, each visit must hear of it, or its page waits for ever
            if len(batch) > 1 and not isinstance(error, Postponed):  # one bad visit must not take the others along
                for one in batch:
                    await self._write([one])
            else:
                _refuse(batch, error)
            return
        for visit in visits:
            self._stats.inc_value(f"pages/{visit.page.outcome}")
        self._stats.inc_value("links/stored", saved.links)
        self._stats.inc_value("links/new", saved.links_new)
        self._stats.inc_value("visits/unchanged", saved.unchanged)
        self._stats.inc_value("links/events", saved.events)
        if saved.set_aside:
            self._stats.inc_value("links/set_aside", saved.set_aside)
            logger.warning("%d records could not be stored; see the collection set_aside", saved.set_aside)
        for _, stored in batch:
            if not stored.done():
                stored.set_result(None)

    async def _patiently(self, visits: list[Visit]) -> Saved:
        """Store ``visits``, however long MongoDB is away.

        :raises Postponed: the worker is to stop, and MongoDB was still away after a last while.
        """
        pause = 0.5
        while True:
            try:
                saved = await self._unless_time_is_up(self._store.save_visits(visits))
            except StoreUnavailable as error:
                logger.warning("%s Trying again in %.1f s; %d pages wait.", error, pause, len(visits))
                await self._unless_time_is_up(self._rest(pause))
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                self._stop_by = None
                return saved

    async def _rest(self, seconds: float) -> None:
        """Sleep, but try once more soon after the worker was told to stop."""
        for _ in range(ceil(seconds / _LOOK_UP)):
            await asyncio.sleep(_LOOK_UP)
            if is_closing(self._crawler):
                return

    async def _unless_time_is_up(self, work: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Await ``work``, which a server that is there and silent may never end.

        :raises Postponed: the worker is to stop, and nothing was stored for a while since. To be cut off between two
            writes does no harm: whoever visits the page again finishes what is open.
        """
        clock = asyncio.get_running_loop().time
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=_LOOK_UP)
                if not task.done() and is_closing(self._crawler):
                    self._stop_by = self._stop_by or clock() + _PATIENCE_AT_STOP
                    if clock() >= self._stop_by:
                        self._given_up = True
                        raise Postponed("MongoDB does not answer and the worker is to stop: handed back")
        finally:
            task.cancel()
        return task.result()


def _refuse(batch: list[tuple[Visit, asyncio.Future[None]]], error: Exception) -> None:
    for _, stored in batch:
        if not stored.done():
            stored.set_exception(error)
