"""The index: idempotent writes, bad records set aside, versions checked."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import MongoClient

from backlink_crawler.features import build_links
from backlink_crawler.records import Page, RawLink, Visit
from backlink_crawler.store import Store, StoreError, StoreUnavailable
from backlink_crawler.store.linking_pages import pages_linking_to
from backlink_crawler.store.schema import COLLECTIONS
from backlink_crawler.urls import host_of, link_id, site_of, url_id

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def visit(url: str, *targets: str, at: datetime = NOON, title: str = "", anchor: str = "a") -> Visit:
    page = Page(url, host_of(url), site_of(host_of(url)), "ok", title=title)
    raw = [RawLink(t, t, anchor, "text", (), "text", "content", "/html", i) for i, t in enumerate(targets)]
    return Visit(page, at, links=build_links(page, raw, internal_too=False))


@pytest.fixture
async def store(mongodb_uri: str, mongodb_database: str) -> AsyncIterator[Store]:
    async with Store(mongodb_uri, mongodb_database) as opened:
        yield opened


async def documents(store: Store, collection: str) -> list[dict[str, Any]]:
    return await store.database[collection].find().sort("_id").to_list()


async def test_a_visit_becomes_a_page_and_its_links(store: Store) -> None:
    """What was seen is stored under ids that anyone can compute."""
    saved = await store.save_visits([visit("http://a.test/", "http://b.test/x", title="$100")])
    assert (saved.pages, saved.links, saved.links_new, saved.set_aside) == (1, 1, 1, 0)
    (page,) = await documents(store, "pages")
    (link,) = await documents(store, "links")
    assert page["_id"] == url_id("http://a.test/")
    assert (page["title"], page["outcome"], page["visits"]) == ("$100", "ok", 1)
    assert page["first_seen"] == page["last_visited"] == NOON
    assert link["_id"] == link_id("http://a.test/", "http://b.test/x")
    assert (link["source_id"], link["target_id"]) == (url_id("http://a.test/"), url_id("http://b.test/x"))
    assert (link["target_site"], link["first_seen"], link["last_seen"]) == ("b.test", NOON, NOON)


async def test_the_same_visit_twice_changes_nothing(store: Store) -> None:
    """A batch may be repeated after a lost answer: the end state is the same."""
    batch = [visit("http://a.test/", "http://b.test/x", "http://c.test/")]
    await store.save_visits(batch)
    before = await documents(store, "pages") + await documents(store, "links")
    again = await store.save_visits(batch)
    assert again.links_new == 0
    assert await documents(store, "pages") + await documents(store, "links") == before


async def test_visits_stored_in_the_wrong_order_end_in_the_newest(store: Store) -> None:
    """An older visit that arrives late moves the first date, not the state."""
    later = NOON + timedelta(days=1)
    await store.save_visits([visit("http://a.test/", "http://b.test/x", at=later, title="new")])
    await store.save_visits([visit("http://a.test/", "http://b.test/x", at=NOON, title="old")])
    (page,) = await documents(store, "pages")
    (link,) = await documents(store, "links")
    assert (page["title"], page["first_seen"], page["last_visited"]) == ("new", NOON, later)
    assert (link["first_seen"], link["last_seen"]) == (NOON, later)


async def test_one_bad_record_does_not_stop_the_batch(store: Store) -> None:
    """What cannot be stored is set aside with its reason, and the rest is stored."""
    bad = visit("http://a.test/", "http://b.test/1", "http://b.test/2", "http://b.test/3")
    bad.links[1].anchor = "lone \ud800 surrogate"
    saved = await store.save_visits([bad, visit("http://c.test/", "http://b.test/")])
    assert (saved.pages, saved.links, saved.set_aside) == (2, 3, 1)
    (aside,) = await documents(store, "set_aside")
    assert (aside["kind"], aside["source_url"]) == ("link", "http://a.test/")
    assert "surrogate" in aside["reason"]
    assert "http://b.test/2" in aside["record"]


async def test_a_link_whose_site_changed_hands_is_set_aside(store: Store) -> None:
    """An id that is taken under another shard key is refused by MongoDB, told, and tried no further."""
    await store.save_visits([visit("http://a.test/", "http://b.test/x")])
    other = visit("http://a.test/", "http://b.test/x", "http://c.test/")
    other.links[0].target_site = "x.b.test"
    saved = await store.save_visits([other])
    assert (saved.links, saved.set_aside) == (1, 1)


async def test_schema_is_made_as_declared(store: Store, mongodb_uri: str, mongodb_database: str) -> None:
    """Every declared collection and index exists, compressed as declared."""
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        database = client[mongodb_database]
        for collection in COLLECTIONS:
            names = {index.document["name"] for index in collection.indexes} | {"_id_"}
            assert set(database[collection.name].index_information()) == names
            options = database[collection.name].options()
            assert ("zstd" in str(options)) is collection.zstd


async def test_a_database_of_other_rules_is_refused(store: Store, mongodb_uri: str, mongodb_database: str) -> None:
    """Ids made by other rules would not agree: the start stops and says so."""
    await store.database["meta"].update_one({"_id": "schema"}, {"$set": {"url_rules": 0}})
    with pytest.raises(StoreError, match="was written with url_rules 0"):
        async with Store(mongodb_uri, mongodb_database):
            pass


async def test_no_answer_is_one_clear_line() -> None:
    """A MongoDB that is not there is told with its address and without its password."""
    with pytest.raises(StoreUnavailable, match=r"MongoDB at 127\.0\.0\.1:1 does not answer") as told:
        async with Store("mongodb://me:secret@127.0.0.1:1/", "x", answer_within=0.2):
            pass
    assert "secret" not in str(told.value)


def test_an_address_that_is_none_is_told() -> None:
    """A mistyped URI names the setting and gives an example."""
    with pytest.raises(StoreError, match="MONGODB_URI is not a MongoDB address"):
        Store("http://127.0.0.1", "x")


async def test_pages_linking_to(store: Store) -> None:
    """Pages known to link to a site, a few of each site, none of its own."""
    await store.save_visits(
        [
            visit("http://a.test/1", "http://rival.test/"),
            visit("http://a.test/2", "http://rival.test/x"),
            visit("http://a.test/3", "http://rival.test/", "http://rival.test/x"),
            visit("http://b.test/", "http://rival.test/", "http://other.test/"),
            visit("http://c.test/", "http://other.test/"),
        ]
    )
    found = [url async for url in pages_linking_to(store.database, ["rival.test"], per_site=2)]
    assert len(found) == 3
    assert "http://b.test/" in found
    assert "http://c.test/" not in found
