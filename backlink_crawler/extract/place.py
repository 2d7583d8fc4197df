"""Where on the page an element stands, from the elements around it.

The region comes from landmark elements and roles (WAI-ARIA 1.2 §5.3.4): the outermost of header, footer and aside
decides, ``nav`` only outside those, and a ``header`` or ``footer`` inside an article or the main part belongs to it
(HTML §4.3.8). Comments are recognised by name, because HTML has no element for them.
"""

import re
from dataclasses import dataclass

from turbohtml import Document, DocumentFragment, Element

from backlink_crawler.records import Region

_ROLES: dict[str, Region] = {
    "banner": "header",
    "contentinfo": "footer",
    "navigation": "nav",
    "complementary": "aside",
    "search": "nav",
}
_ELEMENTS: dict[str, Region] = {"header": "header", "footer": "footer", "nav": "nav", "aside": "aside"}
_SHADOW_ROOTS = frozenset({"open", "closed"})
_OWNERS = frozenset({"article", "main", "section"})
_COMMENTS = re.compile(r"(?:^|[\s_-])(?:comments?|commentlist|disqus[\w-]*|respond)(?:$|[\s_-])", re.IGNORECASE)
_INVISIBLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """What the ancestors of a link say about it."""

    region: Region = "content"
    owned: bool = False
    """Inside an article, section or main part, whose own header and footer are content."""
    hidden: str | None = None
    rendered: bool = True
    """False inside ``<template>``, whose content hangs in a fragment of its own, outside the document. A template
    that declares a shadow root is different: browsers render it in the place of its host's content."""
    depth: int = 0


_ROOT = Place()
_DETACHED = Place(rendered=False)


class Places:
    """Places of a document's elements, each ancestor judged once however many links it holds."""

    def __init__(self) -> None:
        self._known: dict[Element, Place] = {}

    def of(self, element: Element) -> Place:
        """Return the place of ``element``, its own attributes included."""
        chain: list[Element] = []
        place = _ROOT
        node: object = element
        while isinstance(node, Element):
            known = self._known.get(node)
            if known is not None:
                place = known
                break
            chain.append(node)
            node = _around(node)
        else:
            place = _ROOT if isinstance(node, Document) else _DETACHED
        for inner in reversed(chain):
            place = _inside(place, inner)
            self._known[inner] = place
        return place


def _around(element: Element) -> object:
    """Return what ``element`` stands in: its parent, or the host of the shadow root that it is the top of."""
    parent = element.parent
    template = parent.parent if isinstance(parent, DocumentFragment) else None
    if isinstance(template, Element) and (template.attr("shadowrootmode") or "").lower() in _SHADOW_ROOTS:
        return template.parent
    return parent


def _inside(outer: Place, element: Element) -> Place:
    tag = element.tag
    return Place(
        region=_region(outer, element, tag),
        owned=outer.owned or tag in _OWNERS or element.attr("role") in {"main", "article"},
        hidden=outer.hidden or _hidden(element, tag),
        rendered=outer.rendered,
        depth=outer.depth + 1,
    )


def _region(outer: Place, element: Element, tag: str) -> Region:
    if outer.region not in {"content", "nav"}:
        return outer.region
    if tag not in {"html", "body"} and _COMMENTS.search(f"{element.attr('id') or ''} {element.attr('class') or ''}"):
        return "comment"
    own = _ROLES.get(element.attr("role") or "") or _ELEMENTS.get(tag)
    if own is None or (outer.owned and tag in {"header", "footer"}):
        return outer.region
    return own


def _hidden(element: Element, tag: str) -> str | None:
    if tag == "noscript":
        return "noscript"
    if element.attr("hidden") is not None:
        return "attribute"
    if (element.attr("aria-hidden") or "").lower() == "true":
        return "aria"
    return "style" if _INVISIBLE.search(element.attr("style") or "") else None
