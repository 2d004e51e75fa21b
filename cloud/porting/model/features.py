"""Feature types: the C type of a feature, and the integer that a threshold becomes."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import PortError, check_choice
from .floats import ordered_bits


@dataclass(frozen=True, kw_only=True)
class FeatureType:
    """A feature as the node has it. `lowest` and `highest` bound it as an integer, which a float32 is by its ordered
    bits."""

    name: str
    c_type: str
    dtype: np.dtype[np.generic]
    lowest: int
    highest: int

    def floor(self, threshold: float) -> int:
        """The largest integer whose value is <= threshold: scikit-learn goes left when x <= threshold."""
        if self.name != "float32":
            return int(min(max(math.floor(threshold), self.lowest - 1), self.highest))
        with np.errstate(over="ignore"):
            nearest = np.float32(threshold)
        if float(nearest) > threshold:
            nearest = np.nextafter(nearest, np.float32(-np.inf))
        return ordered_bits(float(nearest))

    def rows(self, x: ArrayLike, features: int) -> NDArray[np.generic]:
        """x as a C-contiguous array of this type, shape (rows, features).

        Raises:
            PortError: wrong shape, NaN or infinity, or a value that this type cannot hold.
        """
        values = np.asarray(x)
        if values.ndim != 2 or values.shape[1] != features:
            raise PortError(f"rows have shape {values.shape}; the model needs (rows, {features})")
        if values.dtype == object or not np.issubdtype(values.dtype, np.number):
            raise PortError(f"rows are of type {values.dtype}; the model needs numbers")
        if not np.isfinite(values).all():
            raise PortError(
                "rows hold NaN or infinity; a node's features are numbers: leave such rows out or fill them"
            )
        if self.name != "float32" and (
            (values < self.lowest).any() or (values > self.highest).any() or (values != np.floor(values)).any()
        ):
            raise PortError(
                f"rows hold values that are no {self.name} ({self.lowest}..{self.highest}, whole numbers); "
                "scale the features before training, or port with feature_type='float32'"
            )
        return np.ascontiguousarray(values, dtype=self.dtype)


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
