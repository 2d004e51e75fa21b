"""The low-bit net: whole numbers, what was asked for, and gradients that are slopes."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import train_test_split

from cloud.models import LowBitNetClassifier
from cloud.models.inputs import fit_inputs
from cloud.models.low_bit_net import _Net
from cloud.models.softmax import probabilities
from tests.cloud.models.slopes import check_slopes

X, Y = load_digits(return_X_y=True)
TRAIN_X, TEST_X, TRAIN_Y, TEST_Y = train_test_split(X, Y, test_size=0.3, random_state=0, stratify=Y)


def _scores_of(model: LowBitNetClassifier, row: list[int]) -> list[int]:
    """The net once more, in Python's own integers."""
    net = model.net_
    hidden = []
    for weights, bias, factor in zip(
        net.hidden_weights.tolist(), net.hidden_bias.tolist(), net.factor.tolist(), strict=True
    ):
        total = bias + sum(w * u for w, u in zip(weights, row, strict=True))
        hidden.append(min(127, max(0, total * factor // 2**net.shift)))
    return [
        bias + sum(w * h for w, h in zip(weights, hidden, strict=True))
        for weights, bias in zip(net.output_weights.tolist(), net.output_bias.tolist(), strict=True)
    ]


@pytest.mark.parametrize(("weights", "highest"), [("ternary", 1), ("int4", 7), ("int8", 127)])
def test_decides_by_whole_numbers_of_the_kind_asked_for(weights: str, highest: int) -> None:
    model = LowBitNetClassifier(hidden=24, weights=weights, density=0.4, epochs=20, random_state=1)
    model.fit(TRAIN_X, TRAIN_Y)
    net = model.net_
    assert np.abs(net.hidden_weights).max() == highest
    assert np.abs(net.output_weights).max() == 7
    assert np.count_nonzero(net.hidden_weights) <= 0.4 * 24 * 64 + 1
    assert ((net.factor >= 1) & (net.factor <= 255)).all()
    assert model.score(TEST_X, TEST_Y) > 0.93
    scores = [_scores_of(model, row) for row in TEST_X[:100].astype(int).tolist()]
    assert [int(np.argmax(s)) for s in scores] == model.predict(TEST_X[:100]).tolist()
    assert np.array(scores) * 2.0**-net.score_shift == pytest.approx(model.decision_function(TEST_X[:100]))


def test_int3_nets_shift_and_have_biases_of_a_byte_and_a_step() -> None:
    model = LowBitNetClassifier(24, weights="int3", density=0.4, output_weights="int3", epochs=20, random_state=1)
    net = model.fit(TRAIN_X, TRAIN_Y).net_
    assert np.abs(net.hidden_weights).max() == np.abs(net.output_weights).max() == 4
    assert np.unique(net.factor).tolist() == [128]
    for biases in (net.hidden_bias, net.output_bias):
        assert np.abs(biases).max() / np.gcd.reduce(biases) <= 127
    assert model.score(TEST_X, TEST_Y) > 0.93
    scores = [_scores_of(model, row) for row in TEST_X[:100].astype(int).tolist()]
    assert [int(np.argmax(s)) for s in scores] == model.predict(TEST_X[:100]).tolist()


def test_same_seed_same_net() -> None:
    first, second, other = (
        LowBitNetClassifier(epochs=2, random_state=seed).fit(TRAIN_X, TRAIN_Y).net_ for seed in (3, 3, 4)
    )
    assert (first.hidden_weights == second.hidden_weights).all()
    assert not np.array_equal(first.hidden_weights, other.hidden_weights)


def test_features_of_different_ranges_are_scaled_apart() -> None:
    x, y = load_iris(return_X_y=True)
    wide = x * [1000, 1, 0.001, 1] + [101300, 0, 0, -40]
    model = LowBitNetClassifier(hidden=8, density=1, random_state=0).fit(wide, y)
    assert not model.inputs_.shared
    assert model.score(wide, y) > 0.94


def test_learns_soft_labels_instead_of_labels() -> None:
    opinions = np.full((len(TRAIN_X), 10), 0.05)
    opinions[np.arange(len(TRAIN_X)), (TRAIN_Y + 1) % 10] = 0.55
    model = LowBitNetClassifier(epochs=15, random_state=0).fit(TRAIN_X, TRAIN_Y, soft_labels=opinions)
    assert (model.predict(TEST_X) == (TEST_Y + 1) % 10).mean() > 0.9
    assert model.predict_proba(TEST_X).max(axis=1).mean() == pytest.approx(0.55, abs=0.1)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"weights": "int2"}, "weights is 'int2'; choose from ternary, int3, int4, int8"),
        ({"hidden": 0}, "hidden is 0; it must lie between 1 and 255"),
        ({"density": 0}, "density is 0"),
    ],
)
def test_refuses_bad_parameters(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LowBitNetClassifier(**parameters).fit(TRAIN_X, TRAIN_Y)  # type: ignore[arg-type]


@pytest.mark.parametrize("classes", [2, 3])
def test_gradients_are_slopes(classes: int) -> None:
    rng = np.random.default_rng(0)
    inputs = rng.integers(0, 256, (9, 6))
    targets = np.eye(classes)[rng.integers(0, classes, 9)]
    model = LowBitNetClassifier(hidden=5)
    model.inputs_ = fit_inputs(inputs.astype(np.float64))
    net = _Net(model, inputs, classes, rng)
    weights = {name: array.astype(np.float64) for name, array in net.weights.items()}
    x = net.layer.centred(inputs).astype(np.float64)

    def loss() -> float:
        hidden = np.maximum(x @ weights["hidden"].T + weights["hidden_bias"], 0)
        found = probabilities(hidden @ weights["output"].T + weights["output_bias"])
        return float(-np.log((found * targets).sum(axis=1)).mean())

    slopes = net.gradients(x, targets, weights, 0.0)  # type: ignore[arg-type]  # in double precision
    check_slopes(slopes, weights, loss, rng)


def test_units_that_fade_do_not_blow_up() -> None:
    """64 units with strong decay once lost their scales to 0, and were scaled up without bound."""
    model = LowBitNetClassifier(64, density=0.2, l2=0.01, output_density=0.3, epochs=20, random_state=0)
    assert model.fit(TRAIN_X, TRAIN_Y).score(TEST_X, TEST_Y) > 0.85


def test_says_when_training_diverges() -> None:
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="training diverged after"):
        LowBitNetClassifier(learning_rate=1e30, random_state=0).fit(TRAIN_X, TRAIN_Y)
