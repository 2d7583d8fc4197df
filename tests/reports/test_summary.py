"""The summary of a site's backlinks, against a small web whose counts were made by hand."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from backlink_crawler.records import Visit
from backlink_crawler.reports.answer import Wish
from backlink_crawler.store import Store
from tests.reports.asking import Asking, Reply
from tests.reports.by_hand import A1, A2, BLOG, HOME, SALE, SITE, WEB, B, C, D, day, link, page, store_web

Ask = Callable[[datetime], Asking]
Counts = tuple[str, int, int, int, int, int, Sequence[str]]
"""Name, backlinks, referring domains, followed, day first seen, day last seen, the pages they stand on."""


@pytest.fixture
async def web(mongodb_uri: str, mongodb_database: str) -> None:
    """An index that holds ``WEB``."""
    async with Store(mongodb_uri, mongodb_database) as store:
        await store_web(store)


@pytest.fixture
async def store(mongodb_uri: str, mongodb_database: str, web: None) -> Any:
    """The index, to store more in."""
    async with Store(mongodb_uri, mongodb_database) as store:
        yield store


@pytest.fixture
def ask(asking: Ask) -> Asking:
    """Asks on the tenth of March."""
    return asking(day(10))


EXPECTED: dict[str, list[Counts]] = {
    "total": [(SITE, 6, 4, 3, 1, 6, [A1, A2, B, C, D])],
    "status": [("live", 6, 4, 3, 1, 6, [A1, A2, B, C, D]), ("lost", 1, 1, 0, 1, 1, [A1])],
    "lost_reason": [("removed_from_html", 1, 1, 0, 1, 1, [A1])],
    "lost": [  # on the sixth, four days before the question
        ("30 days", 1, 1, 0, 1, 1, [A1]),
        ("7 days", 1, 1, 0, 1, 1, [A1]),
        ("90 days", 1, 1, 0, 1, 1, [A1]),
    ],
    "follow": [
        ("follow", 3, 2, 3, 1, 6, [A1, A2, B]),
        ("nofollow (rel)", 2, 2, 0, 3, 4, [C, D]),
        ("nofollow (meta)", 1, 1, 0, 4, 4, [D]),
    ],
    "declared": [("sponsored", 1, 1, 0, 4, 4, [D]), ("ugc", 1, 1, 0, 3, 3, [C])],
    "link_type": [("text", 5, 3, 2, 1, 6, [A1, A2, C, D]), ("image", 1, 1, 1, 3, 3, [B])],
    "region": [
        ("content", 4, 3, 2, 1, 6, [A1, B, D]),
        ("comment", 1, 1, 0, 3, 3, [C]),
        ("nav", 1, 1, 1, 2, 2, [A2]),
    ],
    "placement_type": [("[not clear]", 6, 4, 3, 1, 6, [A1, A2, B, C, D])],
    "anchor_type": [
        ("branded", 3, 2, 2, 1, 6, [A1, A2, C]),  # "Shop": the name of shop.com
        ("empty", 1, 1, 0, 4, 4, [D]),
        ("image", 1, 1, 1, 3, 3, [B]),
        ("other", 1, 1, 0, 4, 4, [D]),
    ],
    "anchor": [
        ("Shop", 3, 2, 2, 1, 6, [A1, A2, C]),
        ("=1+1", 1, 1, 0, 4, 4, [D]),
        ("[image without alt]", 1, 1, 1, 3, 3, [B]),
        ("[no text]", 1, 1, 0, 4, 4, [D]),
    ],
    "target_page": [
        (HOME, 4, 3, 3, 1, 6, [A1, A2, B, D]),
        (BLOG, 1, 1, 0, 3, 3, [C]),
        (SALE, 1, 1, 0, 4, 4, [D]),
    ],
    "referring_domain": [
        ("a.com", 2, 1, 2, 1, 6, [A1, A2]),
        ("d.org", 2, 1, 0, 4, 4, [D]),
        ("b.github.io", 1, 1, 1, 3, 3, [B]),
        ("c.github.io", 1, 1, 0, 3, 3, [C]),
    ],
    "tld": [
        ("io", 2, 2, 1, 3, 3, [B, C]),
        ("com", 2, 1, 2, 1, 6, [A1, A2]),
        ("org", 2, 1, 0, 4, 4, [D]),
    ],
    "tld_class": [("other", 6, 4, 3, 1, 6, [A1, A2, B, C, D])],
    "language": [("[not declared]", 6, 4, 3, 1, 6, [A1, A2, B, C, D])],
    "platform": [("[not told]", 6, 4, 3, 1, 6, [A1, A2, B, C, D])],
    "matched": [("direct", 6, 4, 3, 1, 6, [A1, A2, B, C, D])],
}


def rows_of(reply: Reply, section: str) -> list[dict[str, Any]]:
    return [row for row in reply.rows if row["section"] == section]


def counts(row: dict[str, Any]) -> tuple[object, ...]:
    names = ("name", "backlinks", "referring_domains", "follow", "first_seen", "last_seen")
    return tuple(row[name].day if isinstance(row[name], datetime) else row[name] for name in names)


async def test_each_section_is_as_counted_by_hand(web: None, ask: Asking) -> None:
    """Rows and their numbers are those of the web, and every example is a page with such a link; no other section."""
    reply = await ask("summary", SITE)
    assert {row["section"] for row in reply.rows} == EXPECTED.keys()
    for section, expected in EXPECTED.items():
        rows = rows_of(reply, section)
        # Rows of targets that are told by their ids come in the order of these where all else is alike.
        assert sorted(map(counts, rows), key=str) == sorted((row[:6] for row in expected), key=str), section
        for row in rows:
            assert row["example"] in next(pages for name, *_, pages in expected if name == row["name"]), section


async def test_sections_and_rows_have_an_order(web: None, ask: Asking) -> None:
    """Sections as documented; in each the most referring domains first, then backlinks, then the name."""
    reply = await ask("summary", SITE)
    assert list(dict.fromkeys(reply.column("section"))) == list(EXPECTED)
    for section in ("anchor", "referring_domain", "region", "tld"):
        assert [row["name"] for row in rows_of(reply, section)] == [row[0] for row in EXPECTED[section]]


async def test_shares_are_of_the_live_links(web: None, ask: Asking) -> None:
    """What a section divides adds up to one."""
    reply = await ask("summary", SITE)
    for section in ("total", "follow", "link_type", "region", "anchor_type", "target_page", "tld", "matched"):
        assert sum(row["share"] for row in rows_of(reply, section)) == pytest.approx(1, abs=0.001), section


async def test_the_summary_says_what_was_seen(web: None, ask: Asking) -> None:
    """From records to sentences: pages, domains, merged private suffixes, blocked share and as-of time."""
    reply = await ask("summary", SITE)
    assert reply.statements == (
        "Links to shop.com were seen on 5 pages of 4 referring domains (5 hosts): 6 backlinks, 3 followed; "
        "first seen 2026-03-01, last seen 2026-03-06.",
        "1 more is lost (removed from the page 1).",
        "Counted without private suffixes (all of github.io as one site), that is 3 referring domains.",
        "13 pages of 9 sites tried in 1 crawl, 6 seen; 38.5 % of what was tried was blocked or unknown "
        "(robots 15.4 %, network 7.7 %, refused 7.7 %, server error 7.7 %).",
        "shop.com itself: 2 pages tried, 1 seen.",
        "As of 2026-03-06 12:00 UTC, the last visit.",
        "Links count where they point to what is asked for, directly or by redirects (column matched).",
    )
    told = {
        "backlinks": 6,
        "referring_pages": 5,
        "referring_hosts": 5,
        "referring_domains": 4,
        "referring_domains_by_registry_suffix": 3,
        "backlinks_lost": 1,
        "backlinks_lost_by_reason": {"removed_from_html": 1},
        "pages_tried": 13,
        "as_of": day(6),
    }
    assert {name: reply.facts[name] for name in told} == told
    assert reply.facts["statements"] == list(reply.statements)


async def test_links_of_pages_that_could_not_be_looked_at_again_count_apart(store: Store, ask: Asking) -> None:
    """What is behind a failing page is neither live nor lost, until the page is read again."""
    await store.save_visits([Visit(page(D, "network_error"), day(8)), Visit(page(B, "http_error", 503), day(7))])
    reply = await ask("summary", SITE)
    assert counts(rows_of(reply, "total")[0]) == (SITE, 3, 2, 2, 1, 6)
    assert {row["name"]: row["backlinks"] for row in rows_of(reply, "status")} == {"live": 3, "unknown": 3, "lost": 1}
    assert [row["name"] for row in rows_of(reply, "referring_domain")] == ["a.com", "c.github.io"]
    assert "3 more could not be looked at again since 2026-03-07 or later: neither live nor lost." in reply.statements
    await store.save_visits([Visit(page(B), day(9), links=WEB[2].links)])
    again = await ask("summary", SITE)
    assert (again.facts["backlinks_unknown"], again.facts["backlinks_unknown_since"]) == (2, day(8))
    assert counts(rows_of(again, "referring_domain")[1]) == ("b.github.io", 1, 1, 1, 3, 9)


async def test_a_site_that_lost_every_link_is_told_so(store: Store, ask: Asking) -> None:
    """Without live links there are no rows but those of the lost ones, and what was lost is said."""
    await store.save_visits([Visit(page(A2, "http_error", 410), day(8))])
    reply = await ask("summary", "else.net")
    assert {row["section"] for row in reply.rows} == {"status", "lost_reason", "lost"}
    assert reply.statements[:2] == (
        "No link to else.net is known to be live.",
        "1 more is lost (page gone 1).",
    )


async def test_new_is_what_was_not_found_together_with_its_page(store: Store, asking: Ask) -> None:
    """A link that is new on a known page is new for 7, 30 and 90 days; one found with its page may be of any age."""
    more = [*WEB[1].links, link(A2, BLOG, "more", "nav")]
    await store.save_visits([Visit(page(A2), day(9), links=more)])
    for days, told in ((1, ["30 days", "7 days", "90 days"]), (8, ["30 days", "90 days"]), (40, ["90 days"]), (99, [])):
        reply = await asking(day(9) + timedelta(days=days))("summary", SITE)
        assert [(row["name"], row["backlinks"]) for row in rows_of(reply, "new")] == [(name, 1) for name in told], days


async def test_a_linked_site_that_was_never_crawled_has_backlinks(web: None, ask: Asking) -> None:
    """Whether a target was crawled does not matter; nor do links of the same page to other sites."""
    reply = await ask("summary", "else.net")
    assert counts(rows_of(reply, "total")[0]) == ("else.net", 1, 1, 1, 2, 2)


async def test_an_internal_link_is_no_backlink(store: Store, ask: Asking) -> None:
    """A site that only links to itself has no backlinks, even where internal links are stored."""
    own = "https://alone.com/"
    await store.save_visits([Visit(page(own), day(1), links=[link(own, f"{own}b", "b", "nav")])])
    assert (await ask("summary", "alone.com")).rows == []


async def test_a_limit_is_of_each_section(web: None, ask: Asking) -> None:
    """The first rows of each; none is told twice, and addresses are read for them."""
    whole = await ask("summary", SITE)
    short = await ask("summary", SITE, Wish(limit=1))
    assert [row["section"] for row in short.rows] == list(EXPECTED)
    assert short.total == len(whole.rows)
    assert rows_of(short, "target_page")[0]["name"] == HOME


async def test_a_column_that_is_looked_up_can_be_asked_for_alone(web: None, ask: Asking) -> None:
    """The ids by which URLs are found need not be asked for, and are not answered then."""
    reply = await ask("summary", SITE, Wish(where="section = 'target_page'", columns=("example", "name")))
    assert {row["name"] for row in reply.rows} == {HOME, BLOG, SALE}
    assert list(reply.rows[0]) == ["example", "name"]
