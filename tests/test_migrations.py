"""Databases of older versions: what they come to is what this version would have made of the same visits."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pymongo import IndexModel, MongoClient, UpdateOne

from backlink_crawler.features import build_links
from backlink_crawler.history.revisiting import Patience
from backlink_crawler.records import Link, Page, RawLink, Visit
from backlink_crawler.store import Store, StoreError, migrations
from backlink_crawler.store.migrations import from_1_to_2
from backlink_crawler.store.schema import COLLECTIONS, versions
from backlink_crawler.urls import host_of, link_id, site_of, url_id
from tests.crawling import Crawling
from tests.store.faults import WHERE, Crash, Where, crashed

Contents = dict[str, list[dict[str, Any]]]

PATIENCE = Patience()
DAY = timedelta(days=1)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LATE = FIRST + 90 * DAY

PAGE_1 = (
    *("url", "host", "site", "outcome", "ip", "subnet", "http_status", "reason", "redirect_to", "content_type"),
    *("charset", "bytes", "title", "language", "canonical_url", "indexable", "indexable_cause", "nofollow"),
    *("nofollow_cause", "links_internal", "links_external", "sites_linked", "truncated", "depth", "crawl_id", "etag"),
    "last_modified",
)
"""Fields of a page in schema 1."""
LINK_1 = (
    *("source_url", "source_host", "source_site", "href", "target_url", "target_host", "scope", "link_type", "anchor"),
    *("anchor_source", "rel", "nofollow", "ugc", "sponsored", "follow", "nofollow_cause", "region", "content_score"),
    *("xpath", "ordinal", "hidden", "occurrences"),
)
"""Fields of a link in schema 1, but for ``target_site``, which was part of the filter."""
UNKNOWN_TO_1 = tuple({*Page.__slots__, *Link.__slots__} - {*PAGE_1, *LINK_1, "target_site"})
"""Features that were not looked at yet: a migration cannot make them up."""
OLD_COLLECTIONS = ("pages", "links", "set_aside", "meta")
INDEXES_1 = {
    "pages": (("site", "outcome"), ("outcome", "last_visited")),
    "links": (
        ("target_site", "_id"),
        ("target_site", "source_site"),
        ("source_site", "target_site"),
        ("source_id",),
    ),
    "set_aside": (("at",),),
}


def seen(url: str, *targets: str, on: int, **facts: Any) -> Visit:
    """A visit of day ``on``; targets with a ``!`` are nofollow."""
    page = Page(url, host_of(url), site_of(host_of(url)), **{"outcome": "ok", "http_status": 200, **facts})
    page.crawl_id = f"crawl-{on}"
    raw = [
        RawLink(t.strip("!"), t.strip("!"), t, "text", ("nofollow",) * ("!" in t), "text", "content", f"/a[{n}]", n)
        for n, t in enumerate(targets)
    ]
    return Visit(page, FIRST + on * DAY, links=build_links(page, raw, internal_too=False))


B, C, D, E = "http://b.test/", "http://c.test/", "http://d.test/", "http://e.test/!"
DOWN: Mapping[str, Any] = {"outcome": "network_error", "http_status": None, "reason": "timeout"}

VISITS: Mapping[str, Sequence[Visit]] = {
    "read once": [seen("http://a.test/1", B, C, E, on=1)],
    "read twice, as it was": [seen("http://a.test/2", B, E, on=1), seen("http://a.test/2", B, E, on=5)],
    "a link gone, one found": [seen("http://a.test/3", B, C, on=1), seen("http://a.test/3", B, D, on=5)],
    "found at three visits": [seen("http://a.test/4", *(B, C, D)[:n], on=n) for n in (1, 2, 3)],
    "no links": [seen("http://a.test/5", on=1)],
    "not found in the end": [
        seen("http://a.test/6", B, C, on=1),
        seen("http://a.test/6", on=5, outcome="http_error", http_status=404),
    ],
    "redirects in the end": [
        seen("http://a.test/7", C, on=1),
        seen("http://a.test/7", on=5, outcome="redirect", http_status=301, redirect_to="http://a.test/1"),
    ],
    "always redirected": [
        seen("http://a.test/8", on=1, outcome="redirect", http_status=302, redirect_to="http://a.test/9")
    ],
    "is no HTML": [seen("http://a.test/9", on=1, outcome="not_html", content_type="application/pdf")],
    "never seen": [seen("http://x.test/10", on=1, **DOWN)],
    "not seen in the end": [seen("http://a.test/11", B, E, on=1), seen("http://a.test/11", on=5, **DOWN)],
    "refused in the end": [
        seen("http://a.test/12", B, on=2),
        seen("http://a.test/12", on=5, outcome="http_error", http_status=403),
    ],
    "noindex": [seen("http://a.test/13", B, on=1, indexable=False, indexable_cause="meta")],
    "truncated": [
        seen("http://a.test/14", B, C, on=1, truncated=True),
        seen("http://a.test/14", B, on=5, truncated=True),
    ],
    "another site": [seen("http://z.test/15", B, C, on=7)],
}
"""Pages by what became of them; all that schema 1 can tell is told."""
IN_ORDER = sorted((visit for visits in VISITS.values() for visit in visits), key=lambda visit: visit.at)


def write_version_1(uri: str, name: str, visits: Sequence[Visit]) -> None:
    """Write what version 1 wrote of these visits."""
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        database = client[name]
        database["meta"].insert_one({"_id": "schema", **versions(), "schema": 1})
        for collection, indexes in INDEXES_1.items():
            models = [IndexModel([(field, 1) for field in fields]) for fields in indexes]
            database[collection].create_indexes(models)
        for visit in visits:
            if visit.links:
                database["links"].bulk_write([_link_update(link, visit.at) for link in visit.links])
            state = {field: getattr(visit.page, field) for field in PAGE_1}
            database["pages"].update_one(
                {"_id": url_id(visit.page.url)},
                {"$set": {**state, "last_visited": visit.at}, "$inc": {"visits": 1}, "$min": {"first_seen": visit.at}},
                upsert=True,
            )


def _link_update(link: Link, at: datetime) -> UpdateOne:
    state = {field: getattr(link, field) for field in LINK_1}
    state |= {"source_id": url_id(link.source_url), "target_id": url_id(link.target_url)}
    return UpdateOne(
        {"_id": link_id(link.source_url, link.target_url), "target_site": link.target_site},
        {"$set": state, "$setOnInsert": {"status": "live"}, "$min": {"first_seen": at}, "$max": {"last_seen": at}},
        upsert=True,
    )


def contents(uri: str, name: str) -> Contents:
    """All documents, and what the view of links resolves."""
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        names = ("pages", "links", "link_events", "sites", "meta", "backlinks")
        return {collection: list(client[name][collection].find().sort("_id")) for collection in names}


@asynccontextmanager
async def migrating(uri: str, name: str) -> AsyncIterator[Store]:
    store = Store(uri, name, program=migrations.NAME)
    try:
        yield store
    finally:
        await store.close()


async def migrate(uri: str, name: str, progress: migrations.Progress = lambda *_: None) -> None:
    async with migrating(uri, name) as store:
        # Other tests of the session may be connected to this server.
        await migrations.migrate(store, PATIENCE, progress, beside_others=True)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifteen pages take several batches, as millions do."""
    monkeypatch.setattr(from_1_to_2, "_PAGES", 6)


@pytest.fixture
def old(mongodb_uri: str, mongodb_database: str) -> str:
    """A database of version 1 with all the visits."""
    write_version_1(mongodb_uri, mongodb_database, IN_ORDER)
    return mongodb_database


@pytest.fixture
def other_database(mongodb_uri: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    yield name
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        client.drop_database(name)


def says(migrated: Mapping[str, Any], fresh: Mapping[str, Any], but: Sequence[str] = ()) -> Mapping[str, Any]:
    """What two documents say differently; a field that is absent says what ``None`` and an empty text say."""
    names = (migrated.keys() | fresh.keys()) - {*but, *UNKNOWN_TO_1}
    pairs = {name: (migrated.get(name) or None, fresh.get(name) or None) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


async def test_as_if_it_had_been_there(mongodb_uri: str, old: str, other_database: str) -> None:
    """A migrated database is the one that this version makes of the same visits."""
    await migrate(mongodb_uri, old)
    async with Store(mongodb_uri, other_database, patience=PATIENCE) as fresh:
        for visit in IN_ORDER:
            await fresh.save_visits([visit])
    migrated, made = contents(mongodb_uri, old), contents(mongodb_uri, other_database)
    often = {url_id(visits[0].page.url): visits[-1].page for visits in VISITS.values() if len(visits) > 1}
    for page, expected in zip(migrated["pages"], made["pages"], strict=True):
        but: Sequence[str] = ()
        if last := often.get(page["_id"]):
            # How long a page had stayed as it was, was not recorded: it begins anew. And of a page that could not be
            # seen in the end version 1 forgot what it had been.
            but = ("interval_days", "next_visit", *(PAGE_1 if last.outcome != "ok" else ()))
        assert not says(page, expected, but), page
    for link, expected in zip(migrated["links"], made["links"], strict=True):
        assert not says(link, expected, ("last_seen",) if link["status"] == "live" else ()), link
    for link, expected in zip(migrated["backlinks"], made["backlinks"], strict=True):
        assert not says(link, expected, ("last_seen",) if link["status"] == "unknown" else ()), link
    for event, expected in zip(migrated["link_events"], made["link_events"], strict=True):
        assert not says(event, expected, ("recorded", "visit")), event
    assert migrated["sites"] == made["sites"]
    assert migrated["meta"] == made["meta"]
    assert {event["event"] for event in made["link_events"]} >= {"lost", "found_on_known_page"}


async def test_the_past_is_no_news(mongodb_uri: str, old: str) -> None:
    """Those who follow what is recorded are not told again of what was long known."""
    await migrate(mongodb_uri, old)
    assert all(event["recorded"] == event["at"] for event in contents(mongodb_uri, old)["link_events"])


async def test_a_page_that_stays_makes_no_event(mongodb_uri: str, old: str) -> None:
    """The first visit after a migration finds every page as it was left."""
    await migrate(mongodb_uri, old)
    before = contents(mongodb_uri, old)
    again = [visits[-1] for visits in VISITS.values() if visits[-1].page.outcome != "network_error"]
    for visit in again:
        visit = Visit(visit.page, LATE, links=visit.links, token=1)
        async with Store(mongodb_uri, old, patience=PATIENCE) as store:
            saved = await store.save_visits([visit])
        assert (saved.unchanged, saved.events, saved.links_new) == (1, 0, 0), visit.page.url
    after = contents(mongodb_uri, old)
    assert after["link_events"] == before["link_events"]
    assert after["links"] == before["links"]


async def test_a_link_that_goes_is_missed(mongodb_uri: str, old: str) -> None:
    """What is compared with is there: a change after the migration is told."""
    await migrate(mongodb_uri, old)
    async with Store(mongodb_uri, old, patience=PATIENCE) as store:
        saved = await store.save_visits([seen("http://a.test/1", B, C, on=90)])
    assert saved.events == 1
    (event,) = (event for event in contents(mongodb_uri, old)["link_events"] if event["at"] == LATE)
    assert (event["event"], event["target_url"]) == ("lost", "http://e.test/")


async def test_collections_are_those_of_this_version(mongodb_uri: str, old: str) -> None:
    """Old indexes cost every write, missing ones every read; new collections are compressed as declared."""
    await migrate(mongodb_uri, old)
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        for collection in COLLECTIONS:
            names = {index.document["name"] for index in collection.indexes} | {"_id_"}
            assert set(client[old][collection.name].index_information()) == names
            compressed = "zstd" in str(client[old][collection.name].options())
            assert compressed is collection.zstd or collection.name in OLD_COLLECTIONS


def _plainly(told: Contents) -> Contents:
    """Without the times at which it was written."""
    return {name: [{**one, "recorded": None} for one in documents] for name, documents in told.items()}


@pytest.mark.parametrize("where", WHERE)
async def test_a_crash_at_any_write(mongodb_uri: str, old: str, other_database: str, where: Where) -> None:
    """An interrupted migration is refused by a crawl, and finished by running it again."""
    await migrate(mongodb_uri, old)
    expected = _plainly(contents(mongodb_uri, old))
    number = 0
    while True:
        with MongoClient[dict[str, Any]](mongodb_uri) as client:
            client.drop_database(other_database)
        write_version_1(mongodb_uri, other_database, IN_ORDER)
        if not await crashed(number, where, migrate(mongodb_uri, other_database)):
            break
        with pytest.raises(StoreError, match="To finish it: scrapy migrate"):
            await _open(mongodb_uri, other_database)
        await migrate(mongodb_uri, other_database)
        assert _plainly(contents(mongodb_uri, other_database)) == expected, number
        number += 1
    assert number >= 9  # three batches of links, events and pages


async def test_a_crash_between_any_two_parts(mongodb_uri: str, old: str, other_database: str) -> None:
    """The same for what is done by the server itself: sites, chains, indexes."""
    await migrate(mongodb_uri, old)
    expected = _plainly(contents(mongodb_uri, old))
    number = 0
    while True:
        with MongoClient[dict[str, Any]](mongodb_uri) as client:
            client.drop_database(other_database)
        write_version_1(mongodb_uri, other_database, IN_ORDER)
        calls = iter(range(number, -1, -1))

        def stop(*_: object, left: Iterator[int] = calls) -> None:
            if next(left) == 0:
                raise Crash

        try:
            await migrate(mongodb_uri, other_database, stop)
        except Crash:
            await migrate(mongodb_uri, other_database)
            assert _plainly(contents(mongodb_uri, other_database)) == expected, number
            number += 1
        except StopIteration:
            raise AssertionError("never called") from None
        else:
            break
    assert number >= 5


async def test_links_whose_page_was_never_written(mongodb_uri: str, mongodb_database: str) -> None:
    """Version 1 wrote links first: where it died then, the links tell of their page."""
    orphan = seen("http://a.test/orphan", B, C, on=3)
    write_version_1(mongodb_uri, mongodb_database, [orphan])
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        client[mongodb_database]["pages"].delete_many({})
    await migrate(mongodb_uri, mongodb_database)
    (page,) = contents(mongodb_uri, mongodb_database)["pages"]
    assert (page["url"], page["site"], page["last_read"]) == (orphan.page.url, "a.test", orphan.at)
    async with Store(mongodb_uri, mongodb_database, patience=PATIENCE) as store:
        saved = await store.save_visits([seen("http://a.test/orphan", B, on=90)])
    assert saved.events == 1


async def test_a_database_of_version_1_is_refused(mongodb_uri: str, old: str) -> None:
    """Who starts a crawl, or asks for a report, is told what to do."""
    for read_only in (False, True):
        with pytest.raises(StoreError, match=r"has schema 1, this program has \d+\. .*scrapy migrate"):
            await _open(mongodb_uri, old, read_only=read_only)


async def test_a_database_of_a_newer_version_is_refused(mongodb_uri: str, mongodb_database: str) -> None:
    """Neither a crawl nor a migration touches what it does not know."""
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        client[mongodb_database]["meta"].insert_one({"_id": "schema", **versions(), "schema": 99})
    with pytest.raises(StoreError, match=r"has schema 99, .*: update the program"):
        await _open(mongodb_uri, mongodb_database)
    with pytest.raises(StoreError, match="update the program"):
        await migrate(mongodb_uri, mongodb_database)


async def test_nobody_is_migrated_under(mongodb_uri: str, old: str, other_database: str) -> None:
    """A worker that is connected may write as the old version does; a migration begins without it or not at all."""
    before = contents(mongodb_uri, old)
    async with Store(mongodb_uri, other_database), migrating(mongodb_uri, old) as store:
        with pytest.raises(StoreError, match="connections of workers or commands are open"):
            await migrations.migrate(store, PATIENCE, lambda *_: None)
    assert contents(mongodb_uri, old) == before


async def test_a_second_migration_does_nothing(mongodb_uri: str, old: str) -> None:
    """Running it once more, to be sure, is harmless."""
    await migrate(mongodb_uri, old)
    before = contents(mongodb_uri, old)
    await migrate(mongodb_uri, old)
    assert contents(mongodb_uri, old) == before


async def _open(uri: str, name: str, *, read_only: bool = False) -> None:
    async with Store(uri, name, read_only=read_only):
        pass


def test_the_command(crawling: Crawling, mongodb_uri: str, old: str) -> None:
    """What is to be done is told, done, and told to be done."""
    checked = crawling.run("migrate", "--check")
    assert checked.code == 3, checked.err
    assert "has schema 1" in checked.out
    assert "15 pages" in checked.out
    done = crawling.run("migrate", "--force")
    assert done.code == 0, done.err
    assert "pages: 15 of 15" in done.err
    again = crawling.run("migrate", "--check")
    assert (again.code, "nothing to do" in again.out) == (0, True), again.err
