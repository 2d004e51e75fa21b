"""The stream of nibbles: whatever its heads and numbers look like, the compiled C finds scikit-learn's class on every
row."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from cloud.porting import port
from cloud.porting.encode import nibbles
from cloud.porting.encode.nibble_fields import Numbers, shortest_numbers

from ..exactness import check


@pytest.fixture(autouse=True)
def _always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams even where a table of bytes is smaller."""
    monkeypatch.setattr(nibbles, "WALKER", -(10**9))


@st.composite
def problems(draw: st.DrawFn) -> tuple[Any, str, NDArray[Any]]:
    """A fitted tree or forest with heads of every form: few and many features, narrow and wide thresholds, pure and
    mixed leaves."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    feature, low, high = draw(st.sampled_from((("uint8", 0, 255), ("int16", -300, 300), ("int16", -32768, 32767))))
    width, classes = draw(st.sampled_from((1, 5, 16, 17, 64, 90))), draw(st.sampled_from((2, 3, 4, 15, 16, 17)))
    span = draw(st.sampled_from((2, 16, high - low)))
    x = rng.integers(low, low + span + 1, (300, width)).astype(float)
    y = rng.integers(0, classes, 300)
    kind = draw(st.sampled_from((DecisionTreeClassifier, RandomForestClassifier, ExtraTreesClassifier)))
    trees = {} if kind is DecisionTreeClassifier else {"n_estimators": draw(st.integers(2, 6))}
    estimator = kind(max_depth=draw(st.sampled_from((1, 4, None))), random_state=0, **trees).fit(x, y)
    tried = x[rng.integers(0, 300, 200)]
    tried[:, : width // 2] = x[rng.integers(0, 300, 200), : width // 2]
    return estimator, feature, tried


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(problems())
def test_any_forest_is_exact(problem: tuple[Any, str, NDArray[Any]]) -> None:
    estimator, feature, rows = problem
    ported = port(estimator, name="any", feature_type=feature, mode="table")
    assert "exchanged(" in ported.files["any.c"] or "nodes[]" not in ported.files["any.c"]
    check(estimator, ported, rows)
    check(estimator, ported, ported.golden.rows)


def test_a_stream_of_several_arrays_is_exact() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(-3000, 3000, (3000, 4)), rng.integers(0, 3, 3000)
    forest = RandomForestClassifier(16, random_state=0).fit(x, y)
    ported = port(forest, name="large", mode="table")
    assert "nodes_2[]" in ported.files["large.c"]
    assert "int32_t roots[]" in ported.files["large.c"]
    check(forest, ported, np.concatenate([x[:500], ported.golden.rows]))


@pytest.mark.parametrize("feature", ["uint8", "int16", "float32"])
def test_a_forest_of_mixed_leaves_without_splits_is_exact(feature: str) -> None:
    x, y = np.full((40, 3), 7.0), np.arange(40) % 5
    forest = RandomForestClassifier(5, random_state=0).fit(x, y)
    for mode in ("table", "inline"):
        check(forest, port(forest, name="leaves", feature_type=feature, mode=mode), x)


def test_boosted_leaves_are_numbers_of_any_length() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 256, (400, 6)), rng.integers(0, 3, 400)
    for stages in (1, 40):
        boosted = GradientBoostingClassifier(n_estimators=stages, max_depth=6, random_state=0).fit(x, y)
        ported = port(boosted, name="boosted", feature_type="uint8", mode="table")
        assert "number_at(" in ported.files["boosted.c"]
        np.testing.assert_array_equal(ported.predict(x), boosted.predict(x))


@given(st.dictionaries(st.integers(0, 70_000), st.integers(1, 9), min_size=1))
def test_numbers_are_read_back(values: dict[int, int]) -> None:
    way = shortest_numbers(values)
    for value in values:
        first, *rest = way.nibbles(value)
        assert len(rest) + 1 == way.length(value)
        assert 0 <= first < 16
        read = (
            first
            if not rest
            else way.small + ((first - way.small) << 4 * way.extra) + sum(n << 4 * i for i, n in enumerate(rest))
        )
        assert read == value


def test_few_small_numbers_take_a_nibble_each() -> None:
    assert shortest_numbers({3: 5, 15: 1}) == Numbers(small=16, extra=0)
    assert shortest_numbers({3: 99, 200: 1}) == Numbers(small=4, extra=2)
