"""What the boxes around a box say of the links in it: the way from the root of the page down to the box.

Each box's trail follows from its parent's in constant time, and is made once however many links are below.
"""

from typing import NamedTuple

from backlink_crawler.extract.placement.landmarks import LANDMARKS, declared, owns
from backlink_crawler.extract.placement.names import NameOdds, NameReader, names_of
from backlink_crawler.extract.placement.outline import Outline
from backlink_crawler.records import Region

LINE, PARAGRAPH, SECTION = 80, 300, 1_000
"""Plain text, in characters, of the three scales at which the surroundings of a link are looked at."""

Shape = tuple[int, int, int, int, int, int, int, int, int]
"""How many elements on the way are lists, prose, cells, headings, figures, main parts, articles, forms and sections."""
Wording = tuple[float, float, float, float, float, float, float, float]
"""Log-odds of the names on the way. For content: sum, least, most and nearest; then the most for nav, header, footer
and aside."""

_COUNTED = (
    {"ul", "ol", "dl", "menu"},
    {"p", "blockquote"},
    {"td", "th"},
    {"h1", "h2", "h3", "h4", "h5", "h6"},
    {"figure"},
    {"main"},
    {"article"},
    {"form"},
    {"section"},
)
_SHAPES: dict[str, int] = {tag: place for place, tags in enumerate(_COUNTED) for tag in tags}
"""Where in ``Shape`` an element of that name, or with that role, counts."""
_ROLES_COUNTED = frozenset({"main", "article"})
_UNNAMED = NameOdds()


class Trail(NamedTuple):
    """The way to a box, the box included. Boxes are numbers of the outline."""

    region: Region = "content"
    """As the page declares it; where that is not ``content``, the rest is left out."""
    owned: bool = False
    """An element on the way has a header and footer of its own."""
    depth: int = 0
    line: int = 0
    """The nearest box around that holds at least ``LINE`` of plain text; so are the next two."""
    paragraph: int = 0
    section: int = 0
    trunk: int = 0
    """The nearest box around on the trunk: the way from the root to where most of the text is."""
    branch: int = 0
    """The box below the trunk where this trail leaves it; the trunk box itself while it does not."""
    trunk_depth: int = 0
    shape: Shape = (0, 0, 0, 0, 0, 0, 0, 0, 0)
    wording: Wording = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    own: float = 0.0
    """Mean log-odds for content of the box's own names."""


_NOWHERE = Trail()
_OPEN = frozenset({"content", "nav"})
"""Regions in which others can be declared."""
_new = tuple.__new__
"""Makes a :class:`Trail` of all its fields in half the time of calling the class."""


class Trails:
    """The trails of a page's boxes."""

    def __init__(self, outline: Outline, trunk: frozenset[int], read: NameReader) -> None:
        self._outline = outline
        self._trunk = trunk
        self._read = read
        self._known: dict[int, Trail] = {}
        self._begin = self._end = 0
        """The boxes of the last header, footer, aside or comment that was met: in it nothing else can be declared."""
        self._inside = _NOWHERE

    def to(self, box: int) -> Trail:
        """Return the trail to ``box``."""
        if self._begin <= box < self._end:
            return self._inside
        known = self._known
        trail = known.get(box)
        if trail is not None:
            return trail
        parents, into = self._outline.parents, self._into
        missing = [box]
        box = parents[box]
        while box >= 0 and box not in known:
            missing.append(box)
            box = parents[box]
        trail = known[box] if box >= 0 else _NOWHERE
        for box in reversed(missing):
            if trail[0] in _OPEN:
                trail = into(box, trail)
                if trail[0] not in _OPEN:
                    self._begin, self._end, self._inside = box, box + self._outline.extent[box], trail
            known[box] = trail
        return trail

    def _into(self, box: int, around: Trail) -> Trail:
        region, outline = around[0], self._outline
        element, tag = outline.elements[box], outline.tags[box]
        role = element.attr("role")
        said = _UNNAMED
        if region == "content" and box > 0 and tag != "body":
            names = names_of(element)
            if names:
                said = self._read(names)
        if role is not None or tag in LANDMARKS or said.comments:
            outer, owned = region, around[1]
            region = declared(outer, owned, tag, role, said.comments)
            if region != "content":
                return around if region == outer else Trail(region, owned or owns(tag, role))
        elif region == "nav":
            return around
        return self._deeper(box, tag, role, around, said)

    def _deeper(self, box: int, tag: str, role: str | None, around: Trail, said: NameOdds) -> Trail:
        region, owned, depth, line, paragraph, section, trunk, branch, trunk_depth, shape, wording, _ = around
        depth += 1
        plain = self._outline.plain[box]
        if plain >= LINE:
            line = box
            if plain >= PARAGRAPH:
                paragraph = box
                if plain >= SECTION:
                    section = box
        if box in self._trunk:
            trunk, branch, trunk_depth = box, box, depth
        elif branch == trunk:
            branch = box
        place = _SHAPES.get(role if role in _ROLES_COUNTED else tag)
        if place is not None:
            shape = (*shape[:place], shape[place] + 1, *shape[place + 1 :])  # type: ignore[assignment]  # as long as it was
            owned = owned or owns(tag, role)
        if said.known:
            wording = _extended(wording, said)
        deeper = (region, owned, depth, line, paragraph, section, trunk, branch, trunk_depth, shape, wording, said.mean)
        return _new(Trail, deeper)


def _extended(wording: Wording, said: NameOdds) -> Wording:
    total, least, most, _, nav, header, footer, aside = wording
    return (
        total + said.mean,
        min(least, said.least),
        max(most, said.most),
        said.mean,
        max(nav, said.nav),
        max(header, said.header),
        max(footer, said.footer),
        max(aside, said.aside),
    )


def trunk_of(outline: Outline) -> list[int]:
    """Return the boxes from the root to where most of the text is, each the heaviest inside the one before."""
    weights, extent = outline.weights, outline.extent
    trunk = []
    box, end = 0, len(weights)
    while box < end:
        trunk.append(box)
        child, end = box + 1, box + extent[box]
        box, most = end, -1
        while child < end:
            weight = weights[child]
            if weight > most:
                box, most = child, weight
            child += extent[child]
    return trunk
