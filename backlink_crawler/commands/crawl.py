"""``scrapy crawl``: Scrapy's own, with one clear line instead of a traceback when a crawl cannot be made."""

import argparse
import gc
import logging

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import UsageError

_CHATTY = ("scrapy.addons", "scrapy.crawler", "scrapy.middleware", "scrapy.utils.log")


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
        # What is imported from here on stays: to look for garbage among it would take a tenth of the start.
        gc.set_threshold(50_000)
        assert self.settings is not None
        if self.settings["LOG_LEVEL"] != "DEBUG":
            for name in _CHATTY:
                # A filter: levels set this early are reset when Scrapy configures logging.
                logging.getLogger(name).addFilter(_worth_telling)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from backlink_crawler.jobs import crawl

        self.exitcode = crawl.run(args, opts, self.asyncio_process())

    def asyncio_process(self) -> AsyncCrawlerProcess:
        """Return what crawls."""
        if not isinstance(self.crawler_process, AsyncCrawlerProcess):
            raise UsageError("the crawler needs Scrapy's asyncio reactor: leave TWISTED_REACTOR as it is")
        return self.crawler_process


def _worth_telling(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING
