"""Classifiers of cloud.models as C: the same class on every row, under sanitizers and on an emulated ATmega328P."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from cloud.models import (
    BonsaiClassifier,
    CascadeClassifier,
    CompactBoostingClassifier,
    DistilledClassifier,
    LowBitNetClassifier,
)
from cloud.porting import PortError, port
from cloud.porting.check.boards import missing_tools
from tests.cloud.porting.exactness import check
from tests.parts import fail_or_skip

DIGITS_X, DIGITS_Y = load_digits(return_X_y=True)
CANCER_X, CANCER_Y = load_breast_cancer(return_X_y=True)
CANCER_X = np.rint(100 * CANCER_X).clip(0, 32767)
WINE_X, WINE_Y = load_wine(return_X_y=True)
WINE_X = np.rint(10 * WINE_X) - 20
SETS = {
    "digits": (DIGITS_X[::3], DIGITS_Y[::3], "uint8"),
    "cancer": (CANCER_X, CANCER_Y, "int16"),
    "wine": (WINE_X, WINE_Y, "int16"),
}
MODELS: dict[str, Any] = {
    "ternary": LowBitNetClassifier(hidden=20, weights="ternary", density=0.2, epochs=5, random_state=0),
    "int4": LowBitNetClassifier(hidden=20, density=0.2, epochs=5, random_state=0),
    "int4, dense": LowBitNetClassifier(hidden=8, density=1, epochs=5, random_state=0),
    "int8": LowBitNetClassifier(
        hidden=8, weights="int8", output_weights="ternary", density=0.3, epochs=5, random_state=0
    ),
    "bonsai": BonsaiClassifier(density=0.3, epochs=5, random_state=0),
    "bonsai, dense": BonsaiClassifier(5, density=1, epochs=5, random_state=0),
    "bonsai, int8": BonsaiClassifier(
        7, depth=3, weights="ternary", node_weights="int8", density=0.3, epochs=5, random_state=0
    ),
    "bonsai, one node": BonsaiClassifier(9, depth=0, node_weights="ternary", epochs=5, random_state=0),
    "boosting": CompactBoostingClassifier(trees=40),
    "boosting, 2 values": CompactBoostingClassifier(trees=20, depth=4, values=2, price=0),
    "boosting, many values": CompactBoostingClassifier(trees=30, depth=1, values=256, price=0),
}


def _rows(name: str) -> NDArray[np.float64]:
    """The set's rows, and others over the whole feature type, at its ends too."""
    x, _, feature_type = SETS[name]
    low, high = (0, 255) if feature_type == "uint8" else (-32768, 32767)
    rng = np.random.default_rng(0)
    wild = rng.choice([low, low + 1, 0, 1, 7, 100, high - 1, high], (300, x.shape[1]))
    return np.concatenate([x, wild, rng.integers(low, high + 1, (300, x.shape[1]))])


@cache
def _fitted(kind: str, data: str) -> Any:
    x, y, _ = SETS[data]
    return clone(MODELS[kind]).fit(x, y)


MANY_FEATURES = [pytest.param(data, marks=pytest.mark.no_cover) for data in ("digits", "cancer")]
"""On these runs what runs on the wine too."""


@pytest.mark.parametrize("data", ["wine", *MANY_FEATURES])
@pytest.mark.parametrize("kind", MODELS)
def test_every_row_as_in_python(kind: str, data: str) -> None:
    model, feature_type = _fitted(kind, data), SETS[data][2]
    ported = port(model, name="m", feature_type=feature_type, rows=_rows(data))
    check(model, ported, _rows(data))
    assert ported.agreement == 1
    bare = port(model, name="m", feature_type=feature_type, confidence=False)
    np.testing.assert_array_equal(bare.predict(_rows(data)), model.predict(_rows(data)))


@pytest.mark.parametrize("data", MANY_FEATURES)
@pytest.mark.parametrize("kind", ["ternary", "int4", "int4, dense", "int8", "bonsai", "bonsai, dense", "boosting"])
def test_every_row_on_an_emulated_node(kind: str, data: str) -> None:
    if missing := missing_tools("uno"):
        fail_or_skip(missing)
    verified = port(_fitted(kind, data), name="m", feature_type=SETS[data][2]).verify(_rows(data), "uno")
    assert verified.agreement == 1
    assert verified.cost is not None
    assert verified.cost.fits


def test_a_cascade_asks_the_expert_on_the_same_rows() -> None:
    if missing := missing_tools("uno"):
        fail_or_skip(missing)
    model = CascadeClassifier(MODELS["boosting"], MODELS["int4"], max_wake=0.3).fit(DIGITS_X, DIGITS_Y)
    rows = _rows("digits")
    assert 0.05 < model.wakes(rows).mean() < 0.95
    ported = port(model, name="m", feature_type="uint8")
    check(model, ported, rows)
    assert ported.verify(rows, "uno").agreement == 1
    bare = port(model, name="m", feature_type="uint8", confidence=False)
    assert bare.verify(rows, "uno").agreement == 1


def test_boosting_compares_floats_by_their_bits() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), CompactBoostingClassifier()).fit(x, y)
    check(model, port(model, name="m", feature_type="float32"), x.astype(np.float32))


def test_the_student_is_what_is_ported() -> None:
    model = DistilledClassifier(SVC(), LowBitNetClassifier(epochs=2, random_state=0)).fit(DIGITS_X, DIGITS_Y)
    check(model, port(model, name="m", feature_type="uint8"), _rows("digits"))


def test_refuses_what_cannot_be_exact() -> None:
    x, y = load_wine(return_X_y=True)
    net = LowBitNetClassifier(epochs=1, random_state=0)
    with pytest.raises(PortError, match="trained on features with fractions"):
        port(net.fit(x, y), name="m")
    with pytest.raises(PortError, match="scales its features itself"):
        port(make_pipeline(StandardScaler(), net).fit(WINE_X, WINE_Y), name="m")
    with pytest.raises(PortError, match="integer features"):
        port(net.fit(WINE_X, WINE_Y), name="m", feature_type="float32")
    with pytest.raises(PortError, match="is split where no int16 is"):
        port(CompactBoostingClassifier().fit(WINE_X * 10000, WINE_Y), name="m")
    with pytest.raises(PortError, match="outside int16"):
        port(net.fit(WINE_X + 100000, WINE_Y), name="m")
    with pytest.raises(PortError, match="is not fitted"):
        port(LowBitNetClassifier(), name="m")
