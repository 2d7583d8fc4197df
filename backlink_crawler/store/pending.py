"""What a commit still has to do, as bytes in its page's document: any worker can finish it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import zstandard
from bson import CodecOptions, decode, encode
from bson.raw_bson import RawBSONDocument

from backlink_crawler.history.life import Amendment, Effects, Life
from backlink_crawler.store.documents import Document
from backlink_crawler.store.encoding import bounded_record, encoded, encoded_records

MAX_PENDING = 12 * 1024 * 1024
"""Bytes; with the manifest beside it, a page's document stays below MongoDB's 16 MB."""
_COMPRESSOR = zstandard.ZstdCompressor(level=1)
_LARGEST = 256 * 1024 * 1024
_AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)


class Finds(NamedTuple):
    """Where and when a page's new links were found, and where they lead."""

    site: str
    at: datetime
    target_ids: Sequence[bytes]


@dataclass(slots=True)
class Opening:
    """A commit whose effects may not all be written."""

    page_id: bytes
    revision: int
    """Of the page, after the commit."""
    inserts: Sequence[RawBSONDocument]
    finds: Finds | None
    """What ``inserts`` say; ``None`` where there are none."""
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

    def opening(self, page_id: bytes, revision: int) -> Opening:
        """Return what is to be done when the page is committed."""
        effects, found = self.effects, self.effects.found
        finds = Finds(found.page["source_site"], found.life["first_seen"], [target for _, target, _ in found.links])
        return Opening(
            page_id, revision, self.inserts, finds if found.links else None, effects.amendments, effects.events
        )


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
    inserts = encoded_records(effects.found)
    document = {
        "inserts": inserts,
        "amendments": [[a.link_id, a.target_site, bounded_record(encoded(a.values))] for a in effects.amendments],
        "events": effects.events,
    }
    return Packed(effects, _COMPRESSOR.compress(encode(document)), inserts)


def opening(page: Document) -> Opening:
    """Return what a page document with ``pending`` still has to do."""
    raw = zstandard.ZstdDecompressor().decompress(page["pending"], max_output_size=_LARGEST)
    document = decode(raw, codec_options=_AWARE)
    inserts = document["inserts"]
    one = inserts[0] if inserts else {}  # of one page and one visit, like all of them
    return Opening(
        page_id=page["_id"],
        revision=page["revision"],
        inserts=[encoded(record) for record in inserts],
        finds=Finds(one["source_site"], one["first_seen"], [link["target_id"] for link in inserts]) if one else None,
        amendments=[Amendment(*parts) for parts in document["amendments"]],
        events=document["events"],
    )
