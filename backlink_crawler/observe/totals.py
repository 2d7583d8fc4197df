"""What Scrapy's own statistics say of a crawl, without being told of every page by signals."""

from typing import Any

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.extensions.corestats import CoreStats
from scrapy.logformatter import LogFormatter
from scrapy.statscollectors import MemoryStatsCollector


class Totals(CoreStats):
    """``start_time``, ``finish_time``, ``finish_reason`` and so on as in Scrapy; the number of items is that of pages.

    Scrapy's own listens for each item and each response: an asyncio task and a dispatch a page.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Totals":
        """Scrapy's way to make a component."""
        totals = cls(crawler.stats)
        crawler.signals.connect(totals.spider_opened, signals.spider_opened)
        crawler.signals.connect(totals.spider_closed, signals.spider_closed)
        crawler.signals.connect(totals.item_dropped, signals.item_dropped)
        return totals

    def spider_closed(self, spider: Spider, reason: str) -> None:
        """Note the end: one item has come through for each page."""
        super().spider_closed(spider, reason)
        pages = sum(number for name, number in self.stats.get_stats().items() if name.startswith("pages/"))
        self.stats.set_value("item_scraped_count", pages)


class PlainStatsCollector(MemoryStatsCollector):
    """Scrapy's, looked up like any other object.

    Scrapy's looks at the name of each attribute that is asked for, to warn of an argument that is deprecated: as long
    as the counting itself takes.
    """

    __getattribute__ = object.__getattribute__


class PageLogFormatter(LogFormatter):
    """Leaves out Scrapy's lines for pages and items: they are for debugging, and made whether printed or not."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> LogFormatter:  # type: ignore[override]  # Scrapy's own where it is read
        """Return Scrapy's own formatter where its lines are printed."""
        level = crawler.settings["LOG_LEVEL"]
        return LogFormatter() if level in _ALL_PRINTED else cls()

    def crawled(self, *_: Any) -> None:  # type: ignore[override]  # None is Scrapy's documented way to leave a line out
        """Say nothing of a response."""

    def scraped(self, *_: Any) -> None:  # type: ignore[override]
        """Say nothing of an item."""


_ALL_PRINTED = frozenset({"DEBUG", "NOTSET", 10, 0})
