"""One page: its links and what it says of itself."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import turbohtml
from turbohtml import Document

from backlink_crawler.extract.directives import Directives, read_directives
from backlink_crawler.extract.links import links_of, redirect_link, rel_tokens
from backlink_crawler.extract.queries import in_page_encoding
from backlink_crawler.records import RawLink
from backlink_crawler.urls import normalise

_MAX_TITLE = 512
_END_OF_NOSCRIPT = re.compile(rb"</noscript", re.IGNORECASE)


@dataclass(slots=True)
class ExtractedPage:
    """What one page holds."""

    url: str
    links: list[RawLink] = field(default_factory=list)
    """One per linking element in document order, whatever its scheme."""
    title: str | None = None
    language: str | None = None
    """``lang`` of the root element, lower case (BCP 47)."""
    charset: str | None = None
    canonical_url: str | None = None
    directives: Directives = field(default_factory=Directives)
    refresh_to: str | None = None
    """Where a meta refresh leads, if anywhere else."""


def extract_page(
    body: bytes,
    url: str,
    content_type: str = "",
    headers: Mapping[str, Iterable[str] | str] = {},
) -> ExtractedPage:
    """Return the links and facts of an HTML page. Never raises, whatever the bytes.

    :param url: address the page was served under; relative references resolve against it and ``<base href>``.
    :param content_type: the header's value; its charset outranks the page's own ``<meta>`` (HTML §13.2.3.2).
    :param headers: other response headers by lower-case name; ``x-robots-tag`` is read.
    """
    document = _parse(body, content_type)
    base = normalise(_base_href(document), url) or url
    page = ExtractedPage(url)
    page.links = list(links_of(document, base))
    page.charset = document.encoding
    page.title = _title(document)
    page.language = _language(document)
    page.canonical_url = _canonical(document, base)
    page.directives = read_directives(_metas(document), _header(headers, "x-robots-tag"))
    refresh = document.meta_refresh(base)
    if refresh is not None:
        link = redirect_link(refresh[1], base, len(page.links))
        if link.url is not None and link.url != normalise(url):
            page.refresh_to = link.url
            page.links.append(link)
    return page


def _parse(body: bytes, content_type: str) -> Document:
    charset = _charset(content_type)
    document = _tree(body, charset)
    if any("</noscript" in element.text.lower() for element in document.iter_elements("noscript")):
        # ``<noscript><iframe></noscript>`` swallows the rest of the page. Browsers that run scripts see it, because
        # they read the content of noscript as text; with every frame in it closed, so do we.
        return _tree(_END_OF_NOSCRIPT.sub(rb"</iframe></style></noscript", body), charset)
    return document


def _tree(body: bytes, charset: str | None) -> Document:
    try:
        # Shadow roots stay templates: attached to their hosts they would be out of reach of iter_elements (see place).
        return turbohtml.parse(body, encoding=charset, positions=False, allow_declarative_shadow_roots=False)
    except LookupError:  # a label no browser knows: go on as if the header had not named one
        return turbohtml.parse(body, positions=False, allow_declarative_shadow_roots=False)


def _charset(content_type: str) -> str | None:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'") or None
    return None


def _base_href(document: Document) -> str:
    for element in document.iter_elements("base"):
        href = element.attr("href")
        if href is not None:
            return href
    return ""


def _title(document: Document) -> str | None:
    element = document.find("title")
    title = " ".join(element.text[: _MAX_TITLE * 8].split())[:_MAX_TITLE] if element is not None else ""
    return title or None


def _language(document: Document) -> str | None:
    root = document.root
    return ((root.attr("lang") or "").strip().lower()[:35] or None) if root is not None else None


def _canonical(document: Document, base: str) -> str | None:
    for element in document.iter_elements("link"):
        href = element.attr("href")
        if href and "canonical" in rel_tokens(element):
            return normalise(in_page_encoding(href, document.encoding), base)
    return None


def _metas(document: Document) -> list[tuple[str, str]]:
    found = []
    for element in document.iter_elements("meta"):
        name, content = element.attr("name"), element.attr("content")
        if name and content:
            found.append((name, content))
    return found


def _header(headers: Mapping[str, Iterable[str] | str], name: str) -> list[str]:
    value = headers.get(name, ())
    return [value] if isinstance(value, str) else list(value)
