"""What is to be remembered of each link of a page, read by html5lib: anchor, rel, place, and what the page says of all.

The rules are those of ``docs/records.md``, written a second time; only regions that a page declares can be told that
way, what is judged is left to the crawler. Links in ``<noscript>`` are left out: nothing is ever changed there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple
from xml.etree.ElementTree import Element

import html5lib

from tests.real_input.addresses import host_of, resolve, site_of

_HTML = "{http://www.w3.org/1999/xhtml}"
_PAID_OR_UNVOUCHED = frozenset({"nofollow", "ugc", "sponsored"})
_LANDMARKS = {"header": "header", "footer": "footer", "nav": "nav", "aside": "aside", "search": "nav"}
_ROLES = {"banner": "header", "contentinfo": "footer", "navigation": "nav", "search": "nav", "complementary": "aside"}
_SECTIONS = frozenset({"article", "main", "section"})
_COMMENT_WORDS = frozenset({"comment", "comments", "commentlist", "disqus", "respond"})
_NOT_HERE = frozenset({"has", "no"})
_NOT_THESE = frozenset({"open", "closed", "enabled", "disabled"})
_LEFT_OUT = frozenset({"noscript", "template", "script", "style"})


class State(NamedTuple):
    """What is remembered of a link; the names of the fields are those of the records."""

    anchor: str
    rel: tuple[str, ...]
    follow: bool
    nofollow_cause: str | None
    region: str | None
    """``None``: the page does not declare it."""
    link_type: str
    hidden: str | None


@dataclass(frozen=True, slots=True)
class _Place:
    region: str | None = None
    in_section: bool = False
    hidden: str | None = None


def read_states(
    body: bytes, url: str, charset: str = "", page_nofollow: str | None = None
) -> Mapping[str, tuple[State, ...]]:
    """Return target → the states of its occurrences in ``<a>``, for links to other sites, in document order.

    :param page_nofollow: ``header``, if it says that no link of the page is to be followed.
    """
    parser = html5lib.HTMLParser()
    tree: Element = parser.parse(body, scripting=True, transport_encoding=charset or None, useChardet=False)
    encoding = str(parser.documentEncoding)
    site = site_of(host_of(url))
    cause = "meta" if _says_nofollow(tree) else page_nofollow
    base = next((b.get("href") or "" for b in tree.iter(f"{_HTML}base") if b.get("href") is not None), "")
    base = resolve(base, url, encoding) or url
    found: dict[str, tuple[State, ...]] = {}
    for anchor, place in _anchors(tree):
        target = resolve(anchor.get("href", ""), base, encoding)
        if target is not None and site_of(host_of(target)) != site:
            found[target] = (*found.get(target, ()), _state(anchor, place, cause))
    return found


def _anchors(tree: Element) -> Iterator[tuple[Element, _Place]]:
    waiting = [(tree, _Place())]
    while waiting:
        element, around = waiting.pop()
        if not isinstance(element.tag, str) or _name(element) in _LEFT_OUT:
            continue
        place = _inside(around, element)
        if _name(element) == "a" and element.get("href") is not None:
            yield element, place
        waiting += [(child, place) for child in reversed(element)]


def _name(element: Element) -> str:
    return element.tag.removeprefix(_HTML)


def _inside(around: _Place, element: Element) -> _Place:
    name, role = _name(element), element.get("role") or ""
    place = replace(around, hidden=around.hidden or _hidden(element))
    if around.region in {None, "nav"}:
        names = f"{element.get('id') or ''} {element.get('class') or ''}".lower().replace("_", "-").split()
        if name not in {"html", "body"} and any(map(_names_comments, names)):
            place = replace(place, region="comment")
        elif not (around.in_section and name in {"header", "footer"} and role not in _ROLES):
            place = replace(place, region=_ROLES.get(role) or _LANDMARKS.get(name) or around.region)
    return replace(place, in_section=around.in_section or name in _SECTIONS or role in {"main", "article"})


def _names_comments(name: str) -> bool:
    """ "comment-list" holds comments; "no-comments" and "comments-closed" only speak of them."""
    words = ["", *name.split("-"), ""]
    return any(
        word in _COMMENT_WORDS and before not in _NOT_HERE and not (word == "comments" and after in _NOT_THESE)
        for before, word, after in zip(words, words[1:], words[2:], strict=False)
    )


def _hidden(element: Element) -> str | None:
    if element.get("hidden") is not None:
        return "attribute"
    if (element.get("aria-hidden") or "").lower() == "true":
        return "aria"
    style = "".join((element.get("style") or "").lower().split())
    return "style" if "display:none" in style or "visibility:hidden" in style else None


def _state(element: Element, place: _Place, page_nofollow: str | None) -> State:
    rel = tuple((element.get("rel") or "").lower().split())
    unvouched = bool(_PAID_OR_UNVOUCHED & set(rel))
    anchor = " ".join("".join(element.itertext()).split())[:512]
    image = element.find(f".//{_HTML}img")
    if not anchor and image is not None:
        anchor = " ".join((image.get("alt") or "").split())[:512]
    return State(
        anchor=anchor,
        rel=rel,
        follow=not unvouched and page_nofollow is None,
        nofollow_cause="rel" if unvouched else page_nofollow,
        region=place.region,
        link_type="image" if image is not None and not "".join(element.itertext()).strip() else "text",
        hidden=place.hidden,
    )


def _says_nofollow(tree: Element) -> bool:
    metas = (meta for meta in tree.iter(f"{_HTML}meta") if (meta.get("name") or "").lower() == "robots")
    return any({"nofollow", "none"} & set((meta.get("content") or "").lower().split(",")) for meta in metas)
