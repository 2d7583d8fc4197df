"""Asking whether a page has changed instead of asking for it: conditional requests by RFC 9110 §13.

For spiders that say ``conditional = True``. A walking spider never does: a 304 has no links to walk on.
"""

import asyncio
import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from backlink_crawler.store import Store, StoreError, due

_SENDABLE = re.compile(r"[\x20-\x7e]{1,1024}")
"""Validators are repeated as they were sent, also those that break the grammar; but never what could end a header."""

logger = logging.getLogger(__name__)


class ConditionalMiddleware:
    """Adds ``If-None-Match`` and ``If-Modified-Since`` from what the index knows of a page.

    The index is asked once for all requests that wait at that moment: while one answer is on its way, more gather. When
    it does not answer, pages are asked for as usual, which only costs more.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not getattr(crawler.spider, "conditional", False):
            raise NotConfigured
        settings = crawler.settings
        self._store = Store(settings.get("MONGODB_URI") or "", settings["MONGODB_DATABASE"], read_only=True)
        self._whole_every = timedelta(days=settings.getfloat("RECHECK_MAX_DAYS"))
        self._waiting: dict[str, asyncio.Future[due.Validators | None]] = {}
        self._reader: asyncio.Task[None] | None = None
        self.reads = 0
        """Times the index was asked."""
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a component."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Make the request for a page conditional; robots.txt and the like, and second attempts, stay as they are."""
        lease = request.meta.get("lease")
        if lease is None or lease.attempt > 1:
            return
        known = await self._known(request.url)
        if known is None:
            return
        for name, value in (("If-None-Match", known.etag), ("If-Modified-Since", known.last_modified)):
            if value and _SENDABLE.fullmatch(value):
                request.headers[name] = value

    async def spider_closed(self, spider: Spider) -> None:
        """Disconnect."""
        if self._reader is not None:
            self._reader.cancel()
        await self._store.close()

    async def _known(self, url: str) -> due.Validators | None:
        answer = self._waiting.get(url)
        if answer is None:
            answer = self._waiting[url] = asyncio.get_running_loop().create_future()
        if self._reader is None:
            self._reader = asyncio.create_task(self._read_all())
        return await asyncio.shield(answer)

    async def _read_all(self) -> None:
        try:
            while self._waiting:
                # One turn of the loop: requests that were handed out together wait together.
                await asyncio.sleep(0)
                asked, self._waiting = self._waiting, {}
                known: dict[str, due.Validators] = {}
                try:
                    known = await self._read(list(asked))
                finally:
                    for url, answer in asked.items():
                        answer.set_result(known.get(url))
        finally:
            self._reader = None

    async def _read(self, urls: list[str]) -> dict[str, due.Validators]:
        self.reads += 1
        try:
            async with self._store.answers():
                since = datetime.now(UTC) - self._whole_every
                return await due.validators(self._store.database, urls, whole_since=since)
        except StoreError as error:
            logger.warning("%s %d pages are asked for whole.", error, len(urls))
            return {}
