"""What a link is called: its text, or what stands in for it."""

from backlink_crawler.extract.occurrences import Occurrence
from backlink_crawler.records import MAX_ANCHOR, AnchorSource

_LOOKED_AT = 8 * MAX_ANCHOR
"""An anchor of megabytes must not be split into words."""


def stand_in_of(link: Occurrence) -> tuple[str, AnchorSource]:
    """Return what a link without text is called and where that comes from: the image's ``alt``, ``title``,
    ``aria-label``, or nothing.

    The order follows what a reader sees, not the accessible name (accname 1.2), which would take ``aria-label`` first.
    """
    element, image = link.element, link.image
    alt = link.alt or (element.attr("alt") if link.tag == "area" else None)
    if alt:
        anchor = folded(alt)
        if anchor:
            return anchor, "alt"
    title = element.attr("title") or (image.attr("title") if image is not None else None)
    if title:
        anchor = folded(title)
        if anchor:
            return anchor, "title"
    label = element.attr("aria-label")
    anchor = folded(label) if label else ""
    return (anchor, "aria") if anchor else ("", "none")


def folded(text: str) -> str:
    """Return ``text`` with white space folded, at most 512 characters."""
    return " ".join(text[:_LOOKED_AT].split())[:MAX_ANCHOR]
