"""Databases of version 1 of the URL rules, and what the documents of a migrated one say."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import ada_url
from pymongo import MongoClient

from backlink_crawler.features import build_links
from backlink_crawler.history.revisiting import Patience
from backlink_crawler.history.timeline import settled
from backlink_crawler.records import Page, RawLink, Visit
from backlink_crawler.store import Store, migrations
from backlink_crawler.store.migrations.identities import Rules
from backlink_crawler.urls import host_of, site_of

Document = dict[str, Any]
Contents = dict[str, list[Document]]
Normalise = Callable[[str], str | None]

DAY = timedelta(days=1)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
PATIENCE = Patience()
COLLECTIONS = ("pages", "links", "link_events", "sites", "set_aside", "meta")


def normalise_1(url: str) -> str | None:
    """Version 1 of the rules: the URL Standard's serialisation without fragment and credentials."""
    try:
        href = ada_url.normalize_url(url)
    except ValueError:
        return None
    if not href.startswith(("https://", "http://")):
        return None
    href = href.partition("#")[0]
    if "@" in href.split("/", 3)[2]:
        scheme, _, rest = href.partition("//")
        href = f"{scheme}//{rest.partition('@')[2]}"
    return href


class Seen(NamedTuple):
    """A visit of day ``on``: addresses as they are written; targets with a ``!`` are nofollow."""

    url: str
    on: int
    targets: Sequence[str] = ()
    facts: Mapping[str, Any] = {}


def visit(seen: Seen, by: Normalise) -> Visit:
    """What a worker with these rules stores."""
    url = by(seen.url)
    assert url
    page = Page(url, host_of(url), site_of(host_of(url)), **{"outcome": "ok", "http_status": 200, **seen.facts})
    page.crawl_id = f"crawl-{seen.on}"
    page.redirect_to = by(page.redirect_to) if page.redirect_to else None
    raw = [
        RawLink(t, by(t.strip("!")), "an anchor", "text", ("nofollow",) * ("!" in t), "text", "content", f"/a[{n}]", n)
        for n, t in enumerate(seen.targets)
    ]
    return Visit(page, FIRST + seen.on * DAY, links=build_links(page, raw, internal_too=False))


P, U, V = "http://a.test/p", "http://a.test/p?utm_source=x", "http://a.test/%70?utm_medium=y"
B, B1, B2, C = "http://b.test/", "http://b.test/?utm_source=1", "http://b.test/?utm_source=2", "http://c.test/?id=1"
C1 = "http://c.test/?id=1&gclid=1"
GONE: Mapping[str, Any] = {"outcome": "http_error", "http_status": 404}
DOWN: Mapping[str, Any] = {"outcome": "network_error", "http_status": None, "reason": "timeout"}


def to(url: str) -> Mapping[str, Any]:
    return {"outcome": "redirect", "http_status": 301, "redirect_to": url}


CASES: Mapping[str, Sequence[Seen]] = {
    "nothing is spelt otherwise": [Seen(P, 1, [B, C]), Seen(P, 5, [B])],
    "a page is": [Seen(U, 1, [B, C])],
    "a page is, and loses a link": [Seen(U, 1, [B, C]), Seen(U, 5, [B])],
    "a target is": [Seen(P, 1, [B1, C])],
    "a target is, is lost and comes back": [Seen(P, 1, [B1, C]), Seen(P, 3, [C]), Seen(P, 5, [B1, C])],
    "a target is found later": [Seen(P, 1, [C]), Seen(P, 5, [B1, C])],
    "a target changes its rel": [Seen(P, 1, [B1]), Seen(P, 5, [B1 + "!"])],
    "two targets are one": [Seen(P, 1, [B1, C, B2])],
    "two targets are one, and one stays": [Seen(P, 1, [B1, C, B2]), Seen(P, 5, [B1, C])],
    "two targets are one, and go one after another": [Seen(P, 1, [B, B1]), Seen(P, 3, [B]), Seen(P, 5, [])],
    "two targets are one, one comes later": [Seen(P, 1, [B]), Seen(P, 3, [B, B1]), Seen(P, 5, [B1])],
    "another spelling in its place": [Seen(P, 1, [B1, C]), Seen(P, 5, [B2, C])],
    "another spelling after a gap": [Seen(P, 1, [B1, C]), Seen(P, 3, [C]), Seen(P, 5, [B2, C])],
    "a target with each visit": [Seen(P, n, [f"{B}?utm_source={n}", C]) for n in range(1, 5)],
    "retargeted to an address that is spelt otherwise": [Seen(P, 1, [B]), Seen(P, 5, [C1])],
    "two pages are one": [Seen(P, 1, [B, C]), Seen(U, 5, [B, C])],
    "two pages are one, a link is on the older": [Seen(P, 1, [B, C]), Seen(U, 5, [B])],
    "three pages are one": [Seen(U, 1, [B]), Seen(V, 3, [B1]), Seen(P, 5, [B2])],
    "two pages are one, gone in the end": [Seen(U, 1, [B, C]), Seen(P, 5, (), GONE)],
    "two pages are one, not seen in the end": [Seen(U, 1, [B, C]), Seen(P, 5, (), DOWN)],
    "two pages are one, not seen before": [Seen(U, 1, (), DOWN), Seen(P, 5, [B])],
    "lost on one, back on the other": [Seen(P, 1, [B, C]), Seen(P, 3, [C]), Seen(U, 5, [B, C])],
    "redirects elsewhere": [Seen(U, 1, (), to(C1))],
    "a redirect's target is spelt otherwise": [Seen("http://b.test/", 1, (), to(C1)), Seen(P, 2, [B1])],
    "without links": [Seen(U, 1), Seen(P, 3)],
}
"""What each case is about → its visits. Of each, what version 1 recorded tells all that version 2 would have."""


async def save(uri: str, name: str, visits: Sequence[Visit]) -> None:
    async with Store(uri, name, patience=PATIENCE) as store:
        for one in visits:
            await store.save_visits([one])


async def write_version_1(uri: str, name: str, seen: Sequence[Seen]) -> None:
    """Make the database that a program with version 1 of the rules made."""
    await save(uri, name, [visit(one, normalise_1) for one in seen])
    with MongoClient[Document](uri) as client:
        client[name]["meta"].update_one({"_id": "schema"}, {"$set": {"url_rules": 1}})


async def migrate(uri: str, name: str, rules: Rules | None = None, **options: Any) -> None:
    store = Store(uri, name, program=migrations.NAME)
    progress = options.pop("progress", lambda *_: None)
    try:
        # Other tests of the session may be connected to this server.
        await migrations.migrate(store, PATIENCE, progress, beside_others=True, rules=rules, **options)
    finally:
        await store.close()


def contents(uri: str, name: str) -> Contents:
    with MongoClient[Document](uri, tz_aware=True) as client:
        return {collection: list(client[name][collection].find().sort("_id")) for collection in COLLECTIONS}


_OF_THE_SPELLING = {"href", "xpath", "ordinal"}
"""How an address was written stays as it was."""
_AS_OF_THE_LAST_CHANGE = {"occurrences", "weight"}
"""Not watched: taken over with the next change, and spellings did not change together."""
_OF_THE_WAY = {
    "pages": {"revision", "links_hash", "token", "interval_days", "next_visit", "last_changed", "links_external"},
    "links": {"revision", "found", *_OF_THE_SPELLING, *_AS_OF_THE_LAST_CHANGE},
    "link_events": {"_id", "revision", "recorded", "visit"},
}
"""What tells in how many steps it came to be so; how long a page had stayed as it was begins anew."""


def told(found: Contents, collection: str) -> list[Document]:
    """What documents say; absent and null say the same. Events are settled."""
    documents = found[collection]
    if collection == "link_events":
        documents = sorted(map(dict, settled(documents)), key=lambda e: (e["at"], e["target_url"], e["event"]))
    shown = []
    for one in documents:
        # When a live link was seen last follows from its page.
        but = _OF_THE_WAY[collection] | ({"last_seen"} if one.get("status") == "live" else set())
        shown.append({name: value for name, value in one.items() if name not in but and value not in (None, "", [], 0)})
    return shown


def differences(one: Document, other: Document) -> Document:
    """What two documents say differently."""
    return {n: (one.get(n), other.get(n)) for n in one.keys() | other.keys() if one.get(n) != other.get(n)}


ALL = [
    Seen(one.url.replace("a.test", f"a{n}.test"), one.on, one.targets, {**one.facts})
    for n, case in enumerate(CASES)
    for one in CASES[case]
]
"""All cases in one database, each on a site of its own."""
IN_ORDER = sorted(ALL, key=lambda one: one.on)


@contextmanager
def server(uri: str) -> Iterator[MongoClient[Document]]:
    with MongoClient[Document](uri, tz_aware=True) as client:
        yield client


def put(uri: str, name: str, found: Contents) -> None:
    with server(uri) as client:
        for collection, documents in found.items():
            client[name][collection].delete_many({})
            if documents:
                client[name][collection].insert_many(documents)


def unstamped(found: Contents) -> Contents:
    """Without the time at which it was written."""
    return {name: [{**one, "at": None} if name == "set_aside" else one for one in found[name]] for name in found}
