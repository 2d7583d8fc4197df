"""``scrapy report SITE``: what the index knows of links to a site, now, on a day, or day by day."""

import argparse
import asyncio
import sys
from datetime import UTC, date, datetime, timedelta

from scrapy.commands import ScrapyCommand

from backlink_crawler.commands import _terminal
from backlink_crawler.commands._database import index_store
from backlink_crawler.history.series import end_of
from backlink_crawler.preflight import follow_suffixes
from backlink_crawler.reports import formats, history_formats
from backlink_crawler.reports.history import NEEDED, HistoryReport, Totals, history_report, past_report
from backlink_crawler.reports.site import NotASite, site_named
from backlink_crawler.reports.summary import Report, summarise
from backlink_crawler.services import ServiceError
from backlink_crawler.store import Store, StoreError, history, reads

FORMATS = ("table", "csv", "jsonl")
DAYS = 30
"""Days of ``--history`` where no first one is named."""
_FIRST = date(1990, 1, 1)


class Command(ScrapyCommand):
    """Print the summary or the history of a site's backlinks."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own declaration

    def syntax(self) -> str:
        return (
            "SITE [--at DATE | --history [--since DATE] [--until DATE]] "
            "[--format table|csv|jsonl] [--limit N] [--database NAME]"
        )

    def short_desc(self) -> str:
        return "Show what was seen of links to a site, now or in the past"

    def long_desc(self) -> str:
        return (
            "SITE is a registrable domain; a host or URL stands for the site it belongs to. The report opens with "
            "what was tried, how much of it was blocked, and when; it can be made while a crawl runs. With --at it "
            "tells the totals as they were at the end of a day, with --history how many links there were on each "
            "day, and how many were new, lost and restored. A DATE is a UTC day, as 2026-03-01. Exit codes: "
            "0 answered, also when no link was seen; 1 the index cannot be read (the reason is on stderr); "
            "2 wrong usage, or SITE is not a site."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("site", metavar="SITE", help="domain, host or URL")
        parser.add_argument("--at", type=_day, metavar="DATE", help="totals as they were at the end of this day")
        parser.add_argument("--history", action="store_true", help="live, new, lost and restored links day by day")
        parser.add_argument(
            "--since", type=_day, metavar="DATE", help=f"first day of --history (default: {DAYS} days in all)"
        )
        parser.add_argument("--until", type=_day, metavar="DATE", help="last day of --history (default: today)")
        parser.add_argument("--format", choices=FORMATS, default="table", help="default: table")
        parser.add_argument("--limit", type=_rows, default=10, metavar="N", help="rows of each top list (default: 10)")
        parser.add_argument("--database", metavar="NAME", help="default: the setting MONGODB_DATABASE")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if args:  # Scrapy lets unknown options through
            self._fail(2, f"unknown argument {args[0]!r}")
            return
        try:
            _check_days(opts, today := datetime.now(UTC).date())
            follow_suffixes(self.settings)
            site = site_named(opts.site)
            store = index_store(self.settings, opts.database)
            report = asyncio.run(_report(store, site, opts, today))
        except (NotASite, _WrongDays) as error:
            self._fail(2, str(error))
        except (ServiceError, StoreError) as error:
            self._fail(1, str(error))
        else:
            _print(report, opts.format)

    def _fail(self, exit_code: int, why: str) -> None:
        print(f"scrapy report: {formats.plain(why)}", file=sys.stderr)
        self.exitcode = exit_code


class _WrongDays(Exception):
    """The days that were named make no question; the message is one line."""


def _check_days(opts: argparse.Namespace, today: date) -> None:
    if opts.at and opts.history:
        raise _WrongDays("--at tells one day and --history many: use one of them")
    if (opts.since or opts.until) and not opts.history:
        raise _WrongDays(f"{'--since' if opts.since else '--until'} goes with --history")
    for name in ("at", "since", "until"):
        day = getattr(opts, name)
        if day and day > today:
            raise _WrongDays(f"--{name} {day} has not come yet; today is {today} (UTC)")
    if opts.since and opts.since > (opts.until or today):
        raise _WrongDays(f"--since {opts.since} is after --until {opts.until}")


async def _report(store: Store, site: str, opts: argparse.Namespace, today: date) -> Report | HistoryReport:
    async with store, store.answers():
        if opts.at:
            totals = Totals(site)
            async for link in history.links_at(store.database, site, end_of(opts.at), fields=NEEDED):
                totals.add(link)
            return past_report(site, opts.at, totals.backlinks(), asked=opts.site)
        if opts.history:
            until = opts.until or today
            since = opts.since or max(until - timedelta(days=DAYS - 1), _FIRST)
            days = await history.daily_series(store.database, site, since, until)
            return history_report(site, days, asked=opts.site)
        observed, links = await asyncio.gather(
            reads.observed(store.database, site), reads.backlink_summary(store.database, site, limit=opts.limit)
        )
    return summarise(site, observed, links, asked=opts.site)


def _print(report: Report | HistoryReport, form: str) -> None:
    """Write the report; what CSV means goes to stderr, where a spreadsheet does not see it and a person does."""
    if form == "csv":
        print(*map(formats.plain, report.statements), sep="\n", file=sys.stderr)
    _terminal.write(_days_as(report, form) if isinstance(report, HistoryReport) else _rows_as(report, form))


def _rows_as(report: Report, form: str) -> str:
    if form == "table":
        return formats.table(report, width=_terminal.width(), colour=_terminal.colour())
    return formats.csv_text(report) if form == "csv" else formats.jsonl(report)


def _days_as(report: HistoryReport, form: str) -> str:
    if form == "table":
        return history_formats.table(report, width=_terminal.width(), colour=_terminal.colour())
    return history_formats.csv_text(report) if form == "csv" else history_formats.jsonl(report)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day. Example: 2026-03-01") from None
    if day < _FIRST:
        raise argparse.ArgumentTypeError(f"{text!r} is before the Web ({_FIRST} or later)")
    return day


def _rows(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rows (1 or more)")
    return number
