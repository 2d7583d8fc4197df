"""From labelled pages to a model: folds that keep sites and templates together, odds, networks."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backlink_crawler.extract.placement.features import Matrix
from backlink_crawler.extract.placement.model import CLIP, Model, Network
from backlink_crawler.extract.placement.names import NameReader, reader
from tests.placement.network import Recipe, trained
from tests.placement.odds import learn_odds
from tests.placement.pages import LabelledPage
from tests.placement.samples import Floats, Sample, Wording, sample_of, stacked, wording_of

Indices = npt.NDArray[np.int64]
_SAME_TEMPLATE = 0.85
_FEWEST_CLASSES = 20
_INNER_FOLDS = 4
_MEMBERS = 3
_CONTENT = Recipe()
_FURNITURE = Recipe(hidden=16, epochs=6)


@dataclass(slots=True)
class Corpus:
    """Labelled pages in groups: those of one site or one template are never on both sides of a split."""

    pages: list[LabelledPage]
    wordings: list[Wording]
    groups: list[int]

    def folds(self, count: int, seed: int) -> Indices:
        """Return the fold of each page."""
        groups = np.unique(self.groups)
        np.random.default_rng(seed).shuffle(groups)
        fold = {int(group): place % count for place, group in enumerate(groups)}
        return np.array([fold[group] for group in self.groups], dtype=np.int64)

    def reader_of(self, chosen: Indices) -> tuple[NameReader, dict[str, tuple[float, float, float, float, float]]]:
        """Return what names say according to the chosen pages alone."""
        by_group: dict[int, list[Wording]] = defaultdict(list)
        for index in chosen:
            by_group[self.groups[index]].append(self.wordings[index])
        odds = learn_odds(by_group)
        return reader(odds), odds


def corpus_of(pages: Sequence[LabelledPage]) -> Corpus:
    """Return a corpus of ``pages``, grouped by registrable domain and by template."""
    wordings = [wording_of(page) for page in pages]
    return Corpus(list(pages), wordings, _groups(pages, [wording.classes for wording in wordings]))


def _groups(pages: Sequence[LabelledPage], classes: Sequence[frozenset[str]]) -> list[int]:
    leaders = list(range(len(pages)))

    def leader(index: int) -> int:
        while leaders[index] != index:
            leaders[index] = index = leaders[leaders[index]]
        return index

    first: dict[str, int] = {}
    for index, page in enumerate(pages):
        leaders[leader(index)] = leader(first.setdefault(page.site, index))
    for one, other in _twins(classes):
        leaders[leader(one)] = leader(other)
    return [leader(index) for index in range(len(pages))]


def _twins(classes: Sequence[frozenset[str]]) -> Iterator[tuple[int, int]]:
    rich = [index for index, names in enumerate(classes) if len(names) >= _FEWEST_CLASSES]
    for place, one in enumerate(rich):
        for other in rich[:place]:
            sizes = len(classes[one]), len(classes[other])
            if min(sizes) >= _SAME_TEMPLATE * max(sizes):
                common = len(classes[one] & classes[other])
                if common >= _SAME_TEMPLATE * (sum(sizes) - common):
                    yield one, other


def fitted(corpus: Corpus, chosen: Indices, seed: int) -> Model:
    """Return a model that has seen the chosen pages and no other.

    The samples it learns from are read with odds from other groups of pages (cross-fitting); with odds that had seen
    their own labels, the network would trust the names too much.
    """
    inner = corpus.folds(_INNER_FOLDS, seed + 1)[chosen]
    plain: list[Sample] = []
    masked: list[Sample] = []
    for fold in range(_INNER_FOLDS):
        read, _ = corpus.reader_of(chosen[inner != fold])
        for index in chosen[inner == fold]:
            plain.append(sample_of(corpus.pages[index], read))
            masked.append(sample_of(corpus.pages[index], read, masked=True))
    inputs, links, content, _, _ = stacked(plain)
    decided = links > 0
    mean, scale = inputs[decided].mean(axis=0), inputs[decided].std(axis=0) + 1e-3

    def scaled(rows: Matrix) -> Matrix:
        cut: Matrix = np.clip((rows - mean) / scale, -CLIP, CLIP).astype(np.float32)
        return cut

    shares = (content[decided] / links[decided]).astype(np.float32)[:, None]
    inside = _ensemble(scaled(inputs[decided]), shares, np.sqrt(links[decided]), seed, _CONTENT)
    inputs, _, _, furniture, _ = stacked(masked)
    links = furniture.sum(axis=1)
    declared = links > 0
    shares = (furniture[declared] / links[declared, None]).astype(np.float32)
    # Headers hold three times as many links as navs do; the root keeps the rarer regions from being given up.
    weights = np.sqrt(links[declared]) * (shares @ (shares.sum(axis=0) ** -0.5))
    outside = _ensemble(scaled(inputs[declared]), shares, weights, seed, _FURNITURE)
    _, odds = corpus.reader_of(chosen)
    return Model(odds, mean, scale, inside, outside)


def _ensemble(inputs: Matrix, targets: Matrix, weights: Floats, seed: int, recipe: Recipe) -> Network:
    """Return the mean of several networks, which is itself a network: their hidden layers side by side."""
    members = [trained(inputs, targets, weights, seed * _MEMBERS + member, recipe) for member in range(_MEMBERS)]
    return Network(
        np.hstack([member.inner for member in members]),
        np.concatenate([member.inner_bias for member in members]),
        np.vstack([member.outer for member in members]) / np.float32(_MEMBERS),
        np.asarray(np.mean([member.outer_bias for member in members], axis=0), dtype=np.float32),
    )
