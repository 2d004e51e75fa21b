"""Compact boosting: the search against trying everything, whole numbers, and prices that are felt."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split

from cloud.models import CompactBoostingClassifier, CompactEnsemble
from cloud.models.level_search import Level, Prices, best_level, fit_bins

X, Y = load_breast_cancer(return_X_y=True)
TRAIN_X, TEST_X, TRAIN_Y, TEST_Y = train_test_split(X, Y, test_size=0.3, random_state=0, stratify=Y)


def _scores_of(ensemble: CompactEnsemble, row: list[float]) -> list[int]:
    """The ensemble once more, in Python's own integers."""
    scores: list[int] = ensemble.bias.tolist()
    for tests, leaves, score in zip(
        ensemble.trees.tolist(), ensemble.leaves.tolist(), ensemble.tree_class.tolist(), strict=True
    ):
        place = 0
        for test in tests:
            place = 2 * place + (row[ensemble.tested[test]] > ensemble.thresholds[test])
        scores[score] += int(ensemble.palette[leaves[place]])
    return scores


def test_small_and_as_good_as_large_boosting() -> None:
    model = CompactBoostingClassifier().fit(TRAIN_X, TRAIN_Y)
    large = HistGradientBoostingClassifier(random_state=0).fit(TRAIN_X, TRAIN_Y)
    assert model.score(TEST_X, TEST_Y) > large.score(TEST_X, TEST_Y) - 0.005
    assert len(model.ensemble_.trees) < 40
    assert np.abs(model.ensemble_.palette).max() <= 127


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_decides_by_whole_numbers(depth: int) -> None:
    x, y = load_digits(return_X_y=True)
    model = CompactBoostingClassifier(trees=30, depth=depth).fit(x[::4], y[::4])
    found = np.array([_scores_of(model.ensemble_, row) for row in x[:60].tolist()])
    assert found.argmax(axis=1).tolist() == model.predict(x[:60]).tolist()
    assert found / 64 == pytest.approx(model.decision_function(x[:60]))


def test_a_higher_price_buys_fewer_features_thresholds_and_values() -> None:
    cheap, dear = (CompactBoostingClassifier(trees=15, price=p).fit(TRAIN_X, TRAIN_Y).ensemble_ for p in (0, 1))
    assert len(set(dear.tested)) < len(set(cheap.tested))
    assert len(dear.tested) < len(cheap.tested)
    assert len(dear.palette) < len(cheap.palette)


def test_finds_the_best_test_of_all() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 6, (40, 3)).astype(float)
    slope, curvature = rng.normal(size=40), rng.uniform(0.1, 0.3, 40)
    leaf = rng.integers(0, 4, 40)
    bins = fit_bins(rows, 255)
    prices = Prices(0.01, 3)
    prices.buy(Level(1, 2))

    def worth(level: Level) -> float:
        found = 0.0
        above = rows[:, level.feature] > bins.thresholds[level.feature][level.bin]
        for k in range(4):
            for part, sign in ((leaf == k, -1), ((leaf == k) & above, 1), ((leaf == k) & ~above, 1)):
                found += sign * slope[part].sum() ** 2 / (curvature[part].sum() + 1) / 2
        return found - 0.01 * (1 if level == (1, 2) else 2 if level.feature == 1 else 4)

    every = [Level(f, b) for f in range(3) for b in range(len(bins.thresholds[f]))]
    chosen = best_level(bins, leaf, slope, curvature, prices, 1.0)
    assert chosen.level == max(every, key=worth)
    assert chosen.gain == pytest.approx(worth(chosen.level))


def test_many_values_get_few_thresholds() -> None:
    bins = fit_bins(np.arange(1000.0)[:, None] ** 2, 10)
    assert len(bins.thresholds[0]) == 10
    assert np.bincount(bins.codes[:, 0]).min() > 50


def test_soft_labels_are_learned() -> None:
    opinion = np.where(TRAIN_Y[:, None] == [0, 1], 0.2, 0.8)
    model = CompactBoostingClassifier().fit(TRAIN_X, TRAIN_Y, soft_labels=opinion)
    assert model.score(TEST_X, TEST_Y) < 0.1
    assert model.predict_proba(TEST_X).max(axis=1).mean() == pytest.approx(0.8, abs=0.05)
