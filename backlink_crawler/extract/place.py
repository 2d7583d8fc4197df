"""Where on the page an element stands, from the landmarks around it.

Landmark elements and roles (WAI-ARIA 1.2 §5.3.4) decide: the outermost of header, footer and aside, ``nav`` only
outside those, and a ``header`` or ``footer`` inside an article or the main part belongs to it (HTML §4.3.8). Comments
are recognised by name, because HTML has no element for them.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

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
_OWNERS = frozenset({"article", "main", "section"})
_COMMENTS = re.compile(r"(?:^|[\s_-])(?:comments?|commentlist|disqus[\w-]*|respond)(?:$|[\s_-])", re.IGNORECASE)


class Placement(NamedTuple):
    """What the elements around a link say about it."""

    region: Region
    content_score: float | None = None


_State = tuple[Placement, bool]
"""A place, and whether it is inside an article, section or main part, whose own header and footer are content."""
_ROOT: _State = (Placement("content"), False)


def place_links(document: Document, elements: Sequence[Element]) -> list[Placement]:
    """Return the place of each element, each ancestor judged once however many of them it holds."""
    known: dict[Element, _State] = {}
    return [_state_of(element, known)[0] for element in elements]


def _state_of(element: Element, known: dict[Element, _State]) -> _State:
    chain: list[Element] = []
    node: object = element
    state = _ROOT
    while isinstance(node, Element):
        found = known.get(node)
        if found is not None:
            state = found
            break
        chain.append(node)
        parent = node.parent
        # What a shadow root holds stands where its host stands.
        template = parent.parent if isinstance(parent, DocumentFragment) else None
        node = template.parent if isinstance(template, Element) else parent
    for inner in reversed(chain):
        state = known[inner] = _inside(state, inner)
    return state


def _inside(outer: _State, element: Element) -> _State:
    place, owned = outer
    tag, role = element.tag, element.attr("role")
    owns = owned or tag in _OWNERS or role in {"main", "article"}
    region = _region(place.region, owned, element, tag, role)
    return outer if (region, owns) == (place.region, owned) else (Placement(region), owns)


def _region(outer: Region, owned: bool, element: Element, tag: str, role: str | None) -> Region:
    if outer not in {"content", "nav"}:
        return outer
    if tag not in {"html", "body"}:
        names = f"{element.attr('id') or ''} {element.attr('class') or ''}"
        if len(names) > 1 and _COMMENTS.search(names):
            return "comment"
    own = _ROLES.get(role or "") or _ELEMENTS.get(tag)
    if own is None or (owned and tag in {"header", "footer"}):
        return outer
    return own
