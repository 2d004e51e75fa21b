"""Reads scikit-learn's CalibratedClassifierCV: sigmoids or lines between knots of linear scores, averaged over folds;
calibrated_trees reads that of trees."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier

from ..errors import PortError
from .forest import VOTERS
from .linear import LINEAR, Linear, coefficients
from .pipeline import read_scaling, steps_of
from .scaling import Seen

Floats = NDArray[np.float64]
MOST_SCORES = 255
FARTHEST_KNOT = 32.0
"""Scores are multiplied so that the farthest knot of an isotonic calibration lies here."""
OTHERS = (GaussianNB, MLPClassifier)
"""Classifiers that are ported without calibration only."""
TREES = (*VOTERS, GradientBoostingClassifier, HistGradientBoostingClassifier)


class Knots(NamedTuple):
    """Scores, ascending, and the probabilities there; between two knots they lie on a line, beyond the last on its
    height."""

    scores: Floats
    shares: Floats


class Calibration(NamedTuple):
    """A fold's score f becomes slope * f + start: the logarithm of the odds, or where its knots are."""

    slope: float
    start: float
    knots: Knots | None

    def arrays(self) -> list[Floats]:
        """The numbers that decide."""
        return [np.array([self.slope, self.start]), *(self.knots or ())]


@dataclass(frozen=True, kw_only=True)
class Calibrated:
    """A class's probability is the mean over folds of the logistic function of its score, or of what its `knots` say
    there, of several classes divided by their sum first. `scores` are those of a fold after the other; of two classes
    one, that of the second."""

    scores: Linear
    folds: int
    knots: tuple[Knots, ...]
    """Of each score; none of sigmoids."""


def check_scores(scores: int, folds: int) -> None:
    """Raises PortError for more than the C holds."""
    if scores > MOST_SCORES:
        raise PortError(
            f"{folds} folds have {scores} scores, and the C holds {MOST_SCORES}: train with fewer folds, or with "
            "ensemble=False"
        )


def knots_of(calibrations: Iterable[Calibration]) -> tuple[Knots, ...]:
    """Of each score; none of sigmoids."""
    return tuple(calibration.knots for calibration in calibrations if calibration.knots)


def members(classifier: CalibratedClassifierCV) -> Iterator[tuple[list[Any], Any, list[Calibration]]]:
    """Of each fold the steps, the classifier behind them, and the calibration of each score.

    Raises:
        PortError: it is calibrated otherwise than by METHODS of LINEAR or TREES, trees have steps before them, or a
            fold did not see all classes.
    """
    for fold in classifier.calibrated_classifiers_:
        if fold.method not in METHODS:
            raise PortError(
                f"CalibratedClassifierCV(method={fold.method!r}) cannot be ported: calibrate with method='sigmoid' or "
                "'isotonic'"
            )
        *before, last = steps_of(fold.estimator)
        if type(last) not in (*LINEAR, *TREES):
            raise PortError(
                f"CalibratedClassifierCV of {type(last).__name__} cannot be ported: calibrate "
                f"{', '.join(kind.__name__ for kind in (*LINEAR, *TREES))}"
                + (f", or port the {type(last).__name__} as it is" if isinstance(last, OTHERS) else "")
            )
        if before and type(last) in TREES:
            raise PortError(
                f"{type(before[0]).__name__} inside CalibratedClassifierCV of trees cannot be ported: put it before "
                "the CalibratedClassifierCV, and train"
            )
        if not np.array_equal(last.classes_, classifier.classes_):
            raise PortError(
                f"a fold of CalibratedClassifierCV saw {len(last.classes_)} of {len(classifier.classes_)} classes: "
                "train with fewer folds, or with more rows of each class"
            )
        yield before, last, list(map(METHODS[fold.method], fold.calibrators))


def _sigmoid(fitted: Any) -> Calibration:
    """Platt, "Probabilistic outputs for support vector machines" (1999): the logarithm of the odds is -(a f + b)."""
    return Calibration(-float(fitted.a_), -float(fitted.b_), None)


def _isotonic(fitted: Any) -> Calibration:
    """Zadrozny and Elkan, "Transforming classifier scores into accurate multiclass probability estimates" (2002)."""
    slope = FARTHEST_KNOT / max(float(np.abs(fitted.X_thresholds_).max()), 1e-30)
    return Calibration(slope, 0.0, Knots(fitted.X_thresholds_ * slope, fitted.y_thresholds_))


METHODS = {"sigmoid": _sigmoid, "isotonic": _isotonic}


def seen_inside(classifier: CalibratedClassifierCV) -> Seen:
    """What the first fold's own steps tell of the training rows.

    Raises:
        PortError: as members(), or a SimpleImputer is among them.
    """
    steps, _, _ = next(members(classifier))
    inner = read_scaling(steps, [f"column {i}" for i in range(classifier.n_features_in_)])
    if inner.columns.filled.any():
        raise PortError("a SimpleImputer inside CalibratedClassifierCV cannot be ported: put it before, and train")
    return inner.seen


def read_calibrated(classifier: Any, matrix: Floats, offset: Floats, rows: NDArray[Any]) -> Calibrated:
    """A fitted CalibratedClassifierCV on inputs matrix @ x + offset; `rows` are such as x will be.

    Raises:
        PortError: as members(), or there are too many folds and classes.
    """
    weights, bias = [], []
    knots: list[Knots] = []
    for steps, last, calibrations in members(classifier):
        inner, inner_offset = read_scaling(steps, [f"column {i}" for i in range(len(matrix))]).affine()
        slope = np.array([calibration.slope for calibration in calibrations])
        own, bare = coefficients(last)
        start = own @ (inner @ offset + inner_offset) + bare
        weights.append(slope[:, None] * (own @ inner @ matrix))
        bias.append(slope * start + [calibration.start for calibration in calibrations])
        knots += knots_of(calibrations)
    scores = Linear(
        weights=np.concatenate(weights), bias=np.concatenate(bias), centre=rows.mean(axis=0, dtype=np.float64)
    )
    check_scores(len(scores.bias), len(weights))
    return Calibrated(scores=scores, folds=len(weights), knots=tuple(knots))
