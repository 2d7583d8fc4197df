"""Links as they were at the end of a day in the past."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.reports.dictionary import arrow_schema
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.tables import TABLES
from backlink_crawler.store.documents import Document
from backlink_crawler.store.history import links_at
from backlink_crawler.store.tables.arrow import chosen
from backlink_crawler.store.tables.links import is_asked_for

_BATCH = 5_000
_KEPT_AS = {"link_id": "_id", "unknown_since": "source_unknown_since"}
"""Column → its name in the records, where that is another."""


async def links_then(database: AsyncDatabase[Document], question: Question, columns: frozenset[str]) -> pa.Table:
    """Read the links from other sites to what is asked for that had been found by ``question.at``, also lost ones."""
    assert question.at, "a view of a day in the past needs --at"
    schema = arrow_schema(chosen(TABLES["links_then"], columns))
    names = [_KEPT_AS.get(name, name) for name in schema.names]
    fields = {*names, "lost_reason"} | ({"target_url"} if question.scope != "site" else set())
    parts = [schema.empty_table()]
    rows: list[Mapping[str, Any]] = []
    for site in question.sites:
        async for link in links_at(database, site, question.at, own=question.sites, fields=fields):
            if question.scope == "site" or is_asked_for(link["target_url"], question):
                rows.append({column: link.get(name) for column, name in zip(schema.names, names, strict=True)})
            if len(rows) == _BATCH:
                parts.append(pa.Table.from_pylist(rows, schema))
                rows = []
    return pa.concat_tables([*parts, pa.Table.from_pylist(rows, schema)])
