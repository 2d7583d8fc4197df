"""What a commit still has to do, as bytes in its page's document: any worker can finish it."""

from collections.abc import Sequence
from dataclasses import dataclass

import zstandard
from bson import CodecOptions, decode, encode
from bson.errors import InvalidDocument
from bson.raw_bson import RawBSONDocument

from backlink_crawler.history.life import Amendment, Effects, Life
from backlink_crawler.store.documents import MAX_RECORD, Document

MAX_PENDING = 12 * 1024 * 1024
"""Bytes; with the manifest beside it, a page's document stays below MongoDB's 16 MB."""
_COMPRESSOR = zstandard.ZstdCompressor(level=1)
_LARGEST = 256 * 1024 * 1024
_AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)


@dataclass(slots=True)
class Opening:
    """A commit whose effects may not all be written."""

    page_id: bytes
    revision: int
    """Of the page, after the commit."""
    inserts: Sequence[Document]
    encoded: Sequence[RawBSONDocument]
    """``inserts`` as BSON."""
    amendments: Sequence[Amendment]
    events: Sequence[Document]


@dataclass(slots=True)
class Packed:
    """The effects of one commit, encoded once for both places they go to."""

    effects: Effects
    pending: bytes
    """All of them, for the page's document."""
    inserts: Sequence[RawBSONDocument]
    """The records to insert, one by one."""


def bounded(life: Life) -> Packed:
    """Return the effects of a visit, as many as fit in a page's document."""
    result = packed(life.effects())
    while len(result.pending) > MAX_PENDING:
        result = packed(life.effects(result.effects.steps // 2))
    return result


def packed(effects: Effects) -> Packed:
    """Encode effects.

    :raises bson.errors.BSONError, UnicodeEncodeError, OverflowError: a record that MongoDB cannot hold, or that is
        longer than ``MAX_RECORD``.
    """
    inserts = [_encoded(document) for document in effects.inserts]
    document = {
        "inserts": inserts,
        "amendments": [[a.link_id, a.target_site, _encoded(a.values)] for a in effects.amendments],
        "events": effects.events,
    }
    return Packed(effects, _COMPRESSOR.compress(encode(document)), inserts)


def _encoded(record: Document) -> RawBSONDocument:
    raw = encode(record)
    if len(raw) > MAX_RECORD:
        raise InvalidDocument(f"a record of more than {MAX_RECORD} bytes")
    return RawBSONDocument(raw)


def opening(page: Document) -> Opening:
    """Return what a page document with ``pending`` still has to do."""
    raw = zstandard.ZstdDecompressor().decompress(page["pending"], max_output_size=_LARGEST)
    document = decode(raw, codec_options=_AWARE)
    return Opening(
        page_id=page["_id"],
        revision=page["revision"],
        inserts=document["inserts"],
        encoded=[RawBSONDocument(encode(record)) for record in document["inserts"]],
        amendments=[Amendment(*parts) for parts in document["amendments"]],
        events=document["events"],
    )
