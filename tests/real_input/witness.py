"""The links of a page as html5lib sees them, which follows the HTML Standard step by step; lxml is asked in doubt.

A page is read as by a browser that runs scripts, so what stands in ``<noscript>`` cannot break the rest; then the
content of each ``<noscript>`` is read as well. Shadow roots that a page declares are part of it, other templates not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple
from xml.etree.ElementTree import Element

import html5lib
import lxml.html

from tests.real_input.addresses import resolve

Kind = Literal["a", "area", "iframe", "frame", "form", "canonical", "alternate", "redirect"]
"""The element that makes the link; ``redirect`` for Location and meta refresh."""

_HTML = "{http://www.w3.org/1999/xhtml}"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_ATTRIBUTES = {"a": "href", "area": "href", "iframe": "src", "frame": "src", "form": "action", "link": "href"}
_SHADOW_ROOTS = frozenset({"open", "closed"})
_KINDS: dict[str, Kind] = {"a": "a", "area": "area", "iframe": "iframe", "frame": "frame", "form": "form"}
_SPACE = r"[\t\n\f\r ]*"
_REFRESH = re.compile(  # HTML §4.2.5.3, shared declarative refresh steps
    rf"{_SPACE}(?:\d+|(?=\.))[\d.]*(?:{_SPACE}[;,]|[\t\n\f\r ]){_SPACE}(?:url{_SPACE}={_SPACE})?"
    r"(?:'(?P<single>[^']*)|\"(?P<double>[^\"]*)|(?P<bare>.*))",
    re.IGNORECASE | re.DOTALL,
)


class SeenLink(NamedTuple):
    """One linking element that leads to a web address."""

    kind: Kind
    target: str
    """Without fragment and credentials."""


@dataclass(frozen=True, slots=True)
class SeenDocument:
    """What stands in one page."""

    links: tuple[SeenLink, ...]
    nofollow: bool
    """``<meta name="robots">`` says that the page leads nowhere."""


def read_document(body: bytes, url: str, charset: str = "") -> SeenDocument:
    """Return what html5lib finds in a page.

    :param charset: of the Content-Type header, if it has one.
    """
    parser = html5lib.HTMLParser()
    tree: Element = parser.parse(body, scripting=True, transport_encoding=charset or None, useChardet=False)
    elements = list(_walk(tree))
    encoding = str(parser.documentEncoding)
    base = _base(elements, url, encoding)
    found = (_link(element, base, encoding) for element, _ in elements)
    links = [link for link in found if link is not None]
    target = next(filter(None, (_refresh(e, base, encoding) for e, in_noscript in elements if not in_noscript)), None)
    if target is not None:
        links.append(SeenLink("redirect", target))
    return SeenDocument(tuple(links), any(_says_nofollow(element) for element, _ in elements))


def lxml_targets(body: bytes, url: str, charset: str = "") -> frozenset[str]:
    """Return the targets of ``<a>`` and ``<area>`` that libxml2 finds, whose repairs are its own."""
    stream = html5lib.HTMLParser()
    stream.parse(body[:4096], transport_encoding=charset or None, useChardet=False)
    encoding = str(stream.documentEncoding)
    text = body.decode(encoding, "replace").encode("utf-8", "replace")
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    tree = lxml.html.document_fromstring(text or b"<p>", parser=parser)
    hrefs = tree.xpath("//base/@href")
    base = (resolve(str(hrefs[0]), url, encoding) if hrefs else None) or url
    targets = (resolve(str(href), base, encoding) for href in tree.xpath("//a/@href | //area/@href"))
    return frozenset(target for target in targets if target is not None)


def _walk(tree: Element) -> Iterator[tuple[Element, bool]]:
    """Yield every element of the page in document order, and whether it stands in ``<noscript>``."""
    waiting = [(tree, False)]
    while waiting:
        element, in_noscript = waiting.pop()
        if not isinstance(element.tag, str):
            continue  # a comment
        if element.tag == f"{_HTML}template" and (element.get("shadowrootmode") or "").lower() not in _SHADOW_ROOTS:
            continue
        yield element, in_noscript
        if element.tag == f"{_HTML}noscript" and not in_noscript:
            content = html5lib.parseFragment("".join(element.itertext()))
            waiting += [(child, True) for child in reversed(content)]
        else:
            waiting += [(child, in_noscript) for child in reversed(element)]


def _base(elements: list[tuple[Element, bool]], url: str, encoding: str) -> str:
    hrefs = (e.get("href") for e, _ in elements if e.tag == f"{_HTML}base")
    href = next((href for href in hrefs if href is not None), None)
    return (resolve(href, url, encoding) if href is not None else None) or url


def _link(element: Element, base: str, encoding: str) -> SeenLink | None:
    name = element.tag.rpartition("}")[2]
    if name not in _ATTRIBUTES or (name != "a" and not element.tag.startswith(_HTML)):
        return None
    href = element.get(_ATTRIBUTES[name])
    if href is None and name == "a":
        href = element.get(_XLINK)
    kind = _kind_of_link(element) if name == "link" else _KINDS[name]
    target = resolve(href, base, encoding) if href is not None and kind is not None else None
    return SeenLink(kind, target) if kind is not None and target is not None else None


def _kind_of_link(element: Element) -> Kind | None:
    rel = (element.get("rel") or "").lower().split()
    if "canonical" in rel:
        return "canonical"
    return "alternate" if "alternate" in rel and "stylesheet" not in rel else None


def _refresh(element: Element, base: str, encoding: str) -> str | None:
    if element.tag != f"{_HTML}meta" or (element.get("http-equiv") or "").lower() != "refresh":
        return None
    match = _REFRESH.match(element.get("content") or "")
    href = next((group for group in match.groups() if group is not None), "") if match else ""
    return resolve(href, base, encoding) if href else None


def _says_nofollow(element: Element) -> bool:
    if element.tag != f"{_HTML}meta" or (element.get("name") or "").strip().lower() != "robots":
        return False
    tokens = {token.strip() for token in (element.get("content") or "").lower().split(",")}
    return bool(tokens & {"nofollow", "none"})
