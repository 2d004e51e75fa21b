"""Which estimators can be ported."""

from typing import Any

from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.utils.validation import check_is_fitted

from cloud.models import CascadeClassifier
from cloud.models.estimator import IntegerClassifier

from ..errors import PortError
from .boosted import BOOSTERS
from .forest import VOTERS
from .scaling import Scaling, unfold

SUPPORTED = (*VOTERS, *BOOSTERS, LogisticRegression, GaussianNB, MLPClassifier, CascadeClassifier, IntegerClassifier)


def check_estimator(estimator: Any) -> tuple[Any, Scaling]:
    """The classifier of a fitted estimator, and the scalers before it.

    Raises:
        PortError: it cannot be ported, or is not fitted.
    """
    classifier, scaling = unfold(estimator)
    if not isinstance(classifier, SUPPORTED):
        raise PortError(
            f"{type(classifier).__name__} cannot be ported; supported: "
            f"{', '.join(kind.__name__ for kind in SUPPORTED[:-2])}, those of cloud.models, "
            "and pipelines of StandardScaler or MinMaxScaler and one of these"
        )
    check_fitted(estimator)
    return classifier, scaling


def check_fitted(estimator: Any) -> None:
    """Raises PortError for an estimator that is not fitted."""
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        raise PortError(f"{type(estimator).__name__} is not fitted: call fit() before port()") from None
