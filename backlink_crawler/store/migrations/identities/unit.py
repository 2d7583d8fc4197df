"""One page by the new rules, with all that hangs on it: the smallest part that can be re-keyed by itself. Pure.

Whatever is one page by the new rules comes from the pages whose addresses lead to it, and from nothing else; so do its
links and their events. No two units read or write the same document.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal, NamedTuple

from backlink_crawler.history.manifest import agree, pack, place_in, state_of_record, unpack
from backlink_crawler.store.migrations.identities.links import Numbers, OneLink, Reading, SamePage, Telling, one_link
from backlink_crawler.store.migrations.identities.page import one_page, reading_of, redirects_to_itself
from backlink_crawler.store.migrations.identities.rules import (
    NO_VALIDATORS,
    Document,
    NoIdentity,
    Rules,
    event_by,
    link_by,
    page_by,
)

Kind = Literal["pages", "links", "link_events", "set_aside"]
KINDS: tuple[Kind, ...] = ("pages", "links", "link_events", "set_aside")

REDIRECT_TO_ITSELF = "redirected to another spelling of its own address"


class Change(NamedTuple):
    """One document to write, or to remove."""

    collection: Kind
    key: bytes
    site: str | None
    """``target_site`` of links and events: the other half of their key on a sharded cluster."""
    document: Document | None
    """``None``: remove it."""


@dataclass(slots=True)
class Stored:
    """What a database holds of one unit."""

    pages: Sequence[Document]
    links: Sequence[Document] = ()
    events: Mapping[bytes, Sequence[Document]] = field(default_factory=dict)
    """Link id → its events."""


@dataclass(slots=True)
class Unit:
    """One unit as it is to be."""

    documents: dict[tuple[Kind, bytes], Document] = field(default_factory=dict)

    def put(self, kind: Kind, document: Document) -> None:
        """Add a document."""
        self.documents[kind, document["_id"]] = document

    def changes_from(self, stored: Stored) -> list[Change]:
        """Return what makes ``stored`` to this."""
        old: dict[tuple[Kind, bytes], Document] = {("pages", page["_id"]): page for page in stored.pages}
        old |= {("links", link["_id"]): link for link in stored.links}
        old |= {("link_events", event["_id"]): event for events in stored.events.values() for event in events}
        changes = []
        for (kind, key), before in old.items():
            after = self.documents.get((kind, key))
            if after is None or after.get("target_site") != before.get("target_site"):
                changes.append(Change(kind, key, before.get("target_site"), None))
        for (kind, key), after in self.documents.items():
            if not _same(old.get((kind, key)), after):
                changes.append(Change(kind, key, after.get("target_site"), after))
        return changes


def _same(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> bool:
    """As MongoDB would store them: lists and tuples are alike."""
    if before is None or before.keys() != after.keys():
        return False
    return all(_plain(before[name]) == _plain(after[name]) for name in after)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def rekeyed(stored: Stored, rules: Rules, at: datetime) -> Unit:
    """Return a unit by ``rules``.

    :param at: when what is set aside says that it was.
    """
    unit = Unit()
    pages, whence = _pages(stored, rules, at, unit)
    reading = reading_of(pages)
    tellings, asides = _tellings(stored, rules, pages, whence)
    for document, reason in asides:
        _set_aside(unit, "links", document, reason, at)
        for event in stored.events.get(document["_id"], ()):
            _set_aside(unit, "link_events", event, reason, at)
    single = len(pages) <= 1
    numbers = SamePage(pages[0].get("revision", 0) if pages else 0) if single else Numbers(_commits(tellings))
    links = {link_id: one_link(told, reading, numbers) for link_id, told in tellings.items()}
    for link in links.values():
        unit.put("links", link.record)
        _put_events(unit, link, at)
    if pages:
        _put_page(unit, stored, pages, reading, tellings, links, numbers, at)
    return unit


def _pages(stored: Stored, rules: Rules, at: datetime, unit: Unit) -> tuple[list[Document], dict[bytes, int]]:
    """Return the pages by the new rules, and of their old ids which of them they are."""
    pages: list[Document] = []
    whence: dict[bytes, int] = {}
    for page in sorted(stored.pages, key=lambda page: str(page["url"])):
        try:
            pages.append(page_by(rules, page))
        except NoIdentity as error:
            _set_aside(unit, "pages", page, str(error), at)
        else:
            whence[page["_id"]] = len(pages) - 1
    return pages, whence


def _tellings(
    stored: Stored, rules: Rules, pages: Sequence[Document], whence: Mapping[bytes, int]
) -> tuple[dict[bytes, list[Telling]], list[tuple[Document, str]]]:
    """Return the records by the id of the link that they tell of, and those of no link, with the reason."""
    manifests = {page["_id"]: unpack(page.get("manifest", b"")) for page in stored.pages}
    tellings: dict[bytes, list[Telling]] = {}
    aside = []
    for link in stored.links:
        try:
            record = link_by(rules, link)
        except NoIdentity as error:
            aside.append((link, str(error)))
            continue
        page = whence.get(link["source_id"], 0)
        read = pages[page].get("last_read") if pages else None
        events = [event_by(rules, event, record) for event in stored.events.get(link["_id"], ())]
        state = manifests.get(link["source_id"], {}).get(link["_id"])
        renamed = record["_id"] != link["_id"]
        telling = Telling(record, events, page, read or link["last_seen"], renamed, state)
        tellings.setdefault(record["_id"], []).append(telling)
    return tellings, aside


def _commits(tellings: Mapping[bytes, Iterable[Telling]]) -> Iterable[tuple[int, int, datetime]]:
    for told in tellings.values():
        for telling in told:
            record = telling.record
            last = record["lost_at"] or record["last_seen"]
            yield telling.page, record["revision"], last
            yield from (
                (telling.page, event["revision"], event["at"])
                for event in telling.events
                if event["field"] != "final_target_url"
            )


def _put_events(unit: Unit, link: OneLink, at: datetime) -> None:
    for event in link.events:
        if ("link_events", event["_id"]) in unit.documents:
            _set_aside(unit, "link_events", event, "told already, in the same revision", at)
        else:
            unit.put("link_events", event)
    for event, reason in link.aside:
        _set_aside(unit, "link_events", event, reason, at)


def _put_page(
    unit: Unit,
    stored: Stored,
    pages: Sequence[Document],
    reading: Reading | None,
    tellings: Mapping[bytes, Sequence[Telling]],
    links: Mapping[bytes, OneLink],
    numbers: Numbers,
    at: datetime,
) -> None:
    if not links and all(map(redirects_to_itself, pages)):
        for page in stored.pages:
            _set_aside(unit, "pages", page, REDIRECT_TO_ITSELF, at)
        return
    page = dict(pages[0]) if len(pages) == 1 else one_page(pages)
    manifest = _manifest(stored, pages, reading, tellings, links)
    if manifest is not None and (len(pages) > 1 or manifest != page.get("manifest", b"")):
        # Like no visit: the next one is compared in full, and asked for without conditions.
        page |= {"manifest": manifest, "links_hash": b"", **NO_VALIDATORS}
    if len(pages) > 1:
        told = [event["revision"] for link in links.values() for event in link.events]
        told += [link.record["revision"] for link in links.values()]
        if reading is not None:
            page["region_rules"] = pages[reading.page].get("region_rules")  # its states are those of that page
        page["revision"] = max([numbers.last, *told, max(p.get("revision", 0) for p in pages)])
    elif page["_id"] != stored.pages[0]["_id"]:
        page["token"] = 0  # it will be asked for under another address, with leases of that
    unit.put("pages", page)


def _manifest(
    stored: Stored,
    pages: Sequence[Document],
    reading: Reading | None,
    tellings: Mapping[bytes, Sequence[Telling]],
    links: Mapping[bytes, OneLink],
) -> bytes | None:
    """Return which links stood on the page when it was last read, and in what state; ``None``: it was never read."""
    if all("manifest" not in page for page in pages):
        return None
    states: dict[bytes, bytes] = {}
    for link_id, told in tellings.items():
        last = [t for t in told if t.state and (reading is None or t.page == reading.page or not reading.whole)]
        if len(last) == 1 == len(told):
            states[link_id] = last[0].state or b""
        elif last:
            states[link_id] = _state(links[link_id].record, [t.state for t in last if t.state])
    if len(pages) == 1 and pages[0]["_id"] == stored.pages[0]["_id"]:
        # Links whose records somebody deleted keep their places.
        known = {link["_id"] for link in stored.links}
        before = unpack(pages[0].get("manifest", b""))
        states |= {link_id: state for link_id, state in before.items() if link_id not in known}
    return pack(states)


def _state(record: Document, states: Iterable[bytes]) -> bytes:
    """Return the state of what several records tell, with the settled place of the one whose state it is."""
    plain = state_of_record(record, None)
    place = next((place_in(state) for state in states if agree(state, plain)), None)
    return state_of_record(record, place)


def _set_aside(unit: Unit, kind: Kind, document: Document, reason: str, at: datetime) -> None:
    """With an id that follows from the document's, so that doing it again adds nothing."""
    url = document["url"] if kind == "pages" else document["source_url"]
    key = blake2b(kind.encode() + document["_id"] + reason.encode(), digest_size=16).digest()
    unit.put("set_aside", {"_id": key, "at": at, "kind": kind, "reason": reason, "source_url": url, "record": document})
