"""From MongoDB to Arrow: documents become columns as they arrive, batch by batch, without becoming Python objects."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import pyarrow as pa
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongoarrow.context import PyMongoArrowContext
from pymongoarrow.schema import Schema
from pymongoarrow.types import BinaryType

from backlink_crawler.reports.dictionary import Column, arrow_schema
from backlink_crawler.reports.question import Question
from backlink_crawler.store.documents import Document
from backlink_crawler.store.tables.replies import as_sent

Reader = Callable[[AsyncDatabase[Document], Question, frozenset[str]], Awaitable[pa.Table]]
"""Reads one table: at least the columns named."""

_BATCH = 20_000
"""Documents asked for at once; MongoDB sends fewer where they make 16 MB."""


async def batches(
    collection: AsyncCollection[Document],
    wanted: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    *,
    key: str,
    **options: Any,
) -> AsyncIterator[pa.Table]:
    """Yield what a filter, or a pipeline, finds, as tables of ``columns``.

    A value of another kind than its column says becomes null: a record that somebody else wrote breaks no report.

    :param key: the column that is ``_id`` in the documents
    :param options: of the command ``find`` or ``aggregate``
    """
    names = {column.name: "_id" if column.name == key else column.name for column in columns}
    schema, plain = Schema({names[c.name]: _type(c) for c in columns}), arrow_schema(columns)
    if isinstance(wanted, Mapping):
        options["projection"] = {"_id": 0, **dict.fromkeys(names.values(), 1)}
    async with aclosing(as_sent(collection, wanted, size=_BATCH, **options)) as replies:
        async for raw in replies:
            yield await asyncio.to_thread(_table, raw, schema, plain)


async def table(
    collection: AsyncCollection[Document],
    wanted: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    *,
    key: str = "_id",
    **options: Any,
) -> pa.Table:
    """Return all that :func:`batches` yields as one table."""
    found = [part async for part in batches(collection, wanted, columns, key=key, **options)]
    return pa.concat_tables([arrow_schema(columns).empty_table(), *found])


def decoded(raw: bytes, columns: Sequence[Column], *, key: str) -> pa.Table:
    """Return BSON documents, one after another, as a table of ``columns``; holds the interpreter meanwhile."""
    schema = Schema({"_id" if column.name == key else column.name: _type(column) for column in columns})
    return _table(raw, schema, arrow_schema(columns))


def chosen(columns: Sequence[Column], names: frozenset[str]) -> list[Column]:
    """Return those of ``columns`` that are named."""
    return [column for column in columns if column.name in names]


def _type(column: Column) -> Any:
    return BinaryType(0) if column.kind == "id" else arrow_schema([column]).field(0).type


def _table(raw: bytes, schema: Schema, plain: pa.Schema) -> pa.Table:
    context = PyMongoArrowContext(schema, allow_invalid=True)
    context.process_bson_stream(raw)
    read = context.finish()
    arrays = [_storage(read.column(number)).cast(field.type) for number, field in enumerate(plain)]
    return pa.table(arrays, schema=plain)


def _storage(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return ids as plain bytes."""
    if isinstance(column.type, pa.ExtensionType):
        return pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
    return column
