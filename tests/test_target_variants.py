"""Spellings of one target in a report: told together where they lead to one page, apart in the index."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backlink_crawler.features import build_links
from backlink_crawler.records import Page, RawLink, Visit
from backlink_crawler.reports.answer import Wish
from backlink_crawler.reports.targets import way_from
from backlink_crawler.store import Store
from backlink_crawler.urls import host_of, site_of
from tests.reports.asking import Asking, Row

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HTTP, HTTPS, WWW = "http://shop.test/", "https://shop.test/", "https://www.shop.test/"
PRINT, BASKET = "https://www.shop.test/?print=1", "https://www.shop.test/basket"
ALONE = "http://shop.test/alone"


def leads(*chain: str, end: str = "answered") -> dict[str, Any]:
    return {"outcome": "redirect", "chain": list(chain), "chain_end": end}


def names(canonical: str | None) -> dict[str, Any]:
    return {"outcome": "ok", "canonical_url": canonical}


WAYS: Mapping[str, tuple[Mapping[str, Mapping[str, Any]], Sequence[str]]] = {
    "never asked for": ({}, ()),
    "answers for itself": ({"a": names(None)}, ()),
    "names itself": ({"a": names("a")}, ()),
    "redirects": ({"a": leads("b", "c")}, ("b", "c")),
    "names another one": ({"a": names("b")}, ("b",)),
    "redirects to one that names another": ({"a": leads("b"), "b": names("c")}, ("b", "c")),
    "names one that redirects": ({"a": names("b"), "b": leads("c", "d")}, ("b", "c", "d")),
    "redirects to one that names it": ({"a": leads("b"), "b": names("a")}, ("b",)),
    "names one that names it": ({"a": names("b"), "b": names("a")}, ("b",)),
    "names one in a ring": ({"a": names("b"), "b": names("c"), "c": names("b")}, ("b", "c")),
    "a loop of redirects": ({"a": leads("b", "a", end="loop")}, ()),
    "too many redirects": ({"a": leads(*"bcdefghijk", end="too_long")}, ()),
    "an end that was not asked for": ({"a": leads("b", end="unvisited")}, ("b",)),
    "gone, and says a canonical address": ({"a": {"outcome": "http_error", "canonical_url": "b"}}, ()),
}


@pytest.mark.parametrize("case", WAYS)
def test_where_an_address_leads(case: str) -> None:
    """As far as its pages tell; a ring ends, and leads no address away from itself and back."""
    pages, way = WAYS[case]
    assert way_from("a", pages) == tuple(way)


def visit(url: str, *targets: str, **facts: Any) -> Visit:
    page = Page(url, host_of(url), site_of(host_of(url)), **{"outcome": "ok", "http_status": 200, **facts})
    raw = [RawLink(t, t, t, "text", (), "text", "content", "", n) for n, t in enumerate(targets)]
    return Visit(page, NOON, links=build_links(page, raw, internal_too=False))


def redirects(url: str, to: str) -> Visit:
    return visit(url, outcome="redirect", http_status=301, redirect_to=to)


VISITS = [
    visit("http://a.test/1", HTTP, WWW),
    visit("http://a.test/2", HTTPS, BASKET),
    visit("http://b.test/", WWW, BASKET),
    visit("http://c.test/", PRINT, BASKET, ALONE),
    redirects(HTTP, HTTPS),
    redirects(HTTPS, WWW),
    visit(WWW, canonical_url=WWW),
    visit(PRINT, canonical_url=WWW),
    redirects("https://shop.test/nobody-links-here", WWW),
]


@pytest.fixture
async def store(mongodb_uri: str, mongodb_database: str) -> AsyncIterator[Store]:
    async with Store(mongodb_uri, mongodb_database) as opened:
        for one in VISITS:
            await opened.save_visits([one])
        yield opened


@pytest.fixture
def ask(mongodb_uri: str, mongodb_database: str, store: Store) -> Asking:
    return Asking(mongodb_uri, mongodb_database, NOON)


async def target_pages(ask: Asking, limit: int | None = None) -> Sequence[Row]:
    reply = await ask("summary", "shop.test", Wish(where="section = 'target_page'", limit=limit))
    return reply.rows


async def test_variants_are_told_together(ask: Asking) -> None:
    """Under the address they lead to, with the way there; domains count once; the others stay as they are."""
    home, basket, alone = await target_pages(ask)
    assert (home["name"], home["backlinks"], home["referring_domains"]) == (WWW, 5, 3)
    assert home["spellings"] == [
        {"spelling": f"{HTTP} > {HTTPS} > {WWW}", "backlinks": 1, "follow": 1},
        {"spelling": f"{HTTPS} > {WWW}", "backlinks": 1, "follow": 1},
        {"spelling": f"{PRINT} > {WWW}", "backlinks": 1, "follow": 1},
    ]
    assert (basket["name"], basket["backlinks"], basket["referring_domains"]) == (BASKET, 3, 3)
    assert (alone["name"], alone["backlinks"]) == (ALONE, 1)
    assert not basket["spellings"]
    total = (await ask("summary", "shop.test", Wish(where="section = 'total'"))).rows[0]
    assert total["backlinks"] == sum(row["backlinks"] for row in (home, basket, alone))


async def test_the_index_folds_nothing(store: Store) -> None:
    """Every link keeps the target that it names."""
    targets = await store.database["links"].distinct("target_url")
    assert {HTTP, HTTPS, WWW, PRINT} <= set(targets)


@pytest.mark.parametrize(("limit", "expected"), [(1, [WWW]), (2, [WWW, BASKET]), (3, [WWW, BASKET, ALONE])])
async def test_a_group_competes_as_a_whole(ask: Asking, limit: int, expected: list[str]) -> None:
    """Its members are no reason to leave a target out of the first few, nor to tell one twice."""
    assert [row["name"] for row in await target_pages(ask, limit)] == expected


async def test_a_page_that_cannot_be_looked_at_counts_nowhere(store: Store, ask: Asking) -> None:
    """Groups count what all other sections count."""
    down = visit("http://b.test/", outcome="network_error", http_status=None, reason="timeout")
    down.at = NOON + timedelta(days=1)
    await store.save_visits([down])
    reply = await ask("summary", "shop.test")
    home = next(row for row in reply.rows if row["section"] == "target_page")
    assert (home["name"], home["backlinks"], home["referring_domains"]) == (WWW, 4, 2)
    assert reply.facts["backlinks_unknown"] == 2


async def test_linked_pages_name_their_spellings(ask: Asking) -> None:
    """One row a page, with every other address whose links count for it."""
    rows = (await ask("pages", "shop.test")).by("url")
    assert rows.keys() == {WWW, BASKET, ALONE}
    assert rows[WWW]["spellings"] == [f"{HTTP} > {HTTPS} > {WWW}", f"{HTTPS} > {WWW}", f"{PRINT} > {WWW}"]
    assert (rows[WWW]["backlinks"], rows[WWW]["referring_domains"], rows[WWW]["http_status"]) == (5, 3, 200)
    assert (rows[BASKET]["spellings"], rows[BASKET]["http_status"]) == ([], None)
