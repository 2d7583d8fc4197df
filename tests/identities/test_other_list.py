"""Another suffix list: other sites in every record."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backlink_crawler import suffixes, urls
from backlink_crawler.store import Store, StoreError
from backlink_crawler.store.sitemaps import NamedSitemaps, note_sitemaps
from backlink_crawler.urls import normalise
from tests.identities.older import FIRST, PATIENCE, Seen, contents, migrate, save, server, told, visit
from tests.store.faults import crashed

ALICE, BOB, SHOP = "http://alice.pages.test/", "http://bob.pages.test/", "http://shop.test/"


@contextmanager
def following(chosen: suffixes.SuffixList | None) -> Iterator[None]:
    urls.follow_suffixes(chosen)
    try:
        yield
    finally:
        urls.follow_suffixes(None)


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


async def test_sitemaps_are_of_the_new_sites(
    mongodb_uri: str, mongodb_database: str, with_pages: suffixes.SuffixList
) -> None:
    """What a host's robots.txt named belongs to the site that the host is of now."""
    async with Store(mongodb_uri, mongodb_database) as store:
        named = NamedSitemaps("alice.pages.test", (f"{ALICE}map.xml",), FIRST)
        await note_sitemaps(store.database, [named, NamedSitemaps("shop.test", (f"{SHOP}map.xml",), FIRST)])
    with following(with_pages):
        await migrate(mongodb_uri, mongodb_database)
    with server(mongodb_uri) as client:
        sites = {host["_id"]: host["site"] for host in client[mongodb_database]["sitemaps"].find()}
    assert sites == {"alice.pages.test": "alice.pages.test", "shop.test": "shop.test"}


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


async def test_going_back_half_way(mongodb_uri: str, mongodb_database: str, with_pages: suffixes.SuffixList) -> None:
    """A list that is given up while the database is brought to it leaves nothing behind."""
    seen = [Seen(ALICE, 1, [SHOP]), Seen(BOB, 1, [SHOP]), Seen(SHOP, 2, [BOB, ALICE])]
    await save(mongodb_uri, mongodb_database, [visit(one, normalise) for one in seen])
    before = contents(mongodb_uri, mongodb_database)
    with following(with_pages):
        assert await crashed(6, "before", migrate(mongodb_uri, mongodb_database))
    half = contents(mongodb_uri, mongodb_database)
    assert half["pages"] != before["pages"]
    await migrate(mongodb_uri, mongodb_database)
    after = contents(mongodb_uri, mongodb_database)
    assert after["links"] == before["links"]
    assert told(after, "pages") == told(before, "pages")
    assert (after["sites"], after["meta"]) == (before["sites"], before["meta"])
