"""A question put to a view, and what comes of it: sentences, facts, and rows as a stream.

``plan`` makes one SQL statement of a view and of what people said of its rows; ``Answer`` is what formats are handed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from backlink_crawler.reports.condition import checked, known, ordered, quoted
from backlink_crawler.reports.engine import Engine, EngineError
from backlink_crawler.reports.view import View, ViewError, views

TOTAL = "rows in all"
"""Column of the first rows of a view with addresses: how many rows there are."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What people said of a view's rows."""

    where: str = ""
    group: Sequence[str] = ()
    sort: Sequence[str] = ()
    columns: Sequence[str] = ()
    limit: int | None = None
    """``None``: all rows."""
    dated: bool = False
    """Only rows of the time that the question names, of a view that has a column for it (``View.dated``)."""
    brief: bool = False
    """Without the rows that the view leaves out of a table for people (``View.omitted``)."""
    usual: str = ""
    """A condition that holds where ``where`` says nothing and the view has its columns."""


@dataclass(frozen=True, slots=True)
class Plan:
    """SQL that answers."""

    view: View
    sql: str
    """All rows, in order."""
    limited: str
    """The first rows; of a view that a section column divides, those of each section."""
    names: tuple[str, ...]
    """Columns of the answer, of which ``sql`` may have more: those that ``View.addresses`` names."""
    shown: tuple[str, ...]
    """Columns of a table for people."""
    limit: int | None = None
    condition: str = ""
    """That rows must meet."""
    omitted: str = ""
    """SQL of the rows that a brief answer leaves out; empty: it leaves out none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a format needs."""

    title: str
    statements: Sequence[str]
    """What was observed, how fresh, how much was blocked, and how links were matched: for people."""
    facts: Mapping[str, object]
    """The same for programs."""
    view: View
    shown: Sequence[str]
    """Columns for people; programs get all."""
    rows: pa.RecordBatchReader
    total: int
    """Rows there are, of which ``rows`` may have the first ones only."""


def plan(engine: Engine, view: View, wish: Wish) -> Plan:
    """Return the statement that answers ``wish`` of ``view``.

    :raises WrongCondition: a column that is not there, or a condition that is none.
    :raises ViewError: no such group, or the view is no SQL that could be answered.
    :raises EngineError: what is asked of it cannot be answered.
    """
    view, grouped = _grouped(view, wish.group)
    columns = _columns(engine, view)
    condition = wish.where or _usual(engine, view, wish.usual)
    conditions = [checked(engine, condition)] if condition else []
    if wish.dated and view.dated:
        conditions.append(_in_time(view))
    where = "\nWHERE " + "\nAND ".join(f"(\n{condition}\n)" for condition in conditions) if conditions else ""
    sql = f"WITH answer AS (\n{view.sql}\n)\nSELECT * FROM answer{where}"
    if grouped:
        for name in grouped:
            known(name, columns, "--group")
        sql, view = (
            _counted(sql, grouped, columns),
            replace(view, columns=(), sort=("-rows", *grouped), section=None, addresses={}, omitted=None),
        )
    sql, omitted = _spared(sql, view) if wish.brief else (sql, "")
    columns = engine.columns(sql)
    chosen = [known(name, columns, "--columns") for name in wish.columns] or list(columns)
    order = ordered((*_by_section(view, columns), *(wish.sort or view.sort)), columns)
    if view.section not in chosen:
        view = replace(view, section=None)
    ids = [key for name, key in view.addresses.items() if name in chosen and key not in chosen]
    listed = ", ".join(map(quoted, (*chosen, *ids)))
    rows = f"SELECT {listed} FROM (\n{sql}\n)"
    in_order = f"\nORDER BY {order}" if order else ""
    # Such views sum up all links: to ask once more how many rows there are would be twice the work.
    counted = f"SELECT {listed}, count(*) OVER () AS {quoted(TOTAL)} FROM (\n{sql}\n)" if view.addresses else rows
    limited = f"{_of_each(counted, view, order, wish.limit)}{in_order}{_at_most(view, wish.limit)}"
    engine.columns(limited)
    shown = tuple(wish.columns) or tuple(name for name in view.columns if name in columns) or tuple(columns)
    return Plan(view, f"{rows}{in_order}", limited, tuple(chosen), shown, wish.limit, condition, omitted)


def _spared(sql: str, view: View) -> tuple[str, str]:
    """Return SQL of the rows that people are shown, and of those that they are spared."""
    if view.omitted is None:
        return sql, ""
    flag = quoted(view.omitted)
    return f"SELECT * FROM (\n{sql}\n)\nWHERE NOT {flag}", f"SELECT * FROM (\n{sql}\n)\nWHERE {flag}"


def _columns(engine: Engine, view: View) -> Mapping[str, str]:
    """Return the columns of ``view``, which are all that its head names.

    :raises ViewError: they are not, or it is no SQL that could be answered.
    """
    tree = engine.tree(view.sql)
    if tree["error"] and tree["error_type"] == "parser":
        raise ViewError(f"view {view.name!r}: {str(tree['error_message']).partition(chr(10))[0]}")
    if tree["error"] or len(tree["statements"]) != 1:
        raise ViewError(f"view {view.name!r} should be one SELECT below its head, and is not")
    try:
        columns = engine.columns(view.sql)
    except EngineError as error:
        raise ViewError(f"view {view.name!r}: {str(error).partition(chr(10))[0]}") from error
    named = (*view.columns, view.section, view.dated, *view.addresses, *view.addresses.values(), view.omitted)
    if unknown := [name for name in named if name and name not in columns]:
        raise ViewError(f"view {view.name!r} has no column {unknown[0]!r}. There are: {', '.join(columns)}")
    if view.omitted and columns[view.omitted] != "BOOLEAN":
        raise ViewError(f"view {view.name!r} omits rows by {view.omitted!r}, which is no flag")
    return columns


def _usual(engine: Engine, view: View, condition: str) -> str:
    """Return ``condition`` where the view has what it names; a mistake in it is told, not passed over.

    :raises WrongCondition: it is none.
    """
    if not condition:
        return ""
    checked(engine, condition)
    try:
        engine.columns(f"WITH answer AS (\n{view.sql}\n)\nSELECT * FROM answer WHERE (\n{condition}\n)")
    except EngineError:
        return ""
    return condition


def _by_section(view: View, columns: Mapping[str, str]) -> Sequence[str]:
    """Return the key that keeps the rows of each section together, whatever they are sorted by."""
    if view.section is None or view.section not in columns:
        return ()
    return view.sort[:1] if view.sort and view.sort[0].removeprefix("-") == view.section else (view.section,)


def _of_each(rows: str, view: View, order: str, limit: int | None) -> str:
    """Return the first ``limit`` rows of each section."""
    if limit is None or view.section is None:
        return rows
    within = f"PARTITION BY {quoted(view.section)}" + (f" ORDER BY {order}" if order else "")
    return f"{rows} QUALIFY row_number() OVER ({within}) <= {limit}"


def _at_most(view: View, limit: int | None) -> str:
    return "" if limit is None or view.section is not None else f"\nLIMIT {limit}"


def _in_time(view: View) -> str:
    """Return the condition that a row is of the time asked for."""
    assert view.dated is not None
    at = quoted(view.dated)
    return (
        f"{at} >= coalesce(getvariable('since'), {at}) AND ({at} < getvariable('until') OR "
        "getvariable('until') IS NULL)"
    )


def _grouped(view: View, group: Sequence[str]) -> tuple[View, Sequence[str]]:
    """Return the view to ask, and the columns to count its rows by."""
    if len(group) == 1 and (name := view.groups.get(group[0])):
        if name not in views():
            raise ViewError(f"view {view.name!r} names {name!r} for --group {group[0]}, and there is no such view")
        return views()[name], ()
    return view, group


def _counted(sql: str, group: Sequence[str], columns: Mapping[str, str]) -> str:
    names = ", ".join(map(quoted, group))
    counts = ["count(*) AS rows"]
    if "source_site" in columns and "source_site" not in group:
        counts.append("count(DISTINCT source_site) AS referring_domains")
    if "follow" in columns and "follow" not in group:
        counts.append("count(*) FILTER (follow) AS follow")
    return f"SELECT {names}, {', '.join(counts)} FROM (\n{sql}\n) GROUP BY ALL"
