"""A confidence in per cent from whole scores, by whole numbers: what the C on a node computes (scores.c.jinja)."""

import math

import numpy as np
from numpy.typing import NDArray

from .inputs import Ints

GAP_BITS = 6
"""Scores are compared in units of 2**-6: half of that changes a probability by less than 0.2 per cent."""
STEPS = [2.0**k for k in range(3, -GAP_BITS - 1, -1)]
EXPONENTIALS = [round(65536 * math.exp(-step)) for step in STEPS]
"""e**-x of each step, in units of 2**-16."""
FARTHEST = 16 << GAP_BITS
ONE = 65535


def _powers() -> Ints:
    """e**-x in units of 2**-16, for x from 0 to FARTHEST - 1 in units of 2**-GAP_BITS."""
    found = np.full(FARTHEST, ONE, np.int64)
    for bit, factor in zip(reversed(range(len(STEPS))), EXPONENTIALS, strict=True):
        found = np.where(np.arange(FARTHEST) >> bit & 1, found * factor >> 16, found)
    return found


POWERS = _powers()


def confidence(scores: Ints, shift: int) -> NDArray[np.uint8]:
    """The probability of the best class of each row in per cent; scores of shape (rows, classes), or (rows, 1) for the
    second of two classes, are logarithms of odds in units of 2**-shift."""
    if scores.shape[1] == 1:
        scores = np.concatenate([np.zeros_like(scores), scores], axis=1)
    gaps = scores.max(axis=1, keepdims=True) - scores
    gaps = gaps >> (shift - GAP_BITS) if shift >= GAP_BITS else gaps << (GAP_BITS - shift)
    parts = np.where(gaps < FARTHEST, POWERS[np.minimum(gaps, FARTHEST - 1)], 0)
    parts[np.arange(len(parts)), scores.argmax(axis=1)] = ONE
    total = parts.sum(axis=1)
    return np.asarray((100 * ONE + total // 2) // total, dtype=np.uint8)
