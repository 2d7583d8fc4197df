"""Verdicts on placed links, from what the index knows; and lists of them, as people keep them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.placed_links import ListError, PlacedLink, RelWish, Target, parse, read_list
from backlink_crawler.verification import COLUMNS, Evidence, Judgement, Reason, Verdict, judge, same_page

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE, TARGET = "https://blog.com/post", "https://shop.com/tools"
MOVED = "https://www.blog.com/new-post"

Document = dict[str, Any]


def page(url: str = SOURCE, **facts: Any) -> Document:
    return {"url": url, "outcome": "ok", "http_status": 200, "last_visited": NOON, **facts}


def link(url: str = TARGET, **facts: Any) -> Document:
    return {
        "target_url": url,
        "anchor": "Garden tools",
        "rel": [],
        "follow": True,
        "nofollow_cause": None,
        "region": "content",
        "hidden": None,
        "ordinal": 3,
        "status": "live",
        **facts,
    }


def row(**agreed: Any) -> PlacedLink:
    return PlacedLink(**{"cells": {}, "source": SOURCE, "target": Target("shop.com", TARGET), **agreed})


def seen(*links: Document, end: Document | None = None, **facts: Any) -> Evidence:
    """A source page with these facts and links; ``end``: where it redirects."""
    if end is None:
        shown = page(**facts)
        return Evidence(shown, shown, links)
    facts = {"outcome": "redirect", "http_status": 301, "final_url": end["url"], "chain_end": "answered", **facts}
    return Evidence(page(**facts), end, links)


NOFOLLOW: Document = {"rel": ["nofollow", "noopener"], "follow": False, "nofollow_cause": "rel"}
LOST: Document = {"status": "lost", "lost_at": NOON}

ROWS: list[tuple[PlacedLink, Evidence, Verdict, Reason, str, str]] = [
    (row(), seen(link()), "ok", "ok", "", "as agreed"),
    (row(anchor="garden TOOLS"), seen(link()), "ok", "ok", "", "case is no difference"),
    (row(target=Target("shop.com")), seen(link("https://shop.com/other")), "ok", "ok", "", "any page of the site"),
    (row(), seen(link("http://www.shop.com/tools/")), "ok", "ok", "", "the same page to people"),
    (row(), Evidence(page(), page(), [link("https://shop.com/old")], {"https://shop.com/old": TARGET}), "ok", "ok", "",
     "leads there by a redirect"),
    (row(), seen(link(), end=page(MOVED)), "ok", "ok", "", "the page has moved, with its link"),
    (row(rel=RelWish(frozenset({"nofollow"}))), seen(link(**NOFOLLOW)), "ok", "ok", "", "nofollow as agreed"),
    (row(rel=RelWish(None)), seen(link(**NOFOLLOW)), "ok", "ok", "", "whatever it says"),
    (row(anchor="Rakes"), seen(link(), link(anchor="rakes", ordinal=9)), "ok", "ok", "", "the better one of two"),
    (row(), seen(link(), canonical_url="http://blog.com/post/", indexable_cause="canonical"), "ok", "ok", "",
     "a canonical that is the page itself"),
    (row(), seen(), "fail", "link_missing", "", "not there"),
    (row(), seen(link(**LOST, lost_reason="removed_from_html")), "fail", "link_missing", "was there until 2026-03-01",
     "not any more"),
    (row(), seen(link("https://shop.com/other")), "fail", "other_target", "", "another page of the site"),
    (row(anchor="Rakes"), seen(link()), "fail", "anchor_differs", "", "another text"),
    (row(), seen(link(**NOFOLLOW)), "fail", "nofollow", "rel: nofollow noopener", "by its rel"),
    (row(), seen(link(follow=False, nofollow_cause="header")), "fail", "nofollow", "the page's header", "by the page"),
    (row(), seen(link(rel=["sponsored"], follow=False, nofollow_cause="rel")), "fail", "nofollow", "rel: sponsored",
     "sponsored is not followed"),
    (row(rel=RelWish(frozenset({"sponsored"}))), seen(link(**NOFOLLOW)), "fail", "rel_differs", "", "another one"),
    (row(rel=RelWish(frozenset({"nofollow"}))), seen(link()), "fail", "rel_differs", "", "followed instead"),
    (row(rel=RelWish(others=frozenset({"author"}))), seen(link()), "fail", "rel_differs", "", "a token is missing"),
    (row(), seen(link(hidden="style")), "fail", "hidden", "style", "nobody sees it"),
    (row(), seen(link(**LOST, lost_reason="page_noindex"), indexable_cause="meta"), "fail", "page_noindex", "meta",
     "there, on a page that no one finds"),
    (row(), seen(link(), indexable_cause="canonical", canonical_url="https://blog.com/a"), "fail",
     "page_not_canonical", "https://blog.com/a", "there, on a copy"),
    (row(), seen(outcome="http_error", http_status=404), "fail", "page_gone", "HTTP 404", "the page is gone"),
    (row(), seen(end=page(MOVED, outcome="http_error", http_status=410)), "fail", "page_gone", "HTTP 410",
     "it leads to one that is"),
    (row(), seen(soft_404=True), "fail", "page_gone", "says so with HTTP 200", "it says so"),
    (row(), seen(end=page("https://blog.com/")), "fail", "page_redirected", "", "elsewhere, without the link"),
    (row(), seen(end=page(MOVED), chain_end="loop"), "fail", "page_redirected", "redirects without end", "nowhere"),
    (row(), seen(outcome="redirect", redirect_to=None), "fail", "page_redirected", "to no web address", "to mailto:"),
    (row(), seen(outcome="not_html", content_type="application/pdf"), "fail", "page_not_html", "application/pdf",
     "a file now"),
    (PlacedLink({}, problem="no source"), Evidence(), "unknown", "bad_row", "no source", "nonsense"),
    (row(), Evidence(), "unknown", "not_visited", "not reached in this run", "interrupted"),
    (row(), Evidence(page(outcome="redirect", final_url=MOVED)), "unknown", "not_visited",
     "its redirect was not followed", "interrupted on the way"),
    (row(), seen(outcome="blocked_by_robots", reason="disallowed"), "unknown", "blocked_by_robots", "disallowed",
     "we may not look"),
    (row(), seen(outcome="blocked_by_robots", reason="robots_unreachable"), "unknown", "unreachable",
     "robots_unreachable", "we must not look now"),
    (row(), seen(outcome="challenge", reason="login"), "unknown", "challenge", "login", "not for us"),
    (row(), seen(outcome="http_error", http_status=403), "unknown", "unreachable", "HTTP 403", "refused"),
    (row(), seen(outcome="http_error", http_status=503), "unknown", "unreachable", "HTTP 503", "in trouble"),
    (row(), seen(outcome="network_error", reason="dns"), "unknown", "unreachable", "dns", "no answer"),
    (row(), seen(outcome="too_large", reason="body"), "unknown", "unreachable", "body", "not read"),
    (row(), seen(wall="consent"), "unknown", "page_behind_wall", "consent", "we saw the wall"),
    (row(), seen(link(), wall="consent"), "ok", "ok", "", "a wall that shows the link does not matter"),
    (row(), seen(needs_rendering=True), "unknown", "needs_rendering", "its content is made by scripts", "an app"),
    (row(), seen(truncated=True), "unknown", "page_truncated", "more links than are recorded", "a huge list"),
]  # fmt: skip


@pytest.mark.parametrize(("agreed", "evidence", "verdict", "reason", "detail", "why"), ROWS, ids=[r[5] for r in ROWS])
def test_verdicts(
    agreed: PlacedLink, evidence: Evidence, verdict: Verdict, reason: Reason, detail: str, why: str
) -> None:
    """What was agreed beside what was seen; what could not be seen is never a failure."""
    told = judge(agreed, evidence)
    assert (told.verdict, told.reason, told.detail) == (verdict, reason, detail)
    assert list(told.problems[:1]) == ([] if verdict == "ok" else [reason])
    assert len(told.cells()) == len(COLUMNS)


def test_all_problems_are_told() -> None:
    """The reason is the worst of them."""
    told = judge(row(anchor="Rakes"), seen(link(hidden="style", **NOFOLLOW), indexable_cause="meta"))
    assert told.problems == ["page_noindex", "hidden", "nofollow", "anchor_differs"]


def test_what_was_seen_is_told() -> None:
    """The link that was found, the page that was judged, and where it went."""
    told = judge(row(), seen(link(**NOFOLLOW), end=page(MOVED)))
    assert dict(zip(COLUMNS, told.cells(), strict=True)) == {
        "verdict": "fail",
        "reason": "nofollow",
        "problems": "nofollow",
        "detail": "rel: nofollow noopener",
        "found_target": TARGET,
        "found_anchor": "Garden tools",
        "found_rel": "nofollow noopener",
        "follow": "no",
        "region": "content",
        "http_status": "200",
        "last_visited": "2026-03-01T12:00:00Z",
        "final_url": MOVED,
    }
    nothing = dict(zip(COLUMNS, Judgement("unknown", "not_visited").cells(), strict=True))
    assert set(nothing.values()) == {"unknown", "not_visited", ""}


@given(
    scheme=st.sampled_from(["http", "https"]),
    www=st.sampled_from(["", "www."]),
    slash=st.sampled_from(["", "/"]),
    path=st.sampled_from(["", "/a", "/a/b.html"]),
)
def test_the_same_page_to_people(scheme: str, www: str, slash: str, path: str) -> None:
    """Scheme, www. and a closing slash make no difference; another path or query does."""
    url = f"{scheme}://{www}a.com{path}{slash}"
    assert same_page(url, f"https://a.com{path}")
    assert not same_page(url, f"https://a.com{path}x")
    assert not same_page(url, f"https://a.com{path}?p=1")


def rows_of(text: str, target: str | None = None) -> list[PlacedLink]:
    return list(parse(text, target).rows)


AGREED = PlacedLink({}, SOURCE, Target("shop.com", TARGET), "Garden tools", RelWish())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"source,target,anchor\n{SOURCE},{TARGET},Garden tools\n", "CSV"),
        (f"Source\tTARGET\tAnchor\n{SOURCE}\t{TARGET}\t Garden  tools\n", "TSV, spaces and case"),
        (f"anchor;source;target\nGarden tools;{SOURCE};{TARGET}\n", "semicolons, another order"),
        (f'source_url,target_url,anchor\n"{SOURCE}","{TARGET}","Garden tools"\n', "quoted, names of our exports"),
        (f"\n\nsource,target,anchor\n\n{SOURCE},{TARGET},Garden tools\n , ,\n\n", "empty lines"),
        ("source,target,anchor\r\nblog.com/post,shop.com/tools,Garden tools\r\n", "addresses as people write them"),
    ],
)
def test_tables(text: str, why: str) -> None:
    """The header names the columns, whatever separates them."""
    (found,) = rows_of(text)
    assert (found.source, found.target, found.anchor, found.rel, found.problem) == (
        AGREED.source,
        AGREED.target,
        AGREED.anchor,
        AGREED.rel,
        None,
    )


def test_plain_lists() -> None:
    """One URL a line, all with the target that is given."""
    found = rows_of(f"{SOURCE}\n\nblog.com/2?a=1,2\n", "www.shop.com")
    assert [one.source for one in found] == [SOURCE, "https://blog.com/2?a=1,2"]
    assert {one.target for one in found} == {Target("shop.com")}


def test_other_columns_stay() -> None:
    """They are passed through with their cells, also of rows that are too short."""
    links = parse(f"vendor,source,target,price\nAnn,{SOURCE},{TARGET},10 €\nBob,{SOURCE}\n", "shop.com")
    assert links.columns == ["vendor", "source", "target", "price"]
    assert [dict(one.cells) for one in links.rows] == [
        {"vendor": "Ann", "source": SOURCE, "target": TARGET, "price": "10 €"},
        {"vendor": "Bob", "source": SOURCE, "target": "", "price": ""},
    ]
    assert [one.target for one in links.rows] == [Target("shop.com", TARGET), Target("shop.com")]


@pytest.mark.parametrize(
    ("cell", "wish"),
    [
        ("", RelWish()),
        ("dofollow", RelWish()),
        ("nofollow", RelWish(frozenset({"nofollow"}))),
        ("NoFollow, sponsored", RelWish(frozenset({"nofollow", "sponsored"}))),
        ("follow noopener", RelWish(others=frozenset({"noopener"}))),
        ("any", RelWish(None)),
    ],
)
def test_what_is_agreed_of_rel(cell: str, wish: RelWish) -> None:
    """Nothing said means followed."""
    (found,) = rows_of(f'source,target,rel\n{SOURCE},{TARGET},"{cell}"\n')
    assert found.rel == wish


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (f",{TARGET},", "no source"),
        (f"ftp://blog.com/,{TARGET},", "source 'ftp://blog.com/' is no web address"),
        (f"blog,{TARGET},", "source 'blog' is no web address"),
        (f"{SOURCE},,", "no target"),
        (f"{SOURCE},co.uk,", "target: 'co.uk' is a public suffix, under which others register sites"),
        (f"{SOURCE},https://:80/,", "target 'https://:80/' is no web address"),
        (f"{SOURCE},https://www.blog.com/x,", "source and target are of one site"),
        (f"{SOURCE},{TARGET},follow nofollow", "rel 'follow nofollow' is both follow and not"),
        (f"{SOURCE},{TARGET},,more", "4 cells under 3 columns"),
        (f'"{"x" * 200_000}",{TARGET},', "unreadable: field larger than field limit (131072)"),
    ],
)
def test_a_bad_row_says_what_is_wrong(line: str, problem: str) -> None:
    """And stands in its place between the good ones."""
    good = f"{SOURCE},{TARGET},"
    found = rows_of(f"source,target,rel\n{good}\n{line}\n{good}\n")
    assert [one.problem is None for one in found] == [True, False, True]
    assert str(found[1].problem).startswith(problem)


@pytest.mark.parametrize(
    ("content", "target", "said"),
    [
        (b"source,target\n", None, "has no rows"),
        (b"", "shop.com", "has no rows"),
        (b"https://blog.com/post\n", None, "needs --target"),
        (b"source,vendor\nblog.com,Ann\n", None, "Add a column 'target' or say --target"),
        (b"source,target,source\n", None, "names 'source' twice"),
        (b"source\n\xff\xfe", "shop.com", "is not UTF-8 text"),
        (b"blog.com/x\n", "co.uk", "'co.uk' is a public suffix"),
    ],
)
def test_lists_that_cannot_be_used(tmp_path: Path, content: bytes, target: str | None, said: str) -> None:
    """One line for people."""
    place = tmp_path / "links.csv"
    place.write_bytes(content)
    with pytest.raises(ListError, match=said):
        read_list(place, target)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_of_spreadsheets(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with and without a mark, and the UTF-16 of "Unicode text"."""
    place = tmp_path / "links.tsv"
    place.write_text(f"source\ttarget\tanchor\n{SOURCE}\t{TARGET}\tGärten\n", encoding)
    (found,) = read_list(place).rows
    assert found.anchor == "Gärten"


@given(st.text(), st.none() | st.just("shop.com"))
def test_no_text_is_too_strange(text: str, target: str | None) -> None:
    """Whatever the list holds, its rows are understood or say why not."""
    try:
        found = rows_of(text, target)
    except ListError:
        return
    for one in found:
        assert one.problem or (one.source and one.target.site)
