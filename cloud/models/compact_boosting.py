"""Boosted trees that pay for what they add to the node's memory, and so share it."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .estimator import IntegerClassifier, check_range
from .inputs import Floats, Ints
from .level_search import Bins, Level, Prices, best_level, fit_bins
from .palette import SCORE_SHIFT, Palette
from .softmax import probabilities

MOST_TESTS = 255


@dataclass(frozen=True, kw_only=True)
class CompactEnsemble:
    """All that a node computes. Test t asks whether feature tested[t] is above thresholds[t]. A tree asks the same
    test of all nodes of a level: its tests, shape (trees, depth), answered by 0 or 1, are the bits of the leaf's place
    from the highest down; leaves, shape (trees, 2**depth), are places in `palette`. What is found there is added to the
    score of the tree's class. Scores begin at `bias`; they are logarithms of odds in units of 2**-SCORE_SHIFT."""

    tested: Ints
    thresholds: Floats
    trees: Ints
    leaves: Ints
    tree_class: Ints
    palette: Ints
    bias: Ints

    def scores(self, rows: Floats) -> Ints:
        """Scores of rows, shape (rows, scores)."""
        answers = rows[:, self.tested] > self.thresholds
        found = np.tile(self.bias, (len(rows), 1))
        for tests, leaves, score in zip(self.trees, self.leaves, self.tree_class, strict=True):
            found[:, score] += self.palette[leaves[places(answers[:, tests])]]
        return found


def places(answers: NDArray[np.bool_]) -> Ints:
    """The place of the leaf that answers, shape (rows, levels), lead to."""
    found: Ints = answers @ (1 << np.arange(answers.shape[1])[::-1])
    return found


class CompactBoostingClassifier(IntegerClassifier):
    """Gradient boosting that pays for every new feature, threshold and leaf value, so that its trees share them.

    Trees are symmetric: all nodes of a level ask the same. A tree is grown for the class where it lowers the
    cross-entropy most, less `price` for each byte that it adds to the node's memory; when no tree is worth its bytes,
    growing ends. Then the leaves of every tree are chosen anew, given all others.

    Args: trees: at most so many, of all classes together. depth: levels of a tree. learning_rate: share of a leaf's
        Newton step that is taken. l2: added to the curvature of a leaf. price: natural units of the training rows'
        summed cross-entropy for a byte. values: leaf values, at most; 2, 4, 16 or 256. bins: thresholds tried of each
        feature, at most. refinements: how often all leaves are chosen anew.

    Attributes: classes_; n_features_in_; ensemble_: CompactEnsemble.
    """

    def __init__(
        self,
        trees: int = 100,
        *,
        depth: int = 3,
        learning_rate: float = 0.3,
        l2: float = 1.0,
        price: float = 0.1,
        values: int = 16,
        bins: int = 64,
        refinements: int = 2,
    ) -> None:
        self.trees = trees
        self.depth = depth
        self.learning_rate = learning_rate
        self.l2 = l2
        self.price = price
        self.values = values
        self.bins = bins
        self.refinements = refinements

    def fit(self, X: ArrayLike, y: ArrayLike, soft_labels: ArrayLike | None = None) -> Self:
        """Grows trees on rows X, shape (rows, features), and their classes y, or on `soft_labels`, probabilities of
        shape (rows, classes).

        Raises:
            ValueError: bad parameters, rows or labels.
        """
        check_range("trees", self.trees, 1, 65535)
        check_range("depth", self.depth, 1, 6)
        check_range("learning_rate", self.learning_rate, 0.001, 1)
        check_range("values", self.values, 2, 256)
        check_range("bins", self.bins, 1, 255)
        rows, targets = self._begin(X, y, soft_labels)
        growth = _Growth(self, fit_bins(rows, self.bins), targets.astype(np.float64))
        while len(growth.trees) < self.trees and growth.grow():
            pass
        for _ in range(self.refinements):
            growth.refine()
        self.ensemble_ = growth.ensemble()
        return self

    def whole_scores(self, rows: Floats) -> Ints:
        """See IntegerClassifier."""
        return self.ensemble_.scores(rows)

    def examples(self, count: int, rng: np.random.Generator) -> Floats:
        """See IntegerClassifier. Values a little above and below thresholds."""
        found = np.zeros((count, self.n_features_in_))
        for feature in np.unique(self.ensemble_.tested):
            mine = self.ensemble_.thresholds[self.ensemble_.tested == feature]
            found[:, feature] = rng.choice(mine, count) + rng.choice([-1, -0.5, 0, 0.5, 1], count)
        return found

    @property
    def score_shift(self) -> int:
        """See IntegerClassifier."""
        return SCORE_SHIFT


@dataclass(frozen=True, kw_only=True)
class _Tree:
    score: int
    levels: tuple[Level, ...]
    places: Ints
    leaves: Ints


class _Growth:
    """An ensemble as it grows, with the training rows' scores in whole units."""

    def __init__(self, of: CompactBoostingClassifier, bins: Bins, targets: Floats) -> None:
        self._of, self._bins, self._targets = of, bins, targets
        self._two = targets.shape[1] == 2
        prior = np.log(np.clip(targets.mean(axis=0), 1e-6, 1))
        start = prior[1:] - prior[:1] if self._two else prior - prior.mean()
        self._bias = np.rint(start * 2**SCORE_SHIFT).astype(np.int64)
        self._scores = np.tile(self._bias, (len(targets), 1))
        self._palette = Palette(of.values, of.price)
        self._used: dict[Level, int] = {}
        self._prices = Prices(of.price, len(bins.thresholds))
        self.trees: list[_Tree] = []

    def grow(self) -> bool:
        """Adds the tree that is worth most; whether there was one."""
        slope, curvature = self._derivatives()
        root = np.zeros(len(slope), np.int64)
        firsts = [
            best_level(self._bins, root, slope[:, k], curvature[:, k], self._prices, self._of.l2)
            for k in range(slope.shape[1])
        ]
        for score in np.argsort([-first.gain for first in firsts], kind="stable")[:2]:
            if self._grow_for(int(score), slope[:, score], curvature[:, score]):
                return True
        return False

    def _grow_for(self, score: int, slope: Floats, curvature: Floats) -> bool:
        found = np.zeros(len(slope), np.int64)
        levels: list[Level] = []
        worth, before = 0.0, self._prices.copy()
        for _ in range(self._of.depth):
            chosen = best_level(self._bins, found, slope, curvature, self._prices, self._of.l2)
            if len(self._prices.bought) >= MOST_TESTS and chosen.level not in self._prices.bought:
                break
            worth += chosen.gain
            self._prices.buy(chosen.level)
            levels.append(chosen.level)
            found = 2 * found + self._bins.above(chosen.level)
        rate = self._of.learning_rate
        if len(levels) < self._of.depth or worth * rate * (2 - rate) <= self._of.price * (1 << self._of.depth) / 2:
            self._prices = before
            return False
        leaves = self._palette.choose(*self._sums(found, slope, curvature), rate, grow=True)
        self.trees.append(_Tree(score=score, levels=tuple(levels), places=found, leaves=leaves))
        self._scores[:, score] += self._palette.values[leaves[found]]
        return True

    def refine(self) -> None:
        """Chooses the leaves of every tree anew."""
        for i, tree in enumerate(self.trees):
            self._scores[:, tree.score] -= self._palette.values[tree.leaves[tree.places]]
            slope, curvature = self._derivatives()
            sums = self._sums(tree.places, slope[:, tree.score], curvature[:, tree.score])
            leaves = self._palette.choose(*sums, 1.0, grow=False)
            self.trees[i] = _Tree(score=tree.score, levels=tree.levels, places=tree.places, leaves=leaves)
            self._scores[:, tree.score] += self._palette.values[leaves[tree.places]]

    def ensemble(self) -> CompactEnsemble:
        """What has grown; trees in the order of their classes."""
        ordered = sorted(self.trees, key=lambda tree: tree.score)
        tests = sorted({level for tree in ordered for level in tree.levels})
        number = {level: i for i, level in enumerate(tests)}
        depth = self._of.depth
        return CompactEnsemble(
            tested=np.array([level.feature for level in tests], np.int64),
            thresholds=np.array([self._bins.thresholds[level.feature][level.bin] for level in tests], np.float64),
            trees=np.array([[number[level] for level in tree.levels] for tree in ordered], np.int64).reshape(-1, depth),
            leaves=np.array([tree.leaves for tree in ordered], np.int64).reshape(-1, 1 << depth),
            tree_class=np.array([tree.score for tree in ordered], np.int64),
            palette=self._palette.values,
            bias=self._bias,
        )

    def _derivatives(self) -> tuple[Floats, Floats]:
        """Slope and curvature of each row's cross-entropy with respect to each score."""
        shares = probabilities(self._scores * 2.0**-SCORE_SHIFT)
        slope, curvature = shares - self._targets, shares * (1 - shares)
        return (slope[:, 1:], curvature[:, 1:]) if self._two else (slope, curvature)

    def _sums(self, found: Ints, slope: Floats, curvature: Floats) -> tuple[Floats, Floats]:
        leaves = 1 << self._of.depth
        slopes: Floats = np.bincount(found, slope, leaves).astype(np.float64)
        curvatures: Floats = np.bincount(found, curvature, leaves).astype(np.float64)
        return slopes, curvatures + self._of.l2
