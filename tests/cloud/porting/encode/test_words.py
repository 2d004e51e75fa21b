"""Tables of bytes: each layout is chosen where it fits, and the compiled C finds scikit-learn's class on every row."""

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier
from sklearn.tree import DecisionTreeClassifier

from cloud.porting import port
from cloud.porting.encode import nibbles

from ..exactness import check

LAYOUTS = {
    # classes, features, feature type: what only this layout's C has
    "bit": (2, 32, "uint8", "head + 0x40"),
    "bit of int16": (2, 5, "int16", "head + 0x40"),
    "bit of floats": (2, 5, "float32", "head + 0x40"),
    "sides": (3, 16, "uint8", "head >= 0xF0"),
    "sides of int16": (3, 16, "int16", "head >= 0xF0"),
    "nibble": (10, 60, "uint8", "third >> 4"),
    "nibble with more than 64 features": (10, 80, "uint8", "third >> 4"),
    "nibble of floats": (4, 80, "float32", "third >> 4"),
}


@pytest.fixture(autouse=True)
def _never_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nibbles, "WALKER", 10**9)


def data(classes: int, width: int, feature: str, rows: int = 90) -> tuple[Any, Any]:
    rng = np.random.default_rng(classes * width)
    low, high = {"uint8": (0, 256), "int16": (-32768, 32768), "float32": (-(10**6), 10**6)}[feature]
    x = rng.integers(low, high, (rows, width)).astype(float)
    return x, rng.integers(0, classes, rows)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_tree_of_each_layout_is_exact(layout: str) -> None:
    classes, width, feature, mark = LAYOUTS[layout]
    x, y = data(classes, width, feature)
    tree = DecisionTreeClassifier(max_features=2, random_state=0).fit(x, y)
    ported = port(tree, name="tree", feature_type=feature, mode="table")
    assert mark in ported.files["tree.c"]
    check(tree, ported, x)
    check(tree, ported, ported.golden.rows)


@pytest.mark.parametrize(
    ("classes", "mark"), [(2, "second > TREES * WHOLE / 2"), (3, "switch (leaf_of("), (7, "sums[leaf_of(")]
)
def test_trees_that_begin_with_their_length_are_counted_as_scikit_learn_does(classes: int, mark: str) -> None:
    x, y = data(classes, 12, "uint8", 60)
    forest = ExtraTreesClassifier(6, random_state=0).fit(x, y)
    ported = port(forest, name="trees", feature_type="uint8", mode="table")
    assert "tree += COOEE_READ_U8(tree)" in ported.files["trees.c"]
    assert mark in ported.files["trees.c"]
    check(forest, ported, np.concatenate([x, ported.golden.rows]))


def test_codes_of_a_byte_come_from_boosting() -> None:
    x, y = data(2, 6, "uint8", 200)
    boosted = GradientBoostingClassifier(n_estimators=12, max_depth=3, random_state=0).fit(x, y)
    ported = port(boosted, name="boosted", feature_type="uint8", mode="table")
    assert "COOEE_READ_U8(node + (head & BELOW_LEAF ? 1 : 0))" in ported.files["boosted.c"]
    np.testing.assert_array_equal(ported.predict(x), boosted.predict(x))


def test_what_a_table_of_bytes_cannot_hold_becomes_a_stream() -> None:
    x, y = data(3, 4, "int16", 3000)
    tree = DecisionTreeClassifier(random_state=0).fit(x, y)
    ported = port(tree, name="large", mode="table")
    assert "word_at(at)" in ported.files["large.c"]
    check(tree, ported, x)
