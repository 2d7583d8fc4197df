"""The re-keying itself, on a database: in batches, each of which can be begun again at any point."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from pymongo import DeleteOne, ReplaceOne, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from backlink_crawler.store.bulk import DURABLE, Operation, repeatable, write
from backlink_crawler.store.chains import resolve_chains
from backlink_crawler.store.documents import Document
from backlink_crawler.store.effects import apply
from backlink_crawler.store.migrations.identities import decisions
from backlink_crawler.store.migrations.identities.marking import Progress, concerned
from backlink_crawler.store.migrations.identities.rules import Rules
from backlink_crawler.store.migrations.identities.unit import Change, Kind, Stored, rekeyed
from backlink_crawler.store.pending import opening

MARKED = "rekeying"
"""One document per page concerned: the unit it goes to; that of the unit itself says how far it is."""
WRITTEN = "rekeyed"
"""New documents of units that are being done."""

_UNITS = 250
_LINKS = 20_000
"""Of a batch of units, unless one has more."""
_OPERATIONS = 2_000
_PAGES = 250


async def run(database: AsyncDatabase[Document], rules: Rules, progress: Progress) -> None:
    """Bring all records to ``rules``, or what of it is left."""
    await _settle(database)
    state = await _begun(database, rules, progress)
    await _do_units(database, rules, state["at"], progress)
    await _resolve_redirects(database, progress)
    progress("sites", 0, 1)
    await _note_sites(database)
    await _rename_sitemaps(database, rules)
    await decisions.rename(database, rules)
    progress("sites", 1, 1)
    await database[MARKED].drop()
    await database[WRITTEN].drop()
    await _drop_index(database)
    await database["meta"].with_options(write_concern=DURABLE).delete_one({"_id": MARKED})


async def is_begun(database: AsyncDatabase[Document]) -> bool:
    """Return whether a re-keying, to whatever rules, was interrupted."""
    return await database["meta"].find_one({"_id": MARKED}) is not None


async def _settle(database: AsyncDatabase[Document]) -> None:
    """Commits that are open, and changed ends of redirects that were not told."""
    while pages := await database["pages"].find({"pending": {"$exists": True}}).limit(_PAGES).to_list():
        await apply(database, [opening(page) for page in pages])
    last: Document = {}
    told: Document = {"final_change": {"$exists": True}}
    while pages := await database["pages"].find({**told, **last}, {"_id": 1}).sort("_id").limit(_PAGES).to_list():
        ids = [page["_id"] for page in pages]
        await resolve_chains(database, ids)
        # Of a page that cannot be seen just now the mark would stay; its events are there.
        await _write_all(database, "pages", [UpdateOne({"_id": id_}, {"$unset": {"final_change": ""}}) for id_ in ids])
        last = {"_id": {"$gt": ids[-1]}}


async def _begun(database: AsyncDatabase[Document], rules: Rules, progress: Progress) -> Document:
    """Return the state of the work, with all pages concerned marked."""
    meta = database["meta"].with_options(write_concern=DURABLE)
    state = await meta.find_one({"_id": MARKED})
    goal = {**rules.versions, "internal_too": rules.internal_too}
    if state is not None and state["goal"] != goal:
        # Half-way to other rules: what lies aside is written, the rest is looked at anew.
        await _write_units(database)
        await database[MARKED].drop()
        await database[WRITTEN].drop()
        state = None
    if state is None:
        now = datetime.now(UTC)
        state = {"_id": MARKED, "goal": goal, "at": now.replace(microsecond=now.microsecond // 1_000 * 1_000)}
        await meta.replace_one({"_id": MARKED}, state, upsert=True)
    if not state.get("marked"):
        await _mark(database, rules, progress)
        # Links by their page: made for this, dropped at the end.
        await database["links"].create_index("source_id")
        await database[MARKED].create_index("to")
        await meta.update_one({"_id": MARKED}, {"$set": {"marked": True}})
    return state


async def _mark(database: AsyncDatabase[Document], rules: Rules, progress: Progress) -> None:
    marks: dict[bytes, bytes] = {}
    async for found in concerned(database, rules, progress):
        marks[found.page] = found.unit
        if len(marks) >= _OPERATIONS:
            await _write_marks(database, marks)
            marks = {}
    await _write_marks(database, marks)


async def _write_marks(database: AsyncDatabase[Document], marks: Mapping[bytes, bytes]) -> None:
    """A unit is marked itself, too: the page that has its id already is part of it."""
    operations: list[Operation] = [
        UpdateOne({"_id": page}, {"$set": {"to": unit}}, upsert=True) for page, unit in marks.items()
    ]
    operations += [
        UpdateOne({"_id": unit}, {"$set": {"to": unit, "unit": True}}, upsert=True) for unit in set(marks.values())
    ]
    await _write_all(database, MARKED, operations)


async def _do_units(database: AsyncDatabase[Document], rules: Rules, at: datetime, progress: Progress) -> None:
    await _write_units(database)
    marked = database[MARKED]
    whole = await marked.count_documents({"unit": True})
    done = 0
    query = {"unit": True, "written": {"$exists": False}}
    while heads := await marked.find(query).sort("_id").limit(_UNITS).to_list():
        async for units in _batches(database, [head["_id"] for head in heads]):
            await _write_aside(database, units, rules, at)
            flagged: list[Operation] = [UpdateOne({"_id": unit}, {"$set": {"written": True}}) for unit in units]
            await _write_all(database, MARKED, flagged)
            await _write_units(database)
            done += len(units)
            progress("pages re-keyed", done, max(whole, done))


async def _batches(
    database: AsyncDatabase[Document], units: Sequence[bytes]
) -> AsyncIterator[dict[bytes, list[bytes]]]:
    """Yield units with the ids of the pages that go to them, not more at once than have ``_LINKS`` links."""
    pages: dict[bytes, list[bytes]] = {unit: [] for unit in units}
    async for mark in database[MARKED].find({"to": {"$in": list(units)}}):
        pages[mark["to"]].append(mark["_id"])
    of_page = {page: unit for unit, members in pages.items() for page in members}
    counts = dict.fromkeys(units, 0)
    stages: list[Mapping[str, Any]] = [
        {"$match": {"source_id": {"$in": list(of_page)}}},
        {"$group": {"_id": "$source_id", "n": {"$sum": 1}}},
    ]
    async for found in await database["links"].aggregate(stages):
        counts[of_page[found["_id"]]] += found["n"]
    batch: dict[bytes, list[bytes]] = {}
    links = 0
    for unit in units:
        if batch and links + counts[unit] > _LINKS:
            yield batch
            batch, links = {}, 0
        batch[unit] = pages[unit]
        links += counts[unit]
    yield batch


async def _write_aside(
    database: AsyncDatabase[Document], units: Mapping[bytes, Sequence[bytes]], rules: Rules, at: datetime
) -> None:
    """Work units out and lay their new documents aside; nothing that they are worked out from is touched."""
    stored = await _stored(database, units)
    operations: list[Operation] = []
    for unit, found in stored.items():
        for change in rekeyed(found, rules, at).changes_from(found):
            aside = _aside(unit, change)
            operations.append(ReplaceOne({"_id": aside["_id"]}, aside, upsert=True))
    await _write_all(database, WRITTEN, operations)


def _aside(unit: bytes, change: Change) -> Document:
    what = b"-" if change.document is None else b"+"
    key = blake2b(what + change.collection.encode() + change.key, digest_size=16).digest()
    return {"_id": key, "unit": unit, **change._asdict()}


async def _stored(database: AsyncDatabase[Document], units: Mapping[bytes, Sequence[bytes]]) -> dict[bytes, Stored]:
    of_page = {page: unit for unit, members in units.items() for page in members}
    pages: dict[bytes, list[Document]] = {unit: [] for unit in units}
    links: dict[bytes, list[Document]] = {unit: [] for unit in units}
    of_link: dict[bytes, bytes] = {}
    async for page in database["pages"].find({"_id": {"$in": list(of_page)}}):
        pages[of_page[page["_id"]]].append(page)
    async for link in database["links"].find({"source_id": {"$in": list(of_page)}}).sort("_id"):
        unit = of_page[link["source_id"]]
        links[unit].append(link)
        of_link[link["_id"]] = unit
    events: dict[bytes, dict[bytes, list[Document]]] = {unit: {} for unit in units}
    ids = list(of_link)
    for start in range(0, len(ids), _OPERATIONS):
        part = ids[start : start + _OPERATIONS]
        async for event in database["link_events"].find({"link_id": {"$in": part}}):
            events[of_link[event["link_id"]]].setdefault(event["link_id"], []).append(event)
    return {unit: Stored(pages[unit], links[unit], events[unit]) for unit in units}


async def _write_units(database: AsyncDatabase[Document]) -> None:
    """Write the documents of all units that lie aside whole, and forget that they were to be done."""
    marked = database[MARKED]
    while heads := await marked.find({"written": True}, {"_id": 1}).limit(_UNITS).to_list():
        units = [head["_id"] for head in heads]
        of_these: Document = {"unit": {"$in": units}}
        # The old ones first: on one server an id is free then for a document of another site.
        await _carry_out(database, {**of_these, "document": None})
        await _carry_out(database, {**of_these, "document": {"$ne": None}})
        await _remove(database, WRITTEN, of_these)
        await _remove(database, MARKED, {"to": {"$in": units}, "unit": {"$exists": False}})
        await _write_all(database, MARKED, [DeleteOne({"_id": unit}) for unit in units])


async def _carry_out(database: AsyncDatabase[Document], query: Document) -> None:
    waiting: dict[Kind, list[Operation]] = {}
    async for aside in database[WRITTEN].find(query):
        operations = waiting.setdefault(aside["collection"], [])
        operations.append(_operation(aside))
        if len(operations) == _OPERATIONS:
            await _write_all(database, aside["collection"], operations)
            operations.clear()
    for collection, operations in waiting.items():
        await _write_all(database, collection, operations)


def _operation(aside: Document) -> Operation:
    key: Document = {"_id": aside["key"]}
    if aside["site"] is not None:
        key["target_site"] = aside["site"]
    return DeleteOne(key) if aside["document"] is None else ReplaceOne(key, aside["document"], upsert=True)


async def _remove(database: AsyncDatabase[Document], collection: str, query: Document) -> None:
    """What is not needed any more; whatever of it a crash leaves is removed the next time."""
    with repeatable():
        await database[collection].with_options(write_concern=DURABLE).delete_many(query)


async def _write_all(database: AsyncDatabase[Document], collection: str, operations: Sequence[Operation]) -> None:
    """Write in parts; a refusal ends the migration, with everything still there.

    :raises pymongo.errors.OperationFailure: MongoDB refused a document.
    """
    for start in range(0, len(operations), _OPERATIONS):
        done = await write(database[collection], operations[start : start + _OPERATIONS])
        if done.refused:
            refusal = done.refused[0]
            raise OperationFailure(f"{collection}: {refusal.message}", refusal.code)


async def _resolve_redirects(database: AsyncDatabase[Document], progress: Progress) -> None:
    query: Document = {"outcome": "redirect"}
    whole, done, last = await database["pages"].count_documents(query), 0, b""
    pages = database["pages"]
    while found := await pages.find({**query, "_id": {"$gt": last}}, {"_id": 1}).sort("_id").limit(_PAGES).to_list():
        await resolve_chains(database, [page["_id"] for page in found])
        last = found[-1]["_id"]
        done += len(found)
        progress("redirects", done, max(whole, done))


async def _note_sites(database: AsyncDatabase[Document]) -> None:
    """A site is known since its first page; those that no page belongs to any more were sites by the old list."""
    stages: list[Document] = [
        {"$group": {"_id": "$site", "first_visited": {"$min": "$first_seen"}}},
        {"$merge": {"into": "sites", "on": "_id", "whenMatched": "replace", "whenNotMatched": "insert"}},
    ]
    await (await database["pages"].aggregate(stages, allowDiskUse=True)).to_list()
    one: list[Document] = [{"$limit": 1}, {"$project": {"_id": 1}}]
    without: list[Document] = [
        {"$lookup": {"from": "pages", "localField": "_id", "foreignField": "site", "pipeline": one, "as": "page"}},
        {"$match": {"page": []}},
        {"$project": {"_id": 1}},
    ]
    found = await database["sites"].aggregate(without)
    gone: list[Operation] = [DeleteOne({"_id": site["_id"]}) async for site in found]
    await _write_all(database, "sites", gone)


async def _rename_sitemaps(database: AsyncDatabase[Document], rules: Rules) -> None:
    """Hosts keep their names; which site they are of, and how the addresses are spelt, follows from the rules."""
    operations: list[Operation] = []
    async for host in database["sitemaps"].find({}, {"site": 1, "urls": 1}):
        now = {"site": rules.site_of(host["_id"]), "urls": [rules.leads_to(url) for url in host["urls"]]}
        if now != {"site": host["site"], "urls": host["urls"]}:
            operations.append(UpdateOne({"_id": host["_id"]}, {"$set": now}))
    await _write_all(database, "sitemaps", operations)


async def _drop_index(database: AsyncDatabase[Document]) -> None:
    try:
        await database["links"].drop_index("source_id_1")
    except OperationFailure as error:
        if error.code != _INDEX_NOT_FOUND:
            raise


_INDEX_NOT_FOUND = 27
