"""The formats there are, by name and by the names of files."""

from collections.abc import Mapping

from backlink_crawler.reports.formats.comma_separated import CommaSeparated
from backlink_crawler.reports.formats.document import Format
from backlink_crawler.reports.formats.json_lines import JsonLines
from backlink_crawler.reports.formats.page import Page
from backlink_crawler.reports.formats.parquet import Parquet
from backlink_crawler.reports.formats.table import Table
from backlink_crawler.reports.formats.workbook import Workbook

TABLE_ROWS = 20
PAGE_ROWS = 1_000
"""Rows of a view where nobody says how many: as many as a terminal shows, and a browser sorts at once."""

FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("table", (".txt",), Table, limit=TABLE_ROWS),
        Format("csv", (".csv",), CommaSeparated, states=False),
        Format("jsonl", (".jsonl", ".ndjson"), JsonLines),
        Format("parquet", (".parquet",), Parquet, binary=True),
        Format("xlsx", (".xlsx",), Workbook, binary=True, several=True),
        Format("html", (".html", ".htm"), Page, limit=PAGE_ROWS, binary=True, several=True),
    )
}
"""Name → format."""


def format_of(file_name: str) -> Format | None:
    """Return the format that a file's name tells by its suffix."""
    name = file_name.lower()
    return next((each for each in FORMATS.values() if name.endswith(tuple(each.suffixes))), None)
