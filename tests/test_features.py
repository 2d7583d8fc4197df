"""From raw links to records: one per target, the most prominent occurrence, the follow verdict with its cause."""

import pytest

from backlink_crawler.extract import extract_page
from backlink_crawler.features import build_links
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
