"""The links of pages as independent parsers see them: html5lib, which takes the HTML Standard step by step, and Lexbor.

Both get the text that extraction decoded, so that only trees are compared. What extraction leaves out on purpose is
left out here as well: the content of templates that declare no shadow root.

``python -m tests.benchmarks.extract.agreement`` compares all real pages with both. A link that Lexbor sees otherwise is
explained when html5lib sees what extraction sees.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element

import html5lib
from selectolax.lexbor import LexborHTMLParser

from backlink_crawler.extract import extract_page
from tests.benchmarks.extract.real_pages import ABSENT, RealPage, present, real_pages

_XHTML = "{http://www.w3.org/1999/xhtml}"
_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_SHADOW_ROOTS = frozenset({"open", "closed"})

Hrefs = Counter[str]
"""The addresses of ``a`` and ``area`` as written, each with how often it stands there."""


def extracted_hrefs(body: bytes, url: str, content_type: str = "") -> Hrefs:
    """Return what extraction finds."""
    links = extract_page(body, url, content_type).links
    return Counter(link.href for link in links if link.link_type in {"text", "image"})


def html5lib_hrefs(text: str) -> Hrefs:
    """Return what html5lib finds.

    The page is read as by a browser that runs scripts, so what stands in ``<noscript>`` cannot break the rest; then the
    content of each ``<noscript>`` is read as well.
    """
    return Counter(_hrefs(html5lib.parse(text, scripting=True)))


def _hrefs(tree: Element) -> Iterator[str]:
    waiting = [(tree, False)]
    while waiting:
        element, in_noscript = waiting.pop()
        if not isinstance(element.tag, str):
            continue  # a comment
        if element.tag == f"{_XHTML}template" and (element.get("shadowrootmode") or "").lower() not in _SHADOW_ROOTS:
            continue
        href = _href(element)
        if href is not None:
            yield href
        if element.tag == f"{_XHTML}noscript" and not in_noscript:
            waiting += [(child, True) for child in html5lib.parseFragment("".join(element.itertext()))]
        else:
            waiting += [(child, in_noscript) for child in element]


def _href(element: Element) -> str | None:
    name = element.tag.rpartition("}")[2]
    if name != "a" and element.tag != f"{_XHTML}area":
        return None
    href = element.get("href")
    return element.get(_XLINK) if href is None and element.tag == f"{_SVG}a" else href


def lexbor_hrefs(text: str) -> Hrefs:
    """Return what Lexbor finds, which reads ``noscript`` as a browser without scripts does."""
    found: Hrefs = Counter()
    for node in LexborHTMLParser(text).css("a, area"):
        attributes = node.attributes
        if "href" in attributes:
            found[attributes["href"] or ""] += 1
        elif node.tag == "a" and attributes.get("xlink:href"):
            found[attributes["xlink:href"] or ""] += 1
    return found


class Compared(NamedTuple):
    """How one page compares."""

    page: RealPage
    links: int
    lexbor: Hrefs
    """Links that only one of extraction and Lexbor sees."""
    html5lib: Hrefs | None
    """Links that only one of extraction and html5lib sees; ``None``: not asked."""


def compare(page: RealPage, *, ask: bool) -> Compared:
    """Compare one page; html5lib is asked when told to, or when Lexbor differs."""
    ours = extracted_hrefs(page.body, page.url)
    text = _decoded(page)
    differing = _difference(ours, lexbor_hrefs(text))
    by_standard = _difference(ours, html5lib_hrefs(text)) if ask or differing else None
    return Compared(page, sum(ours.values()), differing, by_standard)


def _decoded(page: RealPage) -> str:
    charset = extract_page(page.body, page.url).charset or "windows-1252"
    try:
        return page.body.decode(charset, "replace")
    except LookupError:
        return page.body.decode("windows-1252", "replace")


def _difference(one: Hrefs, other: Hrefs) -> Hrefs:
    return (one - other) + (other - one)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 1 when a difference has no explanation."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.extract.agreement", description=__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every n-th page")
    parser.add_argument(
        "--ask", type=int, default=1, metavar="N", help="ask html5lib about every n-th page, and where Lexbor differs"
    )
    options = parser.parse_args(arguments)
    if not present():
        print(ABSENT, file=sys.stderr)
        return 2
    pages = links = asked = asked_links = unexplained = lexbor = 0
    for number, page in enumerate(real_pages(options.every)):
        compared = compare(page, ask=number % options.ask == 0)
        pages, links = pages + 1, links + compared.links
        lexbor += sum(compared.lexbor.values())
        if compared.html5lib is not None:
            asked, asked_links = asked + 1, asked_links + compared.links
            unexplained += sum(compared.html5lib.values())
        if compared.lexbor or compared.html5lib:
            print(
                f"{page.name} {page.url}\n  Lexbor {dict(compared.lexbor)}\n  html5lib {dict(compared.html5lib or {})}"
            )
    print(f"{links:,} links of {pages:,} pages: Lexbor sees {lexbor} otherwise;")
    print(f"{asked_links:,} of {asked:,} pages asked of html5lib, which sees {unexplained} otherwise")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
