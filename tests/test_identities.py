"""Databases of other rules of URLs or suffixes: migrated, they are what these rules make of the same visits."""

import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import ada_url
import pytest
from pymongo import MongoClient

from backlink_crawler import suffixes, urls
from backlink_crawler.features import build_links
from backlink_crawler.history.revisiting import Patience
from backlink_crawler.history.timeline import settled, state_at
from backlink_crawler.records import Page, RawLink, Visit
from backlink_crawler.store import Store, StoreError, migrations
from backlink_crawler.store.migrations import identities
from backlink_crawler.store.migrations.identities import Rules, counting, rekeying
from backlink_crawler.urls import host_of, normalise, site_of
from tests.crawling import Crawling
from tests.store.faults import WHERE, Crash, Where, crashed

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


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few pages take several batches, as millions do."""
    monkeypatch.setattr(rekeying, "_UNITS", 5)
    monkeypatch.setattr(rekeying, "_LINKS", 4)
    monkeypatch.setattr(counting, "_BATCH", 2)


@pytest.fixture
def other_database(mongodb_uri: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    yield name
    with MongoClient[Document](mongodb_uri) as client:
        client.drop_database(name)


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


@pytest.mark.parametrize("case", CASES)
async def test_as_if_these_rules_had_been_there(
    mongodb_uri: str, mongodb_database: str, other_database: str, case: str
) -> None:
    """Pages, links and their histories are those that version 2 would have recorded."""
    await write_version_1(mongodb_uri, mongodb_database, CASES[case])
    await migrate(mongodb_uri, mongodb_database)
    await save(mongodb_uri, other_database, [visit(one, normalise) for one in CASES[case]])
    migrated, made = contents(mongodb_uri, mongodb_database), contents(mongodb_uri, other_database)
    for collection in ("pages", "links", "link_events"):
        is_so, should_be = told(migrated, collection), told(made, collection)
        assert len(is_so) == len(should_be), (collection, is_so, should_be)
        for one, other in zip(is_so, should_be, strict=True):
            assert not differences(one, other), (collection, one)
    assert migrated["sites"] == made["sites"]
    assert migrated["meta"] == made["meta"]


async def test_places_of_one_target_are_counted_together(mongodb_uri: str, mongodb_database: str) -> None:
    """Two spellings on one page are two places of one target, and share its vote."""
    await write_version_1(mongodb_uri, mongodb_database, [Seen(P, 1, [B1, C, B2])])
    await migrate(mongodb_uri, mongodb_database)
    links = {link["target_url"]: link for link in contents(mongodb_uri, mongodb_database)["links"]}
    assert (links[B]["occurrences"], links[C]["occurrences"]) == (2, 1)
    assert links[B]["weight"] == pytest.approx(2 / 3)
    assert links[B]["ordinal"] == 0, "of the place that a reader meets first"


ALL = [
    Seen(one.url.replace("a.test", f"a{n}.test"), one.on, one.targets, {**one.facts})
    for n, case in enumerate(CASES)
    for one in CASES[case]
]
"""All cases in one database, each on a site of its own."""
IN_ORDER = sorted(ALL, key=lambda one: one.on)


@pytest.fixture
async def old(mongodb_uri: str, mongodb_database: str) -> str:
    """A database of version 1 with all the cases."""
    await write_version_1(mongodb_uri, mongodb_database, IN_ORDER)
    return mongodb_database


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


async def test_every_event_is_kept_once(mongodb_uri: str, old: str) -> None:
    """An event stays one, of the link as it is called now, or is set aside with the reason; none is there twice."""
    before = contents(mongodb_uri, old)
    await migrate(mongodb_uri, old)
    after = contents(mongodb_uri, old)
    aside = [one for one in after["set_aside"] if one["kind"] == "link_events"]
    assert all(one["reason"] for one in aside)
    added = [event for event in after["link_events"] if event["recorded"] == event["at"]]
    assert len(before["link_events"]) == len(after["link_events"]) - len(added) + len(aside)
    recorded = Counter(event["recorded"] for event in before["link_events"])
    assert (
        Counter(e["recorded"] for e in after["link_events"] if e not in added)
        + Counter(one["record"]["recorded"] for one in aside)
        == recorded
    )
    links = {link["_id"] for link in after["links"]}
    assert {event["link_id"] for event in after["link_events"]} <= links


async def test_reading_backwards_leads_to_the_beginning(mongodb_uri: str, old: str) -> None:
    """At every time, a merged link was live as the visits of that time say."""
    await migrate(mongodb_uri, old)
    after = contents(mongodb_uri, old)
    for link in after["links"]:
        events = [event for event in after["link_events"] if event["link_id"] == link["_id"]]
        for on in range(8):
            when = FIRST + on * DAY
            seen = [v for v in (visit(one, normalise) for one in IN_ORDER) if v.page.url == link["source_url"]]
            read = [v for v in seen if v.at <= when and v.page.outcome != "network_error"]
            stood = bool(read) and any(one.target_url == link["target_url"] for one in read[-1].links)
            state = state_at(link, events, when)
            assert (state is not None and state["status"] == "live") == stood, (link["source_url"], on)


async def test_the_next_visit_finds_all_as_it_was_left(mongodb_uri: str, old: str) -> None:
    """A page that stays makes no event, though its addresses are spelt otherwise."""
    await migrate(mongodb_uri, old)
    before = contents(mongodb_uri, old)
    last = {normalise(one.url): one for one in IN_ORDER if one.facts is not DOWN}
    async with Store(mongodb_uri, old, patience=PATIENCE) as store:
        for one in last.values():
            again = visit(one._replace(on=90), normalise)
            saved = await store.save_visits([again])
            assert (saved.events, saved.links_new) == (0, 0), one
    assert contents(mongodb_uri, old)["link_events"] == before["link_events"]


async def test_what_is_to_be_done_is_counted(mongodb_uri: str, old: str) -> None:
    """A dry run writes nothing and tells what the migration does then."""
    before = contents(mongodb_uri, old)
    store = Store(mongodb_uri, old, program=migrations.NAME)
    counts, aside = await migrations.outstanding(store, lambda *_: None)
    await store.close()
    assert contents(mongodb_uri, old) == before
    await migrate(mongodb_uri, old)
    after = contents(mongodb_uri, old)
    for kind in ("pages", "links"):
        assert counts[f"{kind} merged into others"] == len(before[kind]) - len(after[kind])
        gone = {one["_id"] for one in before[kind]} - {one["_id"] for one in after[kind]}
        assert counts[f"{kind} under another id"] == len(gone)
    assert not aside


@pytest.fixture
async def small(mongodb_uri: str, mongodb_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of version 1 with pages to rename and to merge, links to merge, to lose and to bring back."""
    monkeypatch.setattr(rekeying, "_LINKS", 6)
    names = ("a page is", "another spelling after a gap", "two pages are one, a link is on the older")
    numbers = [list(CASES).index(name) for name in names]
    sites = tuple(f"http://a{number}.test/" for number in numbers)
    await write_version_1(mongodb_uri, mongodb_database, [one for one in IN_ORDER if one.url.startswith(sites)])
    return mongodb_database


async def test_a_crash_at_any_write(mongodb_uri: str, small: str) -> None:
    """An interrupted re-keying is refused by a crawl; run again, it ends as if it had not been interrupted.

    Each write in one of the ways in which it can end; in every one where the environment has ``EVERY_INTERLEAVING``.
    """
    before = contents(mongodb_uri, small)
    await migrate(mongodb_uri, small)
    expected = unstamped(contents(mongodb_uri, small))
    number = 0
    while True:
        every = WHERE if "EVERY_INTERLEAVING" in os.environ else [WHERE[number % len(WHERE)]]
        done = [await _finished_after(mongodb_uri, small, before, expected, number, where) for where in every]
        if not all(done):
            break
        number += 1
    assert number >= 15
    with server(mongodb_uri) as client:
        assert not {"rekeying", "rekeyed"} & set(client[small].list_collection_names())
        assert "source_id_1" not in client[small]["links"].index_information()


async def _finished_after(uri: str, name: str, before: Contents, expected: Contents, number: int, where: Where) -> bool:
    """Crash at a write and run again; return whether there was such a write."""
    put(uri, name, before)
    if not await crashed(number, where, migrate(uri, name)):
        return False
    with pytest.raises(StoreError, match="To finish it: scrapy migrate"):
        async with Store(uri, name):
            pass
    await migrate(uri, name)
    assert unstamped(contents(uri, name)) == expected, (number, where)
    return True


async def test_a_crash_between_any_two_parts(mongodb_uri: str, small: str) -> None:
    """The same for what is no bulk write: the looking, indexes, sites."""
    before = contents(mongodb_uri, small)
    await migrate(mongodb_uri, small)
    expected = unstamped(contents(mongodb_uri, small))
    number = 0
    while True:
        put(mongodb_uri, small, before)
        calls = iter(range(number, -1, -1))

        def stop(*_: object, left: Iterator[int] = calls) -> None:
            if next(left, None) == 0:
                raise Crash

        try:
            await migrate(mongodb_uri, small, progress=stop)
        except Crash:
            await migrate(mongodb_uri, small)
            assert unstamped(contents(mongodb_uri, small)) == expected, number
            number += 1
        else:
            break
    assert number >= 8


async def test_rules_that_change_half_way(mongodb_uri: str, small: str) -> None:
    """What was half re-keyed to some rules is brought to others as a whole."""
    versions: dict[str, int | str] = {"url_rules": 2, "suffixes": urls.suffixes_version()}
    secure = Rules(lambda url: url.replace("http:", "https:"), site_of, {**versions, "url_rules": 3})
    plain = Rules(lambda url: normalise(url.replace("https:", "http:")), site_of, versions)
    before = contents(mongodb_uri, small)
    await migrate(mongodb_uri, small)
    expected = contents(mongodb_uri, small)
    for number in (3, 6, 9):
        put(mongodb_uri, small, before)
        assert await crashed(number, "after", migrate(mongodb_uri, small, secure))
        await migrate(mongodb_uri, small, plain)
        found = contents(mongodb_uri, small)
        for collection in ("pages", "links", "link_events"):
            assert told(found, collection) == told(expected, collection), number


async def test_what_has_no_identity_is_set_aside(mongodb_uri: str, mongodb_database: str) -> None:
    """Nothing is deleted: page, links and events lie in ``set_aside``, whole, with the reason."""
    seen = [Seen(P, 1, [B, C]), Seen(P, 3, [B]), Seen("http://d.test/", 1, [B, P])]
    await write_version_1(mongodb_uri, mongodb_database, seen)
    before = contents(mongodb_uri, mongodb_database)
    rules = Rules(
        lambda url: None if host_of(url) == "a.test" else normalise(url), site_of, identities.current().versions
    )
    await migrate(mongodb_uri, mongodb_database, rules)
    after = contents(mongodb_uri, mongodb_database)
    assert [page["url"] for page in after["pages"]] == ["http://d.test/"]
    assert [(link["source_url"], link["target_url"]) for link in after["links"]] == [("http://d.test/", B)]
    for kind in ("pages", "links", "link_events"):
        aside = [one["record"] for one in after["set_aside"] if one["kind"] == kind]
        assert (
            sorted([*aside, *(one for one in after[kind] if one in before[kind])], key=by_id)
            + [one for one in after[kind] if one not in before[kind]]
            == sorted(before[kind], key=by_id)
            or kind == "pages"
        )
    assert {one["reason"] for one in after["set_aside"]} == {"no identity by the rules of URLs, version 2"}


def by_id(document: Document) -> bytes:
    return bytes(document["_id"])


async def test_a_spelling_that_only_led_to_another(mongodb_uri: str, mongodb_database: str) -> None:
    """A redirect to another spelling of the same page is no page, and no loop."""
    await write_version_1(
        mongodb_uri,
        mongodb_database,
        [Seen(U, 1, (), to(P)), Seen(P, 1, [B]), Seen("http://d.test/?gclid=1", 1, (), to("http://d.test/"))],
    )
    await migrate(mongodb_uri, mongodb_database)
    after = contents(mongodb_uri, mongodb_database)
    (page,) = after["pages"]
    assert (page["url"], page["outcome"], page["visits"]) == (P, "ok", 2)
    (aside,) = after["set_aside"]
    assert (aside["kind"], aside["record"]["url"]) == ("pages", "http://d.test/?gclid=1")


LIST = (
    "// VERSION: 2030-01-01_00-00-00_UTC\n// ===BEGIN ICANN DOMAINS===\ncom\ntest\n// ===END ICANN DOMAINS===\n"
    "// ===BEGIN PRIVATE DOMAINS===\npages.test\n// ===END PRIVATE DOMAINS===\n"
)


@contextmanager
def following(chosen: suffixes.SuffixList | None) -> Iterator[None]:
    urls.follow_suffixes(chosen)
    try:
        yield
    finally:
        urls.follow_suffixes(None)


@pytest.fixture
def with_pages(tmp_path: Path) -> suffixes.SuffixList:
    """A list by which a.pages.test and b.pages.test are two sites."""
    path = tmp_path / "list.dat"
    path.write_text(LIST, "utf-8")
    return suffixes.read(path)


ALICE, BOB, SHOP = "http://alice.pages.test/", "http://bob.pages.test/", "http://shop.test/"


async def test_a_list_with_another_suffix(
    mongodb_uri: str, mongodb_database: str, with_pages: suffixes.SuffixList
) -> None:
    """One site becomes two: records, events and keys name them, and pages are read whole again to find their links."""
    seen = [
        Seen(ALICE, 1, [SHOP, BOB], {"etag": "e"}),
        Seen(ALICE, 3, [BOB], {"etag": "e"}),
        Seen(SHOP, 2, [BOB]),
    ]
    await save(mongodb_uri, mongodb_database, [visit(one, normalise) for one in seen])
    with following(with_pages):
        with pytest.raises(StoreError, match=r"suffix list psl-2025.*follows psl-2030-01-01.*scrapy migrate"):
            async with Store(mongodb_uri, mongodb_database):
                pass
        await migrate(mongodb_uri, mongodb_database)
        after = contents(mongodb_uri, mongodb_database)
        async with Store(mongodb_uri, mongodb_database):
            pass
    assert {page["url"]: page["site"] for page in after["pages"]} == {ALICE: "alice.pages.test", SHOP: "shop.test"}
    assert {(link["source_site"], link["target_site"]) for link in after["links"]} == {
        ("alice.pages.test", "shop.test"),
        ("shop.test", "bob.pages.test"),
    }
    assert [(e["source_site"], e["event"]) for e in after["link_events"]] == [("alice.pages.test", "lost")]
    assert [site["_id"] for site in after["sites"]] == ["alice.pages.test", "shop.test"]
    assert {page["url"]: page["etag"] for page in after["pages"]}[ALICE] is None
    assert not after["set_aside"]


@pytest.mark.parametrize("internal_too", [False, True])
async def test_a_list_without_a_suffix(
    mongodb_uri: str, mongodb_database: str, with_pages: suffixes.SuffixList, internal_too: bool
) -> None:
    """Two sites become one: links between them are kept as internal ones, or set aside where those are not stored."""
    with following(with_pages):
        await save(mongodb_uri, mongodb_database, [visit(Seen(ALICE, 1, [BOB, SHOP]), normalise)])
    await migrate(mongodb_uri, mongodb_database, internal_too=internal_too)
    after = contents(mongodb_uri, mongodb_database)
    scopes = {link["target_url"]: link["scope"] for link in after["links"]}
    assert scopes == {SHOP: "external", **({BOB: "subdomain"} if internal_too else {})}
    assert [one["record"]["target_url"] for one in after["set_aside"]] == ([] if internal_too else [BOB])
    async with Store(mongodb_uri, mongodb_database, patience=PATIENCE) as store:
        again = visit(Seen(ALICE, 9, [BOB, SHOP]), normalise)
        if internal_too:
            return
        assert (await store.save_visits([again])).events == 0, "what is not stored is not missed"


async def test_a_commit_that_was_open(mongodb_uri: str, mongodb_database: str) -> None:
    """What a worker that died still had to write is written first."""
    await write_version_1(mongodb_uri, mongodb_database, [Seen(U, 1, [B, C])])
    async with _as_version_1(mongodb_uri, mongodb_database), Store(mongodb_uri, mongodb_database) as store:
        assert await crashed(1, "before", store.save_visits([visit(Seen(U, 5, [B]), normalise_1)]))
    await migrate(mongodb_uri, mongodb_database)
    after = contents(mongodb_uri, mongodb_database)
    assert "pending" not in after["pages"][0]
    assert {link["target_url"]: link["status"] for link in after["links"]} == {B: "live", C: "lost"}
    assert [event["event"] for event in after["link_events"]] == ["lost"]


@asynccontextmanager
async def _as_version_1(uri: str, name: str) -> AsyncIterator[None]:
    """Let a worker of these tests write what version 1 wrote."""
    with server(uri) as client:
        client[name]["meta"].update_one({"_id": "schema"}, {"$set": {"url_rules": 2}})
        yield
        client[name]["meta"].update_one({"_id": "schema"}, {"$set": {"url_rules": 1}})


def test_the_command(crawling: Crawling, small: str) -> None:
    """What is to be done is told in numbers, and done."""
    checked = crawling.run("migrate", "--dry-run")
    assert checked.code == 3, checked.err
    assert "Rules of URLs: 1 to 2." in checked.out
    assert "1 pages merged into others" in checked.out
    done = crawling.run("migrate", "--force")
    assert done.code == 0, done.err
    assert "pages re-keyed: 3 of 3" in done.err
    assert "nothing to do" in done.out


async def test_newer_rules_are_refused(mongodb_uri: str, small: str) -> None:
    """A database of a later program is left alone."""
    with server(mongodb_uri) as client:
        client[small]["meta"].update_one({"_id": "schema"}, {"$set": {"url_rules": 99}})
    with pytest.raises(StoreError, match="update the program"):
        await migrate(mongodb_uri, small)
