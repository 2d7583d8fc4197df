"""Ways to read the links of a page: what each gives beyond addresses, and how."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import lxml.html
import parsel
import turbohtml
from scrapy.http import HtmlResponse
from scrapy.linkextractors import LinkExtractor
from selectolax.lexbor import LexborHTMLParser

from backlink_crawler.extract import extract_page
from backlink_crawler.features import build_links
from backlink_crawler.records import Page
from backlink_crawler.urls import host_of, normalise, site_of

Reader = Callable[[bytes, str], int]
"""(body, URL) → number of links found."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to read links."""

    gives: str
    read: Reader


_scrapy = LinkExtractor(unique=False)


def _link_extractor(body: bytes, url: str) -> int:
    return len(_scrapy.extract_links(HtmlResponse(url, body=body, encoding="utf-8")))


def _parsel(body: bytes, url: str) -> int:
    selector = parsel.Selector(body=body, encoding="utf-8")
    return len(
        [(a.attrib["href"], "".join(a.css("::text").getall()), a.attrib.get("rel")) for a in selector.css("a[href]")]
    )


def _lxml(body: bytes, url: str) -> int:
    tree = lxml.html.document_fromstring(body.decode("utf-8", "replace"))
    tree.make_links_absolute(url, handle_failures="ignore")
    return len([(a.get("href"), a.text_content(), a.get("rel")) for a in tree.iter("a") if a.get("href") is not None])


def _lexbor(body: bytes, url: str) -> int:
    found = []
    for node in LexborHTMLParser(body).css("a[href]"):
        href = node.attributes["href"]
        found.append((normalise(href or "", url), node.text(), node.attributes.get("rel")))
    return len(found)


def _turbohtml(body: bytes, url: str) -> int:
    document = turbohtml.parse(body, positions=False)
    return len([(a.attr("href"), a.text, a.attr("rel")) for a in document.iter_elements("a")])


def _ours(*, describe_internal: bool) -> Reader:
    def read(body: bytes, url: str) -> int:
        extracted = extract_page(body, url, "text/html; charset=utf-8", describe_internal=describe_internal)
        host = host_of(url)
        build_links(Page(url, host, site_of(host), "ok"), extracted.links, internal_too=describe_internal)
        return len(extracted.links)

    return read


CANDIDATES: Mapping[str, Candidate] = {
    "scrapy LinkExtractor": Candidate("absolute address, anchor, nofollow", _link_extractor),
    "parsel": Candidate("href, anchor, rel", _parsel),
    "lxml": Candidate("absolute address, anchor, rel", _lxml),
    "selectolax (Lexbor)": Candidate("identity, anchor, rel", _lexbor),
    "turbohtml alone": Candidate("href, anchor, rel", _turbohtml),
    "ours, external records": Candidate(
        "every field of pages, and of links to other sites", _ours(describe_internal=False)
    ),
    "ours, all records": Candidate("every field of pages and of all links", _ours(describe_internal=True)),
}
