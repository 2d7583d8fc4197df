"""The trained model: what names say, and two small networks that judge blocks.

Both have one hidden layer. One tells content from the rest; the other tells which part of the page's furniture a block
is, where no landmark says it. The file is JSON, so that a change of it can be read.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from backlink_crawler.extract.placement.features import Matrix
from backlink_crawler.extract.placement.names import NameReader, WordOdds, reader
from backlink_crawler.records import Region

CLIP = 4.0
"""Features are cut to that many standard deviations: what training never saw says no more than the extremes it saw."""
FURNITURE: tuple[Region, ...] = ("nav", "header", "footer", "aside")
"""Regions in the order of the second network's outputs."""
_FILE = "model.json"
_CHUNK = 1_024
"""Blocks judged at once: bounds the memory of pages with very many."""
_ONE_THREAD = (1 << 19) - 1
"""Multiplications of a matrix product. OpenBLAS spreads a larger one over threads, which then wait
for more to do: a product of 12 microseconds costs 900 of CPU."""


@dataclass(frozen=True, slots=True)
class Network:
    """Features → hidden (ReLU) → logits."""

    inner: Matrix
    inner_bias: Matrix
    outer: Matrix
    outer_bias: Matrix


@dataclass(slots=True)
class Model:
    """Everything that training learns."""

    odds: Mapping[str, WordOdds]
    mean: Matrix
    """Of each feature in the training pages; so is ``scale``, its standard deviation."""
    scale: Matrix
    content: Network
    furniture: Network
    _least: Matrix = field(init=False)
    """The features cut off, as they come: so is ``_most``."""
    _most: Matrix = field(init=False)
    _joint: Network = field(init=False)
    """Both networks side by side, so that each step is one operation on all blocks, for features that are not scaled:
    its weights are."""

    def __post_init__(self) -> None:
        content, furniture = self.content, self.furniture
        outer = np.zeros((len(content.outer) + len(furniture.outer), 1 + len(FURNITURE)), dtype=np.float32)
        outer[: len(content.outer), :1] = content.outer
        outer[len(content.outer) :, 1:] = furniture.outer
        mean = self.mean.astype(np.float64)
        inner = np.hstack([content.inner, furniture.inner]) / self.scale.astype(np.float64)[:, None]
        bias = np.concatenate([content.inner_bias, furniture.inner_bias]) - mean @ inner
        self._least, self._most = self.mean - CLIP * self.scale, self.mean + CLIP * self.scale
        self._joint = Network(
            inner.astype(np.float32),
            bias.astype(np.float32),
            outer,
            np.concatenate([content.outer_bias, furniture.outer_bias]),
        )

    def judge(self, inputs: Matrix) -> tuple[Matrix, npt.NDArray[np.int64]]:
        """Return each block's score as content, 0 to 1, and the place in ``FURNITURE`` of what it is otherwise."""
        parts = [self._logits(inputs[start : start + _CHUNK]) for start in range(0, len(inputs), _CHUNK)]
        logits = parts[0] if len(parts) == 1 else np.concatenate(parts)
        scores = np.asarray(1 / (1 + np.exp(-logits[:, 0])), dtype=np.float32)
        return scores, logits[:, 1:].argmax(axis=1)

    def _logits(self, inputs: Matrix) -> Matrix:
        joint = self._joint
        cut = np.maximum(inputs, self._least)
        np.minimum(cut, self._most, out=cut)
        hidden = _product(cut, joint.inner)
        hidden += joint.inner_bias
        np.maximum(hidden, 0, out=hidden)
        logits = _product(hidden, joint.outer)
        logits += joint.outer_bias
        return logits


def _product(left: Matrix, right: Matrix) -> Matrix:
    """Return the matrix product, made of parts that one thread makes."""
    product = np.empty((len(left), right.shape[1]), dtype=np.float32)
    rows = max(_ONE_THREAD // right.size, 1)
    for start in range(0, len(left), rows):
        part = slice(start, start + rows)
        np.matmul(left[part], right, out=product[part])
    return product


def to_json(model: Model) -> str:
    """Return ``model`` as it is stored: numbers with four significant digits, a line a row."""
    fields: dict[str, Any] = {
        "mean": _rounded(model.mean),
        "scale": _rounded(model.scale),
        "odds": {word: list(odds) for word, odds in sorted(model.odds.items())},
    }
    for name, network in (("content", model.content), ("furniture", model.furniture)):
        fields[name] = {
            "inner": [_rounded(row) for row in network.inner],
            "inner_bias": _rounded(network.inner_bias),
            "outer": [_rounded(row) for row in network.outer],
            "outer_bias": _rounded(network.outer_bias),
        }
    return _lines(fields) + "\n"


def from_json(text: str) -> Model:
    """Return the model stored as ``text``."""
    stored = json.loads(text)
    content, furniture = (
        Network(**{name: np.array(values, dtype=np.float32) for name, values in stored[part].items()})
        for part in ("content", "furniture")
    )
    odds = {word: (row[0], row[1], row[2], row[3], row[4]) for word, row in stored["odds"].items()}
    mean, scale = (np.array(stored[name], dtype=np.float32) for name in ("mean", "scale"))
    return Model(odds, mean, scale, content, furniture)


@cache
def trained_model() -> tuple[Model, NameReader]:
    """Return the model that comes with the package, and what names say by it. Read once a process."""
    model = from_json(resources.files(__package__).joinpath(_FILE).read_text(encoding="utf-8"))
    return model, reader(model.odds)


def _rounded(values: Matrix) -> list[float]:
    return [float(f"{value:.4g}") for value in values.tolist()]


def _lines(value: Any) -> str:
    """Return JSON with one row of numbers a line."""
    if isinstance(value, dict):
        return "{\n" + ",\n".join(f"{json.dumps(key)}: {_lines(inner)}" for key, inner in value.items()) + "\n}"
    if isinstance(value, list) and value and isinstance(value[0], list):
        return "[\n" + ",\n".join(_lines(inner) for inner in value) + "\n]"
    return json.dumps(value, separators=(",", ":"))
