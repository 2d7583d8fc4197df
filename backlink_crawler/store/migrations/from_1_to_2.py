"""Schema 1 to 2: pages get what the next visit is compared with, links their status, and history begins.

    pages     links and events of a few hundred pages first, then the pages themselves: a page with a ``revision`` is
              done. A crash in between leaves pages without one, which are done again, with the same result
    orphans   links whose page was never written (its worker died in between) get the page that they tell of
    sites     when each was first visited
    chains    where redirecting pages lead
    indexes   those that are not used any more are dropped; the new ones are made with the collections

What a page of schema 1 comes to is worked out by ``version_1``.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from backlink_crawler.history.revisiting import Patience
from backlink_crawler.store.bulk import Operation, write
from backlink_crawler.store.chains import resolve_chains
from backlink_crawler.store.documents import Document
from backlink_crawler.store.migrations.version_1 import Rewritten, rewritten
from backlink_crawler.store.schema import COLLECTIONS

_PAGES = 250
_OPERATIONS = 5_000
_INDEXES = (("target_site", "_id"), ("target_site", "source_site"), ("source_site", "target_site"), ("source_id",))
"""Of links in schema 1."""
_SHARD_KEY = ("target_site", "_id")
"""On a sharded cluster its index stays."""
_UNDONE: Mapping[str, Document] = {"revision": {"$exists": False}}

_Progress = Callable[[str, int, int], None]


async def outstanding(database: AsyncDatabase[Document]) -> Mapping[str, int]:
    """Return how many pages and links are as schema 1 has them."""
    return {name: await database[name].count_documents(_UNDONE) for name in ("pages", "links")}


async def run(database: AsyncDatabase[Document], patience: Patience, progress: _Progress) -> None:
    """Do the step, or what of it is left."""
    await _rewrite_pages(database, patience, progress)
    await _make_pages_of_orphans(database)
    await _rewrite_pages(database, patience, progress)
    progress("sites", 0, 1)
    await _note_sites(database)
    progress("sites", 1, 1)
    await _resolve_redirects(database, progress)
    await _drop_indexes(database)


async def _rewrite_pages(database: AsyncDatabase[Document], patience: Patience, progress: _Progress) -> None:
    whole = await database["pages"].estimated_document_count()
    done = whole - await database["pages"].count_documents(_UNDONE)
    if done < whole:
        # Reading the links of a page takes it; where it is there, this does nothing.
        await database["links"].create_index("source_id")
    async for pages in _in_batches(database, _UNDONE):
        links = await _links_of(database, pages)
        changes = {page["_id"]: rewritten(page, links.get(page["_id"], ()), patience) for page in pages}
        await _write_links(database, list(changes.values()))
        await write(
            database["pages"],
            [UpdateOne({"_id": page_id, **_UNDONE}, {"$set": change.page}) for page_id, change in changes.items()],
        )
        done += len(pages)
        progress("pages", done, whole)


async def _in_batches(
    database: AsyncDatabase[Document], query: Document | Mapping[str, Document]
) -> AsyncIterator[list[Document]]:
    """Yield pages in the order of their ids, which no write changes."""
    last = b""
    while batch := await database["pages"].find({**query, "_id": {"$gt": last}}).sort("_id").limit(_PAGES).to_list():
        yield batch
        last = batch[-1]["_id"]


async def _links_of(database: AsyncDatabase[Document], pages: Sequence[Document]) -> dict[bytes, list[Document]]:
    links: dict[bytes, list[Document]] = {}
    async for link in database["links"].find({"source_id": {"$in": [page["_id"] for page in pages]}}):
        links.setdefault(link["source_id"], []).append(link)
    return links


async def _write_links(database: AsyncDatabase[Document], changes: Sequence[Rewritten]) -> None:
    links: list[Operation] = [
        UpdateOne({"_id": link_id}, {"$set": values}) for change in changes for link_id, values in change.links.items()
    ]
    # An event that is there already is refused as a duplicate, which is as well.
    events: list[Operation] = [InsertOne(event) for change in changes for event in change.events]
    for name, operations in (("links", links), ("link_events", events)):
        for start in range(0, len(operations), _OPERATIONS):
            await write(database[name], operations[start : start + _OPERATIONS])


async def _make_pages_of_orphans(database: AsyncDatabase[Document]) -> None:
    """The links say that their page was read, and when."""
    of_each_page = {
        "_id": "$source_id",
        "url": {"$first": "$source_url"},
        "host": {"$first": "$source_host"},
        "site": {"$first": "$source_site"},
        "first_seen": {"$min": "$first_seen"},
        "last_visited": {"$max": "$last_seen"},
    }
    stages: list[Document] = [
        {"$match": _UNDONE},
        {"$group": of_each_page},
        {"$set": {"outcome": "ok", "visits": 1, "crawl_id": ""}},
        {"$merge": {"into": "pages", "on": "_id", "whenMatched": "keepExisting", "whenNotMatched": "insert"}},
    ]
    await (await database["links"].aggregate(stages, allowDiskUse=True)).to_list()


async def _note_sites(database: AsyncDatabase[Document]) -> None:
    stages: list[Document] = [
        {"$group": {"_id": "$site", "first_visited": {"$min": "$first_seen"}}},
        {"$merge": {"into": "sites", "on": "_id", "whenMatched": "replace", "whenNotMatched": "insert"}},
    ]
    await (await database["pages"].aggregate(stages, allowDiskUse=True)).to_list()


async def _resolve_redirects(database: AsyncDatabase[Document], progress: _Progress) -> None:
    query: Document = {"outcome": "redirect"}
    whole, done = await database["pages"].count_documents(query), 0
    async for pages in _in_batches(database, query):
        await resolve_chains(database, [page["_id"] for page in pages])
        done += len(pages)
        progress("redirects", done, whole)


async def _drop_indexes(database: AsyncDatabase[Document]) -> None:
    kept = {index.document["name"] for collection in COLLECTIONS for index in collection.indexes}
    if (await database.command("collStats", "links")).get("sharded"):
        kept.add(_index_name(_SHARD_KEY))
    for name in map(_index_name, _INDEXES):
        if name in kept:
            continue
        try:
            await database["links"].drop_index(name)
        except OperationFailure as error:
            if error.code != _INDEX_NOT_FOUND:
                raise


def _index_name(fields: Sequence[str]) -> str:
    """As MongoDB makes it up."""
    return "_".join(f"{name}_1" for name in fields)


_INDEX_NOT_FOUND = 27
