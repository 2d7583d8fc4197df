"""Everything that a record takes over from a page is bounded: no page makes a record that is too large to store."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import pytest
from bson import encode
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import HtmlResponse
from scrapy.utils.test import get_crawler

from backlink_crawler.extract.rels import rel_tokens
from backlink_crawler.records import (
    MAX_ANCHOR,
    MAX_CONTEXT,
    MAX_REL,
    MAX_REL_TOKEN,
    MAX_URL,
    MAX_XPATH,
    Link,
    Page,
    Visit,
)
from backlink_crawler.spiders.observation import observe_response
from backlink_crawler.store.documents import MAX_RECORD
from pipelines.enrich import Enrich
from pipelines.normalise import Normalise

_HOST, _WORD, _HEADER = 253, 32, 4_096
BOUNDS: Mapping[str, int] = {
    **dict.fromkeys(
        ("url", "source_url", "target_url", "wrapped_url", "href", "redirect_to", "canonical_url"), MAX_URL
    ),
    **dict.fromkeys(("host", "site", "source_host", "source_site", "target_host", "target_site"), _HOST),
    **dict.fromkeys(("content_type", "etag", "last_modified"), _HEADER),
    **dict.fromkeys(("text_before", "text_after"), MAX_CONTEXT),
    "anchor": MAX_ANCHOR,
    "xpath": MAX_XPATH,
    "heading": 200,
    "title": 512,
    "author": 120,
    "language": 35,
    "placement_reason": 160,
}
"""Longest value of a field, in characters."""
WORDS = frozenset(
    {"scope", "link_type", "anchor_source", "nofollow_cause", "region", "hidden", "placement_type", "block_tag"}
    | {"outcome", "ip", "subnet", "reason", "charset", "platform", "page_type", "indexable_cause", "wall"}
    | {"region_rules", "crawl_id"}
)
"""Fields whose values are ours: a few words, addresses, the name that a crawl was given."""

URL = "https://a.test/" + "p" * 2_000
WIDE = "\U0001d51e"
"""A letter of four bytes."""
LONG = f"{WIDE * 300_000} " * 2
ADDRESS = "https://shop.test/" + WIDE.encode().hex("%").upper() * 300_000
PAGE = f"""<!DOCTYPE html><html lang="{LONG}"><head><meta charset=utf-8><title>{LONG}</title>
<meta name=author content="{LONG}"><meta name=generator content="{LONG}"><meta property="og:type" content="{LONG}">
<meta property="article:published_time" content="{LONG}"><link rel=canonical href="/{"c" * 2_000}"></head><body>
<h2>{LONG}</h2><p>{LONG}<a rel="{" ".join(map(str, range(50_000)))} nofollow {"x" * 100_000}" title="{LONG}"
href="https://www.google.com/url?q=https%3A%2F%2Fshop.test%2F{"t" * 1_900}">{LONG}</a>{LONG}
<h3>Sponsored {LONG}</h3><a href="//shop.test/2" aria-label="{LONG}"><img alt="{LONG}"></a>
<a href="//shop.test/3">anzeige {LONG}</a><a href="{ADDRESS}">x</a>
<x-{"y" * 100_000}><a href="//shop.test/4">x</a></x-{"y" * 100_000}></body></html>"""


@pytest.fixture(scope="module")
def visit() -> Visit:
    """What the pipelines make of a page on which everything is as long as can be."""
    long = "\N{LATIN SMALL LETTER SHARP S}".encode() * 20_000
    headers: dict[str, Any] = {"Content-Type": b"text/html; x=" + long, "ETag": long, "Last-Modified": long}
    seen = observe_response(HtmlResponse(URL, headers=headers, body=PAGE.encode()), datetime(2030, 1, 1, tzinfo=UTC))
    return asyncio.run(_through_the_pipelines(seen))


async def _through_the_pipelines(visit: Visit) -> Visit:
    crawler = get_crawler()
    return await Enrich.from_crawler(crawler).process_item(await Normalise.from_crawler(crawler).process_item(visit))


def test_every_field_is_bounded(visit: Visit) -> None:
    """Each text of a record has a bound, and a page that exceeds all of them yields records that keep them."""
    assert len(visit.links) == 4
    records: list[Page | Link] = [visit.page, *visit.links, *chain.from_iterable(visit.rivals.values())]
    for record in records:
        for each in fields(record):
            value = getattr(record, each.name)
            if isinstance(value, str):
                assert len(value) <= (_WORD if each.name in WORDS else BOUNDS[each.name]), each.name
        document = {each.name: getattr(record, each.name) for each in fields(record)}
        assert len(encode(document)) < MAX_RECORD // 2
    assert max(len(link.anchor) for link in visit.links) == MAX_ANCHOR
    assert (len(visit.page.title or ""), len(visit.page.etag or "")) == (512, _HEADER)


def test_every_text_has_a_bound() -> None:
    """A new field of a record must be put on one side."""
    texts = {each.name for each in (*fields(Page), *fields(Link)) if re.search(r"\bstr\b|Literal", str(each.type))}
    assert texts == {*BOUNDS, *WORDS, "rel"}


def test_a_verdict_beyond_the_bound_counts(visit: Visit) -> None:
    """What decides is kept, wherever in the attribute it stands."""
    link = next(link for link in visit.links if link.target_url.startswith("https://shop.test/t"))
    assert (link.nofollow, link.follow, link.nofollow_cause, len(link.rel)) == (True, False, "rel", MAX_REL)


MEANT = ("nofollow", "ugc", "sponsored", "author")
TOKENS = st.sampled_from([*MEANT, "NOFOLLOW", "noopener", "me", "x-nofollow", "nofollow-x", "x" * 100]) | st.integers(
    0, 60
).map(str)


@given(st.lists(TOKENS, max_size=80), st.sampled_from([" ", ",", ", ", "\n", "\t "]))
def test_rel_is_bounded(tokens: list[str], separator: str) -> None:
    """The first tokens stay, in their order, and every verdict is that of the whole attribute."""
    found = rel_tokens(separator.join(tokens))
    whole = [token.lower() for token in tokens]
    assert len(found) <= MAX_REL
    assert all(len(token) <= MAX_REL_TOKEN for token in found)
    assert {token for token in found if token in MEANT} == {token for token in whole if token in MEANT}
    cut = [token[:MAX_REL_TOKEN] for token in whole]
    if len(whole) <= MAX_REL:
        assert found == tuple(cut)
    else:
        places = [cut.index(token) for token in found]
        assert places == sorted(set(places))
        assert len(found) == MAX_REL or set(cut[:MAX_REL]) <= set(found)
