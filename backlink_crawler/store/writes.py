"""Writing visits: one compare-and-set on the page's document is the commit; links and events follow from it.

    read the pages ─ finish what others left open ─ compare ─ read the links concerned ─ commit ─ write links and events

A page's document carries the effects of its last commit until they are written, so whoever comes next can write them.
The same visit twice, workers racing on one page and a crash between any two writes end in the same state.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from backlink_crawler.history.comparison import Comparison, compare, unseen_after
from backlink_crawler.history.life import Effects, Life
from backlink_crawler.history.revisiting import Patience
from backlink_crawler.history.sight import UNSEEN
from backlink_crawler.records import Visit
from backlink_crawler.store.bulk import DUPLICATE_KEY, Operation, repeatable, write
from backlink_crawler.store.chains import resolve_chains
from backlink_crawler.store.documents import (
    Document,
    is_written,
    known_page,
    page_changes,
    page_filter,
    page_id_of,
    to_milliseconds,
)
from backlink_crawler.store.effects import apply
from backlink_crawler.store.pending import Opening, Packed, bounded, opening
from backlink_crawler.store.refusals import REFUSALS, sort_out
from backlink_crawler.store.sites import known_since


@dataclass(slots=True)
class Saved:
    """What one batch did."""

    pages: int = 0
    links: int = 0
    """Links that stand on the pages of the batch and are stored."""
    links_new: int = 0
    """Of them, those never seen before."""
    unchanged: int = 0
    """Visits that said of links what was known: one small write each."""
    events: int = 0
    set_aside: int = 0


@dataclass(slots=True)
class _Write:
    """One page to be written."""

    visit: Visit
    comparison: Comparison
    packed: Packed | None
    values: Document
    operation: Operation

    @property
    def effects(self) -> Effects | None:
        return self.packed.effects if self.packed else None

    def opening(self) -> Opening | None:
        if self.packed is None or "pending" not in self.values:
            return None
        effects, revision = self.packed.effects, self.values["revision"]
        return Opening(
            page_id_of(self.visit), revision, effects.inserts, self.packed.inserts, effects.amendments, effects.events
        )


@dataclass(slots=True)
class _Round:
    """What one look at the pages led to."""

    writes: list[_Write] = field(default_factory=list)
    again: list[Visit] = field(default_factory=list)
    """Visits that go on: another worker was faster, or they take more than one commit."""


async def save_visits(database: AsyncDatabase[Document], visits: Sequence[Visit], patience: Patience) -> Saved:
    """Store ``visits`` with their links and all that has changed. What BSON cannot hold goes to ``set_aside``.

    Repeating the call changes nothing; a visit that is older than what is stored changes nothing either.

    :raises pymongo.errors.PyMongoError: connection-level failures, in which case the whole batch may be repeated.
    """
    saved = Saved(pages=len(visits))
    for visit in visits:
        visit.at = to_milliseconds(visit.at)
    with repeatable():
        try:
            await _save(database, visits, patience, saved)
        except REFUSALS:
            # One record poisons the encoding of the whole message: sort out which, and go on with the others.
            await _save(database, await _sorted_out(database, visits, saved), patience, saved)
        await resolve_chains(database, [page_id_of(visit) for visit in visits])
    saved.links = sum(len(visit.links) for visit in visits)
    return saved


async def _save(database: AsyncDatabase[Document], visits: Sequence[Visit], patience: Patience, saved: Saved) -> None:
    sites = await known_since(database, visits)
    waiting = list(visits)
    while waiting:
        batch, later = _one_of_each_page(waiting)
        done = await _round(database, batch, patience, sites, saved)
        waiting = done.again + later


async def _sorted_out(database: AsyncDatabase[Document], visits: Sequence[Visit], saved: Saved) -> list[Visit]:
    found = [sort_out(visit) for visit in visits]
    aside = [InsertOne(document) for sorted_out in found for document in sorted_out.aside]
    await write(database["set_aside"], aside)
    saved.set_aside += len(aside)
    good = [sorted_out.visit for sorted_out in found if sorted_out.clean()]
    saved.pages -= len(visits) - len(good)
    return good


def _one_of_each_page(visits: Sequence[Visit]) -> tuple[list[Visit], list[Visit]]:
    """Split off the first visit of each page: those of one page are written one after another."""
    first: dict[str, Visit] = {}
    later: list[Visit] = []
    for visit in visits:
        if visit.page.url in first:
            later.append(visit)
        else:
            first[visit.page.url] = visit
    return list(first.values()), later


async def _round(
    database: AsyncDatabase[Document],
    visits: Sequence[Visit],
    patience: Patience,
    sites: dict[str, datetime],
    saved: Saved,
) -> _Round:
    stored = await _stored_pages(database, visits)
    saved.set_aside += await apply(database, [opening(page) for page in stored.values() if "pending" in page])
    compared: list[tuple[Comparison, list[Any]]] = []
    for visit in visits:
        known = known_page(stored.get(page_id_of(visit)))
        if not known.has(visit) and not known.outdates(visit):
            unseen = unseen_after(known, visit)
            compared.append((compare(known, visit, patience, tuple(unseen)), unseen))
    records = await _link_records(database, [comparison for comparison, _ in compared])
    result = _Round()
    for comparison, unseen in compared:
        life = None
        if not comparison.unchanged and comparison.sight != UNSEEN:
            comparison = comparison.beside(records)
            life = Life(comparison, records, site_known_since=sites.get(comparison.visit.page.site))
        page = stored.get(page_id_of(comparison.visit))
        result.writes.append(_write_of(page, comparison, unseen, life, patience))
    await _commit(database, result, saved)
    return result


async def _stored_pages(database: AsyncDatabase[Document], visits: Sequence[Visit]) -> dict[bytes, Document]:
    found = database["pages"].find({"_id": {"$in": [page_id_of(visit) for visit in visits]}})
    return {page["_id"]: page async for page in found}


async def _link_records(database: AsyncDatabase[Document], compared: Sequence[Comparison]) -> dict[bytes, Document]:
    wanted = [link_id for comparison in compared if not comparison.unchanged for link_id in comparison.to_read]
    records: dict[bytes, Document] = {}
    for start in range(0, len(wanted), 10_000):
        found = database["links"].find({"_id": {"$in": wanted[start : start + 10_000]}})
        records |= {record["_id"]: record async for record in found}
    return records


def _write_of(
    page: Document | None, comparison: Comparison, unseen: list[Any], life: Life | None, patience: Patience
) -> _Write:
    packed = bounded(life) if life else None
    values, removed = page_changes(page, comparison, unseen, packed.effects if packed else None, patience)
    page_id = page_id_of(comparison.visit)
    if packed is not None and packed.effects.steps:
        values["pending"] = packed.pending
        values["pending_since"] = datetime.now(UTC)
    operation: Operation
    if page is None:
        operation = InsertOne({"_id": page_id, **values})
    else:
        update: Document = {"$set": values, **({"$unset": dict.fromkeys(removed, "")} if removed else {})}
        operation = UpdateOne(page_filter(page_id, comparison.known), update)
    return _Write(comparison.visit, comparison, packed, values, operation)


async def _commit(database: AsyncDatabase[Document], result: _Round, saved: Saved) -> None:
    """Commit the pages, then write what follows from the commits that went through."""
    writes = result.writes
    openings = [write.opening() for write in writes]
    pages = database["pages"]
    done = await write(pages, [w.operation for w in writes])
    refused = {refusal.place: refusal for refusal in done.refused}
    for refusal in refused.values():
        if refusal.code != DUPLICATE_KEY:
            raise OperationFailure(f"page {writes[refusal.place].visit.page.url}: {refusal.message}", refusal.code)
    expected = sum(isinstance(w.operation, UpdateOne) for w in writes)
    lost = set(refused) if done.matched == expected else await _losers(database, writes)
    won = [w for n, w in enumerate(writes) if n not in lost]
    result.again = [w.visit for n, w in enumerate(writes) if n in lost]
    result.again += [w.visit for w in won if w.effects is not None and not w.effects.complete]
    saved.set_aside += await apply(database, [o for n, o in enumerate(openings) if o is not None and n not in lost])
    for w in won:
        if w.effects is None:
            saved.unchanged += 1
        else:
            saved.links_new += len(w.effects.inserts)
            saved.events += len(w.effects.events)


async def _losers(database: AsyncDatabase[Document], writes: Sequence[_Write]) -> set[int]:
    """Return which pages were written by somebody else in the meantime."""
    stored = await _stored_pages(database, [w.visit for w in writes])
    return {n for n, w in enumerate(writes) if not is_written(stored.get(page_id_of(w.visit)), w.values, w.comparison)}
