"""Links in blocks, and blocks in numbers.

Links that stand alike are judged together: a *block* is the nearest box around a link that holds other links or plain
text too, so that the items of a menu are one block and a sentence is another. A block has one row of features. All of
them are shares, densities, logarithms of sizes, or properties of the way to the block, so that a changed counter or
date elsewhere moves them little.

The main source of features: which text containers the block stands in and how far from the one that dominates the
page (``trail.trunk_of``), how much of the text is links at several scales (cf. Kohlschütter, Fankhauser and Nejdl,
"Boilerplate Detection using Shallow Text Features", WSDM 2010), and what the names around it say (``names``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from math import log1p
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from backlink_crawler.extract.placement.names import NameReader
from backlink_crawler.extract.placement.outline import Outline
from backlink_crawler.extract.placement.trail import Trail, trails_of, trunk_of
from backlink_crawler.extract.placement.ways import ARTICLES, IN_LIST, PACKED, Way, ways_by
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
_OTHERS = len(_KINDS) + 1
_ONE_HOT = np.eye(_OTHERS, len(_KINDS), dtype=np.float32)[np.indices((_OTHERS, _OTHERS)).reshape(2, -1).T].reshape(
    -1, 2 * len(_KINDS)
)
"""A line for each pair of kinds, ``_OTHER`` included, for which there is no column."""
_BOXES = 6
"""Leading columns of a row that are boxes: the block, line, paragraph, section, trunk and branch."""
_NUMBERS = _BOXES + 6
_FEATURES = 115
_COUNTS = 3
_FAR = 500
"""Boxes or links to the nearest paragraph of prose where there is none on that side."""
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
    """Of each block: its boxes (``_BOXES``), whether it is in the last boxes of the trunk with half and with three
    quarters of the page's text, depth, depth below the trunk, side of the trunk, and the kinds of the nearest box
    around its links and of its own, as the number of a line of ``_ONE_HOT``."""
    ways: list[Way] = field(default_factory=list)
    """Of each block, the way to it."""
    hrefs: list[int] = field(default_factory=list)
    """Of each block, ``_COUNTS`` numbers: its links, those written as whole addresses, and those to a place in the page
    itself."""
    half: int = 0
    """The last box of the trunk with half of the page's text."""
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


class _Trunk(NamedTuple):
    """Where the text of a page is."""

    half: int
    """The last box of the trunk with half of it; the next is that with three quarters."""
    half_end: int
    most: int
    most_end: int
    after: dict[int, int]
    """For each box of the trunk the next one; a branch leaves the trunk before it (-1) or after it (1)."""


def blocks_of(outline: Outline, links: Sequence[Standing], read: NameReader) -> Blocks:
    """Find the blocks of ``links``, all of a page with that outline.

    :param read: what names say.
    """
    trunk = trunk_of(outline)
    if not trunk:
        return Blocks(outline, [None for _ in links])
    known, to = trails_of(outline, frozenset(trunk), ways_by(read))
    half, most = (_last_with(share, outline.weights, trunk) for share in (0.5, 0.75))
    blocks = Blocks(outline, [link.box for link in links], half=half)
    places, rows, ways = blocks.places, blocks.rows, blocks.ways
    tags, parents, plain, inner_links = outline.tags, outline.parents, outline.plain, outline.inner_links
    numbers: dict[tuple[int, int], int] = {}
    judged: dict[int | None, int] = {}
    listed: list[int] = []
    on_trunk = _Trunk(half, half + outline.extent[half], most, most + outline.extent[most], dict(pairwise(trunk)))
    for box in dict.fromkeys(blocks.boxes):
        if box is None:
            continue
        way = (known[box] or to(box))[0]
        if way.region != "content":
            places[box] = way.region, -1
            continue
        block = box
        while plain[block] == 0 and inner_links[block] < 2 and parents[block] > 0:
            block = parents[block]
        kind = _KIND.get(tags[box], _OTHER)
        number = numbers.setdefault((block, kind), len(rows))
        if number == len(rows):
            trail = known[block] or to(block)
            rows.append(_row(trail, block, kind * _OTHERS + _KIND.get(tags[block], _OTHER), on_trunk))
            ways.append(trail[0])
        places[box] = "content", number
        judged[box] = number
        if way.flow == IN_LIST:
            listed.append(box)
    blocks.hrefs = _count_hrefs(zip(links, blocks.boxes, strict=True), judged, len(rows))
    blocks.written = _written(blocks, listed)
    return blocks


def _written(blocks: Blocks, listed: Iterable[int]) -> list[bool]:
    """Return for each block whether all its links stand in lists in the running text of the page's article.

    That is: in an ``article`` or ``main`` with half of the page's text and paragraphs of prose directly inside, with
    nothing but paragraphs, lists and headings in between, none with a class or an id. Such a list was written with the
    text; a part of the page's furniture would have a box or a name of its own.

    :param listed: the boxes of links whose way (``Way.flow``) leads so from whatever article.
    """
    written = [False] * len(blocks.rows)
    tags, parents, places = blocks.outline.tags, blocks.outline.parents, blocks.places
    articles: dict[int, bool] = {}
    inside: set[int] = set()
    for box in listed:
        passed, around = [], box
        while around not in articles and tags[around] not in ARTICLES:
            passed.append(around)
            around = parents[around]
        is_in = articles.get(around)
        if is_in is None:
            is_in = articles[around] = _is_article(blocks.outline, around)
        articles.update(dict.fromkeys(passed, is_in))
        if is_in:
            inside.add(box)
            written[places[box][1]] = True
    if inside:
        for box, (_, number) in places.items():
            if number >= 0 and box not in inside:
                written[number] = False
    return written


def _is_article(outline: Outline, box: int) -> bool:
    """Whether an ``article`` or ``main`` is the one that the page is about."""
    return 2 * outline.plain[box] > outline.plain[0] and _paragraphs_in(outline, box) >= _LEAST_PROSE


def _paragraphs_in(outline: Outline, box: int) -> int:
    """Return how many paragraphs of prose stand directly in ``box``."""
    plain, weights, extent = outline.plain, outline.weights, outline.extent
    inside, end, count = box + 1, box + extent[box], 0
    while inside < end:
        count += outline.tags[inside] == "p" and weights[inside] > plain[inside]
        inside += extent[inside]
    return count


def _count_hrefs(
    links: Iterable[tuple[Standing, int | None]], numbers: Mapping[int | None, int], count: int
) -> list[int]:
    """Return ``Blocks.hrefs``.

    :param links: each with its nearest box.
    :param numbers: of the boxes that belong to one of the ``count`` blocks, its number.
    """
    hrefs = [0] * (_COUNTS * count)
    for link, box in links:
        number = numbers.get(box)
        if number is None:
            continue
        number *= _COUNTS
        hrefs[number] += 1
        if href := link.href:
            first = href[0]  # tells most apart in a third of the time of ``startswith``
            if first == "h":
                hrefs[number + 1] += href[:4] == "http"
            elif first == "/":
                hrefs[number + 1] += href[:2] == "//"
            elif first == "#":
                hrefs[number + 2] += 1
    return hrefs


def _row(trail: Trail, block: int, kinds: int, on_trunk: _Trunk) -> Row:
    """Return the row of a block."""
    way, (line, paragraph, section, trunk, branch, trunk_depth) = trail
    half, half_end, most, most_end, after = on_trunk
    depth = way.depth
    return (
        block,
        line,
        paragraph,
        section,
        trunk,
        branch,
        half <= block < half_end,
        most <= block < most_end,
        depth if depth < _DEEPEST else _DEEPEST,
        depth - trunk_depth if depth - trunk_depth < _FURTHEST else _FURTHEST,
        0 if branch == trunk else -1 if branch < after.get(trunk, 0) else 1,
        kinds,
    )


def matrix_of(blocks: Blocks) -> Matrix:
    """Return one line of features per block; there must be one at least."""
    outline, count = blocks.outline, len(blocks.rows)
    numbers = np.fromiter(chain.from_iterable(blocks.rows), dtype=np.int64, count=count * _NUMBERS)
    rows = numbers.reshape(count, _NUMBERS)
    # Columns are written in place: on a page with few blocks, each step of numpy costs more than what it works on.
    matrix = np.empty((count, _FEATURES), dtype=np.float32)
    _write_masses(matrix, outline, rows[:, :_BOXES])
    _write_positions(matrix, outline, np.ascontiguousarray(rows[:, 0]))
    hrefs = np.fromiter(blocks.hrefs, dtype=np.float32, count=len(blocks.hrefs)).reshape(count, _COUNTS)
    np.log1p(hrefs[:, 0], out=matrix[:, 64])
    np.divide(hrefs[:, 1:], hrefs[:, :1], out=matrix[:, 65:67])
    matrix[:, 67:72] = rows[:, _BOXES:-1]
    packed = b"".join([way.packed() for way in blocks.ways])
    matrix[:, 72:90] = np.frombuffer(packed, dtype=np.float32).reshape(count, PACKED)
    matrix[:, 90:102] = _ONE_HOT.take(rows[:, -1], axis=0)
    matrix[:, 102:] = _page(outline, blocks.half)
    return matrix


def _write_masses(matrix: Matrix, outline: Outline, boxes: npt.NDArray[np.int64]) -> None:
    """Write how much text and how many links the boxes of each block hold, and the shares of them."""
    masses = outline.masses
    around = masses.take(boxes, axis=0).astype(np.float32)
    np.log1p(around.reshape(len(boxes), 24), out=matrix[:, :24])
    plain, linked, links, prose = np.ascontiguousarray(around.transpose(2, 0, 1))
    more = plain + 1
    np.divide(linked, linked + more, out=matrix[:, 24:30])
    np.log1p(plain / np.maximum(links, 1), out=matrix[:, 30:36])
    np.divide(prose, more, out=matrix[:, 36:42])
    np.divide(plain, max(outline.plain[0], 1), out=matrix[:, 42:48])
    np.divide(links, max(outline.inner_links[0], 1), out=matrix[:, 48:54])


def _last_with(share: float, weights: list[int], trunk: list[int]) -> int:
    """Return the last box of the trunk that holds ``share`` of the page's text, prose weighing more."""
    enough = share * weights[0]
    last = 0
    for box in trunk:
        if weights[box] < enough:
            break
        last = box
    return last


def _write_positions(matrix: Matrix, outline: Outline, blocks: npt.NDArray[np.int64]) -> None:
    """Write where each block begins: sizes and distances as logarithms, and shares of the page."""
    count, paragraphs = len(blocks), outline.paragraphs
    total, total_links = outline.plain[0], outline.inner_links[0]
    before = outline.before.take(blocks, axis=0)
    start, passed = before[:, 0], before[:, 2]
    # One line for each side; past either end of the paragraphs stands one that is far away.
    ends = np.empty(len(paragraphs) + 2, dtype=np.int64)
    ends[0] = ends[-1] = -1
    ends[1:-1] = paragraphs
    following = paragraphs.searchsorted(blocks, side="right")
    sides = ends.take((following, following + 1))
    sizes = np.empty((7, count), dtype=np.int64)
    np.subtract(outline.before[:, 0].take(blocks + 1), start, out=sizes[0])
    sizes[1] = start
    np.subtract(total, start, out=sizes[2])
    distances = sizes[3:]
    np.subtract(sides, blocks, out=distances[:2])
    np.subtract(outline.before[:, 2].take(sides, mode="wrap"), passed, out=distances[2:])
    np.abs(distances, out=distances)
    np.copyto(distances.reshape(2, 2, count), _FAR, where=sides < 0)
    np.log1p(sizes.T.astype(np.float32), out=matrix[:, 54:61])
    matrix[:, 61] = start / max(total, 1)
    matrix[:, 62] = passed / max(total_links, 1)
    matrix[:, 63] = blocks / len(outline.tags)


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
