"""Whole tables as streams: whatever their size, a batch at a time is in memory.

Collections are read in the order in which they lie on disk where nothing narrows the question down: by an index every
document would be a read of its own.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.history.series import Counts
from backlink_crawler.reports.dictionary import EVENTS, LINKS, PAGES, Column, arrow_schema
from backlink_crawler.store.documents import Document
from backlink_crawler.store.history import daily_series
from backlink_crawler.store.tables import pages
from backlink_crawler.store.tables.arrow import batches, decoded
from backlink_crawler.store.tables.changes import as_told
from backlink_crawler.store.tables.replies import as_sent

_IDS = 5_000
"""Links that are read by their ids at once."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows are meant."""

    target_sites: Sequence[str] = ()
    source_sites: Sequence[str] = ()
    """Empty: all."""
    since: datetime | None = None
    """What is new or has changed from then on; ``None``: everything."""

    def links(self) -> dict[str, Any]:
        """Return the filter of links, and of events, by their sites."""
        sides = {"target_site": self.target_sites, "source_site": self.source_sites}
        return {name: {"$in": list(sites)} for name, sites in sides.items() if sites}

    def of_pages(self) -> dict[str, Any]:
        """Return the filter of pages by their site."""
        sites = [*self.target_sites, *self.source_sites]
        return {"site": {"$in": sites}} if sites else {}


async def expected(database: AsyncDatabase[Document], collection: str, selection: Selection) -> int | None:
    """Return about how many rows there will be; ``None``: counting them takes as long as reading them."""
    if selection.since is not None:
        return None
    if not selection.links():
        return await database[collection].estimated_document_count()
    wanted = selection.of_pages() if collection == "pages" else selection.links()
    return await database[collection].count_documents(wanted)


async def links(database: AsyncDatabase[Document], selection: Selection) -> AsyncGenerator[pa.Table]:
    """Yield links with the ``status`` and ``last_seen`` that their pages decide, as the view ``backlinks`` has them."""
    async with aclosing(_links(database, selection)) as found:
        async for rows in found:
            yield await _resolved(database, rows)


async def _links(database: AsyncDatabase[Document], selection: Selection) -> AsyncGenerator[pa.Table]:
    wanted, since = selection.links(), selection.since
    if since is None:
        async with aclosing(as_sent(database["links"], wanted)) as found:
            async for raw in found:
                yield await asyncio.to_thread(decoded, raw, LINKS, key="link_id")
        return
    fresh = {**wanted, "$or": [{"first_seen": {"$gte": since}}, {"lost_at": {"$gte": since}}]}
    async for rows in batches(database["links"], fresh, LINKS, key="link_id"):
        yield rows
    older = {**wanted, "first_seen": {"$lt": since}, "lost_at": {"$not": {"$gte": since}}}
    stages = [{"$match": {**wanted, "recorded": {"$gte": since}}}, {"$group": {"_id": "$link_id"}}]
    async with await database["link_events"].aggregate(stages, allowDiskUse=True, batchSize=_IDS) as changed:
        while some := await changed.to_list(_IDS):
            ids = [one["_id"] for one in some]
            async for rows in batches(database["links"], {**older, "_id": {"$in": ids}}, LINKS, key="link_id"):
                yield rows


async def _resolved(database: AsyncDatabase[Document], rows: pa.Table) -> pa.Table:
    is_live = pc.equal(rows["status"], "live")
    ids = pages.values_of([rows.filter(is_live)], "source_id")
    said = await pages.by_id(database, ids, frozenset({"page_id", "last_read", "unknown_since"}))
    of_row = pc.index_in(rows["source_id"], said["page_id"].combine_chunks())
    read, unknown = (said[name].combine_chunks().take(of_row) for name in ("last_read", "unknown_since"))
    decided = {
        "status": pc.if_else(pc.and_(is_live, pc.is_valid(unknown)), "unknown", rows["status"]),
        "last_seen": pc.if_else(is_live, pc.coalesce(read, rows["last_seen"]), rows["last_seen"]),
    }
    return pa.table([decided.get(name, rows[name]) for name in rows.column_names], schema=rows.schema)


async def all_pages(database: AsyncDatabase[Document], selection: Selection) -> AsyncGenerator[pa.Table]:
    """Yield pages as of their last visit."""
    wanted = selection.of_pages()
    if selection.since is not None:
        wanted["last_visited"] = {"$gte": selection.since}
    async for rows in batches(database["pages"], wanted, PAGES, key="page_id"):
        yield rows


async def events(database: AsyncDatabase[Document], selection: Selection) -> AsyncGenerator[pa.Table]:
    """Yield events of links."""
    wanted = selection.links()
    if selection.since is not None:
        wanted["recorded"] = {"$gte": selection.since}
    stages = [{"$match": wanted}, as_told(EVENTS)]
    async for rows in batches(database["link_events"], stages, EVENTS, key="event_id"):
        yield rows


async def sites(
    database: AsyncDatabase[Document], selection: Selection, columns: Sequence[Column]
) -> AsyncGenerator[pa.Table]:
    """Yield sites that were visited, with what was made of their pages."""
    counted: Mapping[str, Any] = {
        "_id": "$site",
        "pages": {"$sum": 1},
        "pages_ok": {"$sum": {"$cond": [{"$eq": ["$outcome", "ok"]}, 1, 0]}},
        "last_visited": {"$max": "$last_visited"},
    }
    stages: list[Mapping[str, Any]] = [
        {"$match": selection.of_pages()},
        {"$group": counted},
        {"$lookup": {"from": "sites", "localField": "_id", "foreignField": "_id", "as": "site"}},
        {"$set": {"first_visited": {"$first": "$site.first_visited"}}},
        {"$unset": "site"},
    ]
    async for rows in batches(database["pages"], stages, columns, key="site", allowDiskUse=True):
        yield rows


async def daily(
    database: AsyncDatabase[Document], target_sites: Sequence[str], since: date, until: date, columns: Sequence[Column]
) -> AsyncGenerator[pa.Table]:
    """Yield the days of each target site, a batch for each."""
    for site in target_sites:
        days = await daily_series(database, site, since, until)
        rows = [
            {
                "target_site": site,
                "day": datetime.combine(day.day, time(), UTC).replace(tzinfo=None),
                "follow": part.follow,
                "region": part.region,
                **{count.name: getattr(counts, count.name) for count in fields(Counts)},
            }
            for day in days
            for part, counts in sorted(day.parts.items())
        ]
        yield await asyncio.to_thread(pa.Table.from_pylist, rows, arrow_schema(columns))
