"""Nets that are read bit by bit: the same class as Python's on every row, in less flash than any other form."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

from cloud.models import LowBitNetClassifier
from cloud.porting import port
from cloud.porting.check.boards import missing_tools
from tests.cloud.porting.exactness import check
from tests.parts import fail_or_skip

CODE_BYTES = 176
"""Beside the stream, where features are bytes."""


def _sets() -> dict[str, tuple[NDArray[Any], NDArray[Any], str]]:
    digits, digit = load_digits(return_X_y=True)
    cancer, ill = load_breast_cancer(return_X_y=True)
    wine, maker = load_wine(return_X_y=True)
    return {
        "digits": (digits, digit, "uint8"),
        "bytes": (np.rint(255 * digits / 16), digit, "uint8"),
        "cancer": (np.rint(100 * cancer).clip(0, 32767), ill, "int16"),
        "wine": (np.rint(10 * wine) - 20, maker, "int16"),
        "wide": (np.hstack([digits] * 4), digit, "uint8"),
    }


SETS = _sets()


@cache
def _fitted(data: str) -> LowBitNetClassifier:
    x, y, _ = SETS[data]
    net = LowBitNetClassifier(9, weights="int3", output_weights="int3", density=0.4, epochs=5, random_state=0)
    return net.fit(x[::2], y[::2])


def _rows(data: str) -> NDArray[np.float64]:
    """The set's rows, and others over the whole feature type, at its ends too."""
    x, _, feature_type = SETS[data]
    low, high = (0, 255) if feature_type == "uint8" else (-32768, 32767)
    rng = np.random.default_rng(0)
    ends = rng.choice([low, low + 1, 0, 1, 7, 100, high - 1, high], (300, x.shape[1]))
    return np.concatenate([x[::5], ends, rng.integers(low, high + 1, (300, x.shape[1]))])


@pytest.mark.parametrize("data", SETS)
def test_every_row_as_in_python(data: str) -> None:
    model, (_, _, feature_type), rows = _fitted(data), SETS[data], _rows(data)
    bare = port(model, name="m", feature_type=feature_type, rows=rows, confidence=False)
    assert ("next_bit" in bare.files["m.c"]) == (data != "wide")  # a byte counts features
    np.testing.assert_array_equal(bare.predict(rows), model.predict(rows))
    check(model, port(model, name="m", feature_type=feature_type), rows)


@pytest.mark.parametrize("data", ["digits", "bytes", "cancer", "wine"])
def test_every_row_on_an_emulated_node(data: str) -> None:
    if missing := missing_tools("uno"):
        fail_or_skip(missing)
    model, (_, _, feature_type), rows = _fitted(data), SETS[data], _rows(data)
    verified = port(model, name="m", feature_type=feature_type, confidence=False).verify(rows, "uno")
    assert verified.agreement == 1
    assert verified.cost is not None
    if feature_type == "uint8":
        net = model.net_
        weights = np.concatenate([net.hidden_weights.ravel(), net.output_weights.ravel()])
        stream = len(net.hidden_bias) + len(net.output_bias) + (weights.size + 3 * np.count_nonzero(weights)) / 8
        assert verified.cost.flash <= stream + 1 + CODE_BYTES


def test_sums_that_could_leave_16_bits_are_not_read_bit_by_bit() -> None:
    x, y, _ = SETS["bytes"]
    model = clone(_fitted("bytes")).set_params(density=1).fit(np.hstack([x] * 3), y)
    assert np.abs(model.net_.hidden_weights).sum(axis=1).max() * 255 > 32767
    bare, rows = port(model, name="m", feature_type="uint8", confidence=False), np.hstack([_rows("bytes")] * 3)
    assert "next_bit" not in bare.files["m.c"]
    np.testing.assert_array_equal(bare.predict(rows), model.predict(rows))
