"""Hostile pages: any bytes give a page, the same each time, in bounded time and memory."""

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.extract import extract_page
from backlink_crawler.features import build_links
from backlink_crawler.records import MAX_ANCHOR, MAX_CONTEXT, MAX_XPATH, Page

URL = "https://a.test/dir/page"
MANY = 100_000

HOSTILE = [
    (b"<div>" * MANY + b"<a href=x>t</a>", 1, "100,000 elements inside one another"),
    (b"<b>" * MANY + b"<a href=x>t</a>", 1, "100,000 elements inside one another, inline"),
    (b"<a href=x>t</a>" * MANY, MANY, "100,000 links"),
    (b"<a href=//b.test/x>t </a>" * MANY, MANY, "100,000 links to another site in one line"),
    (b"<svg>" + b"<a href=x>t</a>" * MANY, MANY, "100,000 links in one drawing"),
    (b"".join(b"<p><a href=//s%d.test/>t</a>" % n for n in range(30_000)), 30_000, "30,000 sites"),
    (b"<div><a href=//b.test/x>t</a>" * 20_000, 20_000, "links at every depth"),
    (b"<h2></h2><a href=x>t</a>" * 20_000, 20_000, "20,000 empty headings"),
    (b"<h2>" + b"<b>x</b>" * 50_000 + b"<a href=x>t</a>" * 10, 10, "a heading without end"),
    (b"<a href='" + b"x" * 10_000_000 + b"'>t</a>", 1, "10 MB in one attribute"),
    (b"<a href=x style='" + b"x:" * 5_000_000 + b"'>t</a>", 1, "10 MB in one style"),
    (b"<a href=x rel='" + b"x " * 1_000_000 + b"'>t</a>", 1, "a million tokens"),
    (b"<a href=x>" + b"w " * 5_000_000 + b"</a>", 1, "10 MB in one anchor"),
    (b"<a href=x>" + b"w\n" * 5_000_000 + b"</a>", 1, "10 MB in one anchor, in lines"),
    (b"<p>" + b" " * 10_000_000 + b"<a href=x>t</a>", 1, "10 MB of blanks"),
    (b"<title>" + b"404 " * 1_000_000 + b"</title><a href=x>t</a>", 1, "a title of megabytes"),
    (b"<meta name=robots content='" + b"none," * 1_000_000 + b"'>", 0, "a million directives"),
    (b"<script type=application/ld+json>" + b"[" * 200_000 + b"</script><a href=x>t</a>", 1, "JSON without end"),
    (b"<table><tr><td>" * 20_000 + b"<a href=x>t</a>", 1, "tables in tables"),
    (b"<template>" * 50_000 + b"<a href=x>t</a>", 0, "templates in templates"),
    (b"<a href=x><p>" * 2_000, 2_001, "unclosed everything"),
    (b"<" * 1_000_000, 0, "tags that never begin"),
    (b"<a href=x" * 10_000, 0, "tags that never close"),
    (b"\0" * 1_000_000, 0, "NUL bytes"),
    (b"<\0a\0 href=x>\0t</a\0>", 0, "NUL bytes in tags"),
    (b"\xff\xfe<\0a\0 \0h", 0, "UTF-16 that breaks off"),
    (b"\xfe\xff\xd8\x00<a href=x>", 0, "half a surrogate"),
    (b"\xff\xfe" + "<a href=x>\ud800t</a>".encode("utf-16-le", "surrogatepass"), 1, "a lone surrogate"),
]


@pytest.mark.parametrize(("body", "links", "reason"), HOSTILE, ids=[reason for *_, reason in HOSTILE])
def test_hostile_pages(body: bytes, links: int, reason: str) -> None:
    """Hostile bytes give the links they hold, in linear time and bounded text."""
    began = time.process_time()
    page = extract_page(body, URL, "text/html")
    records = build_links(Page(URL, "a.test", "a.test", "ok"), page.links, internal_too=True)
    assert time.process_time() - began < 10
    assert len(page.links) == links, reason
    assert sum(link.weight or 0 for link in records) == pytest.approx(float(bool(records)))
    for link in page.links[:: max(len(page.links) // 100, 1)]:
        assert len(link.anchor) <= MAX_ANCHOR
        assert len(link.xpath) <= MAX_XPATH
        assert max(len(link.text_before), len(link.text_after)) <= MAX_CONTEXT


def test_memory_follows_the_page() -> None:
    """Words of a huge text are counted without being kept."""
    tracemalloc.start()
    extract_page(b"<a href=x>" + b"w\n" * 2_500_000 + b"</a>", URL)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000_000


@given(
    st.binary(max_size=400)
    | st.text(alphabet="<>/=\"' ahrefbsdivxpulmetnco:.#&;%?\n\0\ud7ff", max_size=300).map(str.encode)
    | st.lists(
        st.sampled_from(
            (
                *("<a href=//b.test/>", "</a>", "<p>", "</p>", "<base href=//c.test>", "<svg>", "</svg>", "<template>"),
                *("<noscript>", "</noscript>", "<iframe>", "<table>", "<meta name=robots content=none>", "<style>"),
                *(
                    "</style>",
                    "<h1>",
                    "<li>",
                    "text",
                    "<img alt=x>",
                    "&#x41;",
                    "<!--",
                    "-->",
                    "<form action=x>",
                    "<select>",
                ),
                *(
                    "<template shadowrootmode=open>",
                    "<title>404",
                    "<math>",
                    "<script type=application/ld+json>{",
                    "</script>",
                ),
            )
        ),
        max_size=30,
    ).map(lambda parts: " ".join(parts).encode()),
    st.sampled_from(["", "text/html; charset=utf-16", "text/html; charset=nonsense", 'text/html; charset="Shift_JIS"']),
    st.sampled_from([URL, "not an address", "http://a.test:8080/", ""]),
)
def test_never_raises(body: bytes, content_type: str, url: str) -> None:
    """Any bytes under any address give a page, the same each time."""
    page = extract_page(body, url, content_type)
    assert extract_page(body, url, content_type) == page
    assert [link.ordinal for link in page.links] == list(range(len(page.links)))


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_headers(name: str, value: str) -> None:
    """Headers are what strangers write, too."""
    headers = {"x-robots-tag": [name, value], "refresh": value, "link": name, "cf-mitigated": value}
    extract_page(b"<a href=x>t</a>", URL, value, headers)
