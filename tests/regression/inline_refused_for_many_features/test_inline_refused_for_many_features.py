"""A forest of 300 features was refused in mode inline with the advice to use mode inline."""

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from cloud.porting import port


def test_a_forest_of_300_features_becomes_nested_ifs() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (400, 300)), rng.integers(0, 3, 400)
    forest = RandomForestClassifier(5, random_state=0).fit(x, y)
    ported = port(forest, name="wide", feature_type="uint8", mode="inline")
    np.testing.assert_array_equal(ported.predict(x), forest.predict(x))
