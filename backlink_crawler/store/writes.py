"""Writes: idempotent bulk upserts in which one bad record never stops the batch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bson import encode
from bson.errors import InvalidDocument
from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, DocumentTooLarge

from backlink_crawler.records import Visit
from backlink_crawler.store.documents import Document, bounded_text, link_update, page_update

_DUPLICATE_KEY = 11000


@dataclass(slots=True)
class Saved:
    """What one batch did."""

    pages: int = 0
    links: int = 0
    links_new: int = 0
    set_aside: int = 0


@dataclass(slots=True)
class _Upsert:
    """One upsert and where it came from, so that it can be tried alone or set aside."""

    filter: Document
    update: Document | list[Document]
    source_url: str

    @property
    def operation(self) -> UpdateOne:
        return UpdateOne(self.filter, self.update, upsert=True)


@dataclass(slots=True)
class _Rejected:
    upsert: _Upsert
    reason: str


@dataclass(slots=True)
class _Result:
    written: int = 0
    inserted: int = 0
    rejected: list[_Rejected] = field(default_factory=list)


async def save_visits(database: AsyncDatabase[Document], visits: Sequence[Visit]) -> Saved:
    """Store pages and links of ``visits``; links first, so that a stored page vouches for its links.

    Repeating the call changes nothing. What MongoDB or BSON refuses goes to ``set_aside``.

    :raises pymongo.errors.PyMongoError: connection-level failures, in which case the whole batch may be repeated.
    """
    links = await _upsert_all(database["links"], [u for visit in visits for u in _link_upserts(visit)])
    pages = await _upsert_all(
        database["pages"], [_Upsert(*page_update(visit.page, visit.at), visit.page.url) for visit in visits]
    )
    rejected = [("link", r) for r in links.rejected] + [("page", r) for r in pages.rejected]
    if rejected:
        await database["set_aside"].insert_many([_set_aside(kind, item) for kind, item in rejected])
    return Saved(pages.written, links.written, links.inserted, len(rejected))


def _link_upserts(visit: Visit) -> Iterator[_Upsert]:
    for link in visit.links:
        yield _Upsert(*link_update(link, visit.at), link.source_url)


def _set_aside(kind: str, item: _Rejected) -> Document:
    return {
        "at": datetime.now(UTC),
        "kind": kind,
        "reason": bounded_text({"reason": item.reason}, 500),
        "source_url": item.upsert.source_url.encode("utf-8", "backslashreplace").decode(),
        "record": bounded_text(item.upsert.update),
    }


async def _upsert_all(collection: AsyncCollection[Document], upserts: list[_Upsert]) -> _Result:
    if not upserts:
        return _Result()
    try:
        return await _bulk(collection, upserts)
    except (InvalidDocument, UnicodeEncodeError, OverflowError, DocumentTooLarge, TypeError, ValueError) as refusal:
        if len(upserts) == 1:
            return _Result(rejected=[_Rejected(upserts[0], f"{type(refusal).__name__}: {refusal}")])
    # One record poisons the encoding of the whole message: sort out which, and go on with the others.
    good, result = [], _Result()
    for upsert in upserts:
        reason = _unencodable(upsert)
        if reason:
            result.rejected.append(_Rejected(upsert, reason))
        else:
            good.append(upsert)
    rest = await _bulk(collection, good) if good else _Result()
    rest.rejected += result.rejected
    return rest


def _unencodable(upsert: _Upsert) -> str | None:
    try:
        encode(upsert.filter)
        size = len(encode({"u": upsert.update}))
    except (InvalidDocument, UnicodeEncodeError, OverflowError, TypeError, ValueError) as refusal:
        return f"{type(refusal).__name__}: {refusal}"
    return f"DocumentTooLarge: {size} bytes" if size > 16_000_000 else None


async def _bulk(collection: AsyncCollection[Document], upserts: list[_Upsert], attempts: int = 3) -> _Result:
    try:
        done = await collection.bulk_write([u.operation for u in upserts], ordered=False)
    except BulkWriteError as error:
        errors = (error.details or {}).get("writeErrors", [])
        # Two workers inserting one link at the same moment: the loser's update is simply made again.
        raced = {e["index"] for e in errors if e.get("code") == _DUPLICATE_KEY} if attempts > 1 else set()
        again = [upserts[i] for i in sorted(raced)]
        result = await _bulk(collection, again, attempts - 1) if again else _Result()
        result.rejected += [
            _Rejected(upserts[e["index"]], str(e.get("errmsg", ""))) for e in errors if e["index"] not in raced
        ]
        result.written += len(upserts) - len(errors)
        result.inserted += int((error.details or {}).get("nUpserted", 0))
        return result
    return _Result(written=len(upserts), inserted=done.upserted_count)
