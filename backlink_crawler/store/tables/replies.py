"""Reading many documents with as few copies as possible: what MongoDB sends is handed on as it came.

A cursor of the driver looks at every document and copies replies several times on their way, and asks for the next one
late: an export of links spends a fourth less in all without it. Here ``find`` and ``getMore`` are asked for as commands
(https://www.mongodb.com/docs/manual/reference/command/getMore/), and of their replies only the way to the batch is
walked (https://bsonspec.org/spec.html).
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from struct import Struct
from typing import Any

from bson import Int64
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection

from backlink_crawler.store.documents import Document

_AS_SENT = CodecOptions(document_class=RawBSONDocument)
WHOLE = 4_000
"""Whole links of a reply: some 6 MB of links, of which a few are in memory at a time."""
_int32, _int64 = (Struct(code).unpack_from for code in ("<i", "<q"))
_FIXED = {0x01: 8, 0x07: 12, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x11: 8, 0x12: 8}
"""BSON type → bytes of a value."""
_Ask = Callable[[dict[str, Any]], Coroutine[Any, Any, RawBSONDocument]]
_DOCUMENT, _ARRAY, _TEXT, _BINARY = 0x03, 0x04, 0x02, 0x05


async def as_sent(
    collection: AsyncCollection[Document],
    wanted: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    size: int | None = None,
    **options: Any,
) -> AsyncGenerator[bytes]:
    """Yield what a filter, or a pipeline, finds, as BSON documents one after another; the next batch is on its way.

    :param size: documents of a reply, by default as many as whole links allow; fewer come where they make 16 MB.
    :param options: of the command ``find`` or ``aggregate``: ``projection``, ``hint``, ``allowDiskUse``.
    """
    database, size = collection.database, size or WHOLE
    command: dict[str, Any]
    if isinstance(wanted, Mapping):
        command = {"find": collection.name, "filter": wanted, "batchSize": size, **options}
    else:
        command = {"aggregate": collection.name, "pipeline": [*wanted], "cursor": {"batchSize": size}, **options}
    async with database.client.start_session() as session:
        ask = _asking(collection, session)
        reply, cursor = bytes((await ask(command)).raw), 0
        try:
            while True:
                start, cursor = batch_of(reply)
                more = {"getMore": Int64(cursor), "collection": collection.name, "batchSize": size}
                following = asyncio.ensure_future(ask(more)) if cursor else None
                try:
                    if documents := await asyncio.to_thread(documents_of, reply, start):
                        yield documents
                except BaseException:
                    if following:
                        await asyncio.gather(following, return_exceptions=True)
                    raise
                if following is None:
                    return
                reply = bytes((await following).raw)
        finally:
            if cursor:
                await database.command({"killCursors": collection.name, "cursors": [Int64(cursor)]}, session=session)


def _asking(collection: AsyncCollection[Document], session: AsyncClientSession) -> _Ask:
    def ask(command: dict[str, Any]) -> Coroutine[Any, Any, RawBSONDocument]:
        return collection.database.command(command, codec_options=_AS_SENT, session=session)

    return ask


def batch_of(reply: bytes) -> tuple[int, int]:
    """Return where in a reply the array of documents begins, and the cursor's id: 0 where it was the last batch."""
    cursor = _elements(reply, 0)["cursor"]
    inner = _elements(reply, cursor)
    batch = inner.get("nextBatch", inner.get("firstBatch"))
    assert batch is not None
    return batch, int(_int64(reply, inner["id"])[0])


def _elements(bson: bytes, start: int) -> dict[str, int]:
    """Return name → where its value begins, of the document at ``start``."""
    found = {}
    at = start + 4
    while kind := bson[at]:
        end = bson.index(0, at + 1)
        found[bson[at + 1 : end].decode()] = at = end + 1
        if kind in (_DOCUMENT, _ARRAY):
            at += _int32(bson, at)[0]
        elif kind == _TEXT:
            at += 4 + _int32(bson, at)[0]
        elif kind == _BINARY:
            at += 5 + _int32(bson, at)[0]
        else:
            at += _FIXED[kind]
    return found


def documents_of(reply: bytes, start: int) -> bytes:
    """Return the documents of the array at ``start`` without the names 0, 1, 2 … that an array gives its elements."""
    parts = []
    view = memoryview(reply)
    at, digits, number, next_digit = start + 4, 1, 0, 10
    while reply[at] == _DOCUMENT:
        at += digits + 2
        end = at + _int32(reply, at)[0]
        parts.append(view[at:end])
        at = end
        number += 1
        if number == next_digit:
            digits, next_digit = digits + 1, next_digit * 10
    return b"".join(parts)
