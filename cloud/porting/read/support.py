"""Which estimators can be ported."""

from collections.abc import Iterator, Mapping
from typing import Any

from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.multioutput import ClassifierChain
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.utils.validation import check_is_fitted

from ...models import CascadeClassifier
from ...models.estimator import IntegerClassifier
from ..errors import PortError, check_several
from .boosted import BOOSTERS
from .envelope import Envelope
from .forest import VOTERS
from .linear import LINEAR, PROBABLE
from .pipeline import STEP_NAMES, steps_of
from .tree_scores import TreeScores

SUPPORTED = (
    *VOTERS,
    *BOOSTERS,
    *LINEAR,
    CalibratedClassifierCV,
    Envelope,
    GaussianNB,
    MLPClassifier,
    CascadeClassifier,
    IntegerClassifier,
)
MAX_CLASSES = 255
"""A class is a uint8_t, and so is the number of classes."""
DECIDING = ("predict", "predict_proba", "decision_function")


def check_estimator(estimator: Any) -> tuple[Any, list[Any]]:
    """The classifier of a fitted estimator, and the steps before it.

    Raises:
        PortError: it cannot be ported, or is not fitted.
    """
    _check_is_estimator(estimator)
    *before, classifier = steps_of(estimator)
    kind = next((kind for kind in SUPPORTED if isinstance(classifier, kind)), None)
    if kind is None:
        raise PortError(
            f"{type(classifier).__name__} cannot be ported{_way_out(classifier)}; supported: "
            f"{', '.join(kind.__name__ for kind in SUPPORTED[:-2] if kind not in (TreeScores, Envelope))}, "
            "IsolationForest, EllipticEnvelope, classifiers of XGBoost and LightGBM, those of cloud.models, "
            f"and pipelines of {STEP_NAMES} and one of these"
        )
    if kind not in (IntegerClassifier, TreeScores, Envelope):
        _check_not_overridden(classifier, kind)
    for step in before if kind in (TreeScores, Envelope) else (*before, classifier):
        check_fitted(step)
    if getattr(classifier, "n_outputs_", 1) != 1 and not isinstance(classifier, MLPClassifier):
        raise PortError(f"the estimator predicts {classifier.n_outputs_} outputs at once; port one estimator for each")
    labels = getattr(classifier, "_label_binarizer", None)
    if labels is not None and labels.y_type_.startswith("multilabel"):
        raise PortError(f"{kind.__name__} of several labels a row cannot be ported; train one for each label")
    if kind not in (*VOTERS, GaussianNB):
        check_several(type(classifier).__name__, classifier.classes_)
    if len(classifier.classes_) > MAX_CLASSES:
        raise PortError(
            f"the estimator has {len(classifier.classes_)} classes, and the C holds at most {MAX_CLASSES}: if the "
            "target is a number, round it to fewer steps"
        )
    return classifier, before


def tells_probability(estimator: Any, classifier: Any) -> bool:
    """Whether C can be as sure as the estimator, whose last step is `classifier`."""
    return hasattr(estimator, "predict_proba") and (
        not isinstance(classifier, LINEAR) or isinstance(classifier, PROBABLE)
    )


def check_fitted(estimator: Any) -> None:
    """Raises PortError for an estimator that is not fitted."""
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        raise PortError(f"{type(estimator).__name__} is not fitted: call fit() before port()") from None


def _check_is_estimator(given: Any) -> None:
    if given is None:
        raise PortError("NoneType is no estimator: save what fit() returns")
    if isinstance(given, type):
        raise PortError(f"{given.__name__} is a class: give a fitted estimator of it")
    if isinstance(given, (Mapping, list, tuple, set)):
        found = list(_estimators_in(given))
        raise PortError(
            f"this is a {type(given).__name__}, not an estimator"
            + (f": give {' or '.join(found[:5])} of it" if found else ", and no estimator is in it")
        )


def _estimators_in(given: Any) -> Iterator[str]:
    """Where estimators are in a container, as Python writes it."""
    entries = given.items() if isinstance(given, Mapping) else enumerate(given)
    for key, value in entries:
        if hasattr(value, "predict"):
            yield f"[{key!r}] ({type(value).__name__})"


def _check_not_overridden(classifier: Any, kind: type) -> None:
    for method in DECIDING:
        if _definer(type(classifier), method) is not _definer(kind, method) or method in vars(classifier):
            raise PortError(
                f"{type(classifier).__name__} has a {method}() of its own, which cannot be ported: give a "
                f"{kind.__name__}"
            )


def _definer(kind: type, method: str) -> type | None:
    return next((parent for parent in kind.__mro__ if method in vars(parent)), None)


def _way_out(estimator: Any) -> str:
    """Which part of it can be."""
    if isinstance(estimator, (FixedThresholdClassifier, TunedThresholdClassifierCV)):
        return ": give its estimator_, which decides at a probability of 0.5"
    if isinstance(estimator, RegressorMixin):
        return ": it is a regressor, so train a classifier instead"
    if isinstance(estimator, ClassifierChain):
        return ": train a classifier for each output"
    if hasattr(estimator, "best_estimator_"):
        return ": give its best_estimator_"
    if hasattr(estimator, "refit") and hasattr(estimator, "cv"):
        return ": fit it with refit=True and give its best_estimator_"
    if isinstance(getattr(estimator, "classes_", None), list):
        return ": give one of its estimators_, of one output"
    if hasattr(estimator, "estimators_"):
        return ": all of its estimators_ decide together, so train a forest or boosting instead"
    if isinstance(getattr(estimator, "estimator_", None), BaseEstimator):
        return ": give its estimator_"
    return ""
