"""Spellings of one target in a report: told together where they lead to one page, apart in the index."""

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backlink_crawler.features import build_links
from backlink_crawler.records import Page, RawLink, Visit
from backlink_crawler.reports.formats import summary as formats
from backlink_crawler.reports.summary import Report, Row, Variant, summarise
from backlink_crawler.reports.targets import way_from
from backlink_crawler.store import Store
from backlink_crawler.store.reads import backlink_summary, observed
from backlink_crawler.urls import host_of, site_of

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


async def test_variants_are_told_together(store: Store) -> None:
    """Under the address they lead to, with the way there; domains count once; the others stay as they are."""
    links = await backlink_summary(store.database, "shop.test")
    home, basket, alone = links.sections["target_page"]
    assert (home.name, home.backlinks, home.referring_domains) == (WWW, 5, 3)
    assert list(home.variants) == [
        Variant(HTTP, 1, 1, (HTTPS, WWW)),
        Variant(HTTPS, 1, 1, (WWW,)),
        Variant(PRINT, 1, 1, (WWW,)),
    ]
    assert (basket.name, basket.backlinks, basket.referring_domains, basket.variants) == (BASKET, 3, 3, ())
    assert (alone.name, alone.backlinks) == (ALONE, 1)
    assert links.total is not None
    assert links.total.backlinks == sum(row.backlinks for row in links.sections["target_page"])


async def test_the_index_folds_nothing(store: Store) -> None:
    """Every link keeps the target that it names."""
    targets = await store.database["links"].distinct("target_url")
    assert {HTTP, HTTPS, WWW, PRINT} <= set(targets)


@pytest.mark.parametrize(("limit", "expected"), [(1, [WWW]), (2, [WWW, BASKET]), (3, [WWW, BASKET, ALONE])])
async def test_a_group_competes_as_a_whole(store: Store, limit: int, expected: list[str]) -> None:
    """Its members are no reason to leave a target out of the first few, nor to tell one twice."""
    links = await backlink_summary(store.database, "shop.test", limit=limit)
    assert [row.name for row in links.sections["target_page"]] == expected


async def test_a_page_that_cannot_be_looked_at_counts_nowhere(store: Store) -> None:
    """Groups count what all other sections count."""
    down = visit("http://b.test/", outcome="network_error", http_status=None, reason="timeout")
    down.at = NOON + timedelta(days=1)
    await store.save_visits([down])
    links = await backlink_summary(store.database, "shop.test")
    home = links.sections["target_page"][0]
    assert (home.name, home.backlinks, home.referring_domains, links.unknown) == (WWW, 4, 2, 2)


async def report(store: Store) -> Report:
    links = await backlink_summary(store.database, "shop.test")
    return summarise("shop.test", await observed(store.database, "shop.test"), links)


async def test_every_format_shows_the_way(store: Store) -> None:
    """A person, a spreadsheet and a program can tell through which addresses a variant leads."""
    told = await report(store)
    way = f"{HTTP} > {HTTPS} > {WWW}"
    assert any(line.startswith(f"  {way}") for line in formats.table(told, width=120).splitlines())
    rows = list(csv.DictReader(io.StringIO(formats.csv_text(told))))
    assert next(row["name"] for row in rows if row["section"] == "target_variant") == way
    lines = [json.loads(line) for line in formats.jsonl(told).splitlines()]
    home = next(line for line in lines if line["section"] == "target_page")
    assert home["variants"][0] == {"url": HTTP, "backlinks": 1, "follow": 1, "chain": [HTTPS, WWW]}
    assert any("address that they lead to" in statement for statement in told.statements)


def test_a_row_of_another_kind_has_no_variants() -> None:
    """Only target pages are told together."""
    assert Row("a", 1, 1, 1, NOON, NOON, "http://a.test/").variants == ()
