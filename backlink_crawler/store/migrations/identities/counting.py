"""What a re-keying would do, counted without writing anything."""

from array import array
from collections import Counter
from collections.abc import Mapping

import numpy as np
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.store.documents import Document
from backlink_crawler.store.migrations.identities.marking import Progress, concerned
from backlink_crawler.store.migrations.identities.rules import Rules

_BATCH = 5_000


class _NewIds:
    """Ids that records are going to have, 8 bytes of memory each: how many records find theirs taken."""

    def __init__(self, database: AsyncDatabase[Document], collection: str) -> None:
        self._collection = database[collection]
        self._new = array("Q")
        self._taken = array("Q")
        """By a record that has that id already."""
        self._waiting: list[bytes] = []

    async def add(self, id_: bytes) -> None:
        self._new.append(_prefix(id_))
        self._waiting.append(id_)
        if len(self._waiting) == _BATCH:
            await self._flush()

    async def _flush(self) -> None:
        there = self._collection.find({"_id": {"$in": self._waiting}}, {"_id": 1})
        self._taken.extend([_prefix(found["_id"]) async for found in there])
        self._waiting.clear()

    async def merged(self) -> int:
        """How many records will be gone because another one, or the first of them, tells the same."""
        await self._flush()
        return len(self._new) - _distinct(self._new) + _distinct(self._taken)


def _prefix(id_: bytes) -> int:
    return int.from_bytes(id_[:8], "big")


def _distinct(ids: "array[int]") -> int:
    return len(np.unique(np.frombuffer(ids, dtype=np.uint64))) if ids else 0


async def outstanding(
    database: AsyncDatabase[Document], rules: Rules, progress: Progress
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Return what changes by kind, and what is set aside by reason (links with a reason, pages with theirs).

    A unit that was interrupted half-way is counted as far as it is not done.
    """
    counts: Counter[str] = Counter()
    aside: Counter[str] = Counter()
    new = {kind: _NewIds(database, kind) for kind in ("pages", "links")}
    async for found in concerned(database, rules, progress):
        if found.why:
            aside[f"{found.kind}: {found.why}"] += 1
            continue
        counts[f"{found.kind} rewritten"] += 1
        if found.renamed_to:
            counts[f"{found.kind} under another id"] += 1
            await new[found.kind].add(found.renamed_to)
    for kind, ids in new.items():
        if merged := await ids.merged():
            counts[f"{kind} merged into others"] = merged
    return dict(counts), dict(aside)
