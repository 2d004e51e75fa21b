"""Training with straight-through quantisation and iterative hard thresholding (IHT), in numpy.

Steps: dense, then IHT while the number of weights that are kept shrinks to its share (Blumensath and Davies 2009; the
gradual shrinking is Zhu and Gupta's, "To prune, or not to prune", 2017), then a fixed support with quantised weights,
whose gradients pass the rounding unchanged (Bengio, Leonard and Courville 2013). Adam (Kingma and Ba 2015) throughout.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

Array = NDArray[np.float32]
PRUNE_FROM, PRUNE_UNTIL, PRUNED_BY = 0.3, 0.6, 0.54
PRUNE_EVERY = 10
WARM_UP = 50
LEAST_STEPS = 400
LAST_RATE = 0.02
DECAY_MEAN, DECAY_SQUARE, EPSILON = 0.9, 0.999, 1e-8
_log = logging.getLogger(__name__)


class Trainable(Protocol):
    """A model of float32 arrays by name."""

    weights: dict[str, Array]

    def gradients(self, x: Array, targets: Array, effective: Mapping[str, Array], progress: float) -> dict[str, Array]:
        """Gradients of the mean cross-entropy with respect to `effective`, the weights as they are used."""

    def quantised(self) -> dict[str, Array]:
        """The weights on their grids."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how fast; `keep` is the share of each array's weights that stays."""

    epochs: int
    batch: int
    rate: float
    l2: float
    keep: Mapping[str, float]
    verbose: int = 0


def train(model: Trainable, x: Array, targets: Array, schedule: Schedule, rng: np.random.Generator) -> None:
    """Trains the model's weights in place on rows x, shape (rows, inputs), and targets, probabilities of shape
    (rows, classes).

    Raises:
        ValueError: weights grew beyond all bounds.
    """
    adam = _Adam(model.weights)
    masks = {name: np.ones_like(array, dtype=np.bool_) for name, array in model.weights.items()}
    batch = min(schedule.batch, len(x))
    steps_an_epoch = len(x) // batch
    steps = max(schedule.epochs * steps_an_epoch, LEAST_STEPS)
    with threadpool_limits(limits=1, user_api="blas"):  # products are so small that threads would only wait
        for step in range(steps):
            place = step % steps_an_epoch
            if place == 0:
                order = rng.permutation(len(x))
            progress = step / steps
            rows = order[place * batch : (place + 1) * batch]
            if progress >= PRUNE_FROM and (step % PRUNE_EVERY == 0) and progress < PRUNE_UNTIL:
                masks = _hard_threshold(model.weights, schedule.keep, progress)
            final = progress >= PRUNE_UNTIL
            effective = model.quantised() if final else model.weights
            found = model.gradients(x[rows], targets[rows], effective, progress)
            if not np.isfinite(sum(float(slope.sum()) for slope in found.values())):
                raise ValueError(
                    f"training diverged after {step} of {steps} steps: lower learning_rate ({schedule.rate})"
                )
            rate = schedule.rate * (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + np.cos(np.pi * progress)))
            adam.step(found, rate * min(1.0, (step + 1) / WARM_UP), schedule.l2, masks if final else None)
            if schedule.verbose and place == 0 and (step // steps_an_epoch) % schedule.verbose == 0:
                _log.info("epoch %d of %d", step // steps_an_epoch + 1, -(-steps // steps_an_epoch))


def _hard_threshold(
    weights: dict[str, Array], keep: Mapping[str, float], progress: float
) -> dict[str, NDArray[np.bool_]]:
    """Sets all but the largest weights to zero in place; which ones stay."""
    left = max(0.0, 1 - (progress - PRUNE_FROM) / (PRUNED_BY - PRUNE_FROM)) ** 3
    masks = {}
    for name, array in weights.items():
        share = keep.get(name, 1.0)
        share += (1 - share) * left
        count = max(1, round(share * array.size))
        size = np.abs(array)
        least = np.partition(size, array.size - count, axis=None)[array.size - count]
        masks[name] = size >= least
        array *= masks[name]
    return masks


class _Adam:
    def __init__(self, weights: dict[str, Array]) -> None:
        self._weights = weights
        self._means = {name: np.zeros_like(array) for name, array in weights.items()}
        self._squares = {name: np.zeros_like(array) for name, array in weights.items()}
        self._steps = 0

    def step(
        self, found: Mapping[str, Array], rate: float, l2: float, masks: Mapping[str, NDArray[np.bool_]] | None
    ) -> None:
        self._steps += 1
        unbias = np.sqrt(1 - DECAY_SQUARE**self._steps) / (1 - DECAY_MEAN**self._steps)
        for name, gradient in found.items():
            weights, mean, square = self._weights[name], self._means[name], self._squares[name]
            gradient = gradient + np.float32(l2) * weights
            if masks is not None:
                gradient *= masks[name]
            mean += np.float32(1 - DECAY_MEAN) * (gradient - mean)
            square += np.float32(1 - DECAY_SQUARE) * (gradient * gradient - square)
            weights -= np.float32(rate * unbias) * mean / (np.sqrt(square) + np.float32(EPSILON))
            if masks is not None:
                weights *= masks[name]


def normal(rng: np.random.Generator, shape: tuple[int, ...], spread: float) -> Array:
    """Weights to begin with: normal, of such a standard deviation."""
    return (rng.standard_normal(shape) * spread).astype(np.float32)
