"""Python itself, set up for a process that makes and drops tens of thousands of small objects with every few pages."""

import gc
import logging
from typing import Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from backlink_crawler import engine

_YOUNG = 50_000
"""Objects made since the last look at young ones. Python's 700 is one look for every few links: most of what it then
finds alive is dropped by reference counting a millisecond later."""
_MIDDLE, _OLD = 20, 100


class Runtime:
    """An extension that keeps the garbage collector, records that nobody prints and queues of one off a page's way.

    The first two belong to the process, not to one crawler: what is set is set for all that run in it.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._level = crawler.settings["LOG_LEVEL"]

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a component."""
        runtime = cls(crawler)
        crawler.signals.connect(runtime.spider_opened, signals.spider_opened)
        crawler.signals.connect(runtime.engine_started, signals.engine_started)
        return runtime

    def engine_started(self) -> None:
        """Take what is not needed for one item a page off the engine's way."""
        engine.take_items_in_turn(self._crawler)

    def spider_opened(self, spider: Spider) -> None:
        """Set up: modules, classes and settings are there for good, and are looked at no more."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
        # Scrapy lets every record through to its handler, which then drops it: six for a page.
        if logging.root.level == logging.NOTSET:
            logging.root.setLevel(self._level)
