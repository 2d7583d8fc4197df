"""``scrapy export TABLE``: the index as flat files for other tools, whatever its size."""

import argparse
from datetime import UTC, date, datetime

from backlink_crawler.command import ProjectCommand
from backlink_crawler.jobs.defaults import REPORT_BEGINS

TABLES = ("links", "pages", "events", "sites", "daily")
FORMATS = ("parquet", "csv", "jsonl")
LAST = "last"


class Command(ProjectCommand):
    """Write one table of the index to files."""

    def syntax(self) -> str:
        return (
            "links|pages|events|sites|daily --out PLACE [--format FORMAT] [--target SITE …] [--source SITE …] "
            "[--since DATE|last] [--until DATE] [--database NAME]"
        )

    def short_desc(self) -> str:
        return "Write links, pages, events, sites or daily counts to files for other tools"

    def long_desc(self) -> str:
        return (
            "Parquet (the default) goes to the folder --out: TABLE/exported=TIME/month=YYYY-MM/part-N.parquet, with a "
            "manifest in each export and the data dictionary (dictionary.json, dictionary.md) beside the tables. The "
            "tables make a star: links and events name pages by source_id and target_id, and sites by name. Tools that "
            "know such folders (DuckDB, Spark, Power BI, pandas) read the columns exported and month from the names. "
            "csv and jsonl go to the file --out. Nothing is under its final name before it is complete; memory stays "
            "the same whatever the size, and a crawl may go on meanwhile. "
            "--since last goes on where the last export of the table to the same folder ended: of rows with the same "
            "key, the one of the latest export counts. Examples: scrapy export links --out lake; scrapy export links "
            "--out lake --since last; scrapy export links --target example.com --format csv --out links.csv. "
            "Exit codes: 0 written; 1 the index cannot be read, or the files cannot be written (the reason is on "
            "stderr, nothing is left); 2 wrong usage."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("table", choices=TABLES, metavar="TABLE", help=", ".join(TABLES))
        parser.add_argument("--out", required=True, metavar="PLACE", help="folder (parquet) or file (csv, jsonl)")
        parser.add_argument("--format", choices=FORMATS, default="parquet", help="default: parquet")
        parser.add_argument(
            "--target", action="append", default=[], metavar="SITE", help="only links to this site; may be repeated"
        )
        parser.add_argument(
            "--source", action="append", default=[], metavar="SITE", help="only links from this site; may be repeated"
        )
        parser.add_argument(
            "--since",
            type=_since,
            metavar="DATE",
            help="only what is new or has changed since this UTC day, or since the 'last' export; daily: first day",
        )
        parser.add_argument("--until", type=_day, metavar="DATE", help="daily: last day (default: today)")
        parser.add_argument("--database", metavar="NAME", help="default: the setting MONGODB_DATABASE")


def _since(text: str) -> datetime | str:
    return LAST if text == LAST else datetime.combine(_day(text), datetime.min.time(), UTC)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day. Example: 2026-03-01") from None
    if day < REPORT_BEGINS:
        raise argparse.ArgumentTypeError(f"{text!r} is before the Web ({REPORT_BEGINS} or later)")
    return day
