"""One page: its links and what it says of itself."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from turbohtml import Document

from backlink_crawler.extract.addresses import Addresses
from backlink_crawler.extract.decoding import parse
from backlink_crawler.extract.directives import Directives, read_directives
from backlink_crawler.extract.facts import author_of, language_of, page_type_of, published_of
from backlink_crawler.extract.links import links_of, redirect_link
from backlink_crawler.extract.placement.version import region_rules
from backlink_crawler.extract.placement_types import PageKind, place_types
from backlink_crawler.extract.platforms import platform_of
from backlink_crawler.extract.reading import Reading
from backlink_crawler.extract.refresh import refresh_target
from backlink_crawler.extract.rendering import APP_ROOTS, needs_rendering
from backlink_crawler.extract.soft_404 import says_not_found
from backlink_crawler.extract.structured import json_ld_items, meta_values
from backlink_crawler.extract.walls import Facts, challenged_by_header, wall_of
from backlink_crawler.records import RawLink, Wall
from backlink_crawler.urls import host_of, normalise, site_of

_MAX_TITLE = 512
_FEW_WORDS = 600
"""Walls and shells are looked for on pages with fewer words."""
_BEGINNING = 4_000
_LINK_HEADER = re.compile(r"<([^<>]*)>((?:\s*;[^,<]*)*)")

Headers = Mapping[str, Iterable[str] | str]
_NO_HEADERS: Headers = {}


@dataclass(slots=True)
class ExtractedPage:
    """What one page holds. Fields are told in docs/records.md."""

    url: str
    links: list[RawLink] = field(default_factory=list)
    """One per linking element in document order, whatever its scheme; then refreshes."""
    region_rules: str = field(default_factory=region_rules)
    title: str | None = None
    language: str | None = None
    charset: str | None = None
    canonical_url: str | None = None
    directives: Directives = field(default_factory=Directives)
    refresh_to: str | None = None
    """Where a meta refresh or a ``Refresh`` header leads, if anywhere else."""
    author: str | None = None
    published_at: datetime | None = None
    platform: str | None = None
    page_type: str | None = None
    word_count: int = 0
    needs_rendering: bool = False
    wall: Wall | None = None
    soft_404: bool = False
    """Says that there is no such page; meant for pages that were answered with 200."""


def extract_page(
    body: bytes,
    url: str,
    content_type: str = "",
    headers: Headers = _NO_HEADERS,
    *,
    at: datetime | None = None,
    describe_internal: bool = True,
) -> ExtractedPage:
    """Return the links and facts of an HTML page. Never raises, whatever the bytes.

    :param url: address the page was served under; relative references resolve against it and ``<base href>``.
    :param content_type: the header's value; its charset outranks the page's own ``<meta>`` (HTML §13.2.3.2).
    :param headers: other response headers by lower-case name; ``x-robots-tag``, ``refresh``, ``link`` and those by
        which challenges are recognised are read.
    :param at: when it was answered: directives and dates are compared with it.
    :param describe_internal: whether links within the site get the fields that only stored links need
        (``xpath``, ``block_words``, ``block_link_density``, ``text_before``, ``text_after``, ``placement_type`` and its
        reason).
    """
    document = parse(body, content_type)
    reading = Reading(document)
    here = normalise(url)
    base_href = reading.base.attr("href") if reading.base is not None else None
    base = normalise(base_href, url) if base_href is not None else None
    addresses = Addresses(base or url, document.encoding, base or here)
    described = (
        _anywhere
        if describe_internal or here is None
        else _leaving(site_of(host_of(here)), here[: here.index("/", 8) + 1])
    )
    page = ExtractedPage(url)
    page.links, described_links = links_of(reading, addresses, described)
    page.charset = document.encoding
    page.title = _title(reading)
    page.word_count = reading.words_seen
    _read_facts(page, document, reading, headers, at, here)
    _read_appearance(page, document, reading, body, headers, here)
    place_types(described_links, PageKind(page.page_type, page.title or "", here))
    _add_refreshes(page, reading, addresses, headers, here)
    return page


def _anywhere(url: str | None) -> bool:
    return True


def _leaving(site: str, inside: str) -> Callable[[str | None], bool]:
    known: dict[str, bool] = {}

    def leaves(url: str | None) -> bool:
        if url is None or url.startswith(inside):
            return False
        host = host_of(url)
        if host not in known:
            known[host] = site_of(host) != site
        return known[host]

    return leaves


def _read_facts(
    page: ExtractedPage, document: Document, reading: Reading, headers: Headers, at: datetime | None, here: str | None
) -> None:
    metas = meta_values(reading.metas)
    items = json_ld_items(reading.scripts)
    robots = [(name, content) for name, said in metas.items() for content in said]
    page.directives = read_directives(robots, _header(headers, "x-robots-tag"), at)
    page.language = language_of(document, metas)
    page.canonical_url = _canonical(page, headers)
    page.author = author_of(metas, items, page.links)
    page.published_at = published_of(document, metas, items, at)
    sheets = (link.element.attr("href") for link in reading.occurrences if link.tag == "link")
    scripts = (script.attr("src") for script in reading.scripts)
    page.platform = platform_of(metas.get("generator", ()), (*sheets, *scripts))
    page.page_type = page_type_of(f"/{here.split('/', 3)[3]}" if here else "", metas, items, page.platform)


def _read_appearance(
    page: ExtractedPage, document: Document, reading: Reading, body: bytes, headers: Headers, here: str | None
) -> None:
    """Say what only pages with few words can be: a shell, a wall, an error.

    Hidden words count here: programs unhide them, on a page that is there.
    """
    words = page.word_count
    if words <= _FEW_WORDS:
        words = reading.words
    if words > _FEW_WORDS:
        page.wall = "challenge" if challenged_by_header(headers) is not None else None
        return
    text = reading.text[:_BEGINNING].replace("\u2019", "'")
    links = sum(link.url is not None and link.link_type in {"text", "image"} for link in page.links)
    page.needs_rendering = needs_rendering(
        words=words,
        links=links,
        scripts=len(reading.scripts),
        has_app_root=document.select_one(APP_ROOTS) is not None,
        text=text,
    )
    facts = Facts(
        host=host_of(here) if here else "",
        path=f"/{here.split('/', 3)[3]}" if here else "",
        title=(page.title or "").replace("\u2019", "'"),
        text=text,
        words=words,
        links=links,
        password=document.select_one("input[type=password i]") is not None,
        needs_rendering=page.needs_rendering,
    )
    page.wall = wall_of(facts, body, headers)
    page.soft_404 = page.wall is None and says_not_found(
        facts.title, (reading.heading(0) or "").replace("\u2019", "'"), words
    )


def _title(reading: Reading) -> str | None:
    if reading.title is None:
        return None
    return " ".join(reading.title.text[: _MAX_TITLE * 8].split())[:_MAX_TITLE] or None


def _canonical(page: ExtractedPage, headers: Headers) -> str | None:
    """Return what the first ``link rel=canonical`` means, else a ``Link`` header (RFC 8288)."""
    for link in page.links:
        if link.link_type == "canonical" and link.href:
            return link.url
    for value in _header(headers, "link"):
        for match in _LINK_HEADER.finditer(value[:8_192]):
            if re.search(r"""\brel\s*=\s*["']?[^"';]*\bcanonical\b""", match[2], re.IGNORECASE):
                return normalise(match[1], page.url)
    return None


def _add_refreshes(
    page: ExtractedPage, reading: Reading, addresses: Addresses, headers: Headers, here: str | None
) -> None:
    """Add the links that refreshes make, the header's before the page's: the first one a browser meets wins."""
    metas = [
        element.attr("content") or ""
        for element in reading.metas
        if (element.attr("http-equiv") or "").strip().lower() == "refresh"
    ]
    bases = [*((content, page.url) for content in _header(headers, "refresh")), *((m, addresses.base) for m in metas)]
    for content, base in bases:
        href = refresh_target(content)
        if href is None:
            continue
        link = redirect_link(href, base, len(page.links))
        if link.url is not None and link.url != here:
            page.refresh_to = link.url
            page.links.append(link)
        return


def _header(headers: Headers, name: str) -> list[str]:
    value = headers.get(name, ())
    return [value] if isinstance(value, str) else list(value)
