"""Confidence: how right verdicts are when they say how sure they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.core import UNKNOWN

from .evaluation import Verdicts


@dataclass(frozen=True, kw_only=True)
class Saying:
    """Verdicts of one class with about the same confidence: how many, the confidence that they say in the mean, and the
    share that was right, the class being there or within its horizon."""

    class_id: int
    count: int
    said: float
    right: float


def sayings(seasons: Sequence[Verdicts], truths: Sequence[NDArray[np.uint8]]) -> list[Saying]:
    """Verdicts held against the class of their moment (nodes, steps), by class and tens of per cent."""
    known = [v.classes != UNKNOWN for v in seasons]
    classes = np.concatenate([v.classes[k] for v, k in zip(seasons, known, strict=True)])
    said = np.concatenate([v.confidences[k] for v, k in zip(seasons, known, strict=True)])
    right = classes == np.concatenate([truth[k] for truth, k in zip(truths, known, strict=True)])
    tens = np.minimum(said // 10, 9)
    found = []
    for class_id in np.unique(classes):
        for ten in np.unique(tens[classes == class_id]):
            some = (classes == class_id) & (tens == ten)
            found.append(
                Saying(
                    class_id=int(class_id),
                    count=int(some.sum()),
                    said=float(said[some].mean()) / 100,
                    right=float(right[some].mean()),
                )
            )
    return found


def calibration_error(found: Sequence[Saying]) -> float:
    """Expected calibration error: how far what is said lies from what is right, mean over all verdicts (Naeini et al.
    2015)."""
    return sum(s.count * abs(s.said - s.right) for s in found) / sum(s.count for s in found)
