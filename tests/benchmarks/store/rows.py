"""A row of the table: one measurement, and whether it is what was promised."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HEADER = ("row", "value", "unit", "promise", "held")


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, and what was promised of it."""

    family: str
    what: str
    value: float
    unit: str
    promise: str = ""
    """Empty: nothing was promised."""
    held: bool = True
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        """Return what stands under ``HEADER``."""
        held = ("yes" if self.held else "NO") if self.promise else ""
        return self.what, number(self.value), self.unit, self.promise, held


def at_most(family: str, what: str, value: float, unit: str, bound: float, note: str = "") -> Row:
    """Return a row of which less is better."""
    return Row(family, what, value, unit, f"at most {number(bound)}", value <= bound, note)


def at_least(family: str, what: str, value: float, unit: str, bound: float, note: str = "") -> Row:
    """Return a row of which more is better."""
    return Row(family, what, value, unit, f"at least {number(bound)}", value >= bound, note)


def table(rows: Sequence[Row]) -> str:
    """Return a Markdown table, readable as it is, with the notes below it."""
    body = [row.cells() for row in rows]
    widths = [max(len(line[column]) for line in (HEADER, *body)) for column in range(len(HEADER))]
    lines = [_line(HEADER, widths), _line(["-" * width for width in widths], widths)]
    lines += (_line(cells, widths) for cells in body)
    notes = [f"- {row.what}: {row.note}" for row in rows if row.note]
    return "\n".join([*lines, *(["", *notes] if notes else [])])


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))} |"


def number(value: float) -> str:
    """Return a number for people: two or three significant figures where it is small."""
    if value and abs(value) < 0.1:
        return f"{value:.2g}"
    if abs(value) < 100 and value != int(value):
        return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
    return f"{value:,.0f}"
