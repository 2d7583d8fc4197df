"""Training of a network with one hidden layer: Adam, dropout, decoupled weight decay, cosine schedule.

The same seed gives the same weights. Sources: Kingma and Ba, "Adam", ICLR 2015; Loshchilov and Hutter, "Decoupled
Weight Decay Regularization", ICLR 2019.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backlink_crawler.extract.placement.features import Matrix

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train."""

    hidden: int = 32
    epochs: int = 15
    batch: int = 256
    rate: float = 2e-3
    decay: float = 1e-2
    drop_inputs: float = 0.1
    drop_hidden: float = 0.3


@dataclass(slots=True)
class Layers:
    """Weights of a network: inputs → hidden (ReLU) → outputs."""

    inner: Floats
    inner_bias: Floats
    outer: Floats
    outer_bias: Floats

    def logits(self, inputs: Matrix) -> Floats:
        hidden = np.maximum(inputs @ self.inner + self.inner_bias, 0)
        return np.asarray(hidden @ self.outer + self.outer_bias, dtype=np.float32)


def trained(inputs: Matrix, targets: Floats, weights: Floats, seed: int, recipe: Recipe = Recipe()) -> Layers:
    """Return layers fitted to ``targets`` by cross-entropy, each row weighted.

    :param targets: one column: probability of yes. Several: probabilities of classes that exclude each other.
    """
    random = np.random.default_rng(seed)
    layers = _initial(random, inputs.shape[1], recipe.hidden, targets.shape[1])
    adam = _Adam(layers, recipe)
    weights = (weights / weights.mean()).astype(np.float32)[:, None]
    steps = recipe.epochs * (len(inputs) // recipe.batch)
    for _ in range(recipe.epochs):
        order = random.permutation(len(inputs))
        for start in range(0, len(inputs) - recipe.batch + 1, recipe.batch):
            rows = order[start : start + recipe.batch]
            kept = random.random((recipe.batch, inputs.shape[1]), dtype=np.float32) >= recipe.drop_inputs
            given = inputs[rows] * kept / np.float32(1 - recipe.drop_inputs)
            mask = (random.random((recipe.batch, recipe.hidden), dtype=np.float32) >= recipe.drop_hidden) / np.float32(
                1 - recipe.drop_hidden
            )
            adam.step(_gradients(layers, given, targets[rows], weights[rows], mask), steps)
    return layers


def _initial(random: np.random.Generator, inputs: int, hidden: int, outputs: int) -> Layers:
    def normal(rows: int, columns: int, scale: float) -> Floats:
        return (random.standard_normal((rows, columns)) * scale).astype(np.float32)

    return Layers(
        normal(inputs, hidden, (2 / inputs) ** 0.5),
        np.zeros(hidden, dtype=np.float32),
        normal(hidden, outputs, hidden**-0.5),
        np.zeros(outputs, dtype=np.float32),
    )


def probabilities(logits: Floats) -> Floats:
    """Return probabilities: of yes for one column, of classes for several."""
    if logits.shape[1] == 1:
        return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)


def _gradients(layers: Layers, given: Floats, targets: Floats, weights: Floats, mask: Floats) -> list[Floats]:
    before = given @ layers.inner + layers.inner_bias
    hidden = np.maximum(before, 0) * mask
    error = (probabilities(hidden @ layers.outer + layers.outer_bias) - targets) * weights / np.float32(len(given))
    back = (error @ layers.outer.T) * mask * (before > 0)
    return [given.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]


class _Adam:
    def __init__(self, layers: Layers, recipe: Recipe) -> None:
        self._values = [layers.inner, layers.inner_bias, layers.outer, layers.outer_bias]
        self._means = [np.zeros_like(value) for value in self._values]
        self._squares = [np.zeros_like(value) for value in self._values]
        self._recipe = recipe
        self._time = 0

    def step(self, gradients: list[Floats], steps: int) -> None:
        self._time += 1
        rate = self._recipe.rate * 0.5 * (1 + np.cos(np.pi * self._time / max(steps, 1)))
        for value, mean, square, gradient in zip(self._values, self._means, self._squares, gradients, strict=True):
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient * gradient - square)
            change = (mean / (1 - 0.9**self._time)) / (np.sqrt(square / (1 - 0.999**self._time)) + 1e-8)
            decay = self._recipe.decay if value.ndim > 1 else 0.0
            value -= (rate * (change + decay * value)).astype(np.float32)
