"""Targets that are dead or redirect: ours (``broken``), and others' that a page of ours fits (``broken-outbound``)."""

from typing import Any

import pyarrow as pa
import pytest

from backlink_crawler.reports.dictionary import arrow_schema
from backlink_crawler.reports.engine import Engine
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.tables import TABLES
from backlink_crawler.store import Store
from backlink_crawler.store.target_reads import broken_state
from tests.reports.asking import Asking
from tests.reports.building import day, link, visit
from tests.reports.indexed_web import IndexedWeb

SHOP = "https://shop.test/"
GONE, MOVED, DOWN, REFUSED, FINE = (f"{SHOP}{path}" for path in ("gone", "moved", "down", "refused", "fine"))
A, B, C = "https://a.test/1", "https://b.test/1", "https://c.test/1"


@pytest.mark.parametrize(
    "page",
    [
        {"outcome": "ok"},
        {"outcome": "ok", "soft_404": True},
        {"outcome": "http_error", "http_status": 404},
        {"outcome": "http_error", "http_status": 410},
        {"outcome": "http_error", "http_status": 403},  # may be meant for us only
        {"outcome": "http_error", "http_status": 500},
        {"outcome": "http_error", "http_status": 503, "soft_404": True},
        {"outcome": "http_error"},
        {"outcome": "network_error"},
        {"outcome": "certificate_error"},
        {"outcome": "blocked_by_robots"},
        {"outcome": "redirect", "chain": ["x"], "chain_end": "loop"},
        {"outcome": "redirect", "chain": ["x"], "chain_end": "too_long"},
        {"outcome": "redirect", "chain": ["x"], "chain_end": "answered", "final_outcome": "ok"},
        {"outcome": "redirect", "chain": ["x"], "chain_end": "answered", "final_outcome": "ok", "final_soft_404": True},
        {
            "outcome": "redirect",
            "chain": ["x"],
            "chain_end": "answered",
            "final_outcome": "http_error",
            "final_status": 404,
        },
        {"outcome": "redirect", "chain": ["x"], "chain_end": "silent", "final_outcome": "network_error"},
        {"outcome": "redirect", "chain": ["x"], "chain_end": "unvisited"},
        {"outcome": "redirect"},
    ],
)
def test_states_are_those_of_the_check_of_targets(page: dict[str, Any]) -> None:
    """SQL and ``broken_state`` call every kind of page the same; a redirect that ends well is redirected."""
    row = {"page_id": b"1", "url": SHOP, **page}
    with Engine(Question(("shop.test",), day(1))) as engine:
        engine.fill({"broken_pages": pa.Table.from_pylist([row], arrow_schema(TABLES["broken_pages"]))})
        rows = engine.answer("SELECT state FROM broken_targets").read_all().to_pylist()
    expected = broken_state(page) or ("redirected" if page["outcome"] == "redirect" else None)
    assert [row["state"] for row in rows] == ([expected] if expected else [])


async def test_the_dead_site_of_the_synthetic_web(ask_synthetic: Asking, synthetic_index: IndexedWeb) -> None:
    """The one site that others link to and that does not answer: with every link to it of the true graph."""
    links = [true for true in synthetic_index.truth.links.values() if true.target_site == "closed.test"]
    (row,) = (await ask_synthetic("broken", "closed.test")).rows
    assert (row["target_url"], row["state"]) == ("https://closed.test/", "no_answer")
    assert (row["links"], row["referring_domains"]) == (29, len({true.source_site for true in links}))
    assert (row["best_site"], row["best_link"]) in {(true.source_site, true.source_url) for true in links}


async def test_broken_names_the_link_that_is_worth_most(mongodb_uri: str, mongodb_database: str) -> None:
    """Most referring domains first; the best link is followed before it is old, and seen before it is followed less."""
    async with Store(mongodb_uri, mongodb_database) as store:
        await store.save_visits(
            [
                visit(day(1), A, [link(A, GONE, "Old", rel=("nofollow",)), link(A, DOWN), link(A, REFUSED)]),
                visit(day(2), B, [link(B, GONE, "Foot", region="footer"), link(B, MOVED), link(B, FINE)]),
                visit(day(3), C, [link(C, GONE, "Best")]),
                visit(day(4), GONE, outcome="http_error", http_status=404),
                visit(day(4), DOWN, outcome="http_error", http_status=500),
                visit(day(4), REFUSED, outcome="http_error", http_status=403),
                visit(day(4), FINE, [link(FINE, GONE, scope="internal")]),
                visit(day(4), f"{SHOP}nobody", outcome="http_error", http_status=404),
                visit(day(4), MOVED, outcome="redirect", http_status=301, redirect_to=FINE),
            ]
        )
    reply = await Asking(mongodb_uri, mongodb_database, day(9))("broken", "shop.test")
    told = [(row["target_url"], row["state"], row["referring_domains"], row["follow"]) for row in reply.rows]
    assert told == [(GONE, "gone", 3, 2), (DOWN, "server_error", 1, 1), (MOVED, "redirected", 1, 1)]
    assert (reply.rows[0]["best_link"], reply.rows[0]["best_anchor"]) == (C, "Best")
    assert reply.rows[2]["final_target_url"] == FINE


async def test_broken_outbound_offers_the_page_of_ours_that_fits(mongodb_uri: str, mongodb_database: str) -> None:
    """Dead pages of others by how many sites link to them; ours, their own sites, and what is alive do not count."""
    guide, tools, blog = "https://dead.test/pruning-roses-guide.html", "https://dead.test/tools", "https://gone.test/"
    ours, other = f"{SHOP}garden/roses", f"{SHOP}garden/spades"
    async with Store(mongodb_uri, mongodb_database) as store:
        await store.save_visits(
            [
                visit(day(1), A, [link(A, guide, "How to prune roses"), link(A, tools, "click here")]),
                visit(day(1), B, [link(B, guide, "Pruning"), link(B, "https://alive.test/", "Roses")]),
                visit(day(1), C, [link(C, blog, "A blog", rel=("nofollow",))]),
                visit(day(1), "https://dead.test/", [link("https://dead.test/", blog, "Blog")]),
                visit(day(1), ours, [link(ours, guide)], title="Roses: a guide to pruning"),
                visit(day(1), other, [link(other, tools)], title="Spades and forks"),
                visit(day(1), "https://alive.test/", []),
                visit(day(2), guide, outcome="http_error", http_status=404),
                visit(day(2), tools, outcome="http_error", http_status=410),
                visit(day(2), blog, outcome="network_error", reason="dns"),
                visit(day(2), f"{SHOP}lost", outcome="http_error", http_status=404),
            ]
        )
    reply = await Asking(mongodb_uri, mongodb_database, day(9))("broken-outbound", "shop.test")
    told = [(row["target_url"], row["state"], row["referring_domains"], row["follow"]) for row in reply.rows]
    assert told == [(guide, "gone", 2, 2), (blog, "no_host", 2, 1), (tools, "gone", 1, 1)]
    fitting = {row["target_url"]: row["fitting_url"] for row in reply.rows}
    assert fitting == {guide: ours, blog: None, tools: None}
    assert reply.rows[0]["linking_sites"] == ["a.test", "b.test"]
