"""Data sets and models that the porter is measured on: integers, as a node has them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

SEED = 0
SENSOR_ROWS, SENSOR_FEATURES, SENSOR_CLASSES = 6000, 12, 3


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """Rows of integers of a feature type, shape (rows, features), and their classes; a third of them is held out."""

    name: str
    feature_type: str
    x: NDArray[Any]
    y: NDArray[Any]

    def split(self) -> list[NDArray[Any]]:
        """Training rows, test rows, training classes, test classes."""
        parts: list[NDArray[Any]] = train_test_split(
            self.x, self.y, test_size=1 / 3, random_state=SEED, stratify=self.y
        )
        return parts


@dataclass(frozen=True, kw_only=True)
class Model:
    """A fitted estimator with the data it came from."""

    data: DataSet
    name: str
    estimator: Any = field(repr=False)
    kind: str
    """`trees` (the geometric means are over these), `linear` or `net`."""


def data_sets() -> list[DataSet]:
    """digits as it is; breast cancer and wine as an 8-bit converter would hand them over; a noisy set of int16
    channels."""
    digits = load_digits(return_X_y=True)
    return [
        DataSet(name="digits", feature_type="uint8", x=digits[0].astype(np.uint8), y=digits[1]),
        _eight_bits("breast cancer", *load_breast_cancer(return_X_y=True)),
        _eight_bits("wine", *load_wine(return_X_y=True)),
        sensor(),
    ]


def _eight_bits(name: str, x: NDArray[Any], y: NDArray[Any]) -> DataSet:
    low, high = x.min(axis=0), x.max(axis=0)
    return DataSet(name=name, feature_type="uint8", x=np.rint((x - low) / (high - low) * 255).astype(np.uint8), y=y)


def sensor() -> DataSet:
    """Twelve correlated channels of a plant in one of three states, in hundredths of their units, with overlapping
    noise."""
    rng = np.random.default_rng(SEED)
    y = rng.integers(0, SENSOR_CLASSES, SENSOR_ROWS)
    state = rng.normal(0, 1, (SENSOR_ROWS, 4)) + np.eye(4)[:SENSOR_CLASSES][y] * 1.3
    x = state @ rng.normal(0, 1, (4, SENSOR_FEATURES)) + rng.normal(0, 0.7, (SENSOR_ROWS, SENSOR_FEATURES))
    return DataSet(name="sensor", feature_type="int16", x=np.rint(x * 300).astype(np.int16), y=y)


def models(data: DataSet, begins: str = "") -> Iterator[Model]:
    """The fitted models of a data set whose names begin so."""
    x, _, y, _ = data.split()
    kinds: list[tuple[str, Any, str]] = [
        ("tree, depth 6", DecisionTreeClassifier(max_depth=6, random_state=SEED), "trees"),
        ("tree, unlimited", DecisionTreeClassifier(random_state=SEED), "trees"),
        ("forest, 10 x depth 8", RandomForestClassifier(10, max_depth=8, random_state=SEED), "trees"),
        ("forest, 30 unlimited", RandomForestClassifier(30, random_state=SEED), "trees"),
        ("extra trees, 10 unlimited", ExtraTreesClassifier(10, random_state=SEED), "trees"),
        ("logistic regression", make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)), "linear"),
        (
            "net, 16 hidden",
            make_pipeline(StandardScaler(), MLPClassifier((16,), max_iter=600, random_state=SEED)),
            "net",
        ),
    ]
    for name, estimator, kind in kinds:
        if name.startswith(begins):
            yield Model(data=data, name=name, estimator=estimator.fit(x, y), kind=kind)
