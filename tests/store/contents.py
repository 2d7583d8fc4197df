"""Visits of many pages in a line each, and what is in a database after them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.history.timeline import settled
from backlink_crawler.records import Visit
from backlink_crawler.store import Saved, Store
from backlink_crawler.store.documents import Document
from tests.history.index import link, visit

Contents = dict[str, list[Document]]
"""Collection → its documents, without what depends on when they were written. Events are settled."""

COLLECTIONS = ("pages", "links", "link_events", "sites", "set_aside")
_OF_THE_WRITING: Mapping[str, frozenset[str]] = {
    "link_events": frozenset({"recorded"}),
    "set_aside": frozenset({"_id", "at"}),
}


def seen(url: str, links: Mapping[str, str] | None = None, **rest: Any) -> Visit:
    """A visit of ``url``, with links by target (a host will do) → anchor; the rest as in ``tests.history.index``."""
    return visit(*(link(to, anchor, source=url) for to, anchor in (links or {}).items()), url=url, **rest)


async def save(store: Store, visits: Sequence[Visit]) -> Saved:
    """Store copies, as a worker that visits again would: what is stored once may have been changed by it."""
    return await store.save_visits(deepcopy(list(visits)))


async def contents(database: AsyncDatabase[Document]) -> Contents:
    """Return what is stored."""
    found = {name: [_plain(name, one) async for one in database[name].find().sort("_id")] for name in COLLECTIONS}
    return {**found, "link_events": [dict(event) for event in settled(found["link_events"])]}


def _plain(collection: str, document: Document) -> Document:
    return {name: value for name, value in document.items() if name not in _OF_THE_WRITING.get(collection, ())}


async def put_back(database: AsyncDatabase[Document], before: Contents) -> None:
    """Make the database hold ``before`` and nothing else."""
    for name, documents in before.items():
        await database[name].delete_many({})
        if documents:
            await database[name].insert_many(deepcopy(documents))


def of_page(found: Contents, url: str) -> Contents:
    """Return the part that one page's visits wrote."""
    return {
        "pages": [page for page in found["pages"] if page["url"] == url],
        "links": [one for one in found["links"] if one["source_url"] == url],
        "link_events": [event for event in found["link_events"] if event["source_url"] == url],
    }


def told(found: Contents) -> list[tuple[str, str, str]]:
    """Return the events in short: source, target, what happened (a changed field by its name), sorted."""
    return sorted(
        (event["source_url"], event["target_url"], event["field"] if event["event"] == "changed" else event["event"])
        for event in found["link_events"]
    )


def states(found: Contents) -> dict[tuple[str, str], str]:
    """Return (source, target) → ``live`` or the reason of the loss."""
    return {(one["source_url"], one["target_url"]): one["lost_reason"] or one["status"] for one in found["links"]}


@asynccontextmanager
async def profiled(database: AsyncDatabase[Document]) -> AsyncIterator[list[Document]]:
    """Have MongoDB note every operation; what it noted is in the list when the block has ended."""
    noted: list[Document] = []
    await database.command("profile", 2)
    try:
        yield noted
    finally:
        await database.command("profile", 0)
    noted += await database["system.profile"].find({"ns": {"$not": {"$regex": "system.profile$"}}}).to_list()
    await database["system.profile"].drop()
