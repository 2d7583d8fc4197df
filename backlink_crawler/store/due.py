"""What is to be looked at again: pages that are due, pages that links point to, and whether a page may have changed."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.asynchronous.command_cursor import AsyncCommandCursor
from pymongo.asynchronous.cursor import AsyncCursor
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import AutoReconnect, CursorNotFound

from backlink_crawler.store.documents import Document
from backlink_crawler.urls import url_id

Stage = Mapping[str, Any]
Rows = AsyncCursor[Document] | AsyncCommandCursor[Document]

_URL = {"_id": 0, "url": 1, "host": 1, "next_visit": 1}
_BATCH = 1_000


class Validators(NamedTuple):
    """What a server said of the version of a page that is stored (RFC 9110 §8.8)."""

    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pages are to be looked at again."""

    by: datetime | None = None
    """Pages due by then; ``None``: due or not."""
    visited_before: datetime | None = None
    """Only pages whose last visit is older."""
    target_sites: Sequence[str] = ()
    """Only pages of other sites with live links to one of these; empty: all pages."""
    limit: int = 0
    """At most so many, those that are due for the longest; 0 = all."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How many pages are meant, and how many of them share one host: that host decides how long it takes."""

    pages: int = 0
    hosts: int = 0
    largest_host: str = ""
    on_largest: int = 0


async def validators(
    database: AsyncDatabase[Document], urls: Collection[str], *, whole_since: datetime
) -> dict[str, Validators]:
    """Return, by URL, the validators of those pages whose links are known as they were when the page last answered.

    A page that could not be seen, or only from behind a wall, must be read whole: *not modified* would tell nothing.
    So must one whose robots header counts, because a 304 may leave that header out; and any page once in a while,
    because such a header may have come since.

    :param whole_since: pages that were last read whole before that are left out.
    """
    without_header: Document = {"nofollow_cause": {"$ne": "header"}, "indexable_cause": {"$ne": "header"}}
    readable = {"outcome": "ok", "wall": None, "unknown_since": None, "last_whole": {"$gte": whole_since}}
    has_any = {"$or": [{"etag": {"$gt": ""}}, {"last_modified": {"$gt": ""}}]}
    query = {"_id": {"$in": [url_id(url) for url in urls]}, **readable, **without_header, **has_any}
    found = database["pages"].find(query, {"_id": 0, "url": 1, "etag": 1, "last_modified": 1})
    return {page["url"]: Validators(page.get("etag"), page.get("last_modified")) async for page in found}


async def due_pages(database: AsyncDatabase[Document], wanted: Wanted) -> AsyncIterator[str]:
    """Yield the URLs of the pages that ``wanted`` means, those that are due for the longest first, in a stream.

    After a lost cursor or connection it goes on where it was; a few pages may come twice.
    """

    async def rows(after: Any) -> Rows:
        if wanted.target_sites:
            stages = [*_linking(wanted), {"$match": _from("next_visit", after)}, *_oldest_first(0)]
            return await database["links"].aggregate(stages, allowDiskUse=True)
        query = {"$and": [_query(wanted), _from("next_visit", after)]}
        return database["pages"].find(query, _URL, batch_size=_BATCH).sort("next_visit", 1)

    yielded = 0
    async for row in _resumed(rows, "next_visit"):
        yield row["url"]
        yielded += 1
        if yielded == wanted.limit:
            return


async def amount(database: AsyncDatabase[Document], wanted: Wanted) -> Amount:
    """Return how many pages ``due_pages`` yields, and on how many hosts."""
    if wanted.target_sites:
        return await _amount(database, "links", [*_linking(wanted), *_oldest_first(wanted.limit)])
    stages: list[Stage] = [{"$match": _query(wanted)}]
    if wanted.limit:
        stages += [{"$sort": {"next_visit": 1}}, {"$limit": wanted.limit}]
    return await _amount(database, "pages", stages)


async def targets(
    database: AsyncDatabase[Document], *, sites: Sequence[str], visited_before: datetime | None
) -> AsyncIterator[str]:
    """Yield every URL that a live link points to, once.

    :param sites: only URLs of these; empty: of all.
    :param visited_before: only those never asked for, or last at an earlier time.
    """

    async def rows(after: Any) -> Rows:
        stages: list[Stage] = [{"$match": _from("target_id", after)}, *_targets(sites, visited_before)]
        return await database["links"].aggregate([*stages, {"$sort": {"_id": 1}}], allowDiskUse=True)

    async for row in _resumed(rows, "_id"):
        yield row["url"]


async def targets_amount(
    database: AsyncDatabase[Document], *, sites: Sequence[str], visited_before: datetime | None
) -> Amount:
    """Return how many URLs ``targets`` yields, and on how many hosts."""
    return await _amount(database, "links", _targets(sites, visited_before))


def _from(field: str, after: Any) -> dict[str, Any]:
    return {} if after is None else {field: {"$gte": after}}


def _query(wanted: Wanted) -> dict[str, Any]:
    query: dict[str, Any] = {}
    if wanted.by is not None:
        query["next_visit"] = {"$lte": wanted.by}
    if wanted.visited_before is not None:
        query["last_visited"] = {"$lt": wanted.visited_before}
    return query


def _linking(wanted: Wanted) -> list[Stage]:
    """Pages that live links to the sites stand on."""
    sites = list(wanted.target_sites)
    return [
        {"$match": {"target_site": {"$in": sites}, "source_site": {"$nin": sites}, "status": "live"}},
        {"$group": {"_id": "$source_id"}},
        {"$lookup": {"from": "pages", "localField": "_id", "foreignField": "_id", "as": "page"}},
        {"$replaceRoot": {"newRoot": {"$ifNull": [{"$first": "$page"}, {}]}}},
        {"$match": {"url": {"$gt": ""}, **_query(wanted)}},
        {"$project": _URL},
    ]


def _oldest_first(limit: int) -> list[Stage]:
    stages: list[Stage] = [{"$sort": {"next_visit": 1, "url": 1}}]
    return [*stages, {"$limit": limit}] if limit else stages


def _targets(sites: Sequence[str], visited_before: datetime | None) -> list[Stage]:
    match: dict[str, Any] = {"status": "live", **({"target_site": {"$in": list(sites)}} if sites else {})}
    stages: list[Stage] = [
        {"$match": match},
        {"$group": {"_id": "$target_id", "url": {"$first": "$target_url"}, "host": {"$first": "$target_host"}}},
    ]
    if visited_before is not None:
        page = {"from": "pages", "localField": "_id", "foreignField": "_id", "as": "page"}
        lately = {"page.last_visited": {"$gte": visited_before}}
        stages += [
            {"$lookup": {**page, "pipeline": [{"$project": {"last_visited": 1}}]}},
            {"$match": {"$nor": [lately]}},
        ]
    return [*stages, {"$project": {"url": 1, "host": 1}}]


async def _amount(database: AsyncDatabase[Document], collection: str, stages: Sequence[Stage]) -> Amount:
    by_host: list[Stage] = [
        {"$group": {"_id": "$host", "pages": {"$sum": 1}}},
        {"$sort": {"pages": -1, "_id": 1}},
        {
            "$group": {
                "_id": None,
                "pages": {"$sum": "$pages"},
                "hosts": {"$sum": 1},
                "largest_host": {"$first": "$_id"},
                "on_largest": {"$first": "$pages"},
            }
        },
    ]
    cursor = await database[collection].aggregate([*stages, *by_host], allowDiskUse=True)
    counts = await cursor.to_list()
    if not counts:
        return Amount()
    found = counts[0]
    return Amount(found["pages"], found["hosts"], found["largest_host"] or "", found["on_largest"])


async def _resumed(rows: Callable[[Any], Awaitable[Rows]], field: str) -> AsyncIterator[Document]:
    """Yield rows; when the cursor is lost, begin again at the last ``field`` seen, as long as that gets any further.

    :param rows: opens a cursor, from the rows with that value of ``field`` on (``None``: from the first).
    """
    after = None
    while True:
        began = after
        try:
            async for row in await rows(after):
                yield row
                after = row.get(field)
        except (AutoReconnect, CursorNotFound):
            if after == began:
                raise
        else:
            return
