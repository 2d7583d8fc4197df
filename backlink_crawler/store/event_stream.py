"""Following what happens to links: events by the time they were written, new links by the time they were first seen.

Also where followers stand (``alert_positions``), each held by one process at a time.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from backlink_crawler.store.documents import Document

PAGE = 500
"""Documents of a page, and as many more as share the time of the last one."""

_LINK_FACTS = dict.fromkeys(
    [
        *("source_site", "source_url", "target_site", "target_url", "anchor", "link_type", "follow", "region"),
        *("first_seen", "found"),
    ],
    1,
)


async def events_after(
    database: AsyncDatabase[Document],
    after: datetime,
    until: datetime,
    *,
    target_sites: Collection[str],
    kinds: Collection[str],
    size: int = PAGE,
) -> list[Document]:
    """Return the first events of ``kinds`` recorded later than ``after``, up to ``until``, in the order of that time.

    What shares one time comes in one page, so that the time of a page's last event is where the next page begins. An
    empty page: there is nothing more.
    """
    wanted = {"target_site": {"$in": sorted(target_sites)}, "event": {"$in": sorted(kinds)}}
    return await _page(database, "link_events", "recorded", (after, until), wanted, None, size)


async def links_found_after(
    database: AsyncDatabase[Document],
    after: datetime,
    until: datetime,
    *,
    target_sites: Collection[str],
    found: Collection[str],
    size: int = PAGE,
) -> list[Document]:
    """Return the first links that were first seen later than ``after``, up to ``until``; pages as of events.

    :param found: values of ``links.found`` that are meant.
    """
    wanted = {"target_site": {"$in": sorted(target_sites)}, "found": {"$in": sorted(found)}}
    return await _page(database, "links", "first_seen", (after, until), wanted, _LINK_FACTS, size)


async def losses_and_moves(database: AsyncDatabase[Document], link_ids: Collection[bytes]) -> list[Document]:
    """Return every ``lost`` and ``moved`` of these links: a ``moved`` may replace a ``lost``, whichever was read."""
    query = {"link_id": {"$in": list(link_ids)}, "event": {"$in": ["lost", "moved"]}}
    fields = dict.fromkeys(["link_id", "revision", "event"], 1)
    return await database["link_events"].find(query, fields).to_list()


async def link_facts(
    database: AsyncDatabase[Document], link_ids: Collection[bytes], target_sites: Collection[str]
) -> Mapping[bytes, Document]:
    """Return link id → ``anchor`` and ``link_type`` as recorded now, of the links that exist."""
    query = {"_id": {"$in": list(link_ids)}, "target_site": {"$in": sorted(target_sites)}}
    return {link["_id"]: link async for link in database["links"].find(query, {"anchor": 1, "link_type": 1})}


async def position_of(database: AsyncDatabase[Document], follower: str) -> Document | None:
    """Return where a follower stands, whoever holds it; ``None``: it never began."""
    return await database["alert_positions"].find_one({"_id": follower})


async def hold(
    database: AsyncDatabase[Document], follower: str, holder: str, now: datetime, until: datetime
) -> Document | None:
    """Take a follower's position for ``holder``; return its document, or ``None`` while another one holds it.

    A holder that died holds it until the time it had asked for.
    """
    free = {"$or": [{"holder": {"$in": [None, holder]}}, {"held_until": {"$lte": now}}]}
    try:
        return await database["alert_positions"].find_one_and_update(
            {"_id": follower, **free},
            {"$set": {"holder": holder, "held_until": until}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
    except DuplicateKeyError:
        return None


async def update_held(
    database: AsyncDatabase[Document], follower: str, holder: str, changes: Mapping[str, Mapping[str, Any]]
) -> bool:
    """Apply update operators to the position; return whether ``holder`` still had it. Otherwise nothing is written."""
    result = await database["alert_positions"].update_one({"_id": follower, "holder": holder}, changes)
    return result.matched_count == 1


async def _page(
    database: AsyncDatabase[Document],
    collection: str,
    time: str,
    between: tuple[datetime, datetime],
    wanted: Document,
    fields: Mapping[str, Any] | None,
    size: int,
) -> list[Document]:
    after, until = between
    query = {time: {"$gt": after, "$lte": until}, **wanted}
    page: list[Document] = []
    async with database[collection].find(query, fields, batch_size=size + 1).sort(time, 1) as found:
        async for document in found:
            if len(page) >= size and document[time] != page[-1][time]:
                break
            page.append(document)
    return page
