"""``scrapy report SITE``: what the index knows of links to a site, now, on a day, or day by day."""

import argparse
from datetime import date

from scrapy.commands import ScrapyHelpFormatter

from backlink_crawler.command import ProjectCommand
from backlink_crawler.jobs.defaults import REPORT_BEGINS, REPORT_DAYS, REPORT_FORMATS
from backlink_crawler.reports.question import SCOPES
from backlink_crawler.reports.view import views


class Command(ProjectCommand):
    """Print the summary or the history of a site's backlinks."""

    def syntax(self) -> str:
        return (
            "[SITE] [--scope SCOPE] [--view VIEW | --at DATE | --history] [--since DATE] [--until DATE] "
            "[--versus SITES] [--min N] [--where SQL] [--group COLUMNS] [--sort COLUMNS] [--columns COLUMNS] "
            "[--limit N] [--format FORMAT] [--out FILE] [--project FILE] [--database NAME]"
        )

    def short_desc(self) -> str:
        return "Show what was seen of links to a site, now or in the past"

    def long_desc(self) -> str:
        return (
            "SITE is a registrable domain; a host or URL stands for the site it belongs to. The report opens with "
            "what was tried, how much of it was blocked, and when; it can be made while a crawl runs. With --at it "
            "tells the totals as they were at the end of a day, with --history how many links there were on each "
            "day, and how many were new, lost and restored. A DATE is a UTC day, as 2026-03-01. With --out the answer "
            "goes into a file, which is there only once it is whole; --format xlsx and --format html make one "
            "document of the views that tell most of a site, or of the --view that is named. A VIEW is one of those "
            "listed below, or a file of SQL whose name ends in .sql; those that come with the program are examples "
            "(backlink_crawler/reports/sql/views). Exit codes: 0 answered, also when no link was seen; 1 the index "
            "cannot be read (the reason is on stderr); 2 wrong usage, or SITE is not a site."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.formatter_class = _Lines
        parser.add_argument_group("views", _views())
        parser.add_argument(
            "site", nargs="?", metavar="SITE", help="domain, host or URL (default: all sites of the project)"
        )
        parser.add_argument("--project", metavar="FILE", help="default: project.toml here, where there is one")
        parser.add_argument(
            "--scope",
            choices=SCOPES,
            default="site",
            help="what of SITE is asked for: it itself, what begins with it, its host, its site (default: site)",
        )
        parser.add_argument("--at", type=_day, metavar="DATE", help="the view past: as it was at the end of this day")
        parser.add_argument("--history", action="store_true", help="the view history")
        parser.add_argument(
            "--since",
            type=_day,
            metavar="DATE",
            help=f"first day (default of views of a time: {REPORT_DAYS} days in all)",
        )
        parser.add_argument("--until", type=_day, metavar="DATE", help="last day (default: today)")
        parser.add_argument("--versus", type=_names, default=(), metavar="SITES", help="competitors: a.com,b.com")
        parser.add_argument("--min", type=_rows, metavar="N", help="links to so many of the competitors (default: 1)")
        parser.add_argument("--view", metavar="VIEW", help="what to show (default: summary), or a FILE.sql")
        parser.add_argument("--where", default="", metavar="SQL", help="only rows of which this is true: a condition")
        parser.add_argument("--group", type=_names, default=(), metavar="COLUMNS", help="count rows by these columns")
        parser.add_argument("--sort", type=_names, default=(), metavar="COLUMNS", help="'-' before one: greatest first")
        parser.add_argument("--columns", type=_names, default=(), metavar="COLUMNS", help="show these, in this order")
        parser.add_argument("--format", choices=REPORT_FORMATS, help="default: as the name of --out says, else table")
        parser.add_argument("--out", metavar="FILE", help="write to this file (default: to where you are)")
        parser.add_argument(
            "--limit",
            type=_rows,
            metavar="N",
            help="rows, of each section where there are such; 0: all (default: 20 of a table, 1,000 of html, else all)",
        )
        parser.add_argument("--database", metavar="NAME", help="default: the setting MONGODB_DATABASE")


class _Lines(ScrapyHelpFormatter):
    """Keeps the lines of texts that have several."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" not in text:
            return super()._fill_text(text, width, indent)
        return "\n".join(f"{indent}{line}" for line in text.splitlines())


def _views() -> str:
    """Return every view with its title, one a line."""
    longest = max(map(len, views()))
    return "\n".join(f"{name:<{longest}}  {view.title}" for name, view in views().items())


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day. Example: 2026-03-01") from None
    if day < REPORT_BEGINS:
        raise argparse.ArgumentTypeError(f"{text!r} is before the Web ({REPORT_BEGINS} or later)")
    return day


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _rows(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rows (0: all of them)")
    return number
