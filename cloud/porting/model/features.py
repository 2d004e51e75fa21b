"""Feature types: the C type of a feature, and the integer that a threshold becomes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import PortError, check_choice
from .floats import ordered_bits

MISSING = -32768
"""What an int16 feature is when it is missing; a float32 is NaN then."""
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, kw_only=True)
class FeatureType:
    """A feature as the node has it. `lowest` and `highest` bound it as an integer, which a float32 is by its ordered
    bits. `scales`, if any, are what the node multiplies each feature by before it rounds it; `missing`: whether a
    feature may be MISSING or NaN."""

    name: str
    c_type: str
    dtype: np.dtype[np.generic]
    lowest: int
    highest: int
    scales: tuple[float, ...] = ()
    missing: bool = False

    @property
    def real(self) -> bool:
        """Whether it has fractions."""
        return self.name == "float32"

    @property
    def least(self) -> int:
        """The lowest integer that is a value."""
        return self.lowest + (self.missing and not self.real)

    def floor(self, threshold: float) -> int:
        """The largest integer whose value is <= threshold: scikit-learn goes left when x <= threshold."""
        if not self.real:
            return int(min(max(math.floor(threshold), self.lowest - 1), self.highest))
        with np.errstate(over="ignore"):
            nearest = np.float32(threshold)
        if float(nearest) > threshold:
            nearest = np.nextafter(nearest, np.float32(-np.inf))
        return ordered_bits(float(nearest))

    def rows(self, x: ArrayLike, features: int) -> NDArray[np.generic]:
        """x, in the estimator's units, as the node has it: a C-contiguous array of this type, shape (rows, features).

        Raises:
            PortError: wrong shape, infinity, NaN where nothing may be missing, or a value that this type cannot hold.
        """
        values = self.values(x, features)
        missing = np.isnan(values)
        if np.isinf(values).any():
            raise PortError("rows hold infinity; a node's features are numbers: leave such rows out or fill them")
        if missing.any() and not self.missing:
            raise PortError(
                "rows hold NaN, and the C takes no missing values: leave such rows out or fill them, or for trees "
                "that take NaN port with missing=True (--missing)"
            )
        if self.real:
            return np.ascontiguousarray(values, dtype=self.dtype)
        if not missing.any() and not self.scales:
            whole = values
        else:
            whole = np.where(missing, MISSING, np.rint(values * self.scales) if self.scales else values)
        if (whole < self.lowest).any() or (whole > self.highest).any() or (whole != np.floor(whole)).any():
            largest = np.nanmax(np.abs(values), axis=0)
            raise PortError(
                f"rows hold values that are no {self.name} ({self.lowest}..{self.highest}, whole numbers), up to "
                f"{largest.max():g} in feature {largest.argmax()}: "
                + remedy("FEATURE", float(np.nanmin(values)), float(np.nanmax(values)), self)
            )
        return np.ascontiguousarray(whole, dtype=self.dtype)

    def values(self, x: ArrayLike, features: int) -> NDArray[Any]:
        """x as an array of numbers as scikit-learn takes them, shape (rows, features): where features may be missing,
        MISSING among integers is NaN.

        Raises:
            PortError: it is no such array.
        """
        values = np.asarray(x)
        if values.ndim != 2 or values.shape[1] != features:
            raise PortError(f"rows have shape {values.shape}; the model needs (rows, {features})")
        if values.dtype.kind not in "biuf":
            raise PortError(f"rows are of type {values.dtype}; the model needs numbers")
        if self.missing and not self.real and values.dtype.kind in "iu":
            return np.where(values == MISSING, np.nan, values)
        return values

    def natural(self, rows: NDArray[np.generic]) -> NDArray[Any]:
        """The node's rows in the estimator's units, as scikit-learn gets them: float32 as they are, integers as
        float64, NaN where a feature is missing."""
        if self.real:
            return rows
        values = rows.astype(np.float64)
        if self.scales:
            values = values / self.scales
        if self.missing:
            values[rows == MISSING] = np.nan
        return values

    def scaled(self, scales: Mapping[str, float], features: Sequence[str]) -> "FeatureType":
        """This type, of features that the node multiplies by `scales` (by name; the others stay as they are).

        Raises:
            PortError: no such feature, a scale that is not positive or too small, or a float32.
        """
        for name, scale in scales.items():
            check_choice(name, features, "feature")
            if not (math.isfinite(scale) and scale > 0):
                raise PortError(f"scale {scale} of feature {name!r} is no positive number")
            if self.highest / scale > LARGEST:
                raise PortError(
                    f"scale {scale:g} of feature {name!r} is too small: {self.highest} would stand for more than a "
                    "float32, in which scikit-learn's trees compare, holds: choose a larger one"
                )
        if scales and self.real:
            raise PortError("a float32 feature needs no scale: leave it out, or choose feature type int16 or uint8")
        return replace(self, scales=tuple(float(scales.get(name, 1)) for name in features) if scales else ())


def remedy(feature: str, low: float, high: float, kind: FeatureType, *, real: bool = True) -> str:
    """Which type or scale holds a feature from `low` to `high` that `kind` does not; `real`: float32 would do."""
    largest = max(abs(low), abs(high), 1e-9)
    fitting = [t.name for t in FEATURE_TYPES.values() if not t.real and t.lowest <= low and high <= t.highest]
    scale = 10.0 ** min(2, math.floor(math.log10(kind.highest / largest)))
    ways = [f"feature type {name}" for name in [*fitting, *["float32"] * real] if name != kind.name]
    if low >= kind.lowest / scale and scale != 1:
        ways.append(f"--scale {feature}={scale:g} (scales= of port()), which the node multiplies it by")
    return "choose " + ", or ".join(ways)


FEATURE_TYPES = {
    "uint8": FeatureType(name="uint8", c_type="uint8_t", dtype=np.dtype(np.uint8), lowest=0, highest=255),
    "int16": FeatureType(name="int16", c_type="int16_t", dtype=np.dtype(np.int16), lowest=-32768, highest=32767),
    "float32": FeatureType(
        name="float32", c_type="float", dtype=np.dtype(np.float32), lowest=-0x80000000, highest=0x7FFFFFFF
    ),
}


def feature_type(name: str) -> FeatureType:
    """The feature type of that name.

    Raises:
        PortError: no such type.
    """
    check_choice(name, FEATURE_TYPES, "feature type")
    return FEATURE_TYPES[name]
