"""Charts of an answer: what is drawn, in shares of the drawing's size; a page draws them (``page/charts.html``).

Which charts there are follows from the columns: days with ``live``; sections of a view; one thing named per row with a
count; links one per row, of which those shown are counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from backlink_crawler.reports.formats.rows import Column
from backlink_crawler.reports.formats.shown import cell, heading, title_of

Row = Mapping[str, Any]

_COUNTS = ("backlinks", "links", "live", "rows", "referring_domains", "pages")
"""Columns that a bar may tell, the first that there is."""
_DRAWN = ("anchor", "region", "tld", "link_type", "placement_type", "language")
"""Sections drawn as bars where their name holds one of these words; the others are clear enough as tables."""
_COUNTED = ("region", "tld")
"""Columns of links that are counted for a chart."""
_GAINS = ("new", "discovered", "restored")
_MOST_BARS = 10
_SIZE = 1_000
"""Width of a drawing of days."""
_HEIGHT = 200


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar."""

    label: str
    value: str
    percent: float
    """Of the longest bar."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars below each other, longest first."""

    title: str
    unit: str
    bars: Sequence[Bar]
    kind: str = "bars"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole."""

    label: str
    value: str
    begin: float
    percent: float


@dataclass(frozen=True, slots=True)
class Parts:
    """One bar made of parts."""

    title: str
    unit: str
    parts: Sequence[Part]
    kind: str = "parts"


@dataclass(frozen=True, slots=True)
class Flow:
    """What came and what went on one day, in the drawing's own units (x, width, and heights from its middle)."""

    x: float
    width: float
    gained: float
    lost: float


@dataclass(frozen=True, slots=True)
class Days:
    """Live links day by day, above what came and went."""

    title: str
    summary: str
    """What the drawing shows, in words."""
    first: str
    last: str
    highest: str
    lowest: str
    line: str
    """Points of a line in a drawing of ``width`` times ``height``."""
    area: str
    flows: Sequence[Flow]
    most: str
    """Links that the longest of the flows stands for; empty: there are no flows."""
    width: int = _SIZE
    height: int = _HEIGHT
    kind: str = "days"


Chart = Bars | Parts | Days


def charts(columns: Sequence[Column], rows: Sequence[Row], section: str | None) -> Sequence[Chart]:
    """Return the charts of these rows, of which ``columns`` are shown; ``section`` is the column that divides them."""
    names = {column.name for column in columns}
    if section and names.intersection(_COUNTS):
        return list(_of_sections(columns, rows, section))
    if "day" in names and "live" in names:
        return _days(rows)
    count = next((name for name in _COUNTS if name in names), None)
    if count and columns[0].kind == "text":
        return _bars(title_of(columns[0].name), rows, columns[0].name, count)
    return list(_counted(rows))


def _of_sections(columns: Sequence[Column], rows: Sequence[Row], section: str) -> Iterator[Chart]:
    names = [column.name for column in columns if column.name != section]
    count = next((name for name in _COUNTS if name in names), None)
    label = next((column.name for column in columns if column.kind == "text" and column.name != section), None)
    if not count or not label:
        return
    for value, group in groupby(rows, lambda row: row[section]):
        name, some = str(value).lower(), list(group)
        if "nofollow" not in name and "follow" in name:
            yield from _parts(title_of(value), Counter({cell(row[label]): row[count] or 0 for row in some}), count)
        elif any(word in name for word in _DRAWN):
            yield from _bars(title_of(value), some, label, count)


def _counted(rows: Sequence[Row]) -> Iterator[Chart]:
    """Charts of links that stand one in a row."""
    if not rows or "follow" not in rows[0] or "region" not in rows[0]:
        return
    known = Counter(row["follow"] for row in rows if isinstance(row["follow"], bool))
    yield from _parts("Follow", Counter({"follow": known[True], "nofollow": known[False]}), "links shown")
    for name in _COUNTED:
        if name in rows[0]:
            found = Counter(row[name] for row in rows if row[name] is not None)
            counted = [{name: value, "links shown": number} for value, number in found.items()]
            yield from _bars(title_of(name), counted, name, "links shown")


def _bars(title: str, rows: Sequence[Row], label: str, count: str) -> Sequence[Chart]:
    value: Callable[[Row], float] = lambda row: row[count] or 0  # noqa: E731 - what sorts and what draws is one
    longest = sorted((row for row in rows if value(row) > 0), key=value, reverse=True)[:_MOST_BARS]
    if len(longest) < 2:
        return []
    most = value(longest[0])
    bars = [Bar(cell(row[label]) or "(none)", cell(row[count]), round(100 * value(row) / most, 2)) for row in longest]
    return [Bars(title, heading(count), bars)]


def _parts(title: str, counted: Counter[str], unit: str) -> Sequence[Chart]:
    whole = sum(counted.values())
    if whole <= 0 or len(counted) < 2:
        return []
    parts, begin = [], 0.0
    for label, number in counted.most_common():
        percent = round(100 * number / whole, 2)
        parts.append(Part(label, f"{number:,} ({percent:.0f} %)", round(begin, 2), percent))
        begin += percent
    return [Parts(title, heading(unit), parts)]


def _days(rows: Sequence[Row]) -> Sequence[Chart]:
    known = sorted((row for row in rows if isinstance(row["day"], date) and row["live"] is not None), key=_day_of)
    if len(known) < 2:
        return []
    first, last = known[0]["day"], known[-1]["day"]
    days = (last - first).days or 1
    lives = [row["live"] for row in known]
    lowest, highest = min(0, *lives), max(1, *lives)
    places = [_SIZE * (row["day"] - first).days / days for row in known]
    points = [
        f"{x:.1f},{_HEIGHT - _HEIGHT * (live - lowest) / (highest - lowest):.1f}"
        for x, live in zip(places, lives, strict=True)
    ]
    flows = [(sum(row.get(name) or 0 for name in _GAINS), row.get("lost") or 0) for row in known]
    most = max(max(pair) for pair in flows)
    width = round(max(1.0, 0.8 * _SIZE / (days + 1)), 1)
    peak = max(known, key=lambda row: row["live"])
    return [
        Days(
            title="Live links day by day",
            summary=f"{cell(lives[0])} live links on {cell(first)}, {cell(lives[-1])} on {cell(last)}; "
            f"most on {cell(peak['day'])}: {cell(peak['live'])}.",
            first=cell(first),
            last=cell(last),
            highest=cell(highest),
            lowest=cell(lowest),
            line=" ".join(points),
            area=f"0,{_HEIGHT} {' '.join(points)} {_SIZE},{_HEIGHT}",
            flows=[
                Flow(
                    round(min(x, _SIZE - width), 1),
                    round(width, 1),
                    round(50 * up / most, 1),
                    round(50 * down / most, 1),
                )
                for x, (up, down) in zip(places, flows, strict=True)
                if up or down
            ],
            most=cell(most) if most else "",
        )
    ]


def _day_of(row: Row) -> date:
    day: date = row["day"]
    return day
