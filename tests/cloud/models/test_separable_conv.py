"""The separable convolution: whole numbers over windows, gradients that are slopes, what it can tell apart."""

import logging
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cloud.models import SeparableConvClassifier
from cloud.models.conv_stages import Depthwise

SAMPLES, CHANNELS = 24, 2


def waves(count: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Windows whose first channel sways slowly, faster or fast about any level: their means do not tell which."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, count)
    x = rng.normal(0, 8, (count, SAMPLES, CHANNELS)) + rng.uniform(60, 180, (count, 1, CHANNELS))
    angle = 2 * np.pi * (np.array([0.05, 0.12, 0.25])[y, None] * np.arange(SAMPLES) + rng.random((count, 1)))
    x[:, :, 0] += 30 * np.sin(angle)
    return np.rint(x).clip(0, 255).reshape(count, -1), y


@cache
def trained() -> SeparableConvClassifier:
    return SeparableConvClassifier(CHANNELS, epochs=10, random_state=0).fit(*waves(1000, 0))


def _scores_of(model: SeparableConvClassifier, row: list[int]) -> list[int]:
    """The net once more, in Python's own integers, a sample after the other."""
    columns = [row[i : i + CHANNELS] for i in range(0, len(row), CHANNELS)]
    for stage in model.net_.stages:
        kind, weights = stage.kind, stage.weights.tolist()
        back = (len(weights[0]) - 1) * kind.dilation if isinstance(kind, Depthwise) else 0
        values = []
        for t in range(back, len(columns)):
            column = []
            for o, taps in enumerate(weights):
                if isinstance(kind, Depthwise):
                    channel = o // kind.multiplier
                    seen = [columns[t - back + k * kind.dilation][channel] for k in range(len(taps))]
                else:
                    seen = columns[t]
                total = sum(w * v for w, v in zip(taps, seen, strict=True)) + int(stage.bias[o])
                column.append(min(127, max(kind.lowest, total * int(stage.factor[o]) // 2**stage.shift)))
            values.append(column)
        columns = values
    pooled = [sum(column[f] for column in columns) for f in range(len(columns[0]))]
    return [
        bias + sum(w * v for w, v in zip(weights, pooled, strict=True))
        for weights, bias in zip(model.net_.output_weights.tolist(), model.net_.output_bias.tolist(), strict=True)
    ]


def test_tells_windows_apart_by_their_course() -> None:
    x, y = waves(300, 1)
    assert trained().score(x, y) > 0.97


def test_decides_by_whole_numbers() -> None:
    model, (x, _) = trained(), waves(30, 2)
    x[0], x[1] = 0, 255
    for stage in model.net_.stages:
        assert np.abs(stage.weights).max() == 127
        assert ((stage.factor >= 1) & (stage.factor <= 255)).all()
        assert stage.shift >= 8
    rows = model._inputs(x).reshape(30, -1).tolist()
    scores = np.array([_scores_of(model, row) for row in rows])
    assert scores.argmax(axis=1).tolist() == model.predict(x).tolist()
    assert scores * 2.0**-model.score_shift == pytest.approx(model.decision_function(x))


def test_same_seed_same_net_and_a_long_fit_says_how_far_it_is(caplog: pytest.LogCaptureFixture) -> None:
    x, y = waves(64, 3)

    def first_weights(seed: int, verbose: int) -> list[list[int]]:
        model = SeparableConvClassifier(
            CHANNELS, filters=(2,), kernel=2, depth_multiplier=1, epochs=1, verbose=verbose, random_state=seed
        )
        weights: list[list[int]] = model.fit(x, y).net_.stages[0].weights.tolist()
        return weights

    with caplog.at_level(logging.INFO):
        found = first_weights(3, verbose=100)
    assert "epoch 101 of 200" in caplog.text
    assert found == first_weights(3, verbose=0) != first_weights(4, verbose=0)


def test_channels_of_different_ranges_are_scaled_apart() -> None:
    x, y = waves(400, 4)
    wide = x.reshape(-1, SAMPLES, CHANNELS) * [0.01, 40] + [-3, 9000]
    model = SeparableConvClassifier(CHANNELS, filters=(6,), epochs=10, random_state=0).fit(wide.reshape(400, -1), y)
    assert len(model.inputs_.low) == CHANNELS
    assert not model.inputs_.shared
    assert model.score(wide.reshape(400, -1), y) > 0.9


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"channels": 5}, "48 features are no whole samples of 5 channels"),
        ({"kernel": 0}, "kernel is 0; it must lie between 1 and 32"),
        ({"filters": ()}, "the number of layers in filters is 0"),
        ({"filters": (8, 65)}, "filters is 65"),
        ({"channels": 40, "depth_multiplier": 8}, "channels \\* depth_multiplier is 320"),
    ],
)
def test_refuses_bad_parameters(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SeparableConvClassifier(**parameters).fit(*waves(20, 6))


def test_refuses_windows_that_16_bits_do_not_hold() -> None:
    with pytest.raises(ValueError, match="520 samples have 520 columns, and 516 can be summed"):
        SeparableConvClassifier(kernel=1).fit(np.zeros((4, 520)), [0, 1, 0, 1])
