"""What people may say of a view's rows: a condition, an order, columns, groups. Nothing of it can do anything else.

A condition is an SQL expression over the view's columns, read by DuckDB's own parser: ``follow AND region = 'nav'``,
``anchor ILIKE '%tools%'``, ``first_seen >= '2026-03-01'``, ``list_contains(rel, 'ugc')``. Parts that read anything but
the row (subqueries, several statements) are refused.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from backlink_crawler.reports.engine import Engine

_REFUSED = {"SUBQUERY": "a subquery", "WINDOW": "a window", "PARAMETER": "a parameter"}


class WrongCondition(ValueError):
    """It is not what it should be; the message is one line that says what would be."""


def checked(engine: Engine, condition: str) -> str:
    """Return ``condition`` where it is one expression over columns.

    :raises WrongCondition: it is anything else.
    """
    tree = engine.tree(f"SELECT 1 FROM answer WHERE (\n{condition}\n)")
    if tree["error"]:
        raise WrongCondition(f"--where {condition!r}: {str(tree['error_message']).partition(chr(10))[0]}")
    statements = tree["statements"]
    node = statements[0]["node"] if len(statements) == 1 else {}
    more = ("modifiers", "group_expressions", "having", "qualify", "sample")
    if node.get("type") != "SELECT_NODE" or node["from_table"]["type"] != "BASE_TABLE" or any(map(node.get, more)):
        raise WrongCondition(f"--where {condition!r} is more than one condition")
    for part in _nodes(node["where_clause"]):
        if what := _REFUSED.get(part.get("class", "")):
            raise WrongCondition(f"--where {condition!r} holds {what}: only the row's own columns can be asked")
    return condition


def _nodes(tree: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)


def ordered(sort: Sequence[str], columns: Collection[str]) -> str:
    """Return ``-backlinks,name`` as SQL: ``-`` for the greatest first, what is not known last.

    :raises WrongCondition: a column that is not there.
    """
    parts = []
    for part in sort:
        name = part.removeprefix("-")
        known(name, columns, "--sort")
        parts.append(f"{quoted(name)} {'DESC' if part.startswith('-') else 'ASC'} NULLS LAST")
    return ", ".join(parts)


def known(name: str, columns: Collection[str], option: str) -> str:
    """Return ``name`` where there is such a column.

    :raises WrongCondition: there is not; says which there are.
    """
    if name not in columns:
        raise WrongCondition(f"{option}: there is no column {name!r}. There are: {', '.join(columns)}")
    return name


def quoted(name: str) -> str:
    """Return a column's name as SQL."""
    return '"' + name.replace('"', '""') + '"'
