"""``scrapy report SITE``: what the index knows of links to a site."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Mapping

from scrapy.commands import ScrapyCommand

from backlink_crawler.commands import _terminal
from backlink_crawler.commands._database import index_store
from backlink_crawler.reports import formats
from backlink_crawler.reports.site import NotASite, site_named
from backlink_crawler.reports.summary import Report, summarise
from backlink_crawler.services import ServiceError
from backlink_crawler.store import Store, StoreError, reads


class Command(ScrapyCommand):
    """Print the summary of a site's backlinks."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own declaration

    def syntax(self) -> str:
        return "SITE [--format table|csv|jsonl] [--limit N] [--database NAME]"

    def short_desc(self) -> str:
        return "Show what was seen of links to a site"

    def long_desc(self) -> str:
        return (
            "SITE is a registrable domain; a host or URL stands for the site it belongs to. The report opens with "
            "what was tried, how much of it was blocked, and when; it can be made while a crawl runs. Exit codes: "
            "0 answered, also when no link was seen; 1 the index cannot be read (the reason is on stderr); "
            "2 wrong usage, or SITE is not a site."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("site", metavar="SITE", help="domain, host or URL")
        parser.add_argument("--format", choices=tuple(_PRINTERS), default="table", help="default: table")
        parser.add_argument("--limit", type=_rows, default=10, metavar="N", help="rows of each top list (default: 10)")
        parser.add_argument("--database", metavar="NAME", help="default: the setting MONGODB_DATABASE")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if args:  # Scrapy lets unknown options through
            self._fail(2, f"unknown argument {args[0]!r}")
            return
        try:
            site = site_named(opts.site)
            store = index_store(self.settings, opts.database)
            report = asyncio.run(_summary(store, site, asked=opts.site, limit=opts.limit))
        except NotASite as error:
            self._fail(2, str(error))
        except (ServiceError, StoreError) as error:
            self._fail(1, str(error))
        else:
            _PRINTERS[opts.format](report)

    def _fail(self, exit_code: int, why: str) -> None:
        print(f"scrapy report: {formats.plain(why)}", file=sys.stderr)
        self.exitcode = exit_code


async def _summary(store: Store, site: str, *, asked: str, limit: int) -> Report:
    async with store, store.answers():
        observed, links = await asyncio.gather(
            reads.observed(store.database, site), reads.backlink_summary(store.database, site, limit=limit)
        )
    return summarise(site, observed, links, asked=asked)


def _print_table(report: Report) -> None:
    _terminal.write(formats.table(report, width=_terminal.width(), colour=_terminal.colour()))


def _print_csv(report: Report) -> None:
    """Rows on stdout; what they mean on stderr, where a spreadsheet does not see it and a person does."""
    print(*map(formats.plain, report.statements), sep="\n", file=sys.stderr)
    _terminal.write(formats.csv_text(report))


def _print_jsonl(report: Report) -> None:
    _terminal.write(formats.jsonl(report))


_PRINTERS: Mapping[str, Callable[[Report], None]] = {
    "table": _print_table,
    "csv": _print_csv,
    "jsonl": _print_jsonl,
}


def _rows(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rows (1 or more)")
    return number
