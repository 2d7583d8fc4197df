"""Views: SQL that an analyst can read and change, with a head of comments that says how it is shown.

The head is the first lines that begin with ``--``. Its first line is the title; ``key: value`` lines may follow::

    -- Links from other sites, one row each
    -- columns: source_url, target_url     shown in a table, where nobody asks for others (default: all)
    -- sort: -first_seen, source_url       '-' for the greatest first
    -- group domain: backlinks-by-domain   another view that shows the same grouped (--group domain)
    -- section: section                    a column whose values divide the rows for people: they stay together, in
                                           the order of the values (an ENUM has its own); --limit is of each
    -- column age_days: days since …       the meaning of a column that the data dictionary does not know
    -- days: 30                            without --since, so many days are asked for, today included
    -- needs: versus                       a variable without which the question has no answer
    -- dated: first_seen                   the column that --since and --until are of
    -- opening: totals                     a relation of one row that is told before the rows (``openings``)
    -- omit quiet: Days … are left out.    a flag: rows of which it is true are left out of a table for people, and this
                                           is said; without --limit it has all others
    -- address example: example_id         a column filled with the URL that has this id, once the rows are chosen
    -- note: what readers should know      said with every answer; as many as there are

A view selects from relations (``sql/relations``), from tables (``tables``), calls macros (``sql/macros``) and may read
what was asked by ``getvariable('sites')`` (``question``). It reads nothing else: no files, no network.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from graphlib import TopologicalSorter
from importlib.resources import files

_KEY = re.compile(
    r"(columns|sort|section|days|needs|dated|opening|note|address \w+|omit \w+|group \S+|column \w+): *(.*)"
)

_WORD = re.compile(r"\w+")


class ViewError(ValueError):
    """A view cannot be used as it is written, or there is none of that name; the message is one line."""


@dataclass(frozen=True, slots=True)
class View:
    """One view."""

    name: str
    title: str
    sql: str
    """With its head."""
    columns: tuple[str, ...] = ()
    """Shown in a table where nobody asks for others; empty: all."""
    sort: tuple[str, ...] = ()
    section: str | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    """Word of ``--group`` → view that shows it."""
    meanings: Mapping[str, str] = field(default_factory=dict)
    """Column → meaning, of columns of its own."""
    days: int | None = None
    """Asked for where nobody says since when; ``None``: all time."""
    needs: tuple[str, ...] = ()
    """Variables of the question that must not be empty."""
    notes: tuple[str, ...] = ()
    """What its answers do and do not say."""
    dated: str | None = None
    """Column with the time of a row."""
    opening: str | None = None
    omitted: str | None = None
    """A flag: rows of which it is true say little, and people are spared them."""
    omission: str = ""
    """What they are told then."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Column → the column with the id of the URL that it is filled with where it is null. URLs are in no index that
    covers a count of links, so they are read for the rows that are shown and for no others."""

    @property
    def takes_time(self) -> bool:
        """Whether a first and a last day mean something to it."""
        return self.dated is not None or self.days is not None


def read_view(name: str, sql: str) -> View:
    """Return the view that ``sql`` says.

    :raises ViewError: there is no title, or days are no number.
    """
    head = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        head.append(line[2:].strip())
    if not head or not head[0]:
        raise ViewError(f"view {name!r} begins with no title: its first line should be '-- What it shows'")
    found: dict[str, str] = {}
    omitted, omission = None, ""
    notes = []
    for line in head[1:]:
        if match := _KEY.fullmatch(line):
            found[match[1]] = match[2]
            if match[1] == "note":
                notes.append(match[2])
            if match[1].startswith("omit "):
                omitted, omission = match[1][5:], match[2]
    return View(
        name=name,
        title=head[0],
        sql=sql,
        columns=_names(found.get("columns", "")),
        sort=_names(found.get("sort", "")),
        section=found.get("section"),
        groups={key[6:]: value for key, value in found.items() if key.startswith("group ")},
        meanings={key[7:]: value for key, value in found.items() if key.startswith("column ")},
        days=_days(name, found["days"]) if "days" in found else None,
        needs=_names(found.get("needs", "")),
        notes=tuple(notes),
        dated=found.get("dated"),
        opening=found.get("opening"),
        omitted=omitted,
        omission=omission,
        addresses={key[8:]: value for key, value in found.items() if key.startswith("address ")},
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _days(name: str, text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,4}", text):
        raise ViewError(f"view {name!r}: days: {text!r} is not a number of days")
    return int(text)


@cache
def relations() -> Mapping[str, str]:
    """Return name → SQL of every relation, in an order in which they can be made: those that one names come first."""
    sql = _files("relations")
    named = {name: set(_WORD.findall(text)) & sql.keys() - {name} for name, text in sql.items()}
    return {name: sql[name] for name in TopologicalSorter(named).static_order()}


@cache
def macros() -> Mapping[str, str]:
    """Return name → SQL of every file of macros: rules that relations and views share."""
    return _files("macros")


@cache
def views() -> Mapping[str, View]:
    """Return every view that comes with the program, by name."""
    return {name: read_view(name, sql) for name, sql in _files("views").items()}


def _files(folder: str) -> Mapping[str, str]:
    found = files("backlink_crawler.reports").joinpath("sql", folder).iterdir()
    sql = {file.name.removesuffix(".sql"): file.read_text("utf-8") for file in found if file.name.endswith(".sql")}
    return dict(sorted(sql.items()))
