"""Which pages are concerned by other rules: found by looking at each record once, a few fields of it."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, NamedTuple

from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.store.documents import Document
from backlink_crawler.store.migrations.identities.rules import NoIdentity, Rules, event_by, link_by, page_by
from backlink_crawler.urls import url_id

Progress = Callable[[str, int, int], None]
_EVERY = 20_000
"""Records between two signs of life."""

_OF_PAGES = (
    *("url", "host", "site", "redirect_to", "canonical_url", "chain", "final_url", "final_site", "final_known"),
    "final_change",
)
_OF_LINKS = (
    *("source_url", "source_host", "source_site", "source_id", "target_url", "target_host", "target_site", "target_id"),
    *("scope", "wrapped_url"),
)
_OF_EVENTS = ("link_id", "source_url", "source_site", "target_url", "target_site", "event", "field", "old", "new")
_WITH_ADDRESSES = {"$or": [{"event": {"$in": ["moved", "retargeted"]}}, {"field": "final_target_url"}]}
"""Events that tell of another address than their link's; the others follow from their links."""


class Concerned(NamedTuple):
    """A record that changes."""

    kind: str
    page: bytes
    """The id of the page it hangs on, as stored."""
    unit: bytes
    """The id of that page by the new rules; the stored one where it has none."""
    why: str | None = None
    """Why it cannot stay; ``None``: it is renamed."""
    renamed_to: bytes | None = None
    """Of a page or link whose id changes."""


async def concerned(database: AsyncDatabase[Document], rules: Rules, progress: Progress) -> AsyncIterator[Concerned]:
    """Yield what changes by ``rules``, each record once."""
    async for page in _all(database, "pages", {}, _OF_PAGES, progress):
        if found := _page(rules, page):
            yield found
    async for link in _all(database, "links", {}, _OF_LINKS, progress):
        if found := _link(rules, link):
            yield found
    async for event in _all(database, "link_events", _WITH_ADDRESSES, _OF_EVENTS, progress):
        if event_by(rules, event, {**event, "_id": event["link_id"]}) != event:
            source = event["source_url"]
            yield Concerned("events", url_id(source), _unit(rules, source))


def _page(rules: Rules, page: Document) -> Concerned | None:
    try:
        now = page_by(rules, page)
    except NoIdentity as error:
        return Concerned("pages", page["_id"], page["_id"], str(error))
    if now == page:
        return None
    return Concerned("pages", page["_id"], now["_id"], None, now["_id"] if now["_id"] != page["_id"] else None)


def _link(rules: Rules, link: Document) -> Concerned | None:
    unit = _unit(rules, link["source_url"])
    try:
        now = link_by(rules, link)
    except NoIdentity as error:
        return Concerned("links", link["source_id"], unit, str(error))
    if now == link:
        return None
    return Concerned("links", link["source_id"], unit, None, now["_id"] if now["_id"] != link["_id"] else None)


def _unit(rules: Rules, source_url: str) -> bytes:
    return url_id(rules.normalise(source_url) or source_url)


async def _all(
    database: AsyncDatabase[Document],
    collection: str,
    query: Mapping[str, Any],
    fields: tuple[str, ...],
    progress: Progress,
) -> AsyncIterator[Document]:
    whole = await database[collection].estimated_document_count() if not query else 0
    done = 0
    what = f"{collection.replace('_', ' ')} looked at"
    async for document in database[collection].find(query, dict.fromkeys(fields, 1), batch_size=_EVERY):
        yield document
        done += 1
        if done % _EVERY == 0:
            progress(what, done, max(whole, done + 1))
    progress(what, done, done)
