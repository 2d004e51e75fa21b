"""The water filter of firmware/src/water.c in floating point, for one node that wakes every half-hour: what its
integers are held against."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edge.core import Site

Floats = NDArray[np.float64]
UPPER, LOWER, OFFSETS, SURPLUS = 0, 1, (2, 3, 5), 4
UPPER_M, LEAST_LOWER_M, DEEP_M = 0.2, 0.25, 0.6
READING, VARIANCE_MOST, FAR = 0.004**2, 0.04**2, 0.06


class WaterReference:
    """States in m3/m3: what two layers lack to field capacity, the offsets of the probes at 10 and 30 cm, surplus, the
    offset of the probe at 60 cm."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.x = np.zeros(6)
        self.surface = 0.0
        self.p = np.diag(np.array([0.04, 0.04, 0.026, 0.026, 0.01125, 0.026]) ** 2)
        self.demand, self.steps = 0.0, 0
        self.previous: Floats | None = None
        self.depths = np.zeros(2)

    def run(self, readings: Floats, warmth: Floats) -> Iterator[float]:
        """Depletion as a share of the readily available water after each half-hour; `readings` (steps, 2 or 3
        probes), NaN before the first; `warmth` degC, mean of a day."""
        for reading, degc in zip(readings, warmth, strict=True):
            self.steps += 1
            self._column()
            if not np.isnan(reading).any():
                self._move(float(np.clip((degc - 2) / 4, 0.3, 7.0)))
                self._correct(reading)
            yield self._depletion() / self._readily()

    def _column(self) -> None:
        s, day = self.site, self.site.planted_days + self.steps // 48 - self.site.stages[0]
        grown = np.clip(day / s.stages[1], 0, 1)
        fallen = np.clip((day - s.stages[1] - s.stages[2]) / s.stages[3], 0, 1)
        self.root = s.root_m[0] + (s.root_m[1] - s.root_m[0]) * grown
        self.kcb = s.kcb[0] + (s.kcb[1] - s.kcb[0]) * grown + (s.kcb[2] - s.kcb[1]) * fallen
        before, lower = self.depths[1], max(self.root - UPPER_M, LEAST_LOWER_M)
        if before:
            self.x[LOWER] *= before / lower
        self.depths = np.array([UPPER_M, lower])
        self.mixed = self.depths.sum()
        self.available = 1000 * (s.field_capacity - s.wilting_point) * self.root

    def _depletion(self) -> float:
        return float(1000 * (self.x[:2] * self.depths).sum())

    def _readily(self) -> float:
        return float(np.clip(self.site.depletion_fraction + 0.04 * (5 - self.demand), 0.1, 0.8) * self.available)

    def _doubt(self, i: int, deviation: float) -> None:
        self.p[i, i] = min(self.p[i, i] + deviation**2, max(VARIANCE_MOST, self.p[i, i]))

    def _move(self, et0: float) -> None:
        s = self.site
        left = self.available - self._depletion()
        stress = np.clip(left / max(self.available - self._readily(), 1.0), 0, 1)
        evaporable = 100 * (s.field_capacity - s.wilting_point / 2)
        kr = np.clip((evaporable - self.surface) / (0.55 * evaporable), 0, 1)
        self.surface += 1.05 * kr * et0 / 48
        upper, roots = kr * (1.2 - self.kcb) * et0 / 48, self.kcb * et0 / 48
        self.demand += ((upper + roots) * 48 - self.demand) / min(self.steps + 1, 240)
        roots *= stress
        if 1000 * self.mixed * self.x[SURPLUS] > upper + roots:
            self.x[SURPLUS] -= (upper + roots) / (1000 * self.mixed)
        else:
            near = roots * min(0.32 / self.root, 1.0)
            for i, taken in enumerate((upper + near, roots - near)):
                self.x[i] += taken / (1000 * self.depths[i])
                self._doubt(i, 5.5 * (taken + 0.01) / (1000 * self.depths[i]))
        keep = np.exp(-0.5 / s.drainage_h)
        drained = self.x[SURPLUS] * (1 - keep)
        self.x[SURPLUS] -= drained
        self.p[SURPLUS] *= keep
        self.p[:, SURPLUS] *= keep
        self._doubt(SURPLUS, drained + 1e-4)
        for offset in OFFSETS:
            self._doubt(offset, 1.5e-4)

    def _take_inflow(self, reading: Floats) -> None:
        rise = np.zeros(len(reading)) if self.previous is None else reading - self.previous
        self.previous = reading.copy()
        inflow = 0.0
        for i, own in enumerate(rise):
            other = rise[0 if i == 1 else 1]
            fell, leapt = own < -0.02, own > 0.02 and abs(other) < 0.004 and self.x[min(i, LOWER)] < own - 0.01
            if (fell and other > -0.01) or (not fell and leapt):
                self.x[OFFSETS[i]] += own
                self._doubt(OFFSETS[i], 0.004)
            elif i < 2 and own > (0.004, 0.0025)[i]:
                inflow += 1000 * self.depths[i] * own
        if inflow < 0.6:
            return
        inflow = min(inflow, 60.0)
        self.surface = max(self.surface - inflow, 0.0)
        deviation = inflow / 4 + 0.3
        for i in (UPPER, LOWER):
            room = 1000 * self.depths[i] * self.x[i]
            if inflow <= room:
                self.x[i] -= inflow / (1000 * self.depths[i])
                self._doubt(i, deviation / (1000 * self.depths[i]))
                return
            inflow -= room
            self.x[i] = 0.0
        self.x[SURPLUS] += inflow / (1000 * self.mixed)
        self._doubt(SURPLUS, deviation / (1000 * self.mixed))

    def _correct(self, reading: Floats) -> None:
        s = self.site
        self._take_inflow(reading)
        room = (s.saturation - s.field_capacity) * self.root / self.mixed
        for i in range(len(reading) if self.root >= DEEP_M else 2):
            h = np.zeros(6)
            h[min(i, LOWER)], h[OFFSETS[i]], h[SURPLUS] = -1, 1, 1
            expected = s.field_capacity + h @ self.x
            innovation = reading[i] - expected
            if abs(innovation) > FAR:
                self._doubt(OFFSETS[i], 0.003)
                continue
            if self.x[SURPLUS] > 0.004 and innovation > 0.003:
                self._doubt(SURPLUS, innovation / 2)
            if expected < s.saturation - 0.01 and self.x[SURPLUS] < 0.9 * room:
                self._update(h, innovation, READING)
        upper = min(self.root, UPPER_M)
        most = {
            UPPER: (s.field_capacity - s.wilting_point / 2) * upper / UPPER_M,
            LOWER: (s.field_capacity - s.wilting_point) * (self.root - upper) / self.depths[1],
            SURPLUS: room,
        }
        for i, bound in most.items():
            if self.x[i] < 0:
                self._update(np.eye(6)[i], min(-self.x[i], FAR), 0.001**2)
            self.x[i] = np.clip(self.x[i], 0, bound)

    def _update(self, h: Floats, innovation: float, variance: float) -> None:
        shared = self.p @ h
        gain = shared / (h @ shared + variance)
        self.x += gain * innovation
        self.p -= np.outer(gain, shared)
