"""Writing visits: one compare-and-set on the page's document is the commit; links and events follow from it.

    read the pages ─ finish what others left open ─ compare ─ read the links concerned ─ commit ─ write links and events

A page's document carries the effects of its last commit until they are written, so whoever comes next can write them.
The same visit twice, workers racing on one page and a crash between any two writes end in the same state.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo import InsertOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from backlink_crawler.history.comparison import Comparison, compare, unseen_after
from backlink_crawler.history.life import Effects, Life
from backlink_crawler.history.redirects import leads_on
from backlink_crawler.history.revisiting import Patience
from backlink_crawler.history.sight import UNSEEN
from backlink_crawler.records import Visit
from backlink_crawler.store.bulk import DUPLICATE_KEY, Outcome, insert, repeatable, update, write
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
from backlink_crawler.store.encoding import encoded
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

    page_id: bytes
    comparison: Comparison
    packed: Packed | None
    values: Document
    is_new: bool
    document: RawBSONDocument
    """What is inserted if the page is new, or else the statement of an update."""

    @property
    def visit(self) -> Visit:
        return self.comparison.visit

    @property
    def effects(self) -> Effects | None:
        return self.packed.effects if self.packed else None

    def opening(self) -> Opening | None:
        if self.packed is None or "pending" not in self.values:
            return None
        return self.packed.opening(self.page_id, self.values["revision"])


@dataclass(slots=True)
class _Round:
    """What one look at the pages led to."""

    won: list[_Write] = field(default_factory=list)
    lost: list[_Write] = field(default_factory=list)
    """Another worker was faster."""

    @property
    def again(self) -> list[Visit]:
        """Return the visits that go on: those that lost, and those that take more than one commit."""
        more = [w.visit for w in self.won if w.effects is not None and not w.effects.complete]
        return [w.visit for w in self.lost] + more


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
            inserted = await _save(database, visits, patience, saved)
        except REFUSALS:
            # One record poisons the encoding of the whole message: sort out which, and go on with the others.
            inserted = await _save(database, await _sorted_out(database, visits, saved), patience, saved)
        await resolve_chains(database, {page_id_of(visit) for visit in visits}, inserted)
    saved.links = sum(len(visit.links) for visit in visits)
    return saved


async def _save(
    database: AsyncDatabase[Document], visits: Sequence[Visit], patience: Patience, saved: Saved
) -> dict[bytes, Document]:
    """Return the pages that were inserted and are as they were inserted, by id; redirecting ones are left out."""
    sites = await known_since(database, visits)
    inserted: dict[bytes, Document] = {}
    waiting = list(visits)
    while waiting:
        batch, later = _one_of_each_page(waiting)
        done = await _round(database, batch, patience, sites, saved)
        for w in done.won:
            inserted.pop(w.page_id, None)
            if w.is_new and not leads_on(w.values):
                inserted[w.page_id] = {"_id": w.page_id, **w.values}
        waiting = done.again + later
    return inserted


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
    by_id = {page_id_of(visit): visit for visit in visits}
    stored = await _stored_pages(database, by_id)
    saved.set_aside += await apply(database, [opening(page) for page in stored.values() if "pending" in page])
    compared: list[tuple[bytes, Comparison, list[Any]]] = []
    for page_id, visit in by_id.items():
        known = known_page(stored.get(page_id))
        if not known.has(visit) and not known.outdates(visit):
            unseen = unseen_after(known, visit)
            compared.append((page_id, compare(known, visit, patience, tuple(unseen)), unseen))
    records = await _link_records(database, [comparison for _, comparison, _ in compared])
    writes: list[_Write] = []
    for page_id, comparison, unseen in compared:
        life = None
        if not comparison.unchanged and comparison.sight != UNSEEN:
            comparison = comparison.beside(records)
            life = Life(comparison, records, site_known_since=sites.get(comparison.visit.page.site))
        writes.append(_write_of(page_id, stored.get(page_id), comparison, unseen, life, patience))
    return await _commit(database, writes, saved)


async def _stored_pages(database: AsyncDatabase[Document], page_ids: Iterable[bytes]) -> dict[bytes, Document]:
    found = await database["pages"].find({"_id": {"$in": list(page_ids)}}).to_list()
    return {page["_id"]: page for page in found}


async def _link_records(database: AsyncDatabase[Document], compared: Sequence[Comparison]) -> dict[bytes, Document]:
    wanted = [link_id for comparison in compared if not comparison.unchanged for link_id in comparison.to_read]
    records: dict[bytes, Document] = {}
    for start in range(0, len(wanted), 10_000):
        found = await database["links"].find({"_id": {"$in": wanted[start : start + 10_000]}}).to_list()
        records |= {record["_id"]: record for record in found}
    return records


def _write_of(
    page_id: bytes,
    page: Document | None,
    comparison: Comparison,
    unseen: list[Any],
    life: Life | None,
    patience: Patience,
) -> _Write:
    packed = bounded(life) if life else None
    values, removed = page_changes(page, comparison, unseen, packed.effects if packed else None, patience)
    if packed is not None and packed.effects.steps:
        values["pending"] = packed.pending
        values["pending_since"] = datetime.now(UTC)
    if page is None:
        document: Document = {"_id": page_id, **values}
    else:
        change: Document = {"$set": values, **({"$unset": dict.fromkeys(removed, "")} if removed else {})}
        document = {"q": page_filter(page_id, comparison.known), "u": change}
    return _Write(page_id, comparison, packed, values, page is None, encoded(document))


async def _commit(database: AsyncDatabase[Document], writes: Sequence[_Write], saved: Saved) -> _Round:
    """Commit the pages, then write what follows from the commits that went through."""
    lost = await _insert_pages(database, [w for w in writes if w.is_new])
    lost |= await _update_pages(database, [w for w in writes if not w.is_new])
    result = _Round()
    for w in writes:
        (result.lost if w.page_id in lost else result.won).append(w)
    openings = [w.opening() for w in result.won]
    saved.set_aside += await apply(database, [one for one in openings if one is not None])
    for w in result.won:
        if w.effects is None:
            saved.unchanged += 1
        else:
            saved.links_new += len(w.effects.found.links)
            saved.events += len(w.effects.events)
    return result


async def _insert_pages(database: AsyncDatabase[Document], writes: Sequence[_Write]) -> set[bytes]:
    """Return which pages were there already: somebody else was faster."""
    done = await insert(database["pages"], [w.document for w in writes])
    _only_duplicates(done, writes)
    return {writes[refusal.place].page_id for refusal in done.refused}


async def _update_pages(database: AsyncDatabase[Document], writes: Sequence[_Write]) -> set[bytes]:
    """Return which pages were written by somebody else in the meantime."""
    done = await update(database["pages"], [w.document for w in writes])
    _only_duplicates(done, writes)
    if done.done == len(writes):
        return set()
    stored = await _stored_pages(database, [w.page_id for w in writes])
    return {w.page_id for w in writes if not is_written(stored.get(w.page_id), w.values, w.comparison)}


def _only_duplicates(done: Outcome, writes: Sequence[_Write]) -> None:
    for refusal in done.refused:
        if refusal.code != DUPLICATE_KEY:
            raise OperationFailure(f"page {writes[refusal.place].visit.page.url}: {refusal.message}", refusal.code)
