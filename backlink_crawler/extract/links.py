"""Every linking element of a page, in document order, as it stands there."""

from collections.abc import Callable, Iterable, Sequence

from turbohtml import Namespace

from backlink_crawler.extract.addresses import Addresses
from backlink_crawler.extract.anchors import folded, stand_in_of
from backlink_crawler.extract.context import Lines, words_after, words_before
from backlink_crawler.extract.occurrences import Occurrence
from backlink_crawler.extract.placement import place_links
from backlink_crawler.extract.placement_types import disclosures
from backlink_crawler.extract.reading import Reading
from backlink_crawler.extract.rels import rel_tokens
from backlink_crawler.extract.xpaths import Paths
from backlink_crawler.records import AnchorSource, LinkType, RawLink
from backlink_crawler.urls import normalise

_NEAR = 40
"""Characters beside a link, in its line, within which a word of disclosure is about it."""
_TEXT: LinkType | None = "text"
_HREF_ATTRIBUTE = {"iframe": "src", "frame": "src", "form": "action"}
_TYPES: dict[str, LinkType] = {"iframe": "frame", "frame": "frame", "form": "form"}


def links_of(
    reading: Reading, addresses: Addresses, described: Callable[[str | None], bool]
) -> tuple[list[RawLink], list[RawLink]]:
    """Return one link per linking element that has an address, whatever its scheme; and those that are described.

    :param described: whether all fields of a link to that URL are wanted; without it, its path and what tells of its
        line and of the words around stay as they are by default.
    """
    links, wanted, places = _links(reading, addresses, described)
    if wanted:
        _describe(wanted, reading, places)
    return links, wanted


def redirect_link(href: str, base: str, ordinal: int) -> RawLink:
    """Return the link that a redirect makes: of HTTP, of a ``Refresh`` header, of a meta refresh."""
    return RawLink(href, normalise(href, base), "", "none", (), "redirect", "content", "", ordinal)


def _href(link: Occurrence) -> str | None:
    element = link.element
    attribute = _HREF_ATTRIBUTE.get(link.tag)
    href = link.href if attribute is None else element.attr(attribute)
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


def _linking(occurrences: Iterable[Occurrence]) -> tuple[list[Occurrence], list[str], list[LinkType]]:
    """Return those that have an address, and of each the address and the type of the link it makes."""
    found: list[Occurrence] = []
    hrefs: list[str] = []
    kinds: list[LinkType] = []
    for link in occurrences:
        href, kind = link.href, _TEXT
        if link.tag != "a" or href is None:
            href = _href(link)
            kind = _link_type(link) if href is not None else None
        if href is not None and kind is not None:
            found.append(link)
            hrefs.append(href)
            kinds.append(kind)
    return found, hrefs, kinds


def _links(
    reading: Reading, addresses: Addresses, described: Callable[[str | None], bool]
) -> tuple[list[RawLink], list[RawLink], list[tuple[int, int]]]:
    """Return each link as it stands in its page, without what stands around it; those that are described; and where the
    text of each begins and ends."""
    text, length, offsets = reading.text, len(reading.text), reading.offsets
    found, hrefs, kinds = _linking(reading.occurrences)
    rels: dict[str | None, tuple[str, ...]] = {None: ()}
    headings = {number: reading.heading(number) for number in {link.heading for link in found}}
    paths = Paths()
    links, wanted, places = [], [], []
    rows = zip(found, hrefs, kinds, addresses.of(hrefs), place_links(reading.outline, found), strict=True)
    for ordinal, (link, href, kind, url, placement) in enumerate(rows):
        element, tag, _, scope, _, depth, heading, first, last, image, alt, label = link
        start, end = place = offsets[first], offsets[last]
        places.append(place)
        anchor = label or (folded(text[start:end]) if start != end else "")
        source: AnchorSource = "text"
        if not anchor:
            anchor, source = stand_in_of(link)
            if kind == "text" and (image is not None or alt or tag == "area"):
                kind = "image"
        rel = element.attr("rel")
        tokens = rels.get(rel)
        if tokens is None:
            tokens = rels[rel] = rel_tokens(rel or "")
        raw = RawLink(
            href,
            url,
            anchor,
            source,
            tokens,
            kind,
            placement.region,
            "",
            ordinal,
            scope.hidden,
            placement.content_score,
            None,
            None,
            start / length,
            depth,
            scope.block_tag,
            None,
            None,
            scope.in_list,
            headings[heading],
        )
        links.append(raw)
        if tag == "link":
            raw.offset = raw.block_tag = raw.in_list = None  # it stands in no text
            raw.xpath = paths.of(link)
        elif described(url):
            raw.xpath = paths.of(link)
            wanted.append(raw)
    return links, wanted, places


def _describe(links: Sequence[RawLink], reading: Reading, places: Sequence[tuple[int, int]]) -> None:
    """Add what stands around the links."""
    text = reading.text
    lines = Lines(reading, places)
    said = []
    for raw in links:
        begins, ends, raw.block_words, raw.block_link_density = lines.of(raw.ordinal)
        start, end = places[raw.ordinal]
        raw.text_before = words_before(text, start)
        raw.text_after = words_after(text, end)
        near = begins if begins > start - _NEAR else start - _NEAR
        far = ends if ends < end + _NEAR else end + _NEAR
        said.append(f"{text[near:start]} {raw.anchor[:_NEAR]} {text[end:far]}")
    for raw, disclosure in zip(links, disclosures(said), strict=True):
        if disclosure is not None:
            raw.placement_type, raw.placement_reason = "advert", f"text: {disclosure}"
