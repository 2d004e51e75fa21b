"""Bonsai: a shallow tree in a learned projection of few dimensions (Kumar, Goyal and Varma, ICML 2017)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .augment import Augment
from .byte_layer import HIGHEST_VALUE, ByteLayer, Factors
from .estimator import check_choice, check_range
from .grids import HIGHEST, on_grid
from .inputs import Ints
from .softmax import cross_entropy_slope
from .trained import TrainedClassifier, WholeScores
from .training import Array, normal

MOST_SCORE = 2.0**29
HARD_FROM = 0.8
"""From this part of the training on a row takes one path."""
SOFT_WIDTH, DOUBLINGS = 0.1, 10
"""A row's mean slope of routing at the start, and how often it doubles until HARD_FROM."""
REACHED = 99.5
"""Per cent of the projected values that fit a byte; those beyond are clipped."""


@dataclass(frozen=True, kw_only=True)
class IntegerBonsai:
    """All that a node computes. z_j = clip((projection @ inputs + projection_bias)_j * factor_j >> shift, -127, 127).
    From node 0 on, at every node k of a path: scores += (worth_k @ z >> worth_shift) * clip(gate_k @ z, -limit, limit);
    then on to node 2k + 2 where branch_k @ z > 0, else to 2k + 1, down to depth. Scores begin at 0; they are logarithms
    of odds in units of 2**-score_shift. Shapes: projection (projected, features), worth and gate (nodes, scores,
    projected), branch (inner nodes, projected)."""

    projection: Ints
    projection_bias: Ints
    factor: Ints
    shift: int
    worth: Ints
    gate: Ints
    branch: Ints
    limit: int
    worth_shift: int
    score_shift: int

    @property
    def depth(self) -> int:
        """Levels of branches."""
        return len(self.worth).bit_length() - 1

    def scores(self, inputs: Ints) -> Ints:
        """Scores of rows of inputs, shape (rows, scores)."""
        sums = inputs @ self.projection.T + self.projection_bias
        z = np.clip(sums * self.factor >> self.shift, -HIGHEST_VALUE, HIGHEST_VALUE)
        node = np.zeros(len(z), np.int64)
        found = np.zeros((len(z), self.worth.shape[1]), np.int64)
        for level in range(self.depth + 1):
            worth = np.einsum("rsp,rp->rs", self.worth[node], z)
            gate = np.einsum("rsp,rp->rs", self.gate[node], z)
            found += (worth >> self.worth_shift) * np.clip(gate, -self.limit, self.limit)
            if level < self.depth:
                node = 2 * node + 1 + ((self.branch[node] * z).sum(axis=1) > 0)
        return found


class BonsaiClassifier(TrainedClassifier):
    """A tree of linear scores, each gated by another, in a sparse projection; whole numbers at inference.

    Projection, scores and branches are trained together. Branches are soft at first, tanh(slope * theta @ z), and
    harden as the slope doubles, until a row takes one path. The tanh of the gates is a clip, as on the node.

    Args:
        projected: dimensions of the projection.
        depth: levels of branches, 0 to 3.
        weights, node_weights: ternary, int4 or int8, of the projection and of the nodes.
        density: share of the projection's weights that are not zero.
        augment, copies, epochs, batch, learning_rate, l2, verbose, random_state: as of LowBitNetClassifier.

    Attributes: classes_; n_features_in_; inputs_: InputScale of the features; tree_: IntegerBonsai.
    """

    def __init__(
        self,
        projected: int = 12,
        *,
        depth: int = 1,
        weights: str = "int4",
        node_weights: str = "int4",
        density: float = 0.5,
        augment: Augment | None = None,
        copies: int = 8,
        epochs: int = 60,
        batch: int = 32,
        learning_rate: float = 0.01,
        l2: float = 1e-4,
        verbose: int = 0,
        random_state: Any = None,
    ) -> None:
        self.projected = projected
        self.depth = depth
        self.weights = weights
        self.node_weights = node_weights
        self.density = density
        self.augment = augment
        self.copies = copies
        self.epochs = epochs
        self.batch = batch
        self.learning_rate = learning_rate
        self.l2 = l2
        self.verbose = verbose
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, soft_labels: ArrayLike | None = None) -> Self:
        """Trains on rows X, shape (rows, features), and their classes y, or on `soft_labels`, probabilities of shape
        (rows, classes).

        Raises:
            ValueError: bad parameters, rows or labels.
        """
        check_range("projected", self.projected, 1, 127)
        check_range("depth", self.depth, 0, 3)
        check_range("density", self.density, 0.001, 1)
        check_choice("weights", self.weights, HIGHEST)
        check_choice("node_weights", self.node_weights, HIGHEST)
        trained = self._train(X, y, soft_labels, lambda *begin: _Tree(self, *begin), {"projection": self.density})
        self.tree_ = trained.integers()
        return self

    @property
    def whole(self) -> WholeScores:
        """See TrainedClassifier."""
        return self.tree_


class _Tree:
    """The tree while it is trained, on centred inputs. Arrays of nodes have shape (nodes * scores, projected)."""

    def __init__(self, of: BonsaiClassifier, inputs: Ints, classes: int, rng: np.random.Generator) -> None:
        self._of = of
        self._scores = 1 if classes == 2 else classes
        self._nodes, self._inner = 2 ** (of.depth + 1) - 1, 2**of.depth - 1
        self.layer = ByteLayer(inputs, of.inputs_.top, signed=True, reached=REACHED, rng=rng)
        self._slope = np.float32(1)
        size, features = of.projected, inputs.shape[1]
        self.weights: dict[str, Array] = {
            "projection": normal(rng, (size, features), 1.5 / np.sqrt(features)),
            "projection_bias": normal(rng, (size,), 0.5),
            "worth": normal(rng, (self._nodes * self._scores, size), 0.5),
            "gate": normal(rng, (self._nodes * self._scores, size), 0.5),
        }
        if self._inner:
            self.weights["branch"] = normal(rng, (self._inner, size), 0.5)

    def gradients(self, x: Array, targets: Array, effective: Mapping[str, Array], progress: float) -> dict[str, Array]:
        """See Trainable."""
        z = x @ effective["projection"].T + effective["projection_bias"]
        inside: Any = 1.0
        if unit := np.float32(self.layer.unit):
            steps = np.floor(z / unit)
            inside = np.abs(steps) <= HIGHEST_VALUE
            z = np.clip(steps, -HIGHEST_VALUE, HIGHEST_VALUE) * unit
        shape = (len(x), self._nodes, self._scores)
        worth = (z @ effective["worth"].T).reshape(shape)
        raw_gate = (z @ effective["gate"].T).reshape(shape)
        gate = np.clip(raw_gate, -1, 1)
        turns = self._turns(z, effective, progress)
        reached = self._reached(turns, len(x))
        part = worth * gate
        back = cross_entropy_slope((part * reached[:, :, None]).sum(axis=1), targets)
        down = back[:, None, :] * reached[:, :, None]
        to_worth = (down * gate).reshape(len(x), -1)
        to_gate = (down * worth * (np.abs(raw_gate) < 1)).reshape(len(x), -1)
        through = to_worth @ effective["worth"] + to_gate @ effective["gate"]
        found = {"worth": to_worth.T @ z, "gate": to_gate.T @ z}
        if self._inner:
            to_branch = self._branch_slopes((part * back[:, None, :]).sum(axis=2), turns, reached, progress)
            through += to_branch @ effective["branch"]
            found["branch"] = to_branch.T @ z
        through = through * inside
        return {**found, "projection": through.T @ x, "projection_bias": through.sum(axis=0)}

    def _turns(self, z: Array, effective: Mapping[str, Array], progress: float) -> Array:
        """Where each row goes at each inner node: from -1, left, to 1, right."""
        if not self._inner:
            return np.zeros((len(z), 0), np.float32)
        sums = z @ effective["branch"].T
        if progress >= HARD_FROM:
            return np.where(sums > 0, 1, -1).astype(np.float32)
        steepness = SOFT_WIDTH * 2 ** (DOUBLINGS * progress / HARD_FROM)
        self._slope = np.float32(steepness / (np.abs(sums).mean() + 1e-6))
        turns: Array = np.tanh(self._slope * sums)
        return turns

    def _reached(self, turns: Array, rows: int) -> Array:
        """How far each row is at each node, shape (rows, nodes)."""
        reached = np.ones((rows, self._nodes), np.float32)
        for k in range(self._inner):
            reached[:, 2 * k + 1] = reached[:, k] * (1 - turns[:, k]) / 2
            reached[:, 2 * k + 2] = reached[:, k] * (1 + turns[:, k]) / 2
        return reached

    def _branch_slopes(self, down: Array, turns: Array, reached: Array, progress: float) -> Array:
        """Slopes with respect to branch sums; `down`: with respect to how far a row is at each node."""
        found = np.zeros_like(turns)
        if progress >= HARD_FROM:
            return found
        for k in reversed(range(self._inner)):
            left, right = down[:, 2 * k + 1], down[:, 2 * k + 2]
            found[:, k] = (right - left) * reached[:, k] / 2 * (1 - turns[:, k] ** 2) * self._slope
            down[:, k] += left * (1 - turns[:, k]) / 2 + right * (1 + turns[:, k]) / 2
        return found

    def quantised(self) -> dict[str, Array]:
        """See Trainable."""
        grid = self._grid()
        found = {
            **self.weights,
            "projection": grid.projection * (grid.first.scale * self.layer.top),
            "worth": grid.worth * np.float32(grid.worth_scale),
            "gate": grid.gate * np.float32(grid.gate_scale),
        }
        if self._inner:
            found["branch"] = grid.branch
        return found

    def integers(self) -> IntegerBonsai:
        """The tree of the weights as they are now."""
        grid = self._grid()
        bias = self.weights["projection_bias"] / grid.first.scale[:, 0] - grid.projection @ self.layer.centre
        limit = round(1 / (grid.gate_scale * self.layer.unit))
        reach = HIGHEST_VALUE * float(np.abs(grid.worth).sum(axis=1).max()) * limit * (self._of.depth + 1)
        worth_shift = max(0, math.ceil(math.log2(max(1.0, reach) / MOST_SCORE)))
        shape = (self._nodes, self._scores, self._of.projected)
        return IntegerBonsai(
            projection=grid.projection.astype(np.int64),
            projection_bias=np.rint(bias).astype(np.int64),
            factor=grid.first.factor[:, 0].astype(np.int64),
            shift=grid.first.shift,
            worth=grid.worth.astype(np.int64).reshape(shape),
            gate=grid.gate.astype(np.int64).reshape(shape),
            branch=grid.branch.astype(np.int64),
            limit=limit,
            worth_shift=worth_shift,
            score_shift=grid.score_shift - worth_shift,
        )

    def _grid(self) -> "_Grid":
        """The weights on their grids. The scale of the worths is such that scores are in units of a power of two."""
        projection, scale = on_grid(self.weights["projection"], self._of.weights, by_row=True)
        worth, worth_scale = on_grid(self.weights["worth"], self._of.node_weights, by_row=False)
        gate, gate_scale = on_grid(self.weights["gate"], self._of.node_weights, by_row=False)
        branch = on_grid(self.weights["branch"], self._of.node_weights, by_row=True)[0] if self._inner else gate[:0]
        unit = self.layer.unit = self.layer.finest(projection * scale, self.weights["projection_bias"])
        score_shift = -round(math.log2(float(worth_scale[0, 0]) * float(gate_scale[0, 0]) * unit**2))
        return _Grid(
            projection=projection,
            first=self.layer.factors(scale),
            worth=worth,
            worth_scale=2.0**-score_shift / (float(gate_scale[0, 0]) * unit**2),
            gate=gate,
            gate_scale=float(gate_scale[0, 0]),
            branch=branch,
            score_shift=score_shift,
        )


@dataclass(frozen=True, kw_only=True)
class _Grid:
    """Whole weights, and the factors of the projected values."""

    projection: Array
    first: Factors
    worth: Array
    worth_scale: float
    gate: Array
    gate_scale: float
    branch: Array
    score_shift: int
