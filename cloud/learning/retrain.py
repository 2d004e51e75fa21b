"""A sentinel fitted anew: the simulated seasons that it came from, and beside them what people said of its calls."""

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from ..training.candidates import MIN_LEAF_ROWS, SEED, class_weights
from .judged import UNJUDGED, Lessons

BALANCE = 0.25
"""How far the classes of simulated seasons are weighted towards balance."""
CALL_WEIGHT = 0.02
"""A judged call weighs so much of all simulated seasons, however long it was open."""
MOST_WEIGHT = 0.3
"""All judged calls together weigh so much of the simulated seasons at most."""
UNJUDGED_WEIGHT = 0.3
"""So much weighs the time of which nobody said anything."""


def fit(x: NDArray[np.int16], y: NDArray[np.uint8], lessons: Lessons, leaves: int) -> DecisionTreeClassifier:
    """A tree of so many leaves of simulated rows `x` (rows, features) with their classes `y`, and of lessons."""
    by_class = class_weights(y, BALANCE)
    simulated = np.array([by_class.get(c, 0.0) for c in range(int(y.max()) + 1)])[y]
    numbers, place, rows = np.unique(lessons.call, return_inverse=True, return_counts=True)
    each = call_weight(int((numbers != UNJUDGED).sum()))
    shares = np.where(numbers == UNJUDGED, UNJUDGED_WEIGHT, each) * simulated.sum() / rows
    return DecisionTreeClassifier(max_leaf_nodes=leaves, min_samples_leaf=MIN_LEAF_ROWS, random_state=SEED).fit(
        np.concatenate([x, lessons.x]),
        np.concatenate([y, lessons.y]),
        sample_weight=np.concatenate([simulated, shares[place]]),
    )


def call_weight(calls: int) -> float:
    """What each of so many judged calls weighs, as a share of the simulated seasons."""
    return min(CALL_WEIGHT, MOST_WEIGHT / calls) if calls else 0.0
