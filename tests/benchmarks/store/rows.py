"""A row of the table: one measurement, and whether it is what was promised."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks import markdown
from tests.benchmarks.markdown import number

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
    """Return a Markdown table, with the notes below it."""
    notes = (f"{row.what}: {row.note}" for row in rows if row.note)
    return markdown.table(HEADER, [row.cells() for row in rows], notes)
