"""EllipticEnvelope: anomalies by their distance, as scikit-learn finds them, and one line for what is not ported."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.covariance import EllipticEnvelope
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bench.sanitized import classify_sanitized
from cloud.porting import PortError, port
from cloud.porting.check.boards import missing_tools
from tests.parts import fail_or_skip


def readings() -> NDArray[np.float64]:
    """Features that go together, of spreads from 3 to 400."""
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(600, 4)) @ rng.normal(size=(4, 4))
    return np.rint(mixed * [10, 200, 3, 50] + [200, -3000, 10, 9000])


def tried(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The readings, some moved off their ellipsoid, and some at the ends of the type."""
    rng = np.random.default_rng(1)
    moved = np.rint(x + rng.normal(size=x.shape) * x.std(axis=0) * rng.choice([0.3, 1, 3], (len(x), 1)))
    return np.concatenate([x, moved, rng.choice([-32768, -1, 0, 1, 32767], (300, x.shape[1]))])


@pytest.mark.parametrize(
    "estimator",
    [
        EllipticEnvelope(random_state=0),
        make_pipeline(StandardScaler(), EllipticEnvelope(contamination=0.02, random_state=0)),
        make_pipeline(SimpleImputer(), EllipticEnvelope(random_state=0)),
        make_pipeline(
            ColumnTransformer([("a", StandardScaler(), [3, 1]), ("b", "passthrough", [0])]),
            EllipticEnvelope(random_state=0),
        ),
    ],
    ids=["alone", "scaled", "filled", "three of four"],
)
def test_finds_the_same_anomalies(estimator: Any) -> None:
    x = readings()
    rows = tried(x)
    estimator.fit(x)
    ported = port(estimator, name="odd", rows=rows)
    found, _ = classify_sanitized(ported, ported.feature.rows(rows, 4))
    expected = estimator.predict(rows)
    assert 0.1 < (expected == -1).mean() < 0.9
    assert (ported.classes[found] == expected).mean() >= 0.998
    assert ported.classes.tolist() == [-1, 1]
    assert not ported.has_confidence
    assert "ODD_CLASS_MINUS_1" in ported.files["odd.h"]
    assert ported.agreement is not None


def test_on_a_board() -> None:
    if missing := missing_tools("uno"):
        fail_or_skip(missing)
    x = readings()
    verified = port(EllipticEnvelope(random_state=0).fit(x), name="odd", rows=x).verify(tried(x), "uno")
    assert verified.agreement >= 0.998
    assert verified.cost is not None
    assert verified.cost.ram == 0


@pytest.mark.filterwarnings("ignore:The covariance matrix")
def test_a_constant_feature_has_no_say_as_in_scikit_learn() -> None:
    x = readings()[:200]
    x[:, 2] = 7
    rows = tried(x)
    fitted = EllipticEnvelope(random_state=0).fit(x)
    assert (port(fitted, name="odd", rows=rows).agreement or 0) >= 0.998


@pytest.mark.filterwarnings("ignore:The covariance matrix")
def test_refused_in_one_line() -> None:
    x = readings()[:200]
    same = np.column_stack([x, x[:, 0]])
    fine = x / [1, 20, 3000, 1]
    cases: list[tuple[Any, NDArray[np.float64], str, str]] = [
        (EllipticEnvelope(random_state=0), same, "int16", "follow from each other"),
        (make_pipeline(PCA(2), EllipticEnvelope(random_state=0)), x, "int16", "PCA mixes all features"),
        (EllipticEnvelope(random_state=0), x, "float32", "ported with integer features"),
        (EllipticEnvelope(random_state=0), x * 100, "int16", "was trained on .* which is beyond int16"),
        (EllipticEnvelope(random_state=0), fine, "int16", "which 32 bits do not hold finely"),
    ]
    for estimator, rows, feature_type, message in cases:
        estimator.fit(rows)
        with pytest.raises(PortError, match=message) as refused:
            port(estimator, name="odd", feature_type=feature_type)
        assert "\n" not in str(refused.value)
    with pytest.raises(PortError, match="EllipticEnvelope is not fitted"):
        port(EllipticEnvelope(), name="odd")
