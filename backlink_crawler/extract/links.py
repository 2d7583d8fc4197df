"""Every linking element of a document, in document order, as it stands there."""

from collections.abc import Iterator

from turbohtml import Document, Element

from backlink_crawler.extract.place import Place, Places
from backlink_crawler.extract.queries import in_page_encoding
from backlink_crawler.records import MAX_ANCHOR, MAX_XPATH, AnchorSource, LinkType, RawLink
from backlink_crawler.urls import normalise

_LINKING = ("a", "area", "iframe", "frame", "form", "link")
_HREF_ATTRIBUTE = {"iframe": "src", "frame": "src", "form": "action"}
_TYPES: dict[str, LinkType] = {"iframe": "frame", "frame": "frame", "form": "form"}
_DEEPEST_XPATH = MAX_XPATH // 2
"""A step takes two characters at least: deeper paths can't fit, and would take quadratic time to write."""


def links_of(document: Document, base: str) -> Iterator[RawLink]:
    """Yield one link per linking element, whatever its scheme.

    :param base: what relative references resolve against.
    """
    places = Places()
    ordinal = 0
    for element in document.iter_elements(_LINKING):
        href = _href(element)
        if href is None:
            continue
        link_type = _link_type(element)
        place = places.of(element)
        if link_type is None or not place.rendered:
            continue
        url = normalise(in_page_encoding(href, document.encoding), base)
        yield _raw_link(element, href, url, link_type, place, ordinal)
        ordinal += 1


def redirect_link(href: str, base: str, ordinal: int) -> RawLink:
    """Return the link that a redirect (HTTP or meta refresh) makes."""
    return RawLink(href, normalise(href, base), "", "none", (), "redirect", "content", "", ordinal)


def rel_tokens(element: Element) -> tuple[str, ...]:
    """Return the tokens of ``rel``, lower case, in their order (HTML §4.6.7)."""
    return tuple((element.attr("rel") or "").lower().split())


def _href(element: Element) -> str | None:
    href = element.attr(_HREF_ATTRIBUTE.get(element.tag, "href"))
    if href is None and element.tag == "a":
        return element.attr("xlink:href")
    return href


def _link_type(element: Element) -> LinkType | None:
    tag = element.tag
    if tag == "link":
        return _head_link_type(rel_tokens(element))
    return _TYPES.get(tag, "text")


def _head_link_type(rel: tuple[str, ...]) -> LinkType | None:
    if "canonical" in rel:
        return "canonical"
    # Another style sheet of the page is a resource, not a page (HTML §4.6.7.1).
    return "alternate" if "alternate" in rel and "stylesheet" not in rel else None


def _raw_link(element: Element, href: str, url: str | None, link_type: LinkType, place: Place, ordinal: int) -> RawLink:
    anchor, source, is_image = _anchor(element)
    return RawLink(
        href=href,
        url=url,
        anchor=anchor,
        anchor_source=source,
        rel=rel_tokens(element),
        link_type="image" if is_image and link_type == "text" else link_type,
        region=place.region,
        xpath=element.xpath_path()[:MAX_XPATH] if place.depth <= _DEEPEST_XPATH else "",
        ordinal=ordinal,
        hidden=place.hidden,
    )


def _anchor(element: Element) -> tuple[str, AnchorSource, bool]:
    """Return the anchor, where it comes from, and whether an image stands in for the text."""
    text = _folded(element.text)
    if text:
        return text, "text", False
    image = element if element.tag == "area" else element.find("img")
    alt = _folded(image.attr("alt") or "") if image is not None else ""
    if alt:
        return alt, "alt", True
    titled: tuple[tuple[AnchorSource, str], ...] = (("title", "title"), ("aria", "aria-label"))
    for source, attribute in titled:
        value = _folded(element.attr(attribute) or "")
        if value:
            return value, source, image is not None
    return "", "none", image is not None


def _folded(text: str) -> str:
    # Cut before folding as well: an anchor of megabytes must not be split into words first.
    return " ".join(text[: MAX_ANCHOR * 8].split())[:MAX_ANCHOR]
