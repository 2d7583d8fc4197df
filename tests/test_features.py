"""From raw links to records: one per target, the most prominent occurrence, the follow verdict with its cause."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.extract import extract_page
from backlink_crawler.features import build_links, raw_weight
from backlink_crawler.records import Link, Page

URL = "https://blog.a.test/post"


def links(html: str, *, nofollow_cause: str | None = None, internal_too: bool = False) -> tuple[Page, list[Link]]:
    page = Page(URL, "blog.a.test", "a.test", "ok", nofollow=nofollow_cause is not None, nofollow_cause=nofollow_cause)
    raw = extract_page(html.encode(), URL, "text/html; charset=utf-8").links
    return page, build_links(page, raw, internal_too=internal_too)


@pytest.mark.parametrize(
    ("rel", "page_cause", "follow", "cause"),
    [
        ("", None, True, None),
        ("noopener noreferrer", None, True, None),
        ("nofollow", None, False, "rel"),
        ("UGC", None, False, "rel"),
        ("sponsored", None, False, "rel"),
        ("", "meta", False, "meta"),
        ("", "header", False, "header"),
        ("nofollow", "meta", False, "rel"),
    ],
)
def test_follow_verdict(rel: str, page_cause: str | None, follow: bool, cause: str | None) -> None:
    """A link is followed unless it or its page says otherwise, and the cause is told."""
    _, (link,) = links(f"<a href=https://b.test/ rel='{rel}'>b</a>", nofollow_cause=page_cause)
    assert (link.follow, link.nofollow_cause) == (follow, cause)


@pytest.mark.parametrize(
    ("html", "anchor", "reason"),
    [
        ("<footer><a href=//b.test>foot</a></footer><main><a href=//b.test>main</a></main>", "main", "content first"),
        (
            "<p hidden><a href=//b.test>hidden</a></p><footer><a href=//b.test>seen</a></footer>",
            "seen",
            "visible first",
        ),
        ("<a href=//b.test>one</a><a href=//b.test>two</a>", "one", "document order at last"),
        ("<link rel=alternate href=//b.test><a href=//b.test>click</a>", "click", "what one can click"),
    ],
)
def test_most_prominent_occurrence(html: str, anchor: str, reason: str) -> None:
    """A target linked twice is one record with the features of the better place."""
    _, (link,) = links(html)
    assert (link.anchor, link.occurrences) == (anchor, 2), reason


def test_counts_and_scopes() -> None:
    """Targets are counted by scope; only external ones are recorded unless asked for."""
    html = (
        "<a href=/other>i</a><a href=#top>self</a><a href=https://www.a.test/>s</a>"
        "<a href=https://b.test/1>e</a><a href=https://b.test/2>e</a><a href=https://x.b.test/>e</a>"
        "<a href=mailto:m@b.test>m</a>"
    )
    page, recorded = links(html)
    assert (page.links_internal, page.links_external, page.sites_linked) == (2, 3, 1)
    assert {link.scope for link in recorded} == {"external"}
    _, everything = links(html, internal_too=True)
    assert sorted(link.scope for link in everything) == ["external"] * 3 + ["internal", "subdomain"]


def test_redirectors_are_unwrapped() -> None:
    """A link through a redirector is a link to what it wraps, one record with direct links to the same page."""
    page, recorded = links(
        "<a href='/out?u=https%3A%2F%2Fb.test%2Fx'>wrapped</a><a href=https://c.test/>c</a>"
        "<a href='https://www.google.com/url?q=https%3A%2F%2Fblog.a.test%2Fpost'>self</a>"
    )
    assert [(link.target_url, link.target_site, link.scope, link.wrapped_url) for link in recorded] == [
        ("https://b.test/x", "b.test", "external", "https://blog.a.test/out?u=https%3A%2F%2Fb.test%2Fx"),
        ("https://c.test/", "c.test", "external", None),
    ]
    assert (page.links_external, page.links_internal, page.sites_linked) == (2, 0, 2)
    assert recorded[0].href == "/out?u=https%3A%2F%2Fb.test%2Fx"


@pytest.mark.parametrize(
    ("better", "worse", "reason"),
    [
        ("<main><a href=/x>t</a></main>", "<footer><a href=/x>t</a></footer>", "content before footer"),
        ("<nav><a href=/x>t</a></nav>", "<footer><a href=/x>t</a></footer>", "navigation before footer"),
        ("<a href=/x>t</a><p>some text", "<p>some text<a href=/x>t</a>", "early before late"),
        ("<a href=/x>t</a>", "<a href=/x></a>", "an anchor before none"),
        ("<a href=/x>t</a>", "<a href=/x><img alt=t></a>", "text before image"),
        ("<a href=/x>t</a>", "<a href=/x aria-hidden=true>t</a>", "for all before for some"),
        ("<a href=/x aria-hidden=true>t</a>", "<a href=/x hidden>t</a>", "for some before for none"),
        ("<a href=/x>t</a>", "<form action=/x>t</form>", "a link before a form"),
        ("<form action=/x>t</form>", "<link rel=alternate href=/x>", "what one can follow"),
    ],
)
def test_weight_of_a_place(better: str, worse: str, reason: str) -> None:
    """A reader is likelier to follow the better place."""
    weights = [raw_weight(extract_page(html.encode(), URL).links[0]) for html in (better, worse)]
    assert weights[0] > weights[1], reason


def test_a_twice_linked_target_weighs_its_places_together() -> None:
    """Weight is the chance to reach the target from the page, wherever one clicks."""
    _, (twice, once) = links("<a href=//b.test>t</a><a href=//c.test>t</a><a href=//b.test>t</a>")
    assert twice.weight == pytest.approx(2 * (once.weight or 0), rel=0.3)


def test_nofollow_does_not_change_the_weight() -> None:
    """rel speaks to crawlers; readers don't see it."""
    _, (plain, denied) = links("<a href=//b.test>t</a><a href=//c.test rel=nofollow>t</a><p>text to the end of it")
    assert denied.weight == pytest.approx(plain.weight, rel=0.1)


_PARTS = (
    *("<nav>", "</nav>", "<footer>", "</footer>", "<p>", "text", "<a~>t</a>", "<a~></a>", "<a~rel=nofollow>t</a>"),
    *("<link~rel=canonical>", "<form~></form>"),
)


@given(st.lists(st.sampled_from(_PARTS), max_size=30))
def test_weights_of_a_page_make_one(parts: list[str]) -> None:
    """All targets of a page share its vote, internal ones included; more of the same place weighs no less."""
    html = " ".join(part.replace("~", f" href=/{n} action=/{n} ") for n, part in enumerate(parts))
    _, everything = links(html, internal_too=True)
    assert all((link.weight or 0) >= 0 for link in everything)
    assert not everything or sum(link.weight or 0 for link in everything) == pytest.approx(1)
    assert all(a.ordinal != b.ordinal for a, b in pairwise(everything))


def test_every_field_of_an_element_reaches_its_record() -> None:
    """What extraction reads of the chosen occurrence stands in the record."""
    html = (
        "<main><h2>Head</h2><ul><li>Of spades and forks there is much to be said on a long evening, and "
        "<a href=//b.test rel='me'>they say</a> it.</ul></main>"
    )
    raw = extract_page(html.encode(), URL).links[0]
    _, (link,) = links(html)
    shared = [name for name in type(raw).__slots__ if name != "url"]
    assert [getattr(link, name) for name in shared] == [getattr(raw, name) for name in shared]
    assert link.text_before.endswith("a long evening, and")
