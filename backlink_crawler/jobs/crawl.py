"""``scrapy crawl``: Scrapy's own, with one clear line instead of a traceback when a crawl cannot be made."""

import argparse
import logging
import sys
from collections.abc import Sequence
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.exceptions import UsageError

from backlink_crawler.frontier.contract import Counts, FrontierError
from backlink_crawler.net.hostsfile import HostsFileError
from backlink_crawler.profiles import ProfileError
from backlink_crawler.spiders.revisiting import NOTHING_TO_DO, RevisitingSpider
from backlink_crawler.spiders.walking import ArgumentError
from backlink_crawler.store import StoreError
from backlink_crawler.suffixes import SuffixListError

logger = logging.getLogger(__name__)

_ENDED_BADLY = frozenset({"frontier_error", "start_error"})


def run(args: Sequence[str], opts: argparse.Namespace, process: AsyncCrawlerProcess) -> int:
    """Crawl with the spider that ``args`` names."""
    if len(args) != 1:
        raise UsageError("say which spider: scrapy crawl seeds -a domains=a.com")
    try:
        crawler = process.create_crawler(args[0])
    except KeyError:
        known = ", ".join(process.spider_loader.list())
        raise UsageError(f"there is no spider {args[0]!r}; there are: {known}", print_help=False) from None
    task = process.crawl(crawler, **opts.spargs)
    process.start()
    return _exit_code(crawler, task)


def _exit_code(crawler: Crawler, task: Any) -> int:
    error = task.exception() if task.done() and not task.cancelled() else None
    if isinstance(error, ArgumentError | ProfileError):
        return _say(str(error), 2)
    if isinstance(error, StoreError | FrontierError | HostsFileError | SuffixListError):
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
