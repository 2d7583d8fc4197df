"""The links of a page as html5lib sees them: an independent witness against the renderer."""

import gzip
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

import html5lib

from tests.web.plan import PagePlan, PlannedLink


class SeenLink(NamedTuple):
    """A link by what both sides know; empty or ``None`` where the plan does not say."""

    element: str
    href: str
    anchor: str = ""
    rel: tuple[str, ...] = ()
    region: str | None = None


_ANCHORED = ("a", "img", "area")


def planned_links(page: PagePlan) -> list[SeenLink]:
    """Return the links of the plan, sorted."""
    return sorted((_planned(link, page.landmarks) for link in page.links), key=repr)


def _planned(link: PlannedLink, landmarks: bool) -> SeenLink:
    element = "a" if link.element == "noscript" else link.element
    if element not in _ANCHORED:
        return SeenLink(element, link.href)
    region = link.region if landmarks else None
    return SeenLink(element, link.href, link.anchor, tuple(link.rel.lower().split()), region)


def parsed_links(page: PagePlan, body: bytes) -> list[SeenLink]:
    """Return the links in the bytes of a page, sorted; its Content-Type or the bytes themselves say the charset."""
    charset = page.content_type.lower().partition("charset=")[2].strip('"')
    declared = {"transport_encoding": charset} if charset else {}
    plain = gzip.decompress(body) if page.gzip else body
    tree: Element = html5lib.parse(plain, namespaceHTMLElements=False, **declared)
    return sorted(_walk(tree, None, page.landmarks), key=repr)


def _walk(element: Element, region: str | None, landmarks: bool) -> Iterator[SeenLink]:
    name = element.tag
    if name == "template":
        return
    region = _region(element, region)
    link = _anchored(element, region if landmarks else None) or _bare(element)
    if link:
        yield link
    for child in element:
        if isinstance(child.tag, str):
            yield from _walk(child, region, landmarks)


def _region(element: Element, around: str | None) -> str | None:
    """The outermost of header, footer, aside and comments; nav and main where there is none."""
    if around not in (None, "nav", "content"):
        return around
    if element.tag in ("header", "footer", "aside"):
        return element.tag
    if element.get("class") == "comments":
        return "comment"
    return around or {"nav": "nav", "main": "content"}.get(element.tag)


def _anchored(element: Element, region: str | None) -> SeenLink | None:
    href = element.get("href")
    if element.tag not in ("a", "area") or href is None:
        return None
    rel = tuple(element.get("rel", "").lower().split())
    image = element.find("img")
    if image is not None:
        return SeenLink("img", href, image.get("alt", ""), rel, region)
    text = " ".join("".join(element.itertext()).split())
    named = next(filter(None, map(element.get, ("alt", "title", "aria-label"))), "")
    return SeenLink(element.tag, href, text or named, rel, region)


def _bare(element: Element) -> SeenLink | None:
    if element.tag in ("iframe", "form"):
        return SeenLink(element.tag, element.get("src" if element.tag == "iframe" else "action", ""))
    if element.tag == "link" and element.get("rel") in ("canonical", "alternate"):
        return SeenLink(element.get("rel", ""), element.get("href", ""))
    return None
