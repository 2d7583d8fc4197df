"""``scrapy crawl``: Scrapy's own, with one clear line instead of a traceback when a crawl cannot be made."""

import argparse
import logging
import sys
from typing import Any

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.exceptions import UsageError

from backlink_crawler.frontier.contract import Counts, FrontierError
from backlink_crawler.net.hostsfile import HostsFileError
from backlink_crawler.spiders.revisiting import NOTHING_TO_DO, RevisitingSpider
from backlink_crawler.spiders.walking import ArgumentError
from backlink_crawler.store import StoreError

logger = logging.getLogger(__name__)

_CHATTY = ("scrapy.addons", "scrapy.crawler", "scrapy.middleware", "scrapy.utils.log")
_ENDED_BADLY = frozenset({"frontier_error", "start_error"})


class Command(ScrapyCrawl):
    """Run a spider by name; exit 0 when at least one page could be read, 1 when none, 2 for bad arguments."""

    def long_desc(self) -> str:
        """Text of ``scrapy crawl --help``."""
        return (
            "Run a spider: 'seeds -a domains=a.com,https://b.org/blog/' walks sites and records every outbound link; "
            "'competitors -a sites=rival.com -a targets=mine.com' walks competitors and looks around them. Lists may "
            "be files: -a domains=@sites.txt. 'recheck' looks again at pages that are due (-a target=mine.com: those "
            "that link there; -a all=1: also those not due; -a limit=N, -a older=DAYS); 'check-targets -a of=mine.com' "
            "visits what links point to. Workers started with the same -s CRAWL_ID=name share one crawl. "
            "Interrupt with Ctrl-C once to stop in good order; the same CRAWL_ID goes on from there."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Leave the lists of versions and enabled components to those who debug."""
        super().process_options(args, opts)
        assert self.settings is not None
        if self.settings["LOG_LEVEL"] != "DEBUG":
            for name in _CHATTY:
                # A filter: levels set this early are reset when Scrapy configures logging.
                logging.getLogger(name).addFilter(_worth_telling)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the spider and set the exit code."""
        if len(args) != 1:
            raise UsageError("say which spider: scrapy crawl seeds -a domains=a.com")
        process = self.crawler_process
        if not isinstance(process, AsyncCrawlerProcess):
            raise UsageError("the crawler needs Scrapy's asyncio reactor: leave TWISTED_REACTOR as it is")
        try:
            crawler = process.create_crawler(args[0])
        except KeyError:
            known = ", ".join(process.spider_loader.list())
            raise UsageError(f"there is no spider {args[0]!r}; there are: {known}", print_help=False) from None
        task = process.crawl(crawler, **opts.spargs)
        process.start()
        self.exitcode = _exit_code(crawler, task)


def _worth_telling(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def _exit_code(crawler: Crawler, task: Any) -> int:
    error = task.exception() if task.done() and not task.cancelled() else None
    if isinstance(error, ArgumentError):
        return _say(str(error), 2)
    if isinstance(error, StoreError | FrontierError | HostsFileError):
        return _say(str(error), 1)
    if error is not None:
        raise error
    assert crawler.stats is not None
    if crawler.stats.get_value("finish_reason") in _ENDED_BADLY:
        return 1
    counts = crawler.stats.get_value("frontier/counts")
    if isinstance(counts, Counts) and counts.ended and not _answered(counts, crawler):
        return _say(f"no page could be read: {_told(counts)}", 1)
    return 0


def _answered(counts: Counts, crawler: Crawler) -> bool:
    """Whether the crawl came to anything: to a page it could read or, where pages are only checked, to any answer."""
    if crawler.stats is not None and crawler.stats.get_value("finish_reason") == NOTHING_TO_DO:
        return True
    checks = issubclass(crawler.spidercls, RevisitingSpider)
    return bool(counts.done if checks else counts.done_by_reason.get("ok"))


def _told(counts: Counts) -> str:
    reasons = {**counts.done_by_reason, **counts.failed_by_reason}
    return ", ".join(f"{reason} {number}" for reason, number in reasons.items()) or "nothing was asked for"


def _say(line: str, code: int) -> int:
    """Tell it where the person looks (stderr), and where Scrapyd's user does (the log file)."""
    logger.error("%s", line)
    if not any(isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr for handler in _handlers()):
        sys.stderr.write(f"Error: {line}\n")
    return code


def _handlers() -> list[logging.Handler]:
    return logging.getLogger().handlers
