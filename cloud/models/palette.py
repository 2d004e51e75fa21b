"""Leaf values that trees share."""

import numpy as np

from .inputs import Floats, Ints

SCORE_SHIFT = 6
"""Leaf values are in units of 2**-6."""
UNIT = 2**SCORE_SHIFT
HIGHEST = 127


class Palette:
    """Up to `most` whole values of a byte. A new one has to lower the loss by more than its byte costs."""

    def __init__(self, most: int, price: float) -> None:
        self._most, self._price = most, price
        self.values: Ints = np.zeros(1, np.int64)

    def choose(self, slope: Floats, curvature: Floats, rate: float, *, grow: bool) -> Ints:
        """Places of the values that lower the losses slope * v + curvature * v**2 / 2 of leaves most; of slopes times
        `rate`, so that a part of the step is taken. May `grow` by new values."""
        slope = rate * slope
        wanted = np.clip(np.rint(-slope / curvature * UNIT), -HIGHEST, HIGHEST).astype(np.int64)
        while grow and len(self.values) < self._most:
            saved = self._losses(slope, curvature, self.values).min(axis=1)
            new = np.setdiff1d(wanted, self.values)
            if not len(new):
                break
            gains = np.maximum(0, saved[:, None] - self._losses(slope, curvature, new)).sum(axis=0)
            best = int(gains.argmax())
            if gains[best] <= self._price:
                break
            self.values = np.append(self.values, new[best])
        places: Ints = self._losses(slope, curvature, self.values).argmin(axis=1)
        return places

    @staticmethod
    def _losses(slope: Floats, curvature: Floats, values: Ints) -> Floats:
        v = values / UNIT
        losses: Floats = slope[:, None] * v + curvature[:, None] * v**2 / 2
        return losses
