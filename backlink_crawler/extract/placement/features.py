"""Links in blocks, and blocks in numbers.

Links that stand alike are judged together: a *block* is the nearest box around a link that holds other links or plain
text too, so that the items of a menu are one block and a sentence is another. A block has one row of features. All of
them are shares, densities, logarithms of sizes, or properties of the way to the block, so that a changed counter or
date elsewhere moves them little.

The main source of features: which text containers the block stands in and how far from the one that dominates the
page (``trail.trunk_of``), how much of the text is links at several scales (cf. Kohlschütter, Fankhauser and Nejdl,
"Boilerplate Detection using Shallow Text Features", WSDM 2010), and what the names around it say (``names``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log1p
from typing import Protocol

import numpy as np
import numpy.typing as npt

from backlink_crawler.extract.placement.names import NameReader, names_of
from backlink_crawler.extract.placement.outline import Outline
from backlink_crawler.extract.placement.trail import Shape, Trail, Trails, trunk_of
from backlink_crawler.records import Region

Matrix = npt.NDArray[np.float32]
Row = tuple[int, ...]

_KINDS = (
    {"h1", "h2", "h3", "h4", "h5", "h6"},
    {"li", "dt", "dd"},
    {"p"},
    {"td", "th"},
    {"div", "section"},
    {"ul", "ol", "dl", "menu"},
)
_KIND = {tag: place for place, kind in enumerate(_KINDS) for tag in kind}
_OTHER = len(_KINDS)
_ONE_HOT = np.vstack([np.eye(len(_KINDS), dtype=np.float32), np.zeros((1, len(_KINDS)), dtype=np.float32)])
_BOXES = 6
"""Leading columns of a row that are boxes: the block, line, paragraph, section, trunk and branch."""
_FAR = 500
"""Boxes or links to the nearest paragraph of prose where there is none on that side."""
_BOTH_SIDES = np.array([0, 1])
_WHOLE = ("http", "//")
_LISTS = frozenset({"ul", "ol", "dl", "menu"})
_FLOW = _LISTS | {"h1", "h2", "h3", "h4", "h5", "h6", "p", "blockquote", "li", "dt", "dd"}
_ELSEWHERE, _IN_TEXT, _IN_LIST = range(3)
"""Where a box stands in respect of the page's article."""
_LEAST_PROSE = 3
"""Paragraphs of prose of its own that make an article of a part of the page."""
_DEEPEST = 50
_FURTHEST = 20


@dataclass(slots=True)
class Blocks:
    """The blocks of a page, and which one each box with links belongs to."""

    outline: Outline
    boxes: list[int | None] = field(default_factory=list)
    """Nearest box of each link; ``None`` in the head and the like."""
    places: dict[int, tuple[Region, int]] = field(default_factory=dict)
    """Of each of those boxes: the region that the page declares, and its block, -1 where that is not ``content``."""
    rows: list[Row] = field(default_factory=list)
    """Of each block: its boxes (``_BOXES``), depth, depth below the trunk, side of the trunk, kind of the nearest box
    around its links, kind of its own, and numbers of its shape and its wording."""
    shapes: dict[Shape, int] = field(default_factory=dict)
    wordings: dict[tuple[float, ...], int] = field(default_factory=dict)
    """Numbers of the shapes, and of the wordings with the odds of the block's own names: most blocks share them."""
    hrefs: list[list[int]] = field(default_factory=list)
    """Of each block: its links, those written as whole addresses, and those to a place in the page itself."""
    trunk: list[int] = field(default_factory=list)
    written: list[bool] = field(default_factory=list)
    """Whether the links of each block stand in lists in the running text of the page's article (``_written``)."""

    def numbers(self) -> list[int]:
        """Return the block of each link, -1 where it has none."""
        places = self.places
        return [-1 if box is None else places[box][1] for box in self.boxes]


class Standing(Protocol):
    """A link in its page, as reading it gives it."""

    @property
    def href(self) -> str | None:
        """The attribute of that name."""

    @property
    def box(self) -> int | None:
        """Number in the outline of the box that it is or stands in; ``None``: it stands nowhere on the page."""


def blocks_of(outline: Outline, links: Sequence[Standing], read: NameReader) -> Blocks:
    """Find the blocks of ``links``, all of a page with that outline.

    :param read: what names say.
    """
    trunk = trunk_of(outline)
    trails = Trails(outline, frozenset(trunk), read)
    blocks = Blocks(outline, trunk=trunk)
    places, rows, to = blocks.places, blocks.rows, trails.to
    numbers: dict[tuple[int, int], int] = {}
    blocks.boxes = [link.box for link in links]
    sides = dict(pairwise(trunk))
    for box in dict.fromkeys(blocks.boxes):
        if box is None:
            continue
        region = to(box)[0]
        if region != "content":
            places[box] = region, -1
            continue
        block = _block_around(outline, box)
        kind = _KIND.get(outline.tags[box], _OTHER)
        number = numbers.setdefault((block, kind), len(rows))
        if number == len(rows):
            rows.append(_row(blocks, block, kind, to(block), sides))
            blocks.hrefs.append([0, 0, 0])
        places[box] = region, number
    _count_hrefs(blocks, links)
    blocks.written = _written(blocks)
    return blocks


def _written(blocks: Blocks) -> list[bool]:
    """Return for each block whether all its links stand in lists in the running text of the page's article.

    That is: in an ``article`` or ``main`` with half of the page's text and paragraphs of prose directly inside, with
    nothing but paragraphs, lists and headings in between, none with a class or an id. Such a list was written with the
    text; a part of the page's furniture would have a box or a name of its own.
    """
    outline = blocks.outline
    tags, parents = outline.tags, outline.parents
    states: dict[int, int] = {}
    written = [True] * len(blocks.rows)
    for box, (_, number) in blocks.places.items():
        if number < 0:
            continue
        passed = []
        while box not in states and tags[box] in _FLOW and box > 0 and not names_of(outline.elements[box]):
            passed.append(box)
            box = parents[box]
        state = states.get(box)
        if state is None:
            state = states[box] = _IN_TEXT if _is_article(outline, box) else _ELSEWHERE
        for inner in reversed(passed):
            if state == _IN_TEXT and tags[inner] in _LISTS:
                state = _IN_LIST
            states[inner] = state
        written[number] &= state == _IN_LIST
    return written


def _is_article(outline: Outline, box: int) -> bool:
    if outline.tags[box] not in {"article", "main"} or 2 * outline.plain[box] <= outline.plain[0]:
        return False
    return _paragraphs_in(outline, box) >= _LEAST_PROSE


def _paragraphs_in(outline: Outline, box: int) -> int:
    """Return how many paragraphs of prose stand directly in ``box``."""
    plain, weights, extent = outline.plain, outline.weights, outline.extent
    inside, end, count = box + 1, box + extent[box], 0
    while inside < end:
        count += outline.tags[inside] == "p" and weights[inside] > plain[inside]
        inside += extent[inside]
    return count


def _count_hrefs(blocks: Blocks, links: Iterable[Standing]) -> None:
    places, hrefs = blocks.places, blocks.hrefs
    for link, box in zip(links, blocks.boxes, strict=True):
        number = -1 if box is None else places[box][1]
        if number >= 0:
            counts = hrefs[number]
            counts[0] += 1
            href = link.href
            if href:
                if href.startswith(_WHOLE):
                    counts[1] += 1
                elif href[0] == "#":
                    counts[2] += 1


def _block_around(outline: Outline, box: int) -> int:
    plain, links, parents = outline.plain, outline.inner_links, outline.parents
    while parents[box] > 0 and plain[box] == 0 and links[box] < 2:
        box = parents[box]
    return box


def _row(blocks: Blocks, block: int, kind: int, trail: Trail, sides: dict[int, int]) -> Row:
    """Return the row of a block.

    :param kind: of the nearest box around its links.
    :param sides: for each box of the trunk the next one; a branch leaves the trunk before it (-1) or after it (1).
    """
    _, _, depth, line, paragraph, section, trunk, branch, trunk_depth, shape, wording, own = trail
    return (
        block,
        line,
        paragraph,
        section,
        trunk,
        branch,
        depth if depth < _DEEPEST else _DEEPEST,
        depth - trunk_depth if depth - trunk_depth < _FURTHEST else _FURTHEST,
        0 if branch == trunk else -1 if branch < sides.get(trunk, 0) else 1,
        kind,
        _KIND.get(blocks.outline.tags[block], _OTHER),
        blocks.shapes.setdefault(shape, len(blocks.shapes)),
        blocks.wordings.setdefault((*wording, own), len(blocks.wordings)),
    )


def matrix_of(blocks: Blocks) -> Matrix:
    """Return one line of features per block; there must be one at least."""
    outline = blocks.outline
    rows = np.array(blocks.rows, dtype=np.int64)
    boxes, kind, own_kind, shape, wording = rows[:, :_BOXES], rows[:, -4], rows[:, -3], rows[:, -2], rows[:, -1]
    masses = outline.masses
    around = masses[boxes].astype(np.float32)
    plain, linked, links, prose = (around[:, :, column] for column in range(4))
    half, most = (_last_with(share, outline.weights, blocks.trunk) for share in (0.5, 0.75))
    block = boxes[:, 0]
    hrefs = np.array(blocks.hrefs, dtype=np.float32)
    common = _page(outline, half)
    parts = (
        np.log1p(around.reshape(len(rows), -1)),
        linked / (linked + plain + 1),
        np.log1p(plain / np.maximum(links, 1)),
        prose / (plain + 1),
        plain / max(masses[0, 0], 1),
        links / max(masses[0, 2], 1),
        *_positions(outline, block),
        np.log1p(hrefs[:, :1]),
        hrefs[:, 1:] / hrefs[:, :1],
        ((block >= half) & (block < half + outline.extent[half]))[:, None],
        ((block >= most) & (block < most + outline.extent[most]))[:, None],
        rows[:, _BOXES:-4],
        np.array(list(blocks.shapes), dtype=np.float32)[shape],
        np.array(list(blocks.wordings), dtype=np.float32)[wording],
        _ONE_HOT[kind],
        _ONE_HOT[own_kind],
        np.array((common,), dtype=np.float32).repeat(len(rows), axis=0),
    )
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _last_with(share: float, weights: list[int], trunk: list[int]) -> int:
    """Return the last box of the trunk that holds ``share`` of the page's text, prose weighing more."""
    enough = share * weights[0]
    last = 0
    for box in trunk:
        if weights[box] < enough:
            break
        last = box
    return last


def _positions(outline: Outline, blocks: npt.NDArray[np.int64]) -> tuple[Matrix, Matrix]:
    """Return where each block begins: sizes and distances as logarithms, and shares of the page."""
    before = outline.before
    text, links = before[:, 0], before[:, 2]
    paragraphs = outline.paragraphs
    following = paragraphs.searchsorted(blocks, side="right")
    # One line of the table for each side; past either end stands a paragraph that is far away.
    ends = np.concatenate([[-1], paragraphs, [-1]])
    start, passed = text[blocks], links[blocks]
    sizes = np.empty((len(blocks), 7), dtype=np.float32)
    sizes[:, 0] = text[blocks + 1] - start
    sizes[:, 1] = start
    sizes[:, 2] = text[-1] - start
    sides = ends[following[:, None] + _BOTH_SIDES]
    sizes[:, 3:5] = np.abs(sides - blocks[:, None])
    sizes[:, 5:7] = np.abs(links[sides] - passed[:, None])
    is_far = sides < 0
    sizes[:, 3:5][is_far] = _FAR
    sizes[:, 5:7][is_far] = _FAR
    shares = np.empty((len(blocks), 3), dtype=np.float32)
    shares[:, 0] = start / max(text[-1], 1)
    shares[:, 1] = passed / max(links[-1], 1)
    shares[:, 2] = blocks / len(outline.tags)
    return np.log1p(sizes), shares


def _page(outline: Outline, half: int) -> tuple[float, ...]:
    """Return what all blocks of the page share."""
    plain, linked, links, prose = outline.masses[0].tolist()
    half_plain, half_linked, half_links, half_prose = outline.masses[half].tolist()
    return (
        log1p(plain),
        log1p(links),
        log1p(prose),
        log1p(plain / max(links, 1)),
        log1p(half_prose),
        log1p(len(outline.tags)),
        log1p(len(outline.paragraphs)),
        linked / (linked + plain + 1),
        prose / (plain + 1),
        half_linked / (half_linked + half_plain + 1),
        half_links / max(links, 1),
        min(outline.tags.count("article"), 10),
        float("main" in outline.tags),
    )
