"""What every report opens with, counted by MongoDB: what was tried, and how it ended."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.reports.summary import Observed, Tried
from backlink_crawler.store.documents import Document
from backlink_crawler.store.views import Stage


async def observed(database: AsyncDatabase[Document], own: Sequence[str]) -> Observed:
    """Count what was tried, in the whole index and on the sites ``own``."""
    (pages, as_of), (own_pages, _), sites, crawls = await asyncio.gather(
        # True of every page, and answered from the index alone.
        _tried(database, {"outcome": {"$gt": ""}}),
        _tried(database, {"site": {"$in": list(own)}}),
        _aggregate(database, "pages", [{"$group": {"_id": "$site"}}, {"$count": "n"}]),
        database["crawls"].count_documents({}),
    )
    return Observed(pages, own_pages, sites[0]["n"] if sites else 0, crawls, as_of)


async def _tried(database: AsyncDatabase[Document], match: Stage) -> tuple[list[Tried], datetime | None]:
    """Pages by outcome, errors by status too, and the last visit of any."""
    facts = {"pages": {"$sum": 1}, "last": {"$max": "$last_visited"}}
    outcomes, statuses = await asyncio.gather(
        _aggregate(database, "pages", [{"$match": match}, {"$group": {"_id": "$outcome", **facts}}]),
        _aggregate(
            database,
            "pages",
            [{"$match": {**match, "outcome": "http_error"}}, {"$group": {"_id": "$http_status", **facts}}],
        ),
    )
    tried = [Tried(found["_id"], None, found["pages"]) for found in outcomes if found["_id"] != "http_error"]
    tried += [Tried("http_error", found["_id"], found["pages"]) for found in statuses]
    return tried, max((found["last"] for found in outcomes), default=None)


async def _aggregate(database: AsyncDatabase[Document], collection: str, pipeline: Sequence[Stage]) -> list[Document]:
    cursor = await database[collection].aggregate(pipeline, allowDiskUse=True)
    return await cursor.to_list()
