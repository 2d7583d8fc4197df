"""Reading the tables that reports are made of: from MongoDB into Arrow, only the columns that a question needs.

One module per kind of table; ``read`` knows them all. Pages come last, by the ids of the links that were read.
"""

import asyncio
from collections.abc import Iterable, Mapping

import pyarrow as pa
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.reports.engine import Needed
from backlink_crawler.reports.question import Question
from backlink_crawler.store.documents import Document
from backlink_crawler.store.tables import changes, daily, links, marks, pages, past, rivals, target_ways, targets, tried
from backlink_crawler.store.tables.arrow import Reader
from backlink_crawler.store.tables.rivals import of_pairs

__all__ = ["of_pairs", "read"]

_READERS: Mapping[str, Reader] = {
    "links_in": links.links_in,
    "links_out": links.links_out,
    "links_new": changes.links_new,
    "links_gone": changes.links_gone,
    "links_then": past.links_then,
    "links_versus": rivals.links_versus,
    "events_in": changes.events_in,
    "own_pages": targets.own_pages,
    "broken_pages": targets.broken_pages,
    "dead_pages": targets.dead_pages,
    "seen_pages": targets.seen_pages,
    "target_ways": target_ways.target_ways,
    "tried_pages": tried.tried_pages,
    "linking_sites": rivals.linking_sites,
    "daily": daily.daily,
    "marks": marks.marks,
}
"""Table → what reads it, by the question alone."""

_LINKS_TO = {"links_broken": "broken_pages", "links_dead": "dead_pages"}
"""Table of links → the table of the pages they point to, which is read first."""

_JOINED = {
    "source_pages": "source_id",
    "target_pages": "target_id",
    "event_links": "link_id",
    "source_sites": "source_site",
}
"""Table → the column of other tables that names its rows."""

_KEYS = {
    "source_pages": "page_id",
    "target_pages": "page_id",
    "event_links": "link_id",
    "source_sites": "site",
    "target_ways": "target_id",
}
"""Table → the column by which it is joined to others."""


async def read(database: AsyncDatabase[Document], question: Question, needed: Needed) -> dict[str, pa.Table]:
    """Return the tables of ``needed``, each with at least the columns that are needed of it; none that is late."""
    needed = {**needed, **{_LINKS_TO[name]: _with_ids(needed, _LINKS_TO[name]) for name in _LINKS_TO if name in needed}}
    # A table that is only joined, and of which nothing else is asked, says nothing of what was read.
    needed = {name: columns for name, columns in needed.items() if columns - {_KEYS.get(name)}}
    first = {name: needed[name] for name in needed if name in _READERS}
    found = await asyncio.gather(*(_READERS[name](database, question, columns) for name, columns in first.items()))
    tables = dict(zip(first, found, strict=True))
    for name in _LINKS_TO:
        if name in needed:
            tables[name] = await targets.links_to(database, tables[_LINKS_TO[name]], question, needed[name])
    joined = {name: needed[name] for name in _JOINED if name in needed}
    parts = await asyncio.gather(*(_joined(database, name, joined[name], tables) for name in joined))
    return tables | dict(zip(joined, parts, strict=True))


def _with_ids(needed: Needed, name: str) -> frozenset[str]:
    return needed.get(name, frozenset()) | {"page_id", "site"}


async def _joined(
    database: AsyncDatabase[Document], name: str, columns: frozenset[str], tables: Mapping[str, pa.Table]
) -> pa.Table:
    named = pages.values_of(_of(tables, "events_in") if name == "event_links" else tables.values(), _JOINED[name])
    if name == "event_links":
        return await links.by_id(database, named, columns)
    if name == "source_sites":
        return await tried.read_by_site(database, named)
    return await pages.by_id(database, named, columns)


def _of(tables: Mapping[str, pa.Table], name: str) -> Iterable[pa.Table]:
    return [tables[name]] if name in tables else []
