"""Pages as tables: by the ids that links name."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.reports.dictionary import PAGES, arrow_schema
from backlink_crawler.store.documents import Document
from backlink_crawler.store.schema import PAGE_FACTS
from backlink_crawler.store.tables.arrow import chosen, table

_IDS = 5_000
"""In one filter."""
_AT_ONCE = 4


def values_of(tables: Iterable[pa.Table], column: str) -> Sequence[Any]:
    """Return the values (ids, names) that any of the tables has in ``column``, each once, in their order."""
    chunks = [chunk for one in tables if column in one.column_names for chunk in one[column].chunks]
    return sorted(pc.unique(pa.chunked_array(chunks)).drop_null().to_pylist()) if chunks else []


async def by_id(database: AsyncDatabase[Document], ids: Sequence[bytes], columns: frozenset[str]) -> pa.Table:
    """Read the pages with these ids, as far as they were ever asked for."""
    wanted = chosen(PAGES, columns)
    turn = asyncio.Semaphore(_AT_ONCE)
    # Where an index holds all that is asked for, no document is read.
    options = {"hint": "facts"} if columns <= {"page_id", *PAGE_FACTS} else {}

    async def part(some: Sequence[bytes]) -> pa.Table:
        async with turn:
            return await table(database["pages"], {"_id": {"$in": some}}, wanted, key="page_id", **options)

    parts = await asyncio.gather(*(part(ids[start : start + _IDS]) for start in range(0, len(ids), _IDS)))
    return pa.concat_tables([arrow_schema(wanted).empty_table(), *parts])
