"""The formats there are, by name and by the names of files."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import BinaryIO

from backlink_crawler.reports.formats.document import Document, Format, Surroundings

TABLE_ROWS = 20
PAGE_ROWS = 1_000
"""Rows of a view where nobody says how many: as many as a terminal shows, and a browser sorts at once."""


def _in(module: str, name: str) -> Callable[[BinaryIO, Surroundings], Document]:
    """Return what begins a document, with the libraries that it needs loaded only then: people wait for a table."""

    def begin(out: BinaryIO, surroundings: Surroundings) -> Document:
        document: Document = getattr(import_module(f"backlink_crawler.reports.formats.{module}"), name)(
            out, surroundings
        )
        return document

    return begin


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("table", (".txt",), _in("table", "Table"), limit=TABLE_ROWS, brief=True),
        Format("csv", (".csv",), _in("comma_separated", "CommaSeparated"), states=False),
        Format("jsonl", (".jsonl", ".ndjson"), _in("json_lines", "JsonLines")),
        Format("parquet", (".parquet",), _in("parquet", "Parquet"), binary=True),
        Format("xlsx", (".xlsx",), _in("workbook", "Workbook"), binary=True, several=True),
        Format("html", (".html", ".htm"), _in("page", "Page"), limit=PAGE_ROWS, binary=True, several=True),
    )
}
"""Name → format."""


def format_of(file_name: str) -> Format | None:
    """Return the format that a file's name tells by its suffix."""
    name = file_name.lower()
    return next((each for each in FORMATS.values() if name.endswith(tuple(each.suffixes))), None)
