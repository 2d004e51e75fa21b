"""Trees and forests: the compiled C finds scikit-learn's class on every row, at thresholds and at ties of votes too."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from cloud.porting import PortError, port
from cloud.porting.check.golden import edge_rows

from ..exactness import check

RANGES = {"uint8": (0, 255), "int16": (-32768, 32767), "float32": (-1000, 1000)}


@st.composite
def problems(draw: st.DrawFn) -> tuple[Any, str, bool, NDArray[Any]]:
    """A fitted tree or forest, its feature type, whether nested ifs tell a confidence, and rows to try: integers or
    floats, thresholds on integers, duplicate rows, constant features, at times nothing else."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    feature = draw(st.sampled_from(("uint8", "int16", "float32")))
    low, high = RANGES[feature]
    span = draw(st.sampled_from((1, 5, 40, high - low)))
    rows, width, classes = draw(st.integers(4, 120)), draw(st.integers(1, 64)), draw(st.integers(2, 30))
    start = int(rng.integers(low, high - span + 1))
    x = rng.integers(start, start + span + 1, (rows, width)).astype(float)
    if draw(st.booleans()):
        x = start + (x - start) // 2 * 2  # gaps of two: thresholds are whole numbers
    x[:, rng.random(width) < draw(st.sampled_from((0.0, 0.2, 1.0)))] = start
    if draw(st.booleans()):
        x = x[rng.integers(0, rows, rows)]
    if feature == "float32":
        x = (
            ((x if draw(st.booleans()) else rng.normal(0, 1, x.shape)) * draw(st.sampled_from((1.0, 1e-6, 1e6))))
            .astype(np.float32)
            .astype(float)
        )
    y = rng.integers(0, classes, rows)
    weight = rng.random(rows) if draw(st.booleans()) else None
    depth = draw(st.sampled_from((1, 3, 6, None)))
    kind = draw(st.sampled_from((DecisionTreeClassifier, RandomForestClassifier, ExtraTreesClassifier)))
    trees = {} if kind is DecisionTreeClassifier else {"n_estimators": draw(st.integers(1, 12))}
    estimator = kind(max_depth=depth, random_state=0, **trees).fit(x, y, weight)
    tried = x[rng.integers(0, rows, 200)]
    mixed = rng.random(tried.shape) < 0.4
    tried[mixed] = x[rng.integers(0, rows, 200)][mixed]
    return estimator, feature, draw(st.booleans()), tried


@pytest.mark.filterwarnings("ignore:The number of unique classes")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_any_forest_is_exact(problem: tuple[Any, str, bool, NDArray[Any]]) -> None:
    estimator, feature, confident, rows = problem
    for mode, confidence in (("inline", confident), ("table", True)):
        ported = port(estimator, name="any", feature_type=feature, mode=mode, confidence=confidence)
        check(estimator, ported, np.concatenate([rows, ported.golden.rows]))


def test_votes_that_tie_but_for_double_rounding() -> None:
    """Of many small forests some have rows whose sums are equal as fractions and differ as doubles."""
    rng = np.random.default_rng(0)
    rounding_decides = 0
    for seed in range(120):
        x, y = rng.integers(-20, 20, (16, 3)), np.arange(16) % 2
        forest = RandomForestClassifier(10, max_depth=2, random_state=seed).fit(x, y)
        rows = rng.integers(-22, 22, (4000, 3))
        best = np.sort(forest.predict_proba(rows), axis=1)[:, -2:]
        gap = best[:, 1] - best[:, 0]
        if ((gap > 0) & (gap < 1e-12)).any():
            rounding_decides += 1
            check(forest, port(forest, name="ties", mode="table"), rows)
            if rounding_decides == 3:
                return
    raise AssertionError(f"rounding decides in {rounding_decides} forests alone")


def test_digits_forest_on_every_row() -> None:
    x, y = load_digits(return_X_y=True)
    forest = RandomForestClassifier(10, max_depth=8, random_state=0).fit(x[::2], y[::2])
    check(forest, port(forest, name="digits", feature_type="uint8"), x)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_forest_that_stops_when_its_class_is_settled(classes: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 12, (90, 4)), rng.integers(0, classes, 90)
    forest = RandomForestClassifier(8, random_state=0).fit(x, y)
    rows = rng.integers(0, 12, (4000, 4))
    ported = port(forest, name="few", feature_type="uint8", mode="inline", confidence=False)
    assert ported.files["few.c"].count("goto settled;") == 2 * (classes if classes > 2 else 1)
    best = np.sort(forest.predict_proba(rows), axis=1)[:, -2:]
    assert (best[:, 0] == best[:, 1]).any()
    check(forest, ported, rows)


@pytest.mark.parametrize("feature_type", RANGES)
def test_a_forest_of_single_leaves(feature_type: str) -> None:
    x, y = np.full((40, 2), 3.0), np.arange(40) % 3
    forest = RandomForestClassifier(7, random_state=0).fit(x, y)
    for mode in ("inline", "table"):
        check(forest, port(forest, name="leaves", feature_type=feature_type, mode=mode), x)


def test_thresholds_are_hit() -> None:
    tree = DecisionTreeClassifier().fit([[-32768], [-32767], [5], [6], [32766], [32767]], [0, 1, 0, 1, 0, 1])
    ported = port(tree, name="edges")
    rows = np.arange(-32768, 32768)[:, None]
    check(tree, ported, rows)
    assert {-32768, -32767, 5, 6, 32767} <= set(edge_rows([[-32768, 5, 32766]], ported.feature, 200).ravel().tolist())


@pytest.mark.parametrize(
    ("estimator", "arguments", "message"),
    [
        (DecisionTreeClassifier(), {}, "not fitted"),
        (object(), {}, "supported: DecisionTreeClassifier"),
        (DecisionTreeClassifier().fit([[0], [1]], [0, 1]), {"name": "3d"}, "no C identifier"),
        (DecisionTreeClassifier().fit([[0], [1]], [0, 1]), {"name": "int"}, "no C identifier"),
        (
            DecisionTreeClassifier().fit([[0], [1]], [0, 1]),
            {"feature_type": "int4"},
            "choose from uint8, int16, float32",
        ),
        (DecisionTreeClassifier().fit([[0], [1]], [0, 1]), {"board": "mega"}, "choose from uno"),
        (DecisionTreeClassifier().fit([[0], [1]], [0, 1]), {"mode": "fast"}, "choose from auto"),
        (
            DecisionTreeClassifier().fit([[0], [1]], [0, 1]),
            {"class_names": ["one"]},
            "1 class names given, but the estimator has 2",
        ),
        (DecisionTreeClassifier().fit([[0], [1]], [0, 1]), {"feature_names": ["a", "b"]}, "2 feature names given"),
        (DecisionTreeClassifier().fit([[0], [1]], [[0, 1], [1, 0]]), {}, "2 outputs"),
    ],
)
def test_bad_input(estimator: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(PortError, match=message):
        port(estimator, **{"name": "bad", **arguments})


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1, 2]], r"need.*\(rows, 1\)"),
        ([1], "need"),
        ([[np.nan]], "NaN"),
        ([[0.5]], "no int16"),
        ([[40000]], "no int16"),
        ([["a"]], "numbers"),
    ],
)
def test_bad_rows(rows: Any, message: str) -> None:
    ported = port(DecisionTreeClassifier().fit([[0], [1]], [0, 1]), name="rows")
    with pytest.raises(PortError, match=message):
        ported.predict(rows)
