"""Progress of a crawl for the person watching: one line every few seconds, and one at the end."""

import asyncio
import logging
import time
from datetime import timedelta
from typing import Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from backlink_crawler.frontier.contract import Counts, FrontierError
from backlink_crawler.frontier.scheduler import FrontierScheduler

logger = logging.getLogger(__name__)


class Progress:
    """Extension that logs what this worker did and what waits in the shared frontier."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._every = crawler.settings.getfloat("PROGRESS_SECONDS")
        self._started = time.monotonic()
        self._pages_before = 0
        self._task: asyncio.Task[None] | None = None
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a component."""
        return cls(crawler)

    def spider_opened(self, spider: Spider) -> None:
        """Say what begins, under which name, and how to join it."""
        crawl_id = self._crawler.settings["CRAWL_ID"]
        logger.info("Crawl %s. More workers join it with: -s CRAWL_ID=%s", crawl_id, crawl_id)
        sites = {start.site for start in getattr(spider, "starts", ())}
        if sites:  # spiders that look again say themselves how much there is to do
            logger.info("%s", self._estimate(len(sites)))
        self._started = time.monotonic()
        if self._every > 0:
            self._task = asyncio.create_task(self._run())

    def spider_closed(self, spider: Spider, reason: str) -> None:
        """Sum up what this worker did."""
        if self._task is not None:
            self._task.cancel()
        seconds = time.monotonic() - self._started
        outcomes = self._outcomes()
        told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items(), key=lambda kv: -kv[1]))
        logger.info(
            "This worker: %d pages in %.0f s (%s); %d links stored, %d of them new%s%s. Ended: %s",
            sum(outcomes.values()),
            seconds,
            told or "none",
            self._stat("links/stored"),
            self._stat("links/new"),
            f", {self._stat('links/to_targets')} to targets" if getattr(spider, "targets", None) else "",
            self._not_walked(),
            reason,
        )

    def _not_walked(self) -> str:
        """Say what traps may have cost: offers of URLs, of which one may have been made on many pages."""
        told = []
        for what, meaning in (("refused", "not walked"), ("suspect", "walked only while there is room")):
            by_reason = self._counted(f"walk/{what}/")
            if by_reason:
                named = ", ".join(f"{reason} {count}" for reason, count in sorted(by_reason.items()))
                told.append(f"; URLs {meaning}: {named}")
        return "".join(told)

    def _estimate(self, sites: int) -> str:
        """Return how long the crawl may take at most: its sites are walked side by side, each at its own pace."""
        settings = self._crawler.settings
        pages, delay = settings.getint("MAX_PAGES_PER_SITE"), settings.getfloat("FRONTIER_HOST_DELAY")
        if not pages:
            return f"Sites to start from: {sites}; no limit of pages per site (MAX_PAGES_PER_SITE)"
        return (
            f"Sites to start from: {sites}, at most {pages:,} pages of each; a site of one host takes up to "
            f"{timedelta(seconds=round(pages * delay))} at {delay:g} s a page"
        )

    async def _run(self) -> None:
        engine = self._crawler.engine
        assert engine is not None
        told = time.monotonic()
        while True:
            await asyncio.sleep(self._every)
            if isinstance(engine.scheduler, FrontierScheduler):
                try:
                    counts = await engine.scheduler.counts()
                except FrontierError as error:
                    logger.warning("%s", error)
                    continue
                now = time.monotonic()
                self._tell(counts, now - told)
                told = now

    def _tell(self, counts: Counts, seconds: float) -> None:
        pages = sum(self._outcomes().values())
        logger.info(
            "%d pages (%.1f/s), %d links by this worker; crawl: %d done, %d waiting on %d hosts, %d in work, %d failed",
            pages,
            (pages - self._pages_before) / seconds,
            self._stat("links/stored"),
            counts.done,
            counts.waiting,
            counts.hosts_waiting,
            counts.leased,
            counts.failed,
        )
        self._pages_before = pages

    def _outcomes(self) -> dict[str, int]:
        return self._counted("pages/")

    def _counted(self, prefix: str) -> dict[str, int]:
        stats = self._crawler.stats
        assert stats is not None
        return {name.removeprefix(prefix): n for name, n in stats.get_stats().items() if name.startswith(prefix)}

    def _stat(self, name: str) -> int:
        stats = self._crawler.stats
        assert stats is not None
        return int(stats.get_value(name, 0) or 0)
