"""What people decided, under the ids of now: decisions about pages and links follow their addresses.

Hosts and sites keep their names. A decision about an address that has no identity any more stays as it is.
"""

from pymongo import DeleteOne, ReplaceOne
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.annotations import Subject
from backlink_crawler.store.annotations import COLLECTION
from backlink_crawler.store.bulk import Operation, write
from backlink_crawler.store.documents import Document
from backlink_crawler.store.migrations.identities.rules import NoIdentity, Rules
from backlink_crawler.urls import link_id

_BATCH = 1_000


async def rename(database: AsyncDatabase[Document], rules: Rules) -> None:
    """Give decisions their new ids; of two about the same thing the later one stays. Can be repeated at any point."""
    after = ""
    query = {"kind": {"$in": ["page", "link"]}}
    annotations = database[COLLECTION]
    while batch := await annotations.find({**query, "_id": {"$gt": after}}).sort("_id").limit(_BATCH).to_list():
        after = batch[-1]["_id"]
        renamed = {old["_id"]: new for old in batch if (new := _renamed(old, rules))["_id"] != old["_id"]}
        ids = [new["_id"] for new in renamed.values()]
        latest = {found["_id"]: found async for found in annotations.find({"_id": {"$in": ids}})}
        for new in renamed.values():
            if new["marked"] > latest.get(new["_id"], new)["marked"] or new["_id"] not in latest:
                latest[new["_id"]] = new
        written: list[Operation] = [ReplaceOne({"_id": id_}, one, upsert=True) for id_, one in latest.items()]
        # The old ones go once the new ones are there: a crash in between leaves both, and is made good by repeating.
        await write(annotations, written)
        gone: list[Operation] = [DeleteOne({"_id": id_}) for id_ in renamed]
        await write(annotations, gone)


def _renamed(decision: Document, rules: Rules) -> Document:
    try:
        ends: dict[str, str] = {
            name: rules.url(decision[name]) for name in ("source_url", "target_url") if name in decision
        }
        if decision["kind"] == "page":
            key = rules.url(decision["key"])
        elif len(ends) == 2:
            key = link_id(ends["source_url"], ends["target_url"]).hex()
        else:
            return decision
    except NoIdentity:
        return decision
    return {**decision, **ends, "key": key, "_id": Subject(decision["kind"], key).id}
