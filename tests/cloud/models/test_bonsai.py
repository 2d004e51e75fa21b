"""Bonsai: whole numbers along one path, and gradients that are slopes through soft branches."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from cloud.models import BonsaiClassifier
from cloud.models.bonsai import _Tree
from cloud.models.inputs import fit_inputs
from cloud.models.softmax import probabilities
from tests.cloud.models.slopes import check_slopes

X, Y = load_digits(return_X_y=True)
TRAIN_X, TEST_X, TRAIN_Y, TEST_Y = train_test_split(X, Y, test_size=0.3, random_state=0, stratify=Y)


def _scores_of(model: BonsaiClassifier, row: list[int]) -> list[int]:
    """The tree once more, in Python's own integers."""
    tree = model.tree_
    z = []
    for weights, bias, factor in zip(
        tree.projection.tolist(), tree.projection_bias.tolist(), tree.factor.tolist(), strict=True
    ):
        total = bias + sum(w * u for w, u in zip(weights, row, strict=True))
        z.append(min(127, max(-127, total * factor // 2**tree.shift)))

    def dot(weights: list[int]) -> int:
        return sum(w * v for w, v in zip(weights, z, strict=True))

    node, scores = 0, [0] * tree.worth.shape[1]
    while True:
        for s in range(len(scores)):
            gate = min(tree.limit, max(-tree.limit, dot(tree.gate[node, s].tolist())))
            scores[s] += (dot(tree.worth[node, s].tolist()) // 2**tree.worth_shift) * gate
        if node >= len(tree.branch):
            return scores
        node = 2 * node + 1 + (dot(tree.branch[node].tolist()) > 0)


@pytest.mark.parametrize(("depth", "node_weights"), [(0, "int4"), (2, "int4"), (3, "int8")])
def test_decides_by_whole_numbers_along_one_path(depth: int, node_weights: str) -> None:
    model = BonsaiClassifier(8, depth=depth, node_weights=node_weights, density=0.4, epochs=15, random_state=0)
    model.fit(TRAIN_X, TRAIN_Y)
    assert model.tree_.depth == depth
    assert np.count_nonzero(model.tree_.projection) <= 0.4 * 8 * 64 + 1
    assert model.score(TEST_X, TEST_Y) > 0.85
    scores = [_scores_of(model, row) for row in TEST_X[:60].astype(int).tolist()]
    assert np.array(scores) * 2.0**-model.score_shift == pytest.approx(model.decision_function(TEST_X[:60]))


def test_branches_part_the_rows() -> None:
    """Two moons of stripes: no one node's gated score tells them apart as well as a tree does."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (3000, 2)).astype(float)
    y = (x[:, 0] // 64 + x[:, 1] // 64) % 2
    flat, deep = (BonsaiClassifier(6, depth=d, density=1, random_state=1).fit(x, y).score(x, y) for d in (0, 3))
    assert deep > flat + 0.05


@pytest.mark.parametrize("classes", [2, 3])
def test_gradients_are_slopes(classes: int) -> None:
    rng = np.random.default_rng(1)
    inputs = rng.integers(0, 256, (9, 6))
    targets = np.eye(classes)[rng.integers(0, classes, 9)]
    model = BonsaiClassifier(4, depth=2)
    model.inputs_ = fit_inputs(inputs.astype(np.float64))
    tree = _Tree(model, inputs, classes, rng)
    weights = {name: array.astype(np.float64) for name, array in tree.weights.items()}
    x = tree.layer.centred(inputs).astype(np.float64)
    slopes = tree.gradients(x, targets, weights, 0.3)  # type: ignore[arg-type]  # in double precision
    slope = tree._slope

    def loss() -> float:
        z = x @ weights["projection"].T + weights["projection_bias"]
        worth, gate = ((z @ weights[name].T).reshape(9, 7, -1) for name in ("worth", "gate"))
        turns = np.tanh(slope * (z @ weights["branch"].T))
        reached = tree._reached(turns, 9).astype(np.float64)
        scores = (worth * np.clip(gate, -1, 1) * reached[:, :, None]).sum(axis=1)
        return float(-np.log((probabilities(scores) * targets).sum(axis=1)).mean())

    check_slopes(slopes, weights, loss, rng, step=1e-3, rel=0.02, least=1e-4)
