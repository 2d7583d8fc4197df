"""Reading the tables that reports are made of: from MongoDB into Arrow, only the columns that a question needs.

One module per kind of table; ``read`` knows them all. Pages come last, by the ids of the links that were read.
"""

import asyncio
from collections.abc import Mapping

import pyarrow as pa
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.reports.question import Question
from backlink_crawler.store.documents import Document
from backlink_crawler.store.tables import links, pages
from backlink_crawler.store.tables.arrow import Reader

Needed = Mapping[str, frozenset[str]]

_READERS: Mapping[str, Reader] = {
    "links_in": links.links_in,
}
"""Table → what reads it, by the question alone."""

_JOINED = {"source_pages": "source_id", "target_pages": "target_id"}
"""Table of pages → the links' column that names them."""


async def read(database: AsyncDatabase[Document], question: Question, needed: Needed) -> dict[str, pa.Table]:
    """Return the tables of ``needed``, each with at least the columns that are needed of it."""
    first = {name: columns for name, columns in needed.items() if name not in _JOINED}
    found = await asyncio.gather(*(_READERS[name](database, question, columns) for name, columns in first.items()))
    tables = dict(zip(first, found, strict=True))
    # A table of pages that is only joined says nothing of the links.
    joined = {name: columns for name, columns in needed.items() if name in _JOINED and columns - {"page_id"}}
    with_ids = [(name, pages.ids_of(tables.values(), _JOINED[name])) for name in joined]
    read_pages = await asyncio.gather(*(pages.by_id(database, ids, joined[name]) for name, ids in with_ids))
    return tables | dict(zip(joined, read_pages, strict=True))
