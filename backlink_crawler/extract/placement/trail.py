"""The way from the root of a page to each of its boxes, and which boxes on it matter.

Each box's trail follows from its parent's in constant time, and is made once however many links are below.
"""

from typing import NamedTuple

from backlink_crawler.extract.placement.landmarks import LANDMARKS
from backlink_crawler.extract.placement.outline import Outline
from backlink_crawler.extract.placement.ways import OPEN, Way, Ways

LINE, PARAGRAPH, SECTION = 80, 300, 1_000
"""Plain text, in characters, of the three scales at which the surroundings of a link are looked at."""


class Around(NamedTuple):
    """Boxes around a box, itself included, as numbers of the outline."""

    line: int
    """The nearest that holds at least ``LINE`` of plain text; so are the next two."""
    paragraph: int
    section: int
    trunk: int
    """The nearest on the trunk: the way from the root to where most of the text is."""
    branch: int
    """The one below the trunk where the trail leaves it; the trunk box itself while it does not."""
    trunk_depth: int


Trail = tuple[Way, Around]
_NOWHERE = Around(0, 0, 0, 0, 0, 0)
_new = tuple.__new__
"""Makes an :class:`Around` of all its fields in half the time of calling the class."""


class Trails:
    """The trails of a page's boxes."""

    def __init__(self, outline: Outline, trunk: frozenset[int], ways: Ways) -> None:
        ways.begin_page()
        self._outline = outline
        self._trunk = trunk
        self._ways = ways
        self._known: list[Trail | None] = [None] * len(outline.tags)
        self._begin = self._end = 0
        """The boxes of the last header, footer, aside or comment that was met: in it nothing else can be declared."""
        self._inside: Trail = ways.root, _NOWHERE

    def to(self, box: int) -> Trail:
        """Return the trail to ``box``."""
        if self._begin <= box < self._end:
            return self._inside
        known = self._known
        trail = known[box]
        if trail is not None:
            return trail
        parents = self._outline.parents
        missing = []
        while box >= 0 and (trail := known[box]) is None:
            missing.append(box)
            box = parents[box]
        if trail is None:
            trail = self._ways.root, _NOWHERE
        return self._follow(missing, trail) if trail[0].region in OPEN else trail

    def _follow(self, missing: list[int], trail: Trail) -> Trail:
        """Return the trail to the first of ``missing``, each of which is in the next; ``trail`` leads to the last."""
        outline, known, on = self._outline, self._known, self._ways.on
        elements, tags, plain = outline.elements, outline.tags, outline.plain
        way, around = trail
        for box in reversed(missing):
            if way.region == "content":
                attribute, tag = elements[box].attr, tags[box]
                if box > 0 and tag != "body":
                    said = (tag, attribute("role"), attribute("class"), attribute("id"))
                else:
                    said = (tag, attribute("role"), None, None)
                way = way.inner.get(said) or on(way, said)
                # Below the trunk and with little text, a box is none of those that matter.
                if around[4] == around[3] or plain[box] >= LINE:
                    around = self._nearer(box, around, way.depth)
            else:
                way = self._on_in_nav(box, way)
            trail = known[box] = way, around
            if way.region not in OPEN:
                self._begin, self._end, self._inside = box, box + outline.extent[box], trail
                break
        return trail

    def _on_in_nav(self, box: int, way: Way) -> Way:
        """Return the way on from ``nav``, where names say nothing and few elements do."""
        tag, role = self._outline.tags[box], self._outline.elements[box].attr("role")
        if role is None and tag not in LANDMARKS:
            return way
        said = (tag, role, None, None)
        return way.inner.get(said) or self._ways.on(way, said)

    def _nearer(self, box: int, around: Around, depth: int) -> Around:
        line, paragraph, section, trunk, branch, trunk_depth = around
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
        return _new(Around, (line, paragraph, section, trunk, branch, trunk_depth))


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
