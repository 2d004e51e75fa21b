"""A SeparableConvClassifier as C: windows as rows, and the same windows a sample at a time, on boards too."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cloud.models import CascadeClassifier, CompactBoostingClassifier, SeparableConvClassifier
from cloud.porting import Ported, PortError, port
from cloud.porting.check.boards import measure, missing_tools
from tests.cloud.models.test_separable_conv import CHANNELS, SAMPLES, waves
from tests.cloud.porting.exactness import check
from tests.parts import fail_or_skip

MODELS: dict[str, Any] = {
    "two layers": SeparableConvClassifier(CHANNELS, epochs=2, random_state=0),
    "three layers": SeparableConvClassifier(
        CHANNELS, filters=(5, 3, 4), kernel=4, depth_multiplier=1, epochs=1, random_state=0
    ),
    "a channel, a tap": SeparableConvClassifier(
        1, filters=(3,), kernel=1, depth_multiplier=3, epochs=1, random_state=0
    ),
}


@cache
def fitted(name: str, classes: int) -> Any:
    x, y = waves(200, 0)
    return MODELS[name].fit(x, np.minimum(y, classes - 1))


@cache
def ported(feature_type: str) -> Ported:
    return port(fitted("two layers", 3), name="m", feature_type=feature_type, confidence=feature_type == "uint8")


def _windows(feature_type: str) -> NDArray[np.float64]:
    """Windows such as it was trained on, and others over the whole type, at its ends too."""
    rng = np.random.default_rng(0)
    low, high = (0, 255) if feature_type == "uint8" else (-32768, 32767)
    wild = rng.choice([low, low + 1, 0, 1, 7, 100, high - 1, high], (100, SAMPLES * CHANNELS))
    return np.concatenate([waves(200, 1)[0], wild, np.repeat(wild[:, :2], SAMPLES, axis=0).reshape(100, -1)])


@pytest.mark.parametrize(("name", "classes"), [("two layers", 3), ("three layers", 2), ("a channel, a tap", 3)])
@pytest.mark.parametrize("feature_type", ["uint8", "int16"])
def test_every_window_as_in_python(name: str, classes: int, feature_type: str) -> None:
    model, windows = fitted(name, classes), _windows(feature_type)
    found = port(model, name="m", feature_type=feature_type, rows=windows)
    check(model, found, windows)
    assert found.agreement == 1


@pytest.mark.parametrize(("board", "feature_type"), [("uno", "uint8"), ("uno", "int16"), ("cortex-m3", "int16")])
def test_a_sample_at_a_time_on_a_board(board: str, feature_type: str) -> None:
    """One unbroken series: after each sample the class is Python's of the last window, wherever that begins."""
    if missing := missing_tools(board):
        fail_or_skip(missing)
    model, found = fitted("two layers", 3), ported(feature_type)
    series = np.concatenate([*waves(4, 2)[0], np.full(80, 255.0)]).reshape(-1, CHANNELS)
    cost, classes = measure(replace(found.program(), calls=1), series.astype(found.feature.dtype), board)
    windows = np.stack([series[i : i + SAMPLES].ravel() for i in range(len(series) - SAMPLES + 1)])
    assert len(set(model.predict(windows))) > 1
    np.testing.assert_array_equal(model.classes_[classes[SAMPLES - 1 :]], model.predict(windows))
    assert cost.fits
    stream = 2 * 8 + 2 * 3 + 2 + CHANNELS * 5 + 8 * 9 + 8 * (SAMPLES - 4 - 8)
    assert stream <= cost.ram <= stream + 4


def test_a_board_is_measured_by_the_sample_and_golden_rows_agree() -> None:
    if missing := missing_tools("uno"):
        fail_or_skip(missing)
    verified = ported("uint8").verify(waves(5, 3)[0], "uno")
    assert verified.agreement == 1
    assert verified.cost is not None
    assert verified.cost.cycles_max < 20000  # not 24 times as many, as by the window
    assert "cycles a sample" in str(verified.cost)


def test_a_gate_may_wake_it() -> None:
    x, y = waves(200, 0)
    gate, expert = CompactBoostingClassifier(3), MODELS["a channel, a tap"]
    model = CascadeClassifier(gate, expert, max_wake=0.9).fit(x, y)
    assert 0 < model.wakes(x).mean() < 1
    check(model, port(model, name="m", feature_type="uint8"), x)


def test_refuses_windows_with_fractions() -> None:
    x, y = waves(50, 0)
    model = SeparableConvClassifier(CHANNELS, filters=(2,), epochs=1, random_state=0).fit(x / 10, y)
    with pytest.raises(PortError, match="trained on features with fractions"):
        port(model, name="m")
