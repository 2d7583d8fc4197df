"""Evaluate the placement: by cross-validation over sites, or the model of the package on pages it may have seen."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from backlink_crawler.extract.placement.model import Model
from backlink_crawler.extract.placement.names import reader
from backlink_crawler.records import Region
from tests.placement.learning import Corpus, fitted
from tests.placement.pages import LabelledPage
from tests.placement.samples import FURNITURE, sample_of
from tests.placement.train import bordered

_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said of one link with a label that decides."""

    kind: str
    away: bool
    declared: Region
    """By the page's landmarks; of masked pages, before they were taken away."""
    content: bool
    """The label."""
    said: Region
    score: float


@dataclass(slots=True)
class Score:
    """Counts of links by what they are and what was said of them."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, is_it: bool, said: bool) -> None:
        self.right += is_it and said
        self.wrong += said and not is_it
        self.missed += is_it and not said

    @property
    def precision(self) -> float:
        return self.right / max(self.right + self.wrong, 1)

    @property
    def recall(self) -> float:
        return self.right / max(self.right + self.missed, 1)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(2 * self.right + self.wrong + self.missed, 1)


@dataclass(slots=True)
class Table:
    """Scores by name over several seeds."""

    seeds: list[dict[str, Score]] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        yield f"{'links':28} {'precision':>9} {'recall':>7} {'F1':>7} {'± seeds':>8} {'content':>8}"
        for name in self.seeds[0]:
            scores = [seed[name] for seed in self.seeds]
            means = [np.mean([getattr(score, what) for score in scores]) for what in ("precision", "recall", "f1")]
            spread = np.std([score.f1 for score in scores])
            links = scores[0].right + scores[0].missed
            yield f"{name:28} {means[0]:9.3f} {means[1]:7.3f} {means[2]:7.3f} {spread:8.3f} {links:8d}"


def cross_validated(corpus: Corpus, seed: int, masked: bool = False) -> list[Verdict]:
    """Return verdicts on all pages, each by a model that has seen no page of its site or template."""
    folds = corpus.folds(_FOLDS, seed)
    verdicts: list[Verdict] = []
    for fold in range(_FOLDS):
        model = bordered(fitted(corpus, np.flatnonzero(folds != fold), seed))
        unseen = [corpus.pages[index] for index in np.flatnonzero(folds == fold)]
        verdicts += verdicts_of(model, unseen, masked)
    return verdicts


def verdicts_of(model: Model, pages: Iterable[LabelledPage], masked: bool = False) -> list[Verdict]:
    """Return what ``model`` says of the labelled links of ``pages``; ``masked``, without their landmarks."""
    read = reader(model.odds)
    verdicts = []
    for page in pages:
        sample = sample_of(page, read, masked)
        if len(sample.links):
            scores, parts = model.judge(sample.features)
        for number, label, away, declared in zip(
            sample.blocks, sample.labels, sample.away, sample.declared, strict=True
        ):
            score = float(scores[number]) if number >= 0 else 0.0
            if number >= 0 and sample.written[number]:
                score = max(score, 0.5)
            said = declared if number < 0 else "content" if score >= 0.5 else FURNITURE[int(parts[number])]
            verdicts.append(Verdict(page.kind, away, declared, label == 1, said, score))
    return verdicts


def content_scores(verdicts: Sequence[Verdict]) -> dict[str, Score]:
    """Return how well content is told: over all links, by kind of page, and of links to other sites."""
    scores: dict[str, Score] = defaultdict(Score)
    for verdict in verdicts:
        names = ["all links", verdict.kind]
        if verdict.kind in {"article", "documentation"}:
            names.append("articles and documentation")
        if verdict.away:
            names.append("links to other sites")
            if "articles and documentation" in names:
                names.append("those of articles and documentation")
        for name in names:
            scores[name].add(verdict.content, verdict.said == "content")
    return dict(sorted(scores.items()))


def region_scores(verdicts: Sequence[Verdict]) -> dict[str, Score]:
    """Return how well the regions that masked landmarks declared are found again, links labelled content aside."""
    scores: dict[str, Score] = {region: Score() for region in FURNITURE}
    for verdict in verdicts:
        if verdict.declared in FURNITURE and not verdict.content:
            for region, score in scores.items():
                score.add(verdict.declared == region, verdict.said == region)
    return scores


def confusion(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield a line a region that landmarks declared: what was said of its links without them."""
    counts = Counter((verdict.declared, verdict.said) for verdict in verdicts)
    columns: tuple[Region, ...] = ("content", *FURNITURE)
    yield f"{'declared':10}" + "".join(f"{said:>9}" for said in columns)
    for declared in FURNITURE:
        yield f"{declared:10}" + "".join(f"{counts[declared, said]:9d}" for said in columns)
