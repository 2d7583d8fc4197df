"""What is walked of what a page makes known: tables of rules, properties, and the addresses of real pages."""

import json
import lzma
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlink_crawler.frontier.redis.addresses import steps_of, way_of
from backlink_crawler.frontier.walk_limits import (
    ALIKE,
    Lookalikes,
    Walk,
    WalkLimits,
    likeness,
    refusal,
    suspicion,
)
from backlink_crawler.records import Child, Outcome, Page, RawLink, Visit
from backlink_crawler.urls import host_of, normalise, site_of
from tests.real_data import DATA, VARIABLE

LIMITS = WalkLimits()
A = "https://a.test/"
ID = "5f3e9a70c2d14b86"

REFUSED = [
    (A + "x" * 986, "long_url", "1,001 characters"),
    (A + "x" * 985, None, "1,000 characters"),
    (A + "/".join("abcdefghijklmnopq"), "deep_path", "17 segments"),
    (A + "/".join("abcdefghijklmnop"), None, "16 segments"),
    (A + "/".join("abcdefghijklmnop") + "/", None, "a slash at the end makes none"),
    (A + "a/a/a", "repeated_path", "one segment three times"),
    (A + "a/a/b/a/a", None, "four times, but not in a row"),
    (A + "a/b/a/b/a/b", "repeated_path", "a pair three times"),
    (A + "x/a/b/c/a/b/c/a/b/c/y.html", "repeated_path", "three segments three times, in the middle"),
    (A + "a/b/a/b/", None, "a pair twice"),
    (A + "docs/configure/accessibility/accessibility", None, "a page named as its folder"),
    (A + "2012/01/01/new-year", None, "a date"),
    (A + "2011/11/11/11-11", None, "a date with twins: the last is another segment"),
    (A + "1/1/1/", "repeated_path", "numbers are segments too"),
    (A + "a///", "repeated_path", "slashes that add up: three empty segments"),
    (A + "a//b", None, "an empty segment"),
    (A + "web/2020/http://b.test/", None, "an address in a path"),
    (A + "?p=1&p=1&p=1", "repeated_parameter", "the same again and again"),
    (A + "?p=1&x&p=1&y&p=1", "repeated_parameter", "not only side by side"),
    (A + "?p=1&p=2&p=3", None, "a list of values"),
    (A + "?p&p", None, "twice"),
    (A + "?a&&&&b", None, "nothing, several times"),
    (A, None, "a home page"),
]

SUSPECT = [
    (A + f"x;jsessionid={ID.upper()}?y=1", "session_id", "Java"),
    (A + "x.php?PHPSESSID=abc", "session_id", "PHP, whatever the value"),
    (A + "x?a=1&aspsessionidqqabcd=x", "session_id", "ASP adds letters"),
    (A + f"x?t=3&sid={ID}", "session_id", "a forum"),
    (A + f"x?s={ID * 2}&t=3", "session_id", "vBulletin"),
    (A + "(S(lit3py55t21z5v55vlm25s55))/x.aspx", "session_id", "ASP.NET without cookies"),
    (A + "x?s=garden+tools", None, "a search"),
    (A + "x?s=internationalisation", None, "a search for one long word"),
    (A + "comments.pl?sid=23873421", None, "a story of Slashdot"),
    (A + "x?sid=12345678901234567890", None, "digits alone: a shop's number"),
    (A + "article.pl?sid=09/01/02/1546214", None, "a story by date"),
    (A + "?sidebar=1", None, "another name that begins so"),
    (A + "?a=1&b=2&c=3", None, "three parameters"),
    (A + "?a=1&b=2&c=3&d=4", "many_parameters", "four"),
    (A + "a&b&c&d&e", None, "no query"),
]


@pytest.mark.parametrize(("url", "reason", "why"), REFUSED, ids=[why for *_, why in REFUSED])
def test_refusal(url: str, reason: str | None, why: str) -> None:
    """An address that has grown out of itself is not walked; one that merely looks odd is."""
    assert refusal(url, LIMITS) == reason


@pytest.mark.parametrize(("url", "reason", "why"), SUSPECT, ids=[why for *_, why in SUSPECT])
def test_suspicion(url: str, reason: str | None, why: str) -> None:
    """Sessions and combined filters are told from stories, shops and searches."""
    assert suspicion(url) == reason


@pytest.mark.parametrize("url", [url for url, reason, _ in REFUSED if reason])
def test_every_limit_can_be_lifted(url: str) -> None:
    """0 means no limit."""
    assert refusal(url, WalkLimits(max_url=0, max_segments=0, max_repeats=0)) is None


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=6), st.lists(st.sampled_from("xyz"), max_size=4))
def test_any_run_is_found_when_it_stands_three_times(run: list[str], before: list[str]) -> None:
    """Whatever repeats three times in a row is found, wherever it begins."""
    path = "/".join([*before, *run * 3])
    assert refusal(A + path, WalkLimits(max_segments=0)) == "repeated_path"


@given(st.lists(st.sampled_from("ab"), max_size=9), st.integers(2, 4))
def test_repeats_as_a_naive_search_finds_them(path: list[str], times: int) -> None:
    """The search for runs agrees with trying every run at every place."""
    naive = any(
        path[start : start + size] * times == path[start : start + size * times]
        for size in range(1, len(path) // times + 1)
        for start in range(len(path) - size * times + 1)
    )
    found = refusal(A + "/".join(path), WalkLimits(max_segments=0, max_repeats=times))
    assert (found == "repeated_path") == naive


@settings(max_examples=50)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_address(path: str, query: str) -> None:
    """Every identity gets an answer, the same each time."""
    url = normalise(f"https://a.test/{path}?{query}")
    if url is not None:
        assert (refusal(url, LIMITS), suspicion(url)) == (refusal(url, LIMITS), suspicion(url))


@given(st.integers(0, 2**24 - 1), st.integers(0, 1_000))
def test_depth_and_redirects_in_one_number(depth: int, redirects: int) -> None:
    """The queue's number gives both back, and is the depth where nothing was redirected."""
    assert way_of(steps_of(depth, redirects)) == (depth, redirects)
    assert steps_of(depth, 0) == depth


def visit(
    url: str = A, *, title: str = "", words: int = 50, links: int = 3, soft_404: bool = False, depth: int = 1
) -> Visit:
    """Return a page with numbered anchors."""
    host = host_of(url)
    page = Page(url, host, site_of(host), "ok", title=title, word_count=words, soft_404=soft_404, depth=depth)
    raw = [RawLink("", None, f"Room {n}", "text", (), "text", "content", "", n) for n in range(links)]
    return Visit(page, datetime(2030, 1, 1, tzinfo=UTC), raw_links=raw)


def children(count: int, site: str = "a.test", site_budget: int = 0) -> list[Child]:
    """Return children in the first band."""
    return [Child(f"https://{site}/p{n}", 2, 1, site_budget) for n in range(count)]


def test_a_page_that_says_it_is_none_leads_nowhere() -> None:
    """Links of a soft 404 are not walked; where the crawl was told to begin, they are."""
    found = Walk(LIMITS, 100).bounded(visit(soft_404=True), children(3), 0)
    assert (found.children, found.refused) == ([], {"soft_404": 3})
    assert len(Walk(LIMITS, 100).bounded(visit(soft_404=True, depth=0), children(3), 0).children) == 3


@pytest.mark.parametrize(
    ("outcome", "redirects", "walked", "hops", "why"),
    [
        ("redirect", 0, 1, 1, "the first redirect"),
        ("redirect", 9, 1, 10, "the tenth"),
        ("redirect", 10, 0, 0, "the eleventh"),
        ("ok", 10, 1, 0, "a page at the end of ten begins anew"),
    ],
)
def test_redirects_in_a_row(outcome: Outcome, redirects: int, walked: int, hops: int, why: str) -> None:
    """Ten redirects in a row are followed, and any page between them ends the row."""
    page = visit()
    page.page.outcome = outcome
    found = Walk(LIMITS, 100).bounded(page, children(1), redirects)
    assert [child.redirects for child in found.children] == [hops] * walked, why
    assert found.refused["redirect_chain"] == 1 - walked


def test_pages_that_look_alike() -> None:
    """From the fourth page of a kind, what it links to may fill half of the site's budget, and comes last."""
    walk = Walk(LIMITS, 100)
    budgets = [walk.bounded(visit(f"https://x{n}.a.test/", title=f"No. {n}"), children(2), 0) for n in range(ALIKE + 1)]
    assert [[child.site_budget for child in found.children] for found in budgets] == [[0, 0]] * ALIKE + [[50, 50]]
    assert budgets[-1].suspect == {"lookalike": 2}
    assert {child.band for child in budgets[-1].children} == {3}
    others = (visit("https://b.test/"), visit(title="Another"), visit(words=51), visit(links=4))
    assert [walk.bounded(other, children(1), 0).suspect for other in others] == [{}] * 4


def test_a_page_with_many_links() -> None:
    """One page fills a quarter of a site's budget unasked; what more it links to may fill half of it."""
    found = Walk(LIMITS, 100).bounded(visit(), [*children(30), *children(25, "b.test")], 0)
    assert Counter(child.site_budget for child in found.children) == {0: 50, 50: 5}
    assert found.suspect == {"many_links": 5}
    probes = Walk(LIMITS, 100).bounded(visit(), children(25, "b.test", site_budget=5), 0)
    assert Counter(child.site_budget for child in probes.children) == {5: 20, 2: 5}, "twenty whatever the budget"


@pytest.mark.parametrize(
    ("limits", "budget", "child_budget", "share", "why"),
    [
        (LIMITS, 1_000, 0, 500, "half of the crawl's budget"),
        (LIMITS, 1_000, 5, 2, "half of the child's own"),
        (LIMITS, 1_000, 1, 1, "never nothing: a site known by one address is looked at"),
        (LIMITS, 0, 0, 0, "no limit has no half"),
        (WalkLimits(suspect_share=1), 1_000, 0, 0, "lifted"),
        (WalkLimits(suspect_share=0.1), 1_000, 0, 100, "as set"),
    ],
)
def test_share(limits: WalkLimits, budget: int, child_budget: int, share: int, why: str) -> None:
    """What is suspect gets its share of whatever budget holds for it."""
    suspect = Child(A + "?a&b&c&d", 1, 1, child_budget)
    (child,) = Walk(limits, budget).bounded(visit(), [suspect], 0).children
    assert child.site_budget == (share or child_budget), why


def test_memory_of_looks_is_bounded() -> None:
    """What was seen last is remembered, and no more than two generations of it."""
    seen = Lookalikes(generation=10)
    assert [seen.count("a.test", 1) for _ in range(3)] == [1, 2, 3]
    for look in range(2, 12):
        seen.count("a.test", look)
    assert seen.count("a.test", 1) == 4
    for look in range(100, 125):
        seen.count("a.test", look)
    assert seen.count("a.test", 1) == 1
    assert likeness("Page 1", 3, []) == likeness("Page 2", 3, []) != likeness("Page 2", 4, [])


def real_urls(every: int) -> Iterator[str]:
    """Yield the identities that every n-th labelled page links to."""
    with lzma.open(DATA / "labels" / "wcxb_dev.jsonl.xz", "rt") as lines:
        for line in islice(lines, 0, None, every):
            page = json.loads(line)
            if page.get("url"):
                yield from filter(None, (normalise(href, page["url"]) for _, href, *_ in page["links"]))


def test_false_alarms_on_real_links() -> None:
    """Of the addresses on real pages less than 1 in 1,000 is refused, all for their length; some are suspect."""
    if not (DATA / "labels" / "wcxb_dev.jsonl.xz").exists():
        pytest.skip(f"no real pages: set {VARIABLE}")
    urls = set(real_urls(every=4))
    assert len(urls) > 20_000
    refused = Counter(reason for url in urls if (reason := refusal(url, LIMITS)))
    suspect = Counter(reason for url in urls if (reason := suspicion(url)))
    assert refused.total() < len(urls) / 1_000, refused
    assert suspect.total() < len(urls) / 50, suspect
    assert set(refused) <= {"long_url"}, refused
