"""A small model of every form that images have."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from cloud.images.pack import Packed, pack_model
from cloud.models import BonsaiClassifier, CompactBoostingClassifier, LowBitNetClassifier
from cloud.porting import Ported, port

CASES: dict[str, tuple[Any, int, dict[str, Any]]] = {
    "tree": (DecisionTreeClassifier(max_depth=6, random_state=0), 3, {}),
    "stump": (DecisionTreeClassifier(max_depth=1, min_samples_leaf=140, random_state=0), 2, {}),
    "forest, sure leaves": (RandomForestClassifier(4, random_state=0), 3, {}),
    "forest, two classes": (RandomForestClassifier(5, max_depth=4, random_state=0), 2, {"votes": "small"}),
    "forest, small votes": (RandomForestClassifier(5, max_depth=4, random_state=0), 4, {"votes": "small"}),
    "forest, hard votes": (RandomForestClassifier(5, max_depth=4, random_state=0), 3, {"votes": "hard"}),
    "linear, two classes": (LogisticRegression(max_iter=5000), 2, {}),
    "linear": (make_pipeline(StandardScaler(), LogisticRegression()), 4, {}),
    "net, two classes": (LowBitNetClassifier(6, weights="ternary", epochs=4, random_state=0), 2, {}),
    "net": (LowBitNetClassifier(8, epochs=4, random_state=0), 4, {}),
    "layers, two classes": (make_pipeline(StandardScaler(), MLPClassifier((5,), max_iter=30, random_state=0)), 2, {}),
    "layers": (make_pipeline(StandardScaler(), MLPClassifier((7, 4), max_iter=30, random_state=0)), 4, {}),
    "boosting, two classes": (GradientBoostingClassifier(n_estimators=3, random_state=0), 2, {"votes": "small"}),
    "boosting": (HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=5), 3, {"votes": "small"}),
    "compact boosting": (CompactBoostingClassifier(12, depth=2), 3, {}),
    "bonsai, one node": (BonsaiClassifier(4, depth=0, epochs=4, random_state=0), 2, {}),
    "bonsai": (BonsaiClassifier(5, depth=2, weights="int8", epochs=4, random_state=0), 3, {}),
}


def data(classes: int, width: int = 6, rows: int = 280) -> tuple[NDArray[Any], NDArray[Any]]:
    """Whole numbers of unlike ranges, and classes that half depend on them."""
    rng = np.random.default_rng(3)
    spans = np.array([40, 200, 3000, 9000, 700, 90])[:width]
    x = rng.integers(-spans, spans + 1, (rows, width))
    drawn = rng.integers(0, classes, rows)
    return x, np.where(rng.random(rows) < 0.4, drawn, (x[:, 1] + 200) * classes // 401)


@cache
def packed(case: str) -> tuple[Ported, Packed]:
    """A case, ported and packed."""
    estimator, classes, options = CASES[case]
    x, y = data(classes)
    ported = port(estimator.fit(x, y), name="tried", rows=x, **options)
    return ported, pack_model(ported, x)
