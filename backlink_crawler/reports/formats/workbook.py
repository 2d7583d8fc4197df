"""A workbook (XLSX) of answers: a sheet that says what was observed and what columns mean, then the rows.

Rows of a view with a section column have a sheet for each section, all others one. Sheets have a head that stays in
sight, filters, and columns as wide as their cells. Texts are texts: none becomes a formula or a link. A sheet holds
1,048,576 rows, the head among them; what is beyond is left out, and told. A cell holds 32,767 characters:
the rest of a longer text is cut off.

XlsxWriter's constant memory keeps rows in files in ``Surroundings.folder`` until the workbook is closed.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, BinaryIO, Final

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format as CellFormat
from xlsxwriter.worksheet import Worksheet

from backlink_crawler.reports.answer import Answer
from backlink_crawler.reports.formats.document import Surroundings
from backlink_crawler.reports.formats.harmless import json_text, plain
from backlink_crawler.reports.formats.rows import Column, columns, records
from backlink_crawler.reports.formats.shown import shown_columns, title_of

SHEET_ROWS: Final = 1_048_576
"""https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3"""
_NAME_CHARACTERS = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_WIDEST = 60
_FIRST_DAY = date(1900, 3, 1)
"""Days before it are one off between spreadsheets, or are no days (the leap day that 1900 did not have)."""


@dataclass(slots=True)
class _Sheet:
    """A sheet that rows are written to."""

    sheet: Worksheet
    shown: Sequence[Column]
    widths: list[int]
    rows: int = 1
    """With the head."""
    left_out: int = 0
    named: str = field(default="")


class Workbook:
    """An XLSX file."""

    def __init__(self, out: BinaryIO, surroundings: Surroundings, *, sheet_rows: int = SHEET_ROWS) -> None:
        self._book = xlsxwriter.Workbook(out, {"constant_memory": True, "tmpdir": surroundings.folder})
        self._sheet_rows = sheet_rows
        self._names = Counter[str]()
        self._bold: CellFormat = self._book.add_format({"bold": True, "bottom": 1})
        self._wrap: CellFormat = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._time: CellFormat = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._day: CellFormat = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._count: CellFormat = self._book.add_format({"num_format": "#,##0"})
        self._answers = 0

    def add(self, answer: Answer) -> Sequence[str]:
        """Write the sheets of ``answer``; return what is said of rows that are left out."""
        self._answers += 1
        prefix = "" if self._answers == 1 else f"{answer.view.name} "
        told = self._book.add_worksheet(self._name(f"{prefix}observed"))
        found = columns(answer)
        section = answer.view.section
        # People's columns first, then the others that programs know too.
        first = shown_columns(found, answer.shown)
        shown = [one for one in (*first, *(one for one in found if one not in first)) if one.name != section]
        sheets: dict[object, _Sheet] = {}
        for row in records(answer):
            key = row[section] if section else None
            if key not in sheets:
                name = title_of(key) if section and key is not None else answer.view.name
                sheets[key] = self._sheet(f"{prefix}{name}" if section else name, shown)
            self._row(sheets[key], row)
        if not sheets:
            sheets[None] = self._sheet(answer.view.name, shown)
        for sheet in sheets.values():
            _finish(sheet)
        notes = [
            f"Sheet {each.named!r} is full: {each.left_out:,} rows are left out. CSV and Parquet hold them."
            for each in sheets.values()
            if each.left_out
        ]
        self._tell(told, answer, [*notes], found)
        return notes

    def close(self) -> None:
        """Write the workbook.

        :raises OSError: the file cannot be written.
        """
        try:
            self._book.close()
        except FileCreateError as error:
            raise OSError(*error.args[0].args) from error

    def _name(self, wanted: str) -> str:
        """Return a name that a sheet may have, each only once."""
        name = _FORBIDDEN.sub(" ", plain(wanted)).strip().strip("'")[:_NAME_CHARACTERS].rstrip("' ") or "rows"
        if name.lower() == "history":  # Excel keeps this name for itself
            name = "history by day"
        self._names[name.lower()] += 1
        if (number := self._names[name.lower()]) == 1:
            return name
        return self._name(f"{name[: _NAME_CHARACTERS - 4].rstrip()} {number}")

    def _sheet(self, name: str, shown: Sequence[Column]) -> _Sheet:
        named = self._name(name)
        sheet = self._book.add_worksheet(named)
        sheet.freeze_panes(1, 0)
        for n, one in enumerate(shown):
            sheet.write_string(0, n, plain(one.name), self._bold)
        # The button of a filter takes room too.
        return _Sheet(sheet, shown, [len(one.name) + 3 for one in shown], named=named)

    def _row(self, to: _Sheet, row: dict[str, Any]) -> None:
        if to.rows == self._sheet_rows:
            to.left_out += 1
            return
        for n, one in enumerate(to.shown):
            if (value := row[one.name]) is not None:
                width = self._cell(to.sheet, to.rows, n, value)
                to.widths[n] = max(to.widths[n], width)
        to.rows += 1

    def _cell(self, sheet: Worksheet, row: int, column: int, value: object) -> int:
        """Write one cell; return about how many characters wide it is."""
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value)
            return 5
        if isinstance(value, int):
            sheet.write_number(row, column, value, self._count)
            return len(f"{value:,}")
        if isinstance(value, float):
            sheet.write_number(row, column, value)
            return 8
        if isinstance(value, date):
            return self._date(sheet, row, column, value)
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            value = " ".join(value)
        text = plain(value if isinstance(value, str) else json_text(value))
        sheet.write_string(row, column, text)
        return len(text)

    def _date(self, sheet: Worksheet, row: int, column: int, value: date) -> int:
        """Write a day, or a time (which is a day to Python)."""
        has_time = hasattr(value, "hour")
        if (value.year, value.month, value.day) < (_FIRST_DAY.year, _FIRST_DAY.month, _FIRST_DAY.day):
            sheet.write_string(row, column, f"{value:%Y-%m-%dT%H:%M:%SZ}" if has_time else value.isoformat())
        else:
            sheet.write_datetime(row, column, value, self._time if has_time else self._day)
        return 20 if has_time else 11

    def _tell(self, sheet: Worksheet, answer: Answer, notes: Sequence[str], found: Sequence[Column]) -> None:
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 100)
        sheet.write_string(0, 0, plain(answer.title), self._bold)
        row = 1
        for statement in (*answer.statements, *notes, f"Rows there are: {answer.total:,}."):
            sheet.write_string(row, 1, plain(statement), self._wrap)
            row += 1
        row += 1
        for head, n in (("column", 0), ("meaning", 1)):
            sheet.write_string(row, n, head, self._bold)
        for row, one in enumerate(found, row + 1):  # noqa: B020 - goes on from there
            sheet.write_string(row, 0, plain(one.name))
            sheet.write_string(row, 1, plain(one.meaning), self._wrap)


def _finish(sheet: _Sheet) -> None:
    if not sheet.shown:
        return
    sheet.sheet.autofilter(0, 0, max(1, sheet.rows - 1), len(sheet.shown) - 1)
    for n, width in enumerate(sheet.widths):
        sheet.sheet.set_column(n, n, min(_WIDEST, width + 1))
