"""The collection ``annotations``: what people decided, one document per subject, with what was decided before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.annotations import FIELDS, Change, Subject
from backlink_crawler.store.bulk import Operation, write
from backlink_crawler.store.documents import Document

COLLECTION = "annotations"
_KEPT = 100
"""Earlier states of one annotation."""


@dataclass(frozen=True, slots=True)
class Written:
    """What came of writing decisions."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    cleared: int = 0
    """Annotations of which nothing is left."""


async def with_addresses(
    database: AsyncDatabase[Document], changes: Sequence[Change]
) -> tuple[list[Change], list[str]]:
    """Return ``changes``, links with the addresses of both ends, and a line for each id that is no known link's."""
    ids = [bytes.fromhex(change.subject.key) for change in changes if _is_bare(change.subject)]
    ends = {"source_url": 1, "target_url": 1}
    links = {found["_id"].hex(): found async for found in database["links"].find({"_id": {"$in": ids}}, ends)}
    known, unknown = [], []
    for change in changes:
        subject = change.subject
        if not _is_bare(subject):
            known.append(change)
        elif found := links.get(subject.key):
            known.append(replace(change, subject=replace(subject, **{name: found[name] for name in ends})))
        else:
            unknown.append(f"link_id {subject.key}: there is no such link in the index")
    return known, unknown


def _is_bare(subject: Subject) -> bool:
    return subject.kind == "link" and subject.source_url is None


async def annotate(
    database: AsyncDatabase[Document], changes: Sequence[Change], *, at: datetime, dry: bool = False
) -> Written:
    """Write decisions; of several about one subject the last word counts. Writing them again changes nothing.

    :param dry: only count.
    """
    known = {found["_id"]: found async for found in database[COLLECTION].find({"_id": {"$in": _ids(changes)}})}
    operations: list[Operation] = []
    counts = {"new": 0, "changed": 0, "unchanged": 0, "cleared": 0}
    for change in _joined(changes):
        stored = known.get(change.subject.id)
        before = {name: stored[name] for name in FIELDS if name in stored} if stored else {}
        after = {name: value for name, value in (before | dict(change.values)).items() if value not in (None, [])}
        if after == before:
            counts["unchanged"] += 1
            continue
        counts["new" if not before else "changed" if after else "cleared"] += 1
        operations.append(_written(change, before, after, stored, at))
    if not dry:
        await write(database[COLLECTION], operations)
    return Written(**counts)


def _written(change: Change, before: Document, after: Document, stored: Document | None, at: datetime) -> UpdateOne:
    subject = change.subject
    told = {"source_url": subject.source_url, "target_url": subject.target_url}
    values = {"kind": subject.kind, "key": subject.key, **{k: v for k, v in told.items() if v}, **after, "marked": at}
    update: dict[str, Any] = {"$set": values}
    if gone := {name: "" for name in before if name not in after}:
        update["$unset"] = gone
    if stored:
        earlier = {**before, "marked": stored["marked"]}
        update["$push"] = {"earlier": {"$each": [earlier], "$slice": -_KEPT}}
    return UpdateOne({"_id": subject.id}, update, upsert=True)


def _ids(changes: Iterable[Change]) -> list[str]:
    return [change.subject.id for change in changes]


def _joined(changes: Iterable[Change]) -> Iterable[Change]:
    """One change per subject, later values over earlier ones."""
    joined: dict[str, Change] = {}
    for change in changes:
        earlier = joined.get(change.subject.id)
        joined[change.subject.id] = Change(change.subject, {**(earlier.values if earlier else {}), **change.values})
    return joined.values()
