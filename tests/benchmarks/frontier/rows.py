"""A row of the table: one measurement of both contenders, and whether it is what was promised."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tests.benchmarks import markdown
from tests.benchmarks.markdown import number

_Run = TypeVar("_Run")

HEADER = ("row", "unit", "ours", "scrapy-redis", "better by", "promise", "held")


@dataclass(frozen=True, slots=True)
class Measured:
    """The values of repeated runs, one for a count that is exact."""

    values: tuple[float, ...]
    at_least: bool = False
    """It was not waited for any longer: the true value is larger."""

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    def __str__(self) -> str:
        text = f"{'> ' if self.at_least else ''}{number(self.median)}"
        low, high = number(min(self.values)), number(max(self.values))
        return text if low == high else f"{text} ({low}-{high})"


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, and what was promised of it."""

    family: str
    what: str
    unit: str
    ours: Measured
    stock: Measured
    promise: str
    held: bool
    more_is_better: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times better ours is (below 1: worse); ``None`` where a zero leaves nothing to divide."""
        better, worse = (self.stock, self.ours) if self.more_is_better else (self.ours, self.stock)
        return worse.median / better.median if better.median and worse.median else None

    def cells(self) -> tuple[str, ...]:
        """Return what stands under ``HEADER``."""
        ratio = self.ratio
        better_by = "-" if ratio is None else f"{'> ' if self.stock.at_least else ''}x{number(ratio)}"
        held = "yes" if self.held else "NO"
        return self.what, self.unit, str(self.ours), str(self.stock), better_by, self.promise, held


def exact(value: float) -> Measured:
    """Return a count that repeats cannot change."""
    return Measured((float(value),))


def of_runs(runs: Iterable[_Run], value: Callable[[_Run], float]) -> Measured:
    """Return one value of each of some runs."""
    return Measured(tuple(float(value(run)) for run in runs))


def at_most(family: str, what: str, unit: str, ours: Measured, stock: Measured, budget: float, note: str = "") -> Row:
    """Return a row of which less is better: held within the budget, if less than stock as well."""
    held = ours.median <= budget and ours.median < stock.median
    return Row(family, what, unit, ours, stock, f"at most {number(budget)}", held, note=note)


def better(
    family: str,
    what: str,
    unit: str,
    ours: Measured,
    stock: Measured,
    *,
    more_is_better: bool = False,
    note: str = "",
) -> Row:
    """Return a row without a budget: it must beat stock."""
    held = ours.median > stock.median if more_is_better else ours.median < stock.median
    return Row(family, what, unit, ours, stock, "beats stock", held, more_is_better, note)


def table(rows: Sequence[Row]) -> str:
    """Return a Markdown table, with the notes below it."""
    notes = (f"{row.what}: {row.note}" for row in rows if row.note)
    return markdown.table(HEADER, [row.cells() for row in rows], notes)
