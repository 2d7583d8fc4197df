"""Reads of the index, against a small web whose counts were made by hand."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from backlink_crawler.records import Link, LinkType, Outcome, Page, Region, Visit
from backlink_crawler.reports.summary import Observed, Row, Section, Tried, summarise
from backlink_crawler.store import Store, StoreUnavailable, reads
from backlink_crawler.urls import host_of, site_of

SITE = "shop.com"


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 12, tzinfo=UTC)


def page(url: str, outcome: Outcome = "ok", status: int | None = None) -> Page:
    return Page(url, host_of(url), site_of(host_of(url)), outcome, http_status=status)


def link(
    source: str,
    target: str,
    anchor: str,
    region: Region,
    *,
    rel: tuple[str, ...] = (),
    page_says: str | None = None,
    link_type: LinkType = "text",
) -> Link:
    """A link as ``enrich`` builds it; ``page_says``: ``meta`` or ``header`` where the whole page is nofollow."""
    cause = "rel" if rel else page_says
    source_site, target_site = site_of(host_of(source)), site_of(host_of(target))
    return Link(
        source_url=source,
        source_host=host_of(source),
        source_site=source_site,
        href=target,
        target_url=target,
        target_host=host_of(target),
        target_site=target_site,
        scope="internal" if source_site == target_site else "external",
        link_type=link_type,
        anchor=anchor,
        anchor_source="text" if anchor else "none",
        rel=rel,
        nofollow="nofollow" in rel,
        ugc="ugc" in rel,
        sponsored="sponsored" in rel,
        follow=cause is None,
        nofollow_cause=cause,
        region=region,
        content_score=None,
        xpath="/html/body/a",
        ordinal=0,
        hidden=None,
        occurrences=1,
    )


A1, A2, B, C, D = (
    "https://a.com/1",
    "https://www.a.com/2",
    "https://b.github.io/",
    "https://c.github.io/",
    "http://d.org/p",
)
HOME, SALE, BLOG = "https://shop.com/", "https://shop.com/sale", "https://blog.shop.com/x"

WEB = [
    Visit(
        page(A1), day(1), links=[link(A1, HOME, "Shop", "content"), link(A1, SALE, "Sale", "footer", rel=("nofollow",))]
    ),
    Visit(page(A2), day(2), links=[link(A2, HOME, "Shop", "nav"), link(A2, "https://else.net/", "Shop", "nav")]),
    Visit(page(B), day(3), links=[link(B, HOME, "", "content", link_type="image")]),
    Visit(page(C), day(3), links=[link(C, BLOG, "Shop", "comment", rel=("ugc", "nofollow"))]),
    Visit(
        page(D),
        day(4),
        links=[link(D, SALE, "", "content", rel=("sponsored",)), link(D, HOME, "=1+1", "content", page_says="meta")],
    ),
    # The site itself: its own links are no backlinks, and what it links to is another site's business.
    Visit(page(HOME), day(4), links=[link(HOME, SALE, "Sale", "nav"), link(HOME, A1, "A", "nav")]),
    Visit(page(SALE, "http_error", 404), day(4)),
    # Seen again: dates move; the other link is gone.
    Visit(page(A1), day(6), links=[link(A1, HOME, "Shop", "content")]),
    Visit(page("https://a.com/old", "redirect", 301), day(1)),
    Visit(page("https://e.com/", "http_error", 503), day(1)),
    Visit(page("https://f.com/", "http_error", 403), day(1)),
    Visit(page("https://g.com/", "network_error"), day(1)),
    Visit(page("https://h.com/", "blocked_by_robots"), day(1)),
    Visit(page("https://h.com/2", "blocked_by_robots"), day(1)),
]


@pytest.fixture
async def store(mongodb_uri: str, mongodb_database: str) -> AsyncIterator[Store]:
    """An index that holds ``WEB``, visit by visit as two batches."""
    async with Store(mongodb_uri, mongodb_database) as store:
        await store.save_visits(WEB[:7])
        await store.save_visits(WEB[7:])
        await store.start_crawl("seeds-1", "seeds", {})
        yield store


async def test_what_was_tried_is_counted_by_outcome_and_error_status(store: Store) -> None:
    """Every page counts once, under its last outcome; errors by status; the last visit is the as-of time."""
    found = await reads.observed(store.database, SITE)
    assert set(found.pages) == {
        Tried("ok", None, 6),
        Tried("redirect", None, 1),
        Tried("network_error", None, 1),
        Tried("blocked_by_robots", None, 2),
        Tried("http_error", 404, 1),
        Tried("http_error", 503, 1),
        Tried("http_error", 403, 1),
    }
    assert set(found.own_pages) == {Tried("ok", None, 1), Tried("http_error", 404, 1)}
    assert (found.sites, found.crawls, found.as_of) == (9, 1, day(6))


async def test_an_empty_index_was_not_observed(mongodb_uri: str, mongodb_database: str) -> None:
    """Before the first crawl there are no pages, no crawls, no as-of time and no links."""
    async with Store(mongodb_uri, mongodb_database) as store:
        assert await reads.observed(store.database, SITE) == Observed([], [], 0, 0, None)
        assert (await reads.backlink_summary(store.database, SITE)).total is None


async def test_totals_count_pages_hosts_and_domains_apart(store: Store) -> None:
    """Six links on five pages of five hosts, four domains: www.a.com is a.com, two github.io users are two sites."""
    found = await reads.backlink_summary(store.database, SITE)
    assert found.total == Row(SITE, 6, 4, 3, day(1), day(6), D)
    assert (found.pages, found.hosts) == (5, 5)
    assert found.source_sites == ["a.com", "b.github.io", "c.github.io", "d.org"]
    assert (found.unknown, found.unknown_since, found.lost) == (0, None, {"removed_from_html": 1})


async def test_links_of_pages_that_could_not_be_looked_at_again_count_apart(store: Store) -> None:
    """What is behind a failing page is neither live nor lost, until the page is read again."""
    await store.save_visits([Visit(page(D, "network_error"), day(8)), Visit(page(B, "http_error", 503), day(7))])
    found = await reads.backlink_summary(store.database, SITE)
    assert (found.unknown, found.unknown_since, found.lost) == (3, day(7), {"removed_from_html": 1})
    assert found.total == Row(SITE, 3, 2, 2, day(1), day(6), A1)
    assert [row.name for row in found.sections["referring_domain"]] == ["a.com", "c.github.io"]
    await store.save_visits([Visit(page(B), day(9), links=WEB[2].links)])
    found = await reads.backlink_summary(store.database, SITE)
    assert (found.unknown, found.unknown_since) == (2, day(8))
    assert found.sections["referring_domain"][1] == Row("b.github.io", 1, 1, 1, day(3), day(9), B)


async def test_a_site_that_lost_every_link_is_told_so(store: Store) -> None:
    """Without live links there are no rows, and what was lost is still said."""
    await store.save_visits([Visit(page(A2, "http_error", 410), day(8))])
    found = await reads.backlink_summary(store.database, "else.net")
    assert (found.total, found.pages, found.lost) == (None, 0, {"page_gone": 1})
    assert summarise("else.net", Observed(), found).statements == (
        "No link to else.net is known to be live.",
        "1 more is lost (page gone 1).",
    )


EXPECTED: dict[Section, list[Row]] = {
    "follow": [
        Row("follow", 3, 2, 3, day(1), day(6), A1),
        Row("nofollow (rel)", 2, 2, 0, day(3), day(4), D),
        Row("nofollow (meta)", 1, 1, 0, day(4), day(4), D),
    ],
    "declared": [Row("ugc", 1, 1, 0, day(3), day(3), C), Row("sponsored", 1, 1, 0, day(4), day(4), D)],
    "link_type": [Row("text", 5, 3, 2, day(1), day(6), D), Row("image", 1, 1, 1, day(3), day(3), B)],
    "region": [
        Row("content", 4, 3, 2, day(1), day(6), D),
        Row("comment", 1, 1, 0, day(3), day(3), C),
        Row("nav", 1, 1, 1, day(2), day(2), A2),
    ],
    "anchor": [
        Row("Shop", 3, 2, 2, day(1), day(6), A1),
        Row("=1+1", 1, 1, 0, day(4), day(4), D),
        Row("[image without alt]", 1, 1, 1, day(3), day(3), B),
        Row("[no text]", 1, 1, 0, day(4), day(4), D),
    ],
    "target_page": [
        Row(HOME, 4, 3, 3, day(1), day(6), D),
        Row(BLOG, 1, 1, 0, day(3), day(3), C),
        Row(SALE, 1, 1, 0, day(4), day(4), D),
    ],
    "referring_domain": [
        Row("a.com", 2, 1, 2, day(1), day(6), A1),
        Row("d.org", 2, 1, 0, day(4), day(4), D),
        Row("b.github.io", 1, 1, 1, day(3), day(3), B),
        Row("c.github.io", 1, 1, 0, day(3), day(3), C),
    ],
}


@pytest.mark.parametrize("section", EXPECTED)
async def test_each_section_is_as_counted_by_hand(store: Store, section: Section) -> None:
    """Rows, their order (domains, backlinks, name) and their numbers are those of the web above."""
    found = await reads.backlink_summary(store.database, SITE)
    assert found.sections[section] == EXPECTED[section]


async def test_the_limit_shortens_long_sections_and_nothing_else(store: Store) -> None:
    """``limit`` keeps the first rows of the top lists; totals and splits stay whole."""
    whole = await reads.backlink_summary(store.database, SITE)
    short = await reads.backlink_summary(store.database, SITE, limit=2)
    tops: tuple[Section, ...] = ("anchor", "target_page", "referring_domain")
    assert all(short.sections[top] == whole.sections[top][:2] for top in tops)
    assert (short.total, short.source_sites) == (whole.total, whole.source_sites)
    assert all(short.sections[name] == rows for name, rows in whole.sections.items() if name not in tops)


async def test_a_linked_site_that_was_never_crawled_has_backlinks(store: Store) -> None:
    """Whether a target was crawled does not matter; nor do links of the same page to other sites."""
    found = await reads.backlink_summary(store.database, "else.net")
    assert found.total == Row("else.net", 1, 1, 1, day(2), day(2), A2)


async def test_an_internal_link_is_no_backlink(store: Store) -> None:
    """A site that only links to itself has no backlinks, even where internal links are stored."""
    own = "https://alone.com/"
    await store.save_visits([Visit(page(own), day(1), links=[link(own, f"{own}b", "b", "nav")])])
    assert (await reads.backlink_summary(store.database, "alone.com")).total is None


async def test_the_summary_says_what_was_seen(store: Store) -> None:
    """From records to sentences: pages, domains, merged private suffixes, blocked share and as-of time."""
    observed = await reads.observed(store.database, SITE)
    report = summarise(SITE, observed, await reads.backlink_summary(store.database, SITE))
    assert report.statements == (
        "Links to shop.com were seen on 5 pages of 4 referring domains (5 hosts): 6 backlinks, 3 followed; "
        "first seen 2026-03-01, last seen 2026-03-06.",
        "1 more is lost (removed from the page 1).",
        "Counted without private suffixes (all of github.io as one site), that is 3 referring domains.",
        "Links are counted where they point directly; redirects in between are not followed.",
        "13 pages of 9 sites tried in 1 crawl, 6 seen; 38.5 % of what was tried was blocked or unknown "
        "(robots 15.4 %, network 7.7 %, refused 7.7 %, server error 7.7 %).",
        "shop.com itself: 2 pages tried, 1 seen.",
        "As of 2026-03-06 12:00 UTC, the last visit.",
    )


async def test_a_database_that_went_away_is_unavailable() -> None:
    """A read that MongoDB does not answer raises ``StoreUnavailable``, whose message is one line."""
    store = Store("mongodb://127.0.0.1:1", "gone", answer_within=0.1)
    try:
        with pytest.raises(StoreUnavailable, match="does not answer") as raised:
            async with store.answers():
                await reads.observed(store.database, SITE)
        assert "\n" not in str(raised.value)
    finally:
        await store.close()
