"""Every linking element of a page, in document order, as it stands there."""

from collections.abc import Callable

from turbohtml import Document, Namespace

from backlink_crawler.extract.addresses import Addresses
from backlink_crawler.extract.anchors import anchor_of
from backlink_crawler.extract.context import Lines, words_after, words_before
from backlink_crawler.extract.placement import Placement, place_links
from backlink_crawler.extract.placement_types import disclosed
from backlink_crawler.extract.reading import Occurrence, Reading
from backlink_crawler.extract.rels import rel_tokens
from backlink_crawler.extract.xpaths import Paths
from backlink_crawler.records import LinkType, RawLink
from backlink_crawler.urls import normalise

_NEAR = 40
"""Characters beside a link, in its line, within which a word of disclosure is about it."""
_HREF_ATTRIBUTE = {"iframe": "src", "frame": "src", "form": "action"}
_TYPES: dict[str, LinkType] = {"iframe": "frame", "frame": "frame", "form": "form"}


def links_of(
    document: Document, reading: Reading, addresses: Addresses, described: Callable[[str | None], bool]
) -> list[RawLink]:
    """Return one link per linking element that has an address, whatever its scheme.

    :param described: whether all fields of a link to that URL are wanted; without it, its path and what tells of its
        line and of the words around stay as they are by default.
    """
    found: list[tuple[Occurrence, str, LinkType]] = []
    places: list[tuple[int, int]] = []
    for link, place in zip(reading.occurrences, reading.places, strict=True):
        href = link.element.attr("href") if link.tag == "a" and not link.scope.foreign else _href(link)
        if href is None:
            continue
        kind: LinkType | None = "text" if link.tag == "a" else _link_type(link)
        if kind is not None:
            found.append((link, href, kind))
            places.append(place)
    placements = place_links(document, [link.element for link, _, _ in found])
    write = _Writer(reading, addresses, places)
    links = []
    for ordinal, (link, href, kind) in enumerate(found):
        raw = write.link(link, href, kind, ordinal, placements[ordinal])
        if link.tag == "link":
            raw.offset = raw.block_tag = raw.in_list = None  # it stands in no text
            raw.xpath = write.paths.of(link)
        elif described(raw.url):
            write.describe(raw)
            raw.xpath = write.paths.of(link)
        links.append(raw)
    return links


def redirect_link(href: str, base: str, ordinal: int) -> RawLink:
    """Return the link that a redirect makes: of HTTP, of a ``Refresh`` header, of a meta refresh."""
    return RawLink(href, normalise(href, base), "", "none", (), "redirect", "content", "", ordinal)


def _href(link: Occurrence) -> str | None:
    element = link.element
    href = element.attr(_HREF_ATTRIBUTE.get(link.tag, "href"))
    if href is None and link.scope.foreign and element.namespace is Namespace.SVG:
        return element.attr("xlink:href")
    return href


def _link_type(link: Occurrence) -> LinkType | None:
    if link.tag != "link":
        return _TYPES.get(link.tag, "text")
    rel = rel_tokens(link.element.attr("rel") or "")
    if "canonical" in rel:
        return "canonical"
    # Another style sheet of the page is a resource, not a page (HTML §4.6.7.1).
    return "alternate" if "alternate" in rel and "stylesheet" not in rel else None


class _Writer:
    """Writes the links of one page."""

    def __init__(self, reading: Reading, addresses: Addresses, places: list[tuple[int, int]]) -> None:
        self._reading = reading
        self._text = reading.text
        self._length = len(reading.text)
        self._places = places
        self._lines = Lines(reading.text, places)
        self._addresses = addresses
        self.paths = Paths()
        self._rels: dict[str, tuple[str, ...]] = {}
        self._headings: dict[int, str | None] = {}

    def link(self, link: Occurrence, href: str, kind: LinkType, ordinal: int, placement: Placement) -> RawLink:
        """Return the link as it stands in its page."""
        element, _, scope, depth, heading, *_ = link
        start, end = self._places[ordinal]
        anchor, source = anchor_of(link, self._text[start:end] if start != end else "")
        if source != "text" and kind == "text" and (link.image is not None or link.alt or link.tag == "area"):
            kind = "image"
        rel = element.attr("rel")
        if heading not in self._headings:
            self._headings[heading] = self._reading.heading(heading)
        return RawLink(
            href,
            self._addresses.of(href),
            anchor,
            source,
            self._tokens(rel) if rel else (),
            kind,
            placement.region,
            "",
            ordinal,
            scope.hidden,
            placement.content_score,
            None,
            None,
            start / self._length,
            depth,
            scope.block_tag,
            None,
            None,
            scope.in_list,
            self._headings[heading],
        )

    def describe(self, raw: RawLink) -> None:
        """Add what stands around a link."""
        line = self._lines.of(raw.ordinal)
        start, end = self._places[raw.ordinal]
        raw.block_words = line.words
        raw.block_link_density = line.link_density
        raw.text_before = words_before(self._text, start)
        raw.text_after = words_after(self._text, end)
        beside = f"{self._text[max(line.start, start - _NEAR) : start]} {raw.anchor[:_NEAR]} "
        disclosure = disclosed(beside + self._text[end : min(line.end, end + _NEAR)])
        if disclosure is not None:
            raw.placement_type, raw.placement_reason = "advert", f"text: {disclosure}"

    def _tokens(self, rel: str) -> tuple[str, ...]:
        tokens = self._rels.get(rel)
        if tokens is None:
            tokens = self._rels[rel] = rel_tokens(rel)
        return tokens
