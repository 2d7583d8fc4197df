"""The way from the root of a page to each of its boxes, and which boxes on it matter.

Each box's trail follows from its parent's in constant time, and is made once however many links are below.
"""

from collections.abc import Callable, Sequence

from backlink_crawler.extract.placement.landmarks import LANDMARKS
from backlink_crawler.extract.placement.outline import Outline
from backlink_crawler.extract.placement.ways import OPEN, Way, Ways

LINE, PARAGRAPH, SECTION = 80, 300, 1_000
"""Plain text, in characters, of the three scales at which the surroundings of a link are looked at."""


Around = tuple[int, int, int, int, int, int]
"""Boxes around a box, itself included, as numbers of the outline.

- *Line*, *paragraph* and *section*: the nearest that holds at least so much plain text.
- *Trunk*: the nearest on the trunk, which is the way from the root to where most of the text is.
- *Branch*: the one below the trunk where the trail leaves it; the trunk box itself while it does not.
- Depth of the trunk box.
"""
Trail = tuple[Way, Around]
_NOWHERE: Around = (0, 0, 0, 0, 0, 0)


def trails_of(
    outline: Outline, trunk: frozenset[int], ways: Ways
) -> tuple[Sequence[Trail | None], Callable[[int], Trail]]:
    """Return the trails to a page's boxes as far as they are known, and a function that finds out the one to a box.

    A function's variables are found faster than an object's attributes, and a list's items faster than both.
    """
    elements, tags, parents = outline.elements, outline.tags, outline.parents
    plain, extent = outline.plain, outline.extent
    ways.begin_page()
    known: list[Trail | None] = [None] * len(tags)
    on, start = ways.on, (ways.root, _NOWHERE)

    def to(box: int) -> Trail:
        trail = known[box]
        missing = []
        while trail is None:
            missing.append(box)
            box = parents[box]
            trail = known[box] if box >= 0 else start
        for box in reversed(missing):
            way, around = trail
            attribute, tag = elements[box].attr, tags[box]
            if way.region == "content":
                if box > 0 and tag != "body":
                    said = (tag, attribute("role"), attribute("class"), attribute("id"))
                else:
                    said = (tag, attribute("role"), None, None)
                way = way.inner.get(said) or on(way, said)
                # Below the trunk and with little text, a box is none of those that matter.
                if around[4] == around[3] or plain[box] >= LINE:
                    around = _nearer(around, box, plain[box], box in trunk, way.depth)
            elif (role := attribute("role")) is not None or tag in LANDMARKS:  # in nav, names say nothing
                said = (tag, role, None, None)
                way = way.inner.get(said) or on(way, said)
            trail = known[box] = way, around
            if way.region not in OPEN:
                known[box : box + extent[box]] = [trail] * extent[box]
                break
        return trail

    return known, to


def _nearer(around: Around, box: int, plain: int, is_trunk: bool, depth: int) -> Around:
    """Return the boxes around ``box``.

    :param around: those around its parent.
    """
    line, paragraph, section, trunk, branch, trunk_depth = around
    if plain >= LINE:
        line = box
        if plain >= PARAGRAPH:
            paragraph = box
            if plain >= SECTION:
                section = box
    if is_trunk:
        trunk, branch, trunk_depth = box, box, depth
    elif branch == trunk:
        branch = box
    return line, paragraph, section, trunk, branch, trunk_depth


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
