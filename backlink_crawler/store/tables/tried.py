"""Pages counted: how they ended, by site."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.reports.dictionary import arrow_schema
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.tables import TABLES
from backlink_crawler.store.documents import Document
from backlink_crawler.store.tables.arrow import table

_SITES = 5_000
"""In one filter."""


async def tried_pages(database: AsyncDatabase[Document], _question: Question, columns: frozenset[str]) -> pa.Table:
    """Count the pages of every site by outcome, HTTP errors by status too.

    An index answers that but for times and for the status of errors, which are read from the pages themselves.
    """
    facts: dict[str, Any] = {"pages": {"$sum": 1}}
    if columns & {"oldest_visit", "newest_visit"}:
        facts |= {"oldest_visit": {"$min": "$last_visited"}, "newest_visit": {"$max": "$last_visited"}}
    by_outcome = {"site": "$site", "outcome": "$outcome"}
    by_status = by_outcome | {"http_status": "$http_status"}
    parts = await asyncio.gather(
        _counted(database, {"site": {"$gt": ""}, "outcome": {"$ne": "http_error"}}, by_outcome, facts),
        _counted(database, {"site": {"$gt": ""}, "outcome": "http_error"}, by_status, facts),
    )
    return pa.concat_tables(parts)


async def _counted(
    database: AsyncDatabase[Document], match: Mapping[str, Any], by: Mapping[str, Any], facts: Mapping[str, Any]
) -> pa.Table:
    flat = {"_id": 0, **{name: f"$_id.{name}" for name in by}, **dict.fromkeys(facts, 1)}
    stages: Sequence[Mapping[str, Any]] = [{"$match": match}, {"$group": {"_id": by, **facts}}, {"$project": flat}]
    return await table(database["pages"], stages, TABLES["tried_pages"], allowDiskUse=True)


async def read_by_site(database: AsyncDatabase[Document], sites: Sequence[str]) -> pa.Table:
    """Count the pages of these sites that could be read, from an index alone."""
    columns = TABLES["source_sites"]
    parts = [
        await table(
            database["pages"],
            [
                {"$match": {"site": {"$in": sites[start : start + _SITES]}, "outcome": "ok"}},
                {"$group": {"_id": "$site", "pages_read": {"$sum": 1}}},
                {"$project": {"_id": 0, "site": "$_id", "pages_read": 1}},
            ],
            columns,
        )
        for start in range(0, len(sites), _SITES)
    ]
    return pa.concat_tables([arrow_schema(columns).empty_table(), *parts])
