"""Boosted trees of other makers, and forests that score: plain arrays, with scikit-learn's way of asking them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if

from ..errors import PortError

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ScoreTree:
    """A tree as arrays, parents before their children, the root first. Leaves have left -1. A row goes left when its
    feature is <= threshold, and when it is missing where `missing_left` says so; `value` is what a leaf adds."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: Floats
    missing_left: NDArray[np.bool_]
    value: Floats

    @property
    def inner(self) -> NDArray[np.bool_]:
        """Which nodes are splits."""
        return self.left >= 0

    def depth(self) -> int:
        """Splits on the longest path."""
        deep = np.zeros(len(self.left), np.int64)
        for i in np.flatnonzero(self.inner):
            deep[self.left[i]] = deep[self.right[i]] = deep[i] + 1
        return int(deep.max())

    def values(self, rows: NDArray[Any]) -> Floats:
        """What it adds to the score of each row."""
        node = np.zeros(len(rows), np.int64)
        while (going := self.inner[node]).any():
            here = node[going]
            x = rows[going, self.feature[here]]
            left = np.where(np.isnan(x), self.missing_left[here], x <= self.threshold[here])
            node[going] = np.where(left, self.left[here], self.right[here])
        return self.value[node]


@dataclass(frozen=True, kw_only=True)
class RawNode:
    """A node as a maker's file has it: a leaf has children of None."""

    children: tuple[int, int] | None
    feature: int = 0
    threshold: float = 0.0
    missing_left: bool = False
    value: float = 0.0


def score_tree(node: Callable[[int], RawNode], root: int, most: int) -> ScoreTree:
    """A tree whose nodes `node` finds by their numbers, of which there are `most` at most.

    Raises:
        PortError: nodes that point at each other in a circle.
    """
    found: list[RawNode] = []
    sides: list[list[int]] = []
    waiting: list[tuple[int, int, int]] = [(root, -1, 0)]
    while waiting:
        number, parent, side = waiting.pop()
        if parent >= 0:
            sides[parent][side] = len(found)
        raw = node(number)
        if raw.children:
            waiting += [(raw.children[1], len(found), 1), (raw.children[0], len(found), 0)]
        found.append(raw)
        sides.append([-1, -1])
        if len(found) > most:
            raise PortError("a tree of the file runs in a circle: it is damaged, save the model again")
    return ScoreTree(
        left=np.array([left for left, _ in sides], np.int64),
        right=np.array([right for _, right in sides], np.int64),
        feature=np.array([n.feature for n in found], np.int64),
        threshold=np.array([n.threshold for n in found], np.float64),
        missing_left=np.array([n.missing_left for n in found], np.bool_),
        value=np.array([n.value for n in found], np.float64),
    )


class TreeScores(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Trees whose leaves add to scores: one for two classes, that of the second, else one a class, in turn.

    `single`: features are compared as float32. `last_wins`: a score of 0 is the second class, of two. `probable`: a
    score is a logarithm of odds. `seen_missing`: trained on missing values. `fractions`: trained on features that were
    no whole numbers, as far as its thresholds tell.
    """

    def __init__(
        self,
        trees: Sequence[ScoreTree],
        bases: Sequence[float],
        features: Sequence[str] | int,
        *,
        classes: ArrayLike | None = None,
        single: bool,
        last_wins: bool = False,
        probable: bool = True,
        seen_missing: bool = False,
        fractions: bool = False,
    ) -> None:
        self.trees = tuple(trees)
        self.bases = tuple(float(base) for base in bases)
        self.single, self.last_wins, self.probable = single, last_wins, probable
        self.seen_missing, self.fractions = seen_missing, fractions
        self.features, self.classes = features, classes
        self.classes_ = np.arange(max(2, len(self.bases))) if classes is None else np.asarray(classes)
        if isinstance(features, int):
            self.n_features_in_ = features
        else:
            self.n_features_in_ = len(features)
            self.feature_names_in_ = np.array(features, dtype=object)
        self._check()

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """It comes fitted.

        Raises:
            PortError: always.
        """
        raise PortError("a model that was read cannot be trained on; train it where it was made")

    def decision_function(self, X: ArrayLike) -> Floats:
        """Scores, shape (rows,) for two classes, else (rows, classes)."""
        rows = np.asarray(X, np.float32 if self.single else np.float64)
        scores = np.tile(np.array(self.bases), (len(rows), 1))
        for i, tree in enumerate(self.trees):
            scores[:, i % len(self.bases)] += tree.values(rows)
        return scores[:, 0] if len(self.bases) == 1 else scores

    def arrays(self, *, missing: bool) -> list[NDArray[Any]]:
        """All numbers that decide; where a missing value goes only when features may be `missing`."""
        keys = ["left", "right", "feature", "threshold", "value", *(["missing_left"] if missing else [])]
        return [getattr(tree, key) for tree in self.trees for key in keys]

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The class of each row."""
        scores = self.decision_function(X)
        places = (scores >= 0 if self.last_wins else scores > 0) if scores.ndim == 1 else scores.argmax(axis=1)
        found: NDArray[Any] = self.classes_[places.astype(np.intp)]
        return found

    @available_if(lambda self: self.probable)  # type: ignore[untyped-decorator]  # scikit-learn has no types
    def predict_proba(self, X: ArrayLike) -> Floats:
        """Probabilities of the classes, shape (rows, classes)."""
        scores = self.decision_function(X)
        if scores.ndim == 1:
            second = 1 / (1 + np.exp(-scores))
            return np.column_stack([1 - second, second])
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        found: Floats = powers / powers.sum(axis=1, keepdims=True)
        return found

    def _check(self) -> None:
        if len(self.classes_) != max(2, len(self.bases)):
            raise PortError(f"the model has {max(2, len(self.bases))} classes, and {len(self.classes_)} are named")
        if len(self.trees) % len(self.bases):
            raise PortError(
                f"the model has {len(self.trees)} trees for {len(self.bases)} classes: the file is cut, save it again"
            )
        for tree in self.trees:
            used = tree.feature[tree.inner]
            if len(used) and not 0 <= used.min() <= used.max() < self.n_features_in_:
                raise PortError(f"a tree asks feature {used.max()} of {self.n_features_in_}: the file is damaged")
            if not np.isfinite(tree.value).all() or np.isnan(tree.threshold).any():
                raise PortError("a tree has a leaf or a threshold that is no number: the file is damaged")
