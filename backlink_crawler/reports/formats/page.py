"""An HTML page of answers: one file that asks for nothing else, to read, to sort and search, on a phone and in print.

A Content-Security-Policy in the page forbids every request; its only script and style are in it, named by their hashes.
Everything else is text: escaped by the template engine, and a link only where the whole text is an http(s) URL.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any, BinaryIO

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from backlink_crawler.reports.answer import Answer
from backlink_crawler.reports.formats.charts import Chart, charts
from backlink_crawler.reports.formats.document import Surroundings
from backlink_crawler.reports.formats.harmless import plain
from backlink_crawler.reports.formats.rows import Column, columns, records
from backlink_crawler.reports.formats.shown import NUMERIC, cell, extent, heading, shown_columns, title_of

_URL = re.compile(r"https?://[^\s/?#\"<>\\^`{|}]+(?:[/?#][^\s\"<>\\^`{|}]*)?", re.IGNORECASE)
_FIGURES = ("backlinks", "follow", "referring_domains", "referring_hosts", "referring_pages", "backlinks_lost")
"""Facts shown large, where an answer has them."""
_NARROW, _HALF = 48, 74
"""Characters across: tables of at most so many stay tables on a phone (of others each row becomes a card), stand beside
each other elsewhere."""
_TEXT = 14
"""Characters of a text before it is broken into lines."""
_SEARCHED_ROWS = 8
"""Tables of fewer rows need no search."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell."""

    text: str
    url: str | None
    column: int


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column."""

    text: str
    meaning: str
    style: str
    """Class of its cells; empty: none."""


@dataclass(frozen=True, slots=True)
class Rows:
    """One table of a part."""

    id: str
    title: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]
    breadth: str
    """``narrow``, ``half`` or ``broad``."""
    searched: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One answer."""

    id: str
    title: str
    statements: Sequence[str]
    """That were not said before."""
    figures: Sequence[tuple[str, str]]
    charts: Sequence[Chart]
    tables: Sequence[Rows]
    extent: str


class Page:
    """An HTML page; holds every answer until it is closed."""

    def __init__(self, out: BinaryIO, surroundings: Surroundings) -> None:
        self._out = out
        self._parts: list[Part] = []
        self._said: set[str] = set()
        self._sites: list[str] = []

    def add(self, answer: Answer) -> tuple[()]:
        """Take ``answer``."""
        statements = [plain(statement) for statement in answer.statements]
        new = [statement for statement in statements if statement not in self._said]
        self._said.update(new)
        found, section = columns(answer), answer.view.section
        shown = [one for one in shown_columns(found, answer.shown) if one.name != section]
        rows = list(records(answer))
        sites = answer.facts.get("sites", ())
        self._sites = self._sites or [str(site) for site in (sites if isinstance(sites, list | tuple) else ())]
        number = len(self._parts) + 1
        self._parts.append(
            Part(
                id=f"part-{number}",
                title=plain(answer.title),
                statements=new,
                figures=_figures(answer.facts),
                charts=charts(shown, rows, section),
                tables=list(_tables(f"part-{number}", shown, rows, section)),
                extent=extent(len(rows), answer.total, section is not None),
            )
        )
        return ()

    def close(self) -> None:
        """Write the page."""
        several = len(self._parts) > 1 and self._sites
        title = f"Backlinks of {', '.join(map(plain, self._sites))}" if several else self._parts[0].title
        template = _environment().get_template("page.html")
        written = template.stream(title=title, parts=self._parts, policy=_policy(), style=_style(), script=_script())
        written.enable_buffering(500)
        written.dump(self._out, encoding="utf-8")


def _figures(facts: Mapping[str, object]) -> list[tuple[str, str]]:
    known = [(name, facts[name]) for name in _FIGURES if isinstance(facts.get(name), int)]
    return [(title_of(name), cell(value)) for name, value in known]


def _tables(of: str, shown: Sequence[Column], rows: Sequence[Mapping[str, Any]], section: str | None) -> Iterator[Rows]:
    groups = groupby(rows, lambda row: row[section]) if section else [(None, rows)]
    for number, (value, group) in enumerate(groups, 1):
        some = list(group)
        kept = shown
        if section:
            kept = [one for one in shown if any(row[one.name] is not None for row in some)] or shown[:1]
        heads = [Head(heading(one.name), plain(one.meaning), _style_of(one)) for one in kept]
        cells = [[_cell(row[one.name], n) for n, one in enumerate(kept)] for row in some]
        yield Rows(
            id=f"{of}-{number}",
            title=title_of(value) if section and value is not None else "",
            heads=heads,
            rows=cells,
            breadth=_breadth(heads, cells),
            searched=len(some) >= _SEARCHED_ROWS,
        )


def _breadth(heads: Sequence[Head], rows: Sequence[Sequence[Cell]]) -> str:
    """Return how broad a table is, from about how many characters it needs across."""
    across = 0
    for n, head in enumerate(heads):
        most = max((len(row[n].text) for row in rows), default=0)
        across += 2 + max(len(head.text) + 2 if head.style else 0, most if head.style else min(most, _TEXT))
    return "narrow" if across <= _NARROW else "half" if across <= _HALF else "broad"


def _style_of(column: Column) -> str:
    if column.kind in NUMERIC:
        return "number"
    return "day" if column.kind in {"time", "day"} else ""


def _cell(value: object, column: int) -> Cell:
    text = cell(value)
    # What is seen is what is linked: a text that had to be changed is no link.
    return Cell(text, text if text == value and _URL.fullmatch(text) else None, column)


@cache
def _environment() -> Environment:
    sources = {name: _file(name) for name in ("page.html", "charts.html")}
    return Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def _file(name: str) -> str:
    return files("backlink_crawler.reports.formats").joinpath("page", name).read_text("utf-8")


@cache
def _style() -> Markup:
    return Markup(_file("style.css"))  # noqa: S704 - a file of our own


@cache
def _script() -> Markup:
    return Markup(_file("tables.js"))  # noqa: S704 - a file of our own


@cache
def _policy() -> str:
    return (
        f"default-src 'none'; style-src '{_hash(_style())}'; script-src '{_hash(_script())}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
