"""Tables as people keep them: CSV, TSV or with semicolons, as spreadsheets write them.

A row that cannot be read keeps its place and says what is wrong with it.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

_DELIMITERS = ("\t", ";", ",")


class DelimitedError(ValueError):
    """It is no table at all; the message is one line for people."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row."""

    line: int
    """Of the file, the first is 1; of a row with line breaks in its cells the last one."""
    cells: Mapping[str, str]
    """Column → cell as given; empty where the row ends early."""
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A text with a header line; its rows can be read more than once."""

    text: str
    columns: Sequence[str]
    """Lower case."""
    delimiter: str

    def __iter__(self) -> Iterator[Row]:
        reader = csv.reader(StringIO(self.text, newline=""), delimiter=self.delimiter)
        started = False
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(reader.line_num, dict.fromkeys(self.columns, ""), f"unreadable: {error}")
                continue
            if not any(map(str.strip, cells)):
                continue
            if not started:
                started = True
                continue
            yield self._row(reader.line_num, cells)

    def _row(self, line: int, cells: Sequence[str]) -> Row:
        padded = [*cells, *[""] * (len(self.columns) - len(cells))]
        problem = f"{len(cells)} cells under {len(self.columns)} columns" if len(cells) > len(self.columns) else None
        return Row(line, dict(zip(self.columns, padded, strict=False)), problem)


def table_of(text: str) -> Table:
    """Return the table that ``text`` is; its first line names the columns.

    :raises DelimitedError: that line is unreadable.
    """
    header = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=header.count)
    try:
        cells = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error as error:
        raise DelimitedError(f"the header line is unreadable: {error}") from error
    return Table(text, [cell.strip().lower() for cell in cells], delimiter)


def text_of(path: Path) -> str:
    """Return the text of a file: UTF-8, or UTF-16 with a mark, which spreadsheets call "Unicode text".

    :raises DelimitedError: it cannot be read, or is neither.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DelimitedError(f"{path} cannot be read: {error.strerror}") from error
    encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise DelimitedError(f"{path} is not UTF-8 text") from error
