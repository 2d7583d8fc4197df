"""Last stage: visits are stored in batches. A visit leaves it only when MongoDB has it.

While one batch is being written the next one gathers: a worker that has little to do waits for nothing, and one that
has much to do writes large batches.
"""

import asyncio
import logging
from collections import deque
from typing import Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from backlink_crawler.records import Visit
from backlink_crawler.store import Saved, Store, StoreUnavailable

BATCH_LINKS = 5_000
"""A batch holds so many links at most (but one page at least): bounds the memory and the time of a write."""
_LONGEST_PAUSE = 30.0

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
        self._store = Store(uri, settings["MONGODB_DATABASE"])
        self._waiting: deque[tuple[Visit, asyncio.Future[None]]] = deque()
        self._writer: asyncio.Task[None] | None = None

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
            if name.startswith(("pages/", "links/"))
        }
        await self._store.end_crawl(self._crawler.settings["CRAWL_ID"], reason, counters)
        await self._store.close()

    async def process_item(self, visit: Visit) -> Visit:
        """Return ``visit`` once it is stored."""
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((visit, stored))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all())
        await stored
        return visit

    async def _write_all(self) -> None:
        while self._waiting:
            batch: list[tuple[Visit, asyncio.Future[None]]] = []
            links = 0
            while self._waiting and (not batch or links + len(self._waiting[0][0].links) <= BATCH_LINKS):
                batch.append(self._waiting.popleft())
                links += len(batch[-1][0].links)
            await self._write(batch)
        self._writer = None

    async def _write(self, batch: list[tuple[Visit, asyncio.Future[None]]]) -> None:
        visits = [visit for visit, _ in batch]
        try:
            saved = await self._patiently(visits)
        except Exception as error:  # noqa: BLE001 - whatever it is, each visit must hear of it, or its page waits for ever
            for _, stored in batch:
                if not stored.done():
                    stored.set_exception(error)
            return
        for visit in visits:
            self._stats.inc_value(f"pages/{visit.page.outcome}")
        self._stats.inc_value("links/stored", saved.links)
        self._stats.inc_value("links/new", saved.links_new)
        if saved.set_aside:
            self._stats.inc_value("links/set_aside", saved.set_aside)
            logger.warning("%d records could not be stored; see the collection set_aside", saved.set_aside)
        for _, stored in batch:
            if not stored.done():
                stored.set_result(None)

    async def _patiently(self, visits: list[Visit]) -> Saved:
        pause = 0.5
        while True:
            try:
                return await self._store.save_visits(visits)
            except StoreUnavailable as error:
                logger.warning("%s Trying again in %.1f s; %d pages wait.", error, pause, len(visits))
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
