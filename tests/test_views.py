"""The views, on a real MongoDB, against documents put there by hand."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from backlink_crawler.store import Store, views
from backlink_crawler.store.documents import Document
from backlink_crawler.urls import host_of, link_id, site_of, url_id

SHOP = "https://shop.test/"
OLD = "https://shop.test/old"
A1, A2, B1, C1 = "https://a.test/1", "https://a.test/2", "https://b.test/1", "https://c.test/1"


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 12, tzinfo=UTC)


def link(source: str, target: str, **values: Any) -> Document:
    return {
        "_id": link_id(source, target),
        "source_id": url_id(source),
        "target_id": url_id(target),
        "source_url": source,
        "source_host": host_of(source),
        "source_site": site_of(host_of(source)),
        "target_url": target,
        "target_site": site_of(host_of(target)),
        "follow": True,
        "anchor": "Shop",
        "status": "live",
        "lost_at": None,
        "first_seen": day(1),
        "last_seen": day(1),
        **values,
    }


def page(url: str, **values: Any) -> Document:
    return {
        "_id": url_id(url),
        "url": url,
        "site": site_of(host_of(url)),
        "outcome": "ok",
        "http_status": 200,
        **values,
    }


LINKS = [
    link(A1, SHOP),  # its page was read again
    link(A1, OLD, follow=False, status="lost", lost_at=day(3), last_seen=day(2)),  # lost: its page changes nothing
    link(A2, SHOP, first_seen=day(2), last_seen=day(2)),  # its page cannot be looked at
    link(B1, OLD, status="lost", lost_at=day(4), last_seen=day(3)),
    link(C1, SHOP, last_seen=day(5), anchor="$anchor"),  # its page is not known
    link(SHOP, OLD),  # the site itself
    link(A1, "https://else.test/"),
]
PAGES = [
    page(A1, title="One", language="en", indexable=True, last_read=day(8), last_visited=day(8)),
    page(A2, last_read=day(6), last_visited=day(9), unknown_since=day(7), indexable=False, indexable_cause="meta"),
    page(B1, last_read=day(4), unknown_since=day(5)),
    page(SHOP, last_visited=day(9), soft_404=False),
    page(
        OLD,
        outcome="redirect",
        http_status=301,
        last_visited=day(9),
        final_url="https://new.test/",
        final_site="new.test",
        final_status=404,
        chain_end="answered",
    ),
]


@pytest.fixture
async def store(mongodb_uri: str, mongodb_database: str) -> AsyncIterator[Store]:
    async with Store(mongodb_uri, mongodb_database) as store:
        await views.make_views(store.database)
        await store.database["links"].insert_many(LINKS)
        await store.database["pages"].insert_many(PAGES)
        yield store


async def only(store: Store, view: str, **query: Any) -> Document:
    (row,) = await store.database[view].find(query).to_list()
    return row


@pytest.mark.parametrize(
    ("source", "target", "status", "last_seen"),
    [
        (A1, SHOP, "live", day(8)),  # when its page was last read
        (A1, OLD, "lost", day(2)),  # the last visit that found it
        (A2, SHOP, "unknown", day(6)),
        (B1, OLD, "lost", day(3)),  # a hidden page does not bring it back
        (C1, SHOP, "live", day(5)),  # without a page, what the link says
    ],
)
async def test_backlinks_have_the_status_their_page_gives_them(
    store: Store, source: str, target: str, status: str, last_seen: datetime
) -> None:
    """``status`` and ``last_seen`` are resolved from the source page."""
    row = await only(store, "backlinks", source_url=source, target_url=target)
    assert (row["status"], row["last_seen"]) == (status, last_seen)


async def test_backlinks_have_facts_of_both_ends(store: Store) -> None:
    """Source and target page are joined; the fields of the link stay, and nothing else is added."""
    row = await only(store, "backlinks", source_url=A1, target_url=OLD)
    added = row.keys() - LINKS[1].keys()
    assert {name: row[name] for name in added} == {
        "source_title": "One",
        "source_language": "en",
        "source_indexable": True,
        "source_indexable_cause": None,
        "source_unknown_since": None,
        "final_target_url": "https://new.test/",
        "final_target_site": "new.test",
        "target_http_status": 404,
        "target_checked": day(9),
        "target_soft_404": None,
    }
    assert all(row[name] == LINKS[1][name] for name in LINKS[1])


async def test_a_target_without_chain_ends_at_itself(store: Store) -> None:
    """A target that answered is its own final target."""
    row = await only(store, "backlinks", source_url=A1, target_url=SHOP)
    assert (row["final_target_url"], row["final_target_site"], row["target_http_status"]) == (SHOP, "shop.test", 200)
    assert row["target_soft_404"] is False


async def test_a_target_that_was_never_asked_for_is_null(store: Store) -> None:
    """Not observed is null, and so are the facts of a page that is not known."""
    row = await only(store, "backlinks", target_site="else.test")
    assert row["final_target_url"] is row["target_checked"] is row["target_http_status"] is None
    row = await only(store, "backlinks", source_url=C1)
    assert (row["source_title"], row["anchor"]) == (None, "$anchor")


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (
            "a.test",
            {"live": 1, "unknown": 1, "lost": 1, "follow": 1, "first": day(1), "last": day(8), "example": A1},
        ),
        ("b.test", {"live": 0, "unknown": 0, "lost": 1, "follow": 0, "first": day(1), "last": day(3), "example": B1}),
        ("c.test", {"live": 1, "unknown": 0, "lost": 0, "follow": 1, "first": day(1), "last": day(5), "example": C1}),
    ],
)
async def test_a_referring_domain_is_one_row(store: Store, site: str, expected: Mapping[str, Any]) -> None:
    """Its links by status, its followed live ones, its dates and a page that carries a live link, if any does."""
    row = await only(store, "referring_domains", target_site="shop.test", source_site=site)
    assert {"first": row.pop("first_seen"), "last": row.pop("last_seen"), **row} == {
        "target_site": "shop.test",
        "source_site": site,
        **expected,
    }


async def test_a_site_does_not_refer_to_itself(store: Store) -> None:
    """Links within a site make no referring domain."""
    rows = await store.database["referring_domains"].find().to_list()
    assert {(row["target_site"], row["source_site"]) for row in rows} == {
        ("shop.test", "a.test"),
        ("shop.test", "b.test"),
        ("shop.test", "c.test"),
        ("else.test", "a.test"),
    }


def scans(plan: Any) -> list[str]:
    """Every stage of a query plan that reads a collection or an index, in any depth."""
    if isinstance(plan, Mapping):
        own = [plan["stage"]] if plan.get("stage") in {"COLLSCAN", "IXSCAN", "DISTINCT_SCAN"} else []
        return own + [stage for value in plan.values() for stage in scans(value)]
    return [stage for value in plan for stage in scans(value)] if isinstance(plan, list) else []


@pytest.mark.parametrize("view", views.VIEWS)
async def test_a_question_about_a_site_is_answered_by_an_index(store: Store, view: str) -> None:
    """The filter is moved before the joins and the group, so no other site's links are read."""
    find = {"find": view, "filter": {"target_site": "shop.test"}, "limit": 100}
    explained = await store.database.command({"explain": find, "verbosity": "executionStats"})
    assert scans(explained)
    assert "COLLSCAN" not in scans(explained)


# --- Making them ---------------------------------------------------------------------------------------------


async def definitions(store: Store) -> Mapping[str, Any]:
    found = await store.database.list_collections(filter={"type": "view"})
    return {view["name"]: view["options"]["pipeline"] async for view in found}


def plain(stages: Sequence[Mapping[str, Any]]) -> list[Any]:
    return [dict(stage) for stage in stages]


async def test_views_are_made_once_and_brought_up_to_date(store: Store) -> None:
    """Making them again changes nothing; another version's definition is replaced."""
    expected = {name: plain(stages) for name, stages in views.VIEWS.items()}
    await views.make_views(store.database)
    assert await definitions(store) == expected
    await store.database.command({"collMod": "backlinks", "viewOn": "pages", "pipeline": []})
    await views.make_views(store.database)
    assert await definitions(store) == expected


async def test_many_workers_make_them_at_once(mongodb_uri: str, mongodb_database: str) -> None:
    """Who comes second finds them made."""
    stores = [Store(mongodb_uri, mongodb_database, read_only=True) for _ in range(8)]
    try:
        await asyncio.gather(*(views.make_views(store.database) for store in stores))
        assert (await definitions(stores[0])).keys() == views.VIEWS.keys()
    finally:
        await asyncio.gather(*(store.close() for store in stores))


async def test_a_collection_of_that_name_is_left_alone(mongodb_uri: str, mongodb_database: str) -> None:
    """Somebody's own collection is not replaced: the start fails and says which."""
    store = Store(mongodb_uri, mongodb_database, read_only=True)
    try:
        await store.database["backlinks"].insert_one({"own": True})
        with pytest.raises(OperationFailure, match="'backlinks' is a collection"):
            await views.make_views(store.database)
        assert await store.database["backlinks"].count_documents({}) == 1
    finally:
        await store.close()
