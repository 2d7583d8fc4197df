"""``scrapy crawl check-targets`` on a real server: what links point to answers, and broken targets can be read."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from backlink_crawler.store import Store
from backlink_crawler.store.target_reads import TargetRow, broken, redirected
from tests.crawling import Crawling, Document
from tests.living_web import LivingWeb, a, living_web
from tests.test_recheck import crawl, pages

BLOG, NEWS = "http://blog.test/", "http://news.test/"
SHOP = "http://shop.test/"


def shop(name: str) -> str:
    return f"{SHOP}{name}"


LINKED = ["fine", "gone", "moved", "twice", "loop", "offer", "down", "sorry", "late"]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[LivingWeb]:
    """Two sites that link to a shop in disorder."""
    with living_web(tmp_path, "blog.test", "news.test", "shop.test", "other.test") as web:
        web.page(BLOG, *(a(shop(name)) for name in LINKED), a("http://other.test/"))
        web.page(NEWS, a(shop("gone")), a(shop("moved"), rel="nofollow"))
        web.page(SHOP)
        web.page(shop("fine"))
        web.redirect(shop("moved"), "/new")
        web.page(shop("new"))
        web.redirect(shop("twice"), "/once", 302)
        web.redirect(shop("once"), "/gone")
        web.redirect(shop("loop"), "/pool")
        web.redirect(shop("pool"), "/loop")
        web.redirect(shop("offer"), "/")
        web.status(shop("down"), 403)
        web.redirect(shop("late"), "http://nowhere.test/")
        web.page("http://other.test/")
        yield web


def check(crawling: Crawling, web: LivingWeb, *arguments: str, name: str = "check") -> list[str]:
    """Run the spider; return what was asked for."""
    end = crawling.run(
        "crawl", "check-targets", *arguments, NET_HOSTS_FILE=web.hosts_file, CRAWL_ID=f"{crawling.database}-{name}"
    )
    assert end.code == 0, end.err
    assert end.errors == []
    return web.asked_for()


def ends(found: dict[str, Document]) -> dict[str, tuple[Any, ...]]:
    """Return of each redirecting page of the shop where it leads, how that ends and with what."""
    return {
        url.removeprefix(SHOP): (
            [hop.removeprefix(SHOP) for hop in page["chain"]],
            page["chain_end"],
            page.get("final_status"),
        )
        for url, page in found.items()
        if page["outcome"] == "redirect"
    }


async def test_targets_are_visited_once_and_chains_end(crawling: Crawling, web: LivingWeb, mongodb_uri: str) -> None:
    """Every linked page and every hop is asked for once; chains, loops and ends are told; what is broken is read."""
    crawl(crawling, web, BLOG, NEWS)
    asked = check(crawling, web, "-a", "of=shop.test")
    hops = ["new", "once", "pool", ""]
    assert sorted(asked) == sorted(shop(name) for name in LINKED + hops)
    assert ends(pages(crawling)) == {
        "moved": (["new"], "answered", 200),
        "twice": (["once", "gone"], "answered", 404),
        "once": (["gone"], "answered", 404),
        "loop": (["pool"], "loop", None),
        "pool": (["loop"], "loop", None),
        "offer": ([""], "answered", 200),
        "late": (["http://nowhere.test/"], "silent", None),
    }
    async with Store(mongodb_uri, crawling.database) as store:
        rows = {row.url: row async for row in broken(store.database, "shop.test")}
        assert {url.removeprefix(SHOP): (row.state, row.links, row.sites) for url, row in rows.items()} == {
            "gone": ("gone", 2, 2),
            "sorry": ("gone", 1, 1),
            "twice": ("gone", 1, 1),
            "loop": ("loop", 1, 1),
            "offer": ("soft_404", 1, 1),
            "late": ("no_answer", 1, 1),
        }
        assert next(iter(rows)) == shop("gone"), "what costs the most sites comes first"
        moved = {row.url: row async for row in redirected(store.database, "shop.test")}
        assert {url.removeprefix(SHOP) for url in moved} == {"moved", "twice", "loop", "offer", "late"}
        assert moved[shop("moved")] == TargetRow(
            url=shop("moved"),
            state="redirected",
            links=2,
            sites=2,
            follow=1,
            status=301,
            final_url=shop("new"),
            final_status=200,
            chain=[shop("new")],
            checked=moved[shop("moved")].checked,
            example=BLOG,
        )


def test_a_target_that_begins_to_redirect_is_an_event_of_its_links(crawling: Crawling, web: LivingWeb) -> None:
    """Two crawls see two ends: each live link is told from where to where, once."""
    crawl(crawling, web, BLOG, NEWS)
    check(crawling, web, "-a", "of=shop.test", name="first")
    web.redirect(shop("fine"), "/new")
    web.redirect(shop("moved"), "/fine")
    check(crawling, web, "-a", "of=shop.test", name="second")
    told = [
        (event["source_url"], event["target_url"], event["old"], event["new"])
        for event in crawling.documents("link_events")
    ]
    assert sorted(told) == [(BLOG, shop("fine"), shop("fine"), shop("new"))], "moved still ends at new"


def test_only_what_was_not_checked_lately(crawling: Crawling, web: LivingWeb) -> None:
    """-a older leaves out what was visited since; without -a of the targets on all sites are meant."""
    crawl(crawling, web, NEWS)
    assert len(check(crawling, web, "-a", "older=1", name="first")) == 3
    assert check(crawling, web, "-a", "older=1", name="second") == []


@pytest.fixture
async def empty(mongodb_uri: str, mongodb_database: str) -> AsyncIterator[Store]:
    """An index without a link."""
    async with Store(mongodb_uri, mongodb_database) as store:
        yield store


async def test_a_site_without_links_has_no_broken_ones(empty: Store) -> None:
    """Nothing is read, nothing is broken."""
    assert [row async for row in broken(empty.database, "shop.test")] == []
    assert [row async for row in redirected(empty.database, "shop.test")] == []
