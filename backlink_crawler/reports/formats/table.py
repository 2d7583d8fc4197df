"""A table that fits the terminal.

Columns for which there is no room are left out, from the right; of those that stay the widest texts are cut, numbers
and days never. Where the view has a section column, every section is a table of its own, without the columns that are
empty in it. Widths are those of the first rows: later ones may push a line, and are not waited for.
"""

import io
from collections.abc import Iterator, Sequence
from itertools import chain, groupby, islice
from typing import Any, BinaryIO

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from backlink_crawler.reports.answer import Answer
from backlink_crawler.reports.formats.console import console_for
from backlink_crawler.reports.formats.document import Surroundings
from backlink_crawler.reports.formats.harmless import plain
from backlink_crawler.reports.formats.rows import Column, columns, records
from backlink_crawler.reports.formats.shown import NUMERIC, cell, extent, heading, shown_columns, title_of

_TEXT_WIDTH = 16
"""The least columns of a text that tell one from another."""
_GAP = "   "
_MEASURED_ROWS = 1_000
_NARROWEST = 40
_TEXTS = {"text", "texts", "nested"}
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


class Table:
    """Text for a terminal."""

    def __init__(self, out: BinaryIO, surroundings: Surroundings) -> None:
        self._out = out
        self._width = max(_NARROWEST, surroundings.width)
        self._colour = surroundings.colour
        self._begun = False

    def add(self, answer: Answer) -> tuple[()]:
        """Write the title, what was observed, the rows, and how many there are."""
        if self._begun:
            self._line("")
        self._begun = True
        self._said(answer)
        section = answer.view.section
        shown = [one for one in shown_columns(columns(answer), answer.shown) if one.name != section]
        count = 0
        for name, rows in groupby(records(answer), lambda row: row.get(section) if section else None):
            self._line("")
            count += self._rows(shown, rows, title_of(name) if section and name is not None else None)
        self._line("")
        self._line(extent(count, answer.total, section is not None))
        return ()

    def close(self) -> None:
        """Nothing comes last."""

    def _said(self, answer: Answer) -> None:
        text = io.StringIO()
        console = console_for(text, width=self._width, colour=self._colour)
        console.print(Text(plain(answer.title), style="bold"), end="\n\n")
        for statement in answer.statements:
            console.print(plain(statement))
        for line in text.getvalue().splitlines():
            self._line(line)

    def _rows(self, shown: Sequence[Column], rows: Iterator[dict[str, Any]], title: str | None) -> int:
        """Write one table; return how many rows it has."""
        first = list(islice(rows, _MEASURED_ROWS))
        if title is not None:
            shown = [one for one in shown if any(row[one.name] is not None for row in first)] or shown[:1]
        heads = [heading(one.name) for one in shown]
        if title is not None and shown[0].kind in _TEXTS:
            heads[0] = title
        elif title is not None:
            self._line(title, bold=True)
        measured = [[cell(row[one.name]) for one in shown] for row in first]
        widths = _widths(shown, heads, measured, self._width)
        self._line(_joined(heads, shown, widths), bold=True)
        self._line("─" * (sum(widths) + len(_GAP) * (len(widths) - 1)))
        count = 0
        for texts in chain(measured, ([cell(row[one.name]) for one in shown] for row in rows)):
            self._line(_joined(texts, shown, widths))
            count += 1
        return count

    def _line(self, text: str, *, bold: bool = False) -> None:
        text = text.rstrip()
        self._out.write((f"{_BOLD}{text}{_PLAIN}\n" if bold and self._colour and text else f"{text}\n").encode())


def _widths(shown: Sequence[Column], heads: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """Return the widths of the columns that have room, from the left; at least one has."""
    natural = [max(map(cell_len, texts)) for texts in zip(heads, *rows, strict=True)]
    least = [
        min(width, max(_TEXT_WIDTH, cell_len(head))) if one.kind in _TEXTS else width
        for one, head, width in zip(shown, heads, natural, strict=True)
    ]
    kept = len(least)
    while kept > 1 and sum(least[:kept]) + len(_GAP) * (kept - 1) > room:
        kept -= 1
    widths = least[:kept]
    spare = room - sum(widths) - len(_GAP) * (kept - 1)
    if spare < 0:
        return [room]
    # What is left goes to those that want it, evenly, the most modest first.
    wanting = sorted((natural[n] - widths[n], n) for n in range(kept) if natural[n] > widths[n])
    for place, (want, n) in enumerate(wanting):
        given = min(want, spare // (len(wanting) - place))
        widths[n] += given
        spare -= given
    return widths


def _joined(texts: Sequence[str], shown: Sequence[Column], widths: Sequence[int]) -> str:
    cells = [_fitted(text, one, width) for text, one, width in zip(texts, shown, widths, strict=False)]
    return _GAP.join(cells)


def _fitted(text: str, column: Column, width: int) -> str:
    length = cell_len(text)
    if column.kind in NUMERIC:
        return " " * (width - length) + text
    if column.kind in _TEXTS and length > width:
        # Of an address that is cut, the host tells more than the scheme that nearly all have.
        text = text.removeprefix("https://")
        length = cell_len(text)
    if column.kind in _TEXTS and length > width:
        return set_cell_size(text, width - 1) + "…"
    return text + " " * (width - length)
