"""Training samples: the blocks of a page with their features, their words, and what the labels say of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from turbohtml import Document

from backlink_crawler.extract.placement.features import Blocks, Matrix, blocks_of, matrix_of
from backlink_crawler.extract.placement.names import NameReader, names_of, reader, words_of
from backlink_crawler.records import Region
from tests.placement.pages import LabelledPage, linking_elements, outlined

Floats = npt.NDArray[np.float64]
FURNITURE: tuple[Region, ...] = ("nav", "header", "footer", "aside")
_LANDMARKS = {"header", "footer", "nav", "aside", "search"}
_ROLES = {"banner", "contentinfo", "navigation", "complementary", "search"}
NOTHING: NameReader = reader({})


@dataclass(slots=True)
class Sample:
    """The blocks of one page."""

    features: Matrix
    links: Floats
    """Links of each block with a label that decides."""
    content: Floats
    """Those labelled content."""
    furniture: Floats
    """Links of each block by declared region (columns as ``FURNITURE``); known of masked pages only."""
    blocks: list[int]
    """Block of each labelled link, -1 where the page declares the region."""
    labels: list[int]
    away: list[bool]
    """Whether each labelled link leads to another site."""
    declared: list[Region]
    """Region that the page itself declares for each labelled link."""
    written: list[bool]
    """Whether the links of each block stand in lists in the running text of the page's article."""


def mask_landmarks(document: Document) -> None:
    """Make the landmarks of ``document`` plain boxes without roles."""
    for element in list(document.iter_elements()):
        if element.attr("role") in _ROLES:
            del element.attrs["role"]
        if element.tag in _LANDMARKS:
            element.tag = "div"


def sample_of(page: LabelledPage, read: NameReader, masked: bool = False) -> Sample:
    """Return the sample of ``page``; ``masked``, its landmarks are taken away first and become labels."""
    document = page.parse()
    elements = linking_elements(document)
    blocks = blocks_of(*outlined(document, elements), read)
    declared = _declared(blocks)
    if masked:
        mask_landmarks(document)
        blocks = blocks_of(*outlined(document, elements), read)
    matrix = matrix_of(blocks) if blocks.rows else np.zeros((0, 0), dtype=np.float32)
    count = len(blocks.rows)
    regions = np.zeros((count, len(FURNITURE)))
    sample = Sample(matrix, np.zeros(count), np.zeros(count), regions, [], [], [], [], blocks.written)
    for element, label, number, region in zip(
        elements, page.labels_of(elements), blocks.numbers(), declared, strict=True
    ):
        if number >= 0 and region in FURNITURE:
            sample.furniture[number, FURNITURE.index(region)] += 1
        if label is None or label < 0:
            continue
        sample.blocks.append(number)
        sample.labels.append(label)
        sample.away.append(page.leads_away(element.attr("href") or ""))
        sample.declared.append(region)
        if number >= 0:
            sample.links[number] += 1
            sample.content[number] += label
    return sample


def _declared(blocks: Blocks) -> list[Region]:
    return ["content" if box is None else blocks.places[box][0] for box in blocks.boxes]


@dataclass(slots=True)
class Wording:
    """The words around the links of one page, and what labels and landmarks say of those links."""

    words: dict[str, Floats]
    """Of each word, sums over the blocks it stands around, each weighted by the root of its links: links of each region
    (content, then ``FURNITURE``), links with a label that decides, and all links."""
    classes: frozenset[str]
    """All classes of the page, as written: pages of one template have nearly the same."""


def wording_of(page: LabelledPage) -> Wording:
    """Return the wording of ``page``. Landmarks are masked, so that what stands in them is seen too."""
    document = page.parse()
    elements = linking_elements(document)
    classes = frozenset(name for element in document.iter_elements() for name in (element.attr("class") or "").split())
    declared = _declared(blocks_of(*outlined(document, elements), NOTHING))
    labels = page.labels_of(elements)
    mask_landmarks(document)
    blocks = blocks_of(*outlined(document, elements), NOTHING)
    sums = np.zeros((len(blocks.rows), len(FURNITURE) + 3))
    around: list[frozenset[str]] = [frozenset()] * len(blocks.rows)
    cache: dict[int, frozenset[str]] = {}
    for number, box, label, region in zip(blocks.numbers(), blocks.boxes, labels, declared, strict=True):
        if number < 0 or box is None:
            continue
        around[number] = _words_to(blocks, box, cache)
        sums[number, -1] += 1
        if region in FURNITURE:
            sums[number, 1 + FURNITURE.index(region)] += 1
        if label is not None and label >= 0:
            sums[number, -2] += 1
            sums[number, 0] += label
    words: dict[str, Floats] = {}
    for found, row in zip(around, sums / np.sqrt(np.maximum(sums[:, -1:], 1)), strict=True):
        for word in found:
            words[word] = words[word] + row if word in words else row
    return Wording(words, classes)


def _words_to(blocks: Blocks, box: int, cache: dict[int, frozenset[str]]) -> frozenset[str]:
    outline = blocks.outline
    path = []
    while box > 0 and box not in cache:
        path.append(box)
        box = outline.parents[box]
    words = cache.get(box, frozenset())
    for inner in reversed(path):
        if outline.tags[inner] != "body":
            words = words | words_of(names_of(outline.elements[inner]))
        cache[inner] = words
    return words


def stacked(samples: Iterable[Sample]) -> tuple[Matrix, Floats, Floats, Floats, npt.NDArray[np.int64]]:
    """Return features, links, content and furniture of all blocks, and the place of the sample each is from."""
    kept: Sequence[tuple[int, Sample]] = [(k, sample) for k, sample in enumerate(samples) if len(sample.links)]
    return (
        np.vstack([sample.features for _, sample in kept]),
        np.concatenate([sample.links for _, sample in kept]),
        np.concatenate([sample.content for _, sample in kept]),
        np.vstack([sample.furniture for _, sample in kept]),
        np.concatenate([np.full(len(sample.links), k) for k, sample in kept]),
    )
