"""Where redirecting pages lead, kept true while pages are stored in any order by any number of workers.

A page whose outcome is ``redirect`` carries what follows from the pages behind it (``history.redirects``): ``chain``,
``chain_end``, ``final_url``, ``final_site``, ``final_outcome``, ``final_status`` and ``final_soft_404``. That changes
when the page itself is stored and when any page of its chain is.

Two workers may store the two ends of a hop at the same time. Both write their page first and look for the other
afterwards; and whoever writes a chain looks at its pages once more after that. So of the two, the one that looks last
sees all, and the last one to write a chain has seen that it is right.

``final_known`` is the last end that was certain. When another one takes its place, every live link to the page gets an
event. What is to be told (``final_change``) is written with the chain and removed once the events are there, so a
worker that dies in between leaves it to whoever comes next. ``final_changes`` counts and makes the events' ids stable.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.history.life import event_document
from backlink_crawler.history.manifest import event_id
from backlink_crawler.history.redirects import Chain, answers, chain_of, leads_on
from backlink_crawler.records import LinkEvent
from backlink_crawler.store.bulk import Operation, write
from backlink_crawler.store.documents import Document
from backlink_crawler.urls import host_of, site_of, url_id

_BATCH = 500
_EVENTS = 1_000
_DERIVED = ("chain", "chain_end", "final_url", "final_site", "final_outcome", "final_status", "final_soft_404")
_FACTS = dict.fromkeys(
    (
        *("url", "site", "outcome", "redirect_to", "http_status", "soft_404", "last_visited", "crawl_id", "token"),
        *("revision", *_DERIVED, "final_known", "final_changes", "final_change"),
    ),
    1,
)
_LINK_FACTS = dict.fromkeys(
    ("source_url", "source_site", "target_url", "target_site", "revision", "follow", "region"), 1
)


_NONE: Mapping[bytes, Document] = MappingProxyType({})


class _Step(NamedTuple):
    """What to write of one page."""

    values: Document
    """Of the derived fields; what is absent is removed."""
    known: str | None
    """The last certain end, from now on."""
    change: Document | None = None
    """The certain end is another one than before."""


async def resolve_chains(
    database: AsyncDatabase[Document], page_ids: Collection[bytes], inserted: Mapping[bytes, Document] = _NONE
) -> None:
    """Bring the chains of these pages, which were just stored, and of all pages that lead to them up to date.

    Repeating the call changes nothing. A batch of pages without redirects costs two reads, one of new pages one.

    :param inserted: those that the caller has inserted, by id, as far as they do not redirect. There is no chain on
        them to look at; where somebody else has written one of them in the meantime, he resolves it himself.
    """
    read = [page_id for page_id in page_ids if page_id not in inserted]
    stored = [*(await _pages(database, read) if read else ()), *inserted.values()]
    await _resolve(database, [page for page in stored if leads_on(page) or "chain" in page or "final_change" in page])
    batch: list[Document] = []
    async for page in _leading_to(database, stored):
        batch.append(page)
        if len(batch) == _BATCH:
            await _resolve(database, batch)
            batch = []
    await _resolve(database, batch)


async def _resolve(database: AsyncDatabase[Document], pages: Sequence[Document]) -> None:
    """Work out, write and look again, until what is stored is what follows from the pages."""
    while pages:
        await _tell_changes(database, [page for page in pages if "final_change" in page])
        lookup = await _hops(database, [page for page in pages if leads_on(page)])
        updates: list[Operation] = []
        written: list[bytes] = []
        for page in pages:
            step = _step(page, lookup)
            if step is not None and (update := _update(page, step)):
                updates.append(UpdateOne(_unless_changed(page), update))
                written.append(page["_id"])
        if not updates:
            return
        await write(database["pages"], updates)
        pages = await _pages(database, written)


def _step(page: Document, lookup: dict[str, Document]) -> _Step | None:
    """Return how the page is to be; ``None``: as it is."""
    if leads_on(page):
        chain = chain_of(page, lookup)
        assert isinstance(chain, Chain)
        values = {
            "chain": list(chain.urls),
            "chain_end": chain.end,
            "final_url": chain.urls[-1],
            "final_site": site_of(host_of(chain.urls[-1])),
            "final_outcome": chain.outcome,
            "final_status": chain.status,
            "final_soft_404": chain.soft_404 or None,
        }
        return _known_step(page, values, chain.urls[-1] if chain.certain else None, chain.seen)
    if not answers(page):
        return None  # it could not be seen this time: where it led stays the last that is known
    return _known_step(page, {}, page["url"], page.get("last_visited"))


def _known_step(page: Document, values: Document, certain: str | None, at: datetime | None) -> _Step:
    before = page.get("final_known") or _before_first_redirect(page)
    if certain is None or before is None or certain == before:
        return _Step(values, certain or before)
    number = page.get("final_changes", 0) + 1
    return _Step(values, certain, {"number": number, "old": before, "new": certain, "at": at})


def _before_first_redirect(page: Document) -> str | None:
    """A page whose links had been told of before it was found to redirect had answered itself."""
    return page["url"] if "chain" not in page and page.get("revision", 0) > 1 else None


def _update(page: Document, step: _Step) -> Document:
    """Return the update operators, none where everything is as it should be."""
    wanted = {name: value for name, value in step.values.items() if value is not None}
    # The end of a page that answers for itself is its own address: nothing to remember.
    if step.values and step.known is not None:
        wanted["final_known"] = step.known
    if step.change is not None:
        wanted |= {"final_change": step.change, "final_changes": step.change["number"]}
    changed = {name: value for name, value in wanted.items() if page.get(name) != value}
    superfluous = [name for name in (*_DERIVED, "final_known") if name in page and name not in wanted]
    if "final_change" in page and step.change is None:
        superfluous.append("final_change")
    update: Document = {}
    if changed:
        update["$set"] = changed
    if superfluous:
        update["$unset"] = dict.fromkeys(superfluous, "")
    return update


def _unless_changed(page: Document) -> Document:
    """Match the page only as it was read: whoever changed it since then resolves it himself."""
    names = ("outcome", "redirect_to", "last_visited", "final_known", "final_changes", "final_change")
    return {"_id": page["_id"], **{name: page.get(name, None) for name in names}}


async def _hops(database: AsyncDatabase[Document], redirects: Iterable[Document]) -> dict[str, Document]:
    """Return the pages on the chains of these, by URL, all of one hop in one read; ``{}`` for those never asked for."""
    lookup: dict[str, Document] = {}
    open_ones = list(redirects)
    while True:
        missing = {url for page in open_ones if isinstance(url := chain_of(page, lookup), str)}
        if not missing:
            return lookup
        lookup |= dict.fromkeys(missing, Document())
        lookup |= {page["url"]: page for page in await _pages(database, [url_id(url) for url in missing])}
        open_ones = [page for page in open_ones if isinstance(chain_of(page, lookup), str)]


async def _leading_to(database: AsyncDatabase[Document], pages: Iterable[Document]) -> AsyncIterator[Document]:
    """Yield redirecting pages whose chain passes through one of ``pages`` and does not say what that page says, or not
    for certain."""
    by_url = {page["url"]: page for page in pages}
    async for page in database["pages"].find({"outcome": "redirect", "chain": {"$in": list(by_url)}}, _FACTS):
        if any(url in by_url and not _agrees(page, at, by_url[url]) for at, url in enumerate(page["chain"])):
            yield page


def _agrees(page: Document, at: int, hop: Document) -> bool:
    chain = page["chain"]
    if page["chain_end"] == "answered" and page.get("final_known") != page["final_url"]:
        return False
    if leads_on(hop):
        return at + 1 < len(chain) and bool(chain[at + 1] == hop["redirect_to"])
    told = chain_of({**page, "redirect_to": hop["url"]}, {hop["url"]: hop})
    assert isinstance(told, Chain)
    soft = page.get("final_soft_404", False)
    says = (page["chain_end"], page.get("final_status"), soft, page.get("final_outcome"))
    return at + 1 == len(chain) and says == told[1:5]


async def _pages(database: AsyncDatabase[Document], page_ids: Collection[bytes]) -> list[Document]:
    return await database["pages"].find({"_id": {"$in": list(page_ids)}}, _FACTS).to_list()


async def _tell_changes(database: AsyncDatabase[Document], pages: Iterable[Document]) -> None:
    """Write an event for every live link to these pages, whose certain end has changed."""
    for page in pages:
        query = {"target_site": page["site"], "target_id": page["_id"], "status": "live"}
        batch: list[Operation] = []
        async for link in database["links"].find(query, _LINK_FACTS):
            batch.append(InsertOne(_event(page, link)))
            if len(batch) == _EVENTS:
                await write(database["link_events"], batch)
                batch = []
        await write(database["link_events"], batch)


def _event(page: Document, link: Document) -> Document:
    change: Any = page["final_change"]
    told = LinkEvent(
        link_id=link["_id"],
        source_url=link["source_url"],
        source_site=link["source_site"],
        target_url=link["target_url"],
        target_site=link["target_site"],
        revision=link["revision"],
        visit=f"{page.get('crawl_id')}/{page.get('token', 0)}",
        at=change["at"],
        event="changed",
        field="final_target_url",
        old=change["old"],
        new=change["new"],
        reason=None,
        follow=link["follow"],
        region=link["region"],
    )
    # Counted by the target's changes: the revision of the linking page may not have changed in between.
    stable = event_id(link["_id"], change["number"], "final_target_url")
    return {**event_document(told), "_id": stable, "recorded": datetime.now(UTC)}
