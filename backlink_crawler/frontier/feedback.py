"""From Scrapy's signals to the frontier: a URL is finished when its visit is stored, and never silently.

An item that came through the pipelines is stored, so its URL gets the verdict of its outcome. One that was dropped or
broke a pipeline or the spider gets a verdict too: otherwise its lease would run out and it would be fetched for ever.
"""

from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from backlink_crawler.frontier.contract import Finished, Lease, Verdict
from backlink_crawler.frontier.politeness import judge
from backlink_crawler.frontier.scheduler import FrontierScheduler
from backlink_crawler.net.robots import ROBOTS_READ
from backlink_crawler.net.robots_rules import RobotsRules
from backlink_crawler.records import Visit
from backlink_crawler.urls import host_of


class Postponed(DropItem):
    """A visit that cannot be stored now: its page is handed back, to be visited again by whoever can."""

    def __init__(self, message: str) -> None:
        super().__init__(message, log_level="DEBUG")


class Feedback:
    """Extension that reports finished visits, and the Crawl-delay of hosts, to the scheduler."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        connect = crawler.signals.connect
        connect(self.item_scraped, signals.item_scraped)
        connect(self.item_dropped, signals.item_dropped)
        connect(self.item_error, signals.item_error)
        connect(self.spider_error, signals.spider_error)
        connect(self.robots_read, ROBOTS_READ)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a component."""
        return cls(crawler)

    @property
    def _scheduler(self) -> FrontierScheduler:
        engine = self._crawler.engine
        assert engine is not None
        assert isinstance(engine.scheduler, FrontierScheduler)
        return engine.scheduler

    def item_scraped(self, item: Visit) -> None:
        """A visit is stored: its outcome decides."""
        if isinstance(item, Visit) and isinstance(item.lease, Lease):
            if item.read_whole:
                self._scheduler.finish(Finished(item.lease, Verdict("retry", "read_whole")))
                return
            verdict = judge(
                item.page.outcome,
                item.page.http_status,
                item.page.reason,
                item.lease.attempt,
                item.retry_after,
                options=self._scheduler.frontier.options,
            )
            self._scheduler.finish(Finished(item.lease, verdict, item.children))

    def item_dropped(self, item: Any, exception: Exception) -> None:
        """A pipeline refused the visit. A postponed one keeps its lease until the worker leaves and hands it back."""
        if not isinstance(exception, Postponed):
            self._give_up(getattr(item, "lease", None), "dropped")

    def item_error(self, item: Any) -> None:
        """A pipeline failed."""
        self._give_up(getattr(item, "lease", None), "pipeline_error")

    def spider_error(self, response: Any) -> None:
        """The spider failed on a page, or (without a response) on its start."""
        request = getattr(response, "request", None)
        if isinstance(request, Request):
            self._give_up(request.meta.get("lease"), "spider_error")

    def robots_read(self, url: str, rules: RobotsRules) -> None:
        """The robots.txt of a page's host is known: pass on its Crawl-delay."""
        if rules.crawl_delay:
            self._scheduler.set_crawl_delay(host_of(url), rules.crawl_delay)

    def _give_up(self, lease: object, reason: str) -> None:
        if isinstance(lease, Lease):
            self._scheduler.finish(Finished(lease, Verdict("failed", reason)))
