"""Train the model that comes with the package. The same pages give the same file."""

import dataclasses
import math
from pathlib import Path

import numpy as np

import backlink_crawler.extract.placement as placement
from backlink_crawler.extract.placement.model import Model, to_json
from tests.placement.learning import corpus_of, fitted
from tests.placement.pages import labelled_pages

SEED = 20
BORDER = 0.3
"""Probability of content from which on a block is taken for it: labels are few among the many links of lists, so that
the best F1 lies below one half. Scores are moved so that this probability becomes a score of 0.5."""


def train(to: Path | None = None) -> Path:
    """Train on all labelled pages and write the model to ``to``, by default into the package."""
    corpus = corpus_of(list(labelled_pages("wcxb_dev")))
    model = fitted(corpus, np.arange(len(corpus.pages)), SEED)
    path = to or Path(placement.__file__).with_name("model.json")
    path.write_text(to_json(bordered(model)), encoding="utf-8")
    return path


def bordered(model: Model) -> Model:
    """Return ``model`` with scores moved so that ``BORDER`` becomes 0.5."""
    moved = model.content.outer_bias - np.float32(math.log(BORDER / (1 - BORDER)))
    return dataclasses.replace(model, content=dataclasses.replace(model.content, outer_bias=moved))
