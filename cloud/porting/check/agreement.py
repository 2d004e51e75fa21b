"""How often generated C decides as scikit-learn, and what that does to the accuracy."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Measured by the compiled C on `rows` rows that were given: the share with scikit-learn's class, the accuracy of
    the C less that of scikit-learn (None without labels), and by how many points the confidence is off at most (None
    without confidence)."""

    rows: int
    share: float
    accuracy: float | None = None
    accuracy_change: float | None = None
    confidence_error: float | None = None

    def __str__(self) -> str:
        text = f"agreement {100 * self.share:.2f} % on {self.rows} rows given"
        if self.accuracy is not None and self.accuracy_change is not None:
            text += (
                f", accuracy {100 * self.accuracy:.2f} % ({100 * self.accuracy_change:+.2f} points to scikit-learn's)"
            )
        return text + (
            f", confidence at most {self.confidence_error:.1f} points off" if self.confidence_error is not None else ""
        )


def named(estimator: Any, rows: NDArray[Any]) -> Any:
    """Rows as a table with the names of the features that an estimator was fitted with, if it was fitted with any."""
    names = getattr(estimator, "feature_names_in_", None)
    return rows if names is None else pd.DataFrame(rows, columns=names)


def answers(estimator: Any, rows: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """scikit-learn's class of each of the very rows, as its place among the classes, and the highest probability in per
    cent, 0 where it tells none."""
    table = named(estimator, rows)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="X has feature names, but")
        places = np.searchsorted(estimator.classes_, estimator.predict(table)).astype(np.uint8)
        if not hasattr(estimator, "predict_proba"):
            return places, np.zeros(len(places))
        return places, 100 * estimator.predict_proba(table).max(axis=1)


def compare(
    found: NDArray[np.uint8],
    confidences: NDArray[np.uint8] | None,
    said: tuple[NDArray[np.uint8], NDArray[np.float64]],
    labels: NDArray[np.uint8] | None,
) -> Agreement:
    """What C found, and its confidences if it has them, beside what scikit-learn says; `labels` are places among the
    classes."""
    classes, per_cent = said
    accuracy = None if labels is None else float((found == labels).mean())
    return Agreement(
        rows=len(found),
        share=float((found == classes).mean()),
        accuracy=accuracy,
        accuracy_change=None if labels is None or accuracy is None else accuracy - float((classes == labels).mean()),
        confidence_error=None if confidences is None else float(np.abs(confidences - per_cent).max()),
    )
