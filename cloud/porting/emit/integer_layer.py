"""Layers of weights as small integers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import PortError
from ..model.features import FeatureType


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Sums bias + sum(weight * x << shift): int8 weights (outputs, inputs), one shift an input, to the right when it is
    negative, int32 biases, in 2**-bits."""

    weights: NDArray[np.int64]
    shifts: NDArray[np.int64]
    bias: NDArray[np.int64]
    bits: int

    @property
    def shifts_right(self) -> bool:
        """Whether an input's product is shifted to the right."""
        return bool((self.shifts < 0).any())


def reach(weights: NDArray[np.float64], bias: NDArray[np.float64], largest: float) -> float:
    """A bound of the sums for inputs up to `largest`, and of all sums on the way."""
    return float(np.abs(weights).max(axis=0).sum() * largest + np.abs(bias).max())


def quantise(
    weights: NDArray[np.float64], bias: NDArray[np.float64], bits: int, least_bits: int, centre: NDArray[np.float64]
) -> Layer:
    """The layer in units of 2**-bits, or in coarser ones down to 2**-least_bits where no weight needs the finest.
    Biases make up for what rounding the weights does to the sums of the mean inputs, `centre`, and for the half unit
    that a shift to the right loses."""
    top = np.abs(weights).max(axis=0)
    shifts = np.maximum(-7, np.ceil(np.log2(np.maximum(top * 2.0**bits, 1e-9) / 127))).astype(np.int64)
    spare = min(max(0, int(shifts[top > 0].min(initial=bits))), bits - least_bits)
    bits, shifts = bits - spare, shifts - spare
    fine = weights * 2.0**bits / 2.0**shifts
    rounded = np.clip(np.rint(fine), -127, 127)
    start = np.rint(bias * 2.0**bits + (fine - rounded) @ (centre * 2.0**shifts) + (shifts < 0).sum() / 2)
    return Layer(weights=rounded.astype(np.int64), shifts=shifts, bias=start.astype(np.int64), bits=bits)


def largest(feature: FeatureType) -> float:
    """The largest feature there can be.

    Raises:
        PortError: float32, for which there is none.
    """
    if feature.name == "float32":
        raise PortError(
            "linear models and nets are ported with integer features: use feature_type 'int16' or 'uint8', and scale "
            "before"
        )
    return float(max(-feature.lowest, feature.highest))
