"""The same element with another target: a link that is gone and a fresh one that took its place."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from backlink_crawler.records import Link

_Name = tuple[str, str]


def retargeted(gone: Iterable[Mapping[str, Any]], fresh: Sequence[Link], present: Iterable[Link]) -> dict[bytes, Link]:
    """Return link id of a gone link → the fresh one that stands in its place.

    The same element is one of the same type and anchor at the same xpath; or, where the page around it moved, the only
    one of its anchor, with the same text beside it or the same target site. An element without an anchor has nothing
    but its xpath.

    An xpath is that of the day on which the link was last written. In a list of which every entry says *read more*, the
    newest entry stands where one stood that is long gone: among equal anchors the text beside must be the same, too.

    :param gone: documents of the links that are gone.
    :param present: all links of the page as it is now, the fresh ones among them.
    """
    lost = list(gone)
    names = Counter(_name_of(link) for link in present)
    pairs = _by_place(lost, fresh, names)
    taken = {link.target_url for link in pairs.values()}
    rest = [document for document in lost if document["_id"] not in pairs]
    return pairs | _by_name(rest, [link for link in fresh if link.target_url not in taken], names)


def _by_place(lost: Iterable[Mapping[str, Any]], fresh: Iterable[Link], names: Counter[_Name]) -> dict[bytes, Link]:
    places = {(_name_of(link), link.xpath): link for link in fresh if link.xpath}
    pairs: dict[bytes, Link] = {}
    for document in lost:
        name = _name(document)
        heir = places.get((name, document["xpath"]))
        if heir is not None and (names[name] == 1 or _same_beside(document, heir)):
            pairs[document["_id"]] = places.pop((name, document["xpath"]))
    return pairs


def _by_name(lost: Sequence[Mapping[str, Any]], fresh: Iterable[Link], names: Counter[_Name]) -> dict[bytes, Link]:
    named = Counter(_name(document) for document in lost)
    heirs = {_name_of(link): link for link in fresh if link.anchor}
    pairs: dict[bytes, Link] = {}
    for document in lost:
        name = _name(document)
        heir = heirs.get(name)
        if heir is None or not named[name] == names[name] == 1:
            continue
        if document["target_site"] == heir.target_site or _same_beside(document, heir):
            pairs[document["_id"]] = heir
    return pairs


def _name(document: Mapping[str, Any]) -> _Name:
    return document["anchor"], document["link_type"]


def _name_of(link: Link) -> _Name:
    return link.anchor, link.link_type


def _same_beside(document: Mapping[str, Any], link: Link) -> bool:
    beside = (document.get("text_before") or "", document.get("text_after") or "")
    return any(beside) and beside == (link.text_before, link.text_after)
