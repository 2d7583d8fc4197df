"""The index: idempotent and small writes, bad records set aside, versions checked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

import pytest
from pymongo import MongoClient

from backlink_crawler.features import build_links
from backlink_crawler.history.life import MAX_STEPS
from backlink_crawler.history.manifest import unpack
from backlink_crawler.records import MAX_LINKS, Outcome, Page, RawLink, Visit
from backlink_crawler.store import Store, StoreError, StoreUnavailable, pending
from backlink_crawler.store.linking_pages import pages_linking_to
from backlink_crawler.store.schema import COLLECTIONS
from backlink_crawler.urls import host_of, link_id, site_of, url_id
from tests.store.contents import profiled
from tests.store.faults import Crash, crash

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def visit(url: str, *targets: str, at: datetime = NOON, title: str = "", anchor: str = "a") -> Visit:
    page = Page(url, host_of(url), site_of(host_of(url)), "ok", title=title)
    raw = [RawLink(t, t, anchor, "text", (), "text", "content", "/html", i) for i, t in enumerate(targets)]
    return Visit(page, at, links=build_links(page, raw, internal_too=False))


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


async def test_a_visit_that_arrives_late_writes_nothing(store: Store) -> None:
    """What is older than what is stored changes nothing, whatever it says."""
    later = NOON + timedelta(days=1)
    await store.save_visits([visit("http://a.test/", "http://b.test/x", at=later, title="new")])
    before = await documents(store, "pages") + await documents(store, "links")
    await store.save_visits([visit("http://a.test/", "http://c.test/", at=NOON, title="old")])
    assert await documents(store, "pages") + await documents(store, "links") == before


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


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        pytest.param("rel", ("token",) * 9_000, "too large", id="an attribute of many bytes"),
        pytest.param("anchor", "lone \ud800 surrogate", "surrogate", id="no text"),
        pytest.param("ordinal", 1 << 70, "OverflowError", id="no number"),
        pytest.param("region", {1, 2}, "InvalidDocument", id="no value"),
    ],
)
async def test_a_bad_link_on_a_known_page(store: Store, name: str, value: Any, reason: str) -> None:
    """Found or changed, it goes as a whole, and the manifest does not name it: the rest of its page is stored."""
    good = visit("http://a.test/", "http://b.test/1", "http://b.test/2")
    await store.save_visits([good])
    for days, place in ((1, 1), (2, 2)):
        later = visit("http://a.test/", "http://b.test/1", "http://b.test/2", "http://b.test/3", anchor=f"{days}")
        later.at, later.page.crawl_id = NOON + timedelta(days=days), str(days)
        setattr(later.links[place], name, value)
        saved = await store.save_visits([later, visit("http://c.test/", "http://b.test/", at=later.at)])
        assert saved.set_aside == 1
        (page,) = [one for one in await documents(store, "pages") if one["url"] == "http://a.test/"]
        named = unpack(page["manifest"])
        kept = {f"http://b.test/{n}" for n in (1, 2, 3)} - {f"http://b.test/{place + 1}"}
        assert set(named) == {link_id("http://a.test/", target) for target in kept}
        live = [one for one in await documents(store, "links") if one["status"] == "live"]
        assert {one["target_url"] for one in live if one["source_url"] == "http://a.test/"} == kept
        assert page["last_visited"] == later.at
    asides = await documents(store, "set_aside")
    assert [(one["kind"], reason in one["reason"]) for one in asides] == [("link", True)] * 2


@pytest.mark.parametrize("name", ["site", "url"])
async def test_a_page_without_an_identity(store: Store, name: str) -> None:
    """What cannot be found again is set aside; the other pages of the batch are stored."""
    bad = visit("http://a.test/", "http://b.test/1")
    setattr(bad.page, name, "http://a.test/\ud800")
    saved = await store.save_visits([bad, visit("http://c.test/", "http://b.test/")])
    assert (saved.pages, saved.links, saved.set_aside) == (1, 1, 1)
    assert [page["url"] for page in await documents(store, "pages")] == ["http://c.test/"]


async def test_a_page_fact_that_cannot_be_stored(store: Store) -> None:
    """It becomes unknown; the page and its links are stored."""
    saved = await store.save_visits([visit("http://a.test/", "http://b.test/1", title="x" * 100_000 + "\ud800")])
    assert (saved.pages, saved.links, saved.set_aside) == (1, 1, 1)
    (page,) = await documents(store, "pages")
    assert page["title"] is None


async def test_the_record_of_what_was_set_aside_survives_an_outage(store: Store) -> None:
    """MongoDB away just then: the repeat sets it aside, and stores the rest."""
    bad = visit("http://a.test/", "http://b.test/1", "http://b.test/2")
    bad.links[0].anchor = "\ud800"
    with crash(0, "before"), pytest.raises(Crash):
        await store.save_visits([bad])
    with crash(1, "before"), pytest.raises(Crash):
        await store.save_visits([bad])
    saved = await store.save_visits([bad])
    assert (saved.links, saved.set_aside) == (1, 1)
    assert len(await documents(store, "set_aside")) == 1


async def test_an_unchanged_page_costs_one_small_write(store: Store) -> None:
    """Whatever its links: one update of one document, and no link is touched; what is read says when it was seen."""
    targets = [f"http://{n}.test/" for n in range(2_000)]
    await store.save_visits([visit("http://a.test/", *targets)])
    links = await documents(store, "links")
    at = NOON + timedelta(days=3)
    async with profiled(store.database) as noted:
        saved = await store.save_visits([visit("http://a.test/", *targets, at=at)])
    assert saved.unchanged == 1
    (write,) = [one for one in noted if one["op"] in {"insert", "update", "remove"}]
    assert (write["op"], write["ns"].partition(".")[2]) == ("update", "pages")
    assert (write["nMatched"], write["nModified"]) == (1, 1)
    assert len(str(write["command"])) < 1_000
    assert not [one for one in noted if one["ns"].endswith(".links")]
    assert await documents(store, "links") == links
    row = await store.database["backlinks"].find_one({"target_site": "7.test"})
    assert row is not None
    assert (row["first_seen"], row["last_seen"], row["status"]) == (NOON, at, "live")


async def test_a_judgement_that_wavers_is_one_small_write(store: Store) -> None:
    """Regions that are judged a little differently change neither the page's manifest nor a link."""
    targets = [f"http://{n}.test/" for n in range(50)]
    for score, days in ((0.8, 0), (0.45, 1), (0.55, 2)):
        seen = visit("http://a.test/", *targets, at=NOON + timedelta(days=days))
        seen.links = [
            replace(one, content_score=score, region="content" if score > 0.5 else "nav") for one in seen.links
        ]
        async with profiled(store.database) as noted:
            saved = await store.save_visits([seen])
        assert (saved.unchanged, saved.events) == (int(days > 0), 0)
        if days:
            (write,) = [one for one in noted if one["op"] in {"insert", "update", "remove"}]
            assert len(str(write["command"])) < 1_000
    assert {one["region"] for one in await documents(store, "links")} == {"content"}


async def test_an_index_of_other_rules(store: Store) -> None:
    """The first visit after an update writes the regions anew and tells nothing; what follows is told."""
    for region, score, rules, days in (("content", None, None, 0), ("nav", 0.1, "1-a", 1), ("footer", 0.0, "1-a", 2)):
        seen = visit("http://a.test/", "http://b.test/", at=NOON + timedelta(days=days))
        seen.page.region_rules = rules
        seen.links = [replace(one, content_score=score, region=region) for one in seen.links]  # type: ignore[arg-type]
        saved = await store.save_visits([seen])
        (record,) = await documents(store, "links")
        assert (record["region"], saved.events, saved.unchanged) == (region, int(days == 2), 0)
    (event,) = await documents(store, "link_events")
    assert (event["field"], event["old"], event["new"]) == ("region", "nav", "footer")


async def test_a_place_that_cannot_be_stored(store: Store) -> None:
    """Of the places of one target the record takes another: what is wrong with one of them stops nothing."""
    await store.save_visits([visit("http://a.test/", "http://b.test/", anchor="lone \ufffd")])
    later = visit("http://a.test/", "http://b.test/", at=NOON + timedelta(days=1), anchor="new")
    later.rivals = {"http://b.test/": [replace(later.links[0], anchor="lone \ufffd", xpath="\ud800")]}
    later.links.append(replace(later.links[0], target_url="http://c.test/", rel=("token",) * 9_000))
    saved = await store.save_visits([later])
    assert saved.set_aside == 1
    (record,) = await documents(store, "links")
    assert record["anchor"] == "new"


@pytest.mark.parametrize("outcome", ["network_error", "blocked_by_robots", "challenge"])
async def test_a_visit_that_saw_nothing_is_as_small(store: Store, outcome: Outcome) -> None:
    """A page that could not be looked at costs one update, and its links are unknown to whoever reads them."""
    targets = [f"http://{n}.test/" for n in range(50)]
    await store.save_visits([visit("http://a.test/", *targets)])
    failed = visit("http://a.test/", at=NOON + timedelta(days=3))
    failed.page.outcome = outcome
    async with profiled(store.database) as noted:
        await store.save_visits([failed])
    assert [one["op"] for one in noted if one["op"] in {"insert", "update", "remove"}] == ["update"]
    row = await store.database["backlinks"].find_one({"target_site": "7.test"})
    assert row is not None
    assert (row["status"], row["last_seen"]) == ("unknown", NOON)


async def test_a_page_of_ten_thousand_links(store: Store) -> None:
    """It takes as many commits as it needs, each bounded; a crash between two of them costs nothing."""
    large = visit("http://a.test/", *(f"http://{n}.test/" for n in range(MAX_LINKS)))
    with crash(17, "after") as written, pytest.raises(Crash):
        await store.save_visits([large])
    assert written.count("links") > 3
    (page,) = await documents(store, "pages")
    assert len(page["manifest"]) % (24 * MAX_STEPS) == 0
    saved = await store.save_visits([large])
    assert saved.links == MAX_LINKS
    (page,) = await documents(store, "pages")
    assert (
        len(unpack(page["manifest"])) == await store.database["links"].count_documents({"status": "live"}) == MAX_LINKS
    )
    assert page["revision"] == MAX_LINKS // MAX_STEPS
    assert "pending" not in page
    assert await store.database["links"].count_documents({"found": "with_page", "first_seen": NOON}) == MAX_LINKS
    assert await documents(store, "link_events") == []


async def test_what_waits_in_a_page_is_bounded_in_bytes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links with long texts take more commits."""
    monkeypatch.setattr(pending, "MAX_PENDING", 4_000)
    long = visit("http://a.test/", *(f"http://{n}.test/" for n in range(20)))
    for link in long.links:
        link.text_before = token_hex(300)
    with crash(-1) as written:
        await store.save_visits([long])
    assert written.count("links") > 2
    assert len(await documents(store, "links")) == 20


async def test_schema_is_made_as_declared(mongodb_uri: str, mongodb_database: str) -> None:
    """Every declared collection and index exists, compressed as declared."""
    async with Store(mongodb_uri, mongodb_database):
        pass
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        database = client[mongodb_database]
        for collection in COLLECTIONS:
            names = {index.document["name"] for index in collection.indexes} | {"_id_"}
            assert set(database[collection.name].index_information()) == names
            options = database[collection.name].options()
            assert ("zstd" in str(options)) is collection.zstd


async def test_a_database_of_other_rules_is_refused(mongodb_uri: str, mongodb_database: str) -> None:
    """Ids made by other rules would not agree: the start stops and says so."""
    async with Store(mongodb_uri, mongodb_database) as store:
        await store.database["meta"].update_one({"_id": "schema"}, {"$set": {"url_rules": 0}})
    with pytest.raises(StoreError, match=r"rules of URLs, version 0; this program follows \d+\..*scrapy migrate"):
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
