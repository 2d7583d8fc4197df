"""Sitemaps that robots.txt files name are noted in the index, once for each file that this worker downloads."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from backlink_crawler.net.robots import ROBOTS_READ
from backlink_crawler.net.robots_rules import RobotsRules
from backlink_crawler.store import Store, StoreError, StoreUnavailable
from backlink_crawler.store.sitemaps import NamedSitemaps, note_sitemaps
from backlink_crawler.urls import host_of, normalise

MOST_WAITING = 10_000
"""Hosts whose sitemaps wait for MongoDB. No more come while it is away, as pages wait for it too."""
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0

logger = logging.getLogger(__name__)


class SitemapNotes:
    """Writes in the background: no page waits for it. While MongoDB is away the notes wait, and are sent again.

    A worker that dies takes those of its last moments along; the files are read again in the next crawl, or in a day.
    """

    def __init__(self, crawler: Crawler, *, patience_at_stop: float = 3.0) -> None:
        settings = crawler.settings
        if not settings.get("MONGODB_URI"):
            raise NotConfigured
        self._store = Store(settings["MONGODB_URI"], settings["MONGODB_DATABASE"])
        self._patience_at_stop = patience_at_stop
        self._waiting: dict[str, NamedSitemaps] = {}
        self._writer: asyncio.Task[None] | None = None
        crawler.signals.connect(self.robots_read, ROBOTS_READ)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a component."""
        return cls(crawler)

    @property
    def waiting(self) -> list[str]:
        """Hosts whose sitemaps are not written yet, oldest first."""
        return list(self._waiting)

    def robots_read(self, rules: RobotsRules, addresses: Iterable[str]) -> None:
        """Note what a file names, for each host that has it as its robots.txt."""
        for address in addresses:
            if address.count("/") == 3 and address.endswith("/robots.txt"):
                found = (normalise(sitemap, address) for sitemap in rules.sitemaps)
                urls = tuple(dict.fromkeys(url for url in found if url is not None))
                host = host_of(address)
                self._waiting.pop(host, None)
                self._waiting[host] = NamedSitemaps(host, urls, datetime.now(UTC))
        while len(self._waiting) > MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        if self._waiting and self._writer is None:
            self._writer = asyncio.create_task(self._write_all())

    async def spider_closed(self, spider: Spider) -> None:
        """Write what waits, if MongoDB takes it soon, and disconnect."""
        writer = self._writer
        if writer is not None:
            await asyncio.wait({writer}, timeout=self._patience_at_stop)
            writer.cancel()
            await asyncio.wait({writer})
        if self._waiting:
            logger.warning("The sitemaps of %d hosts are not noted: MongoDB does not answer.", len(self._waiting))
        await self._store.close()

    async def _write_all(self) -> None:
        pause = _FIRST_PAUSE
        try:
            while self._waiting:
                batch = dict(self._waiting)
                try:
                    async with self._store.answers():
                        await note_sitemaps(self._store.database, list(batch.values()))
                except StoreUnavailable:  # the pages that wait for it tell people
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
                    continue
                except StoreError as error:
                    logger.error("%s The sitemaps of %d hosts are not noted.", error, len(batch))
                self._waiting = {host: note for host, note in self._waiting.items() if batch.get(host) is not note}
        finally:
            self._writer = None
