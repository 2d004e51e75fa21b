"""Features as the bytes that integer models take, and how far their sums reach."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...models.inputs import InputScale
from ..errors import PortError
from ..model.features import FeatureType
from .integer_layer import largest


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What byte_inputs.c.jinja needs. `identity`: features are the inputs; `plain`: they are but for `top`.
    `byte_lows`: all lows are bytes, as the features; `right`: some are shifted to the right."""

    identity: bool
    plain: bool
    shared: bool
    byte_lows: bool
    right: bool
    top: int
    lows: list[int]
    shifts: list[int]


def byte_inputs(scale: InputScale, feature: FeatureType) -> Inputs:
    """How features of a type become the model's inputs.

    Raises:
        PortError: float32 features, or a model that was trained on fractions.
    """
    largest(feature)
    if not scale.whole:
        raise PortError(
            "the model was trained on features with fractions; a node hands over whole numbers: train on the integers "
            "that it will have, such as hundredths"
        )
    low, high = int(scale.low.min()), int(scale.low.max())
    if low < -32768 or high > 32767:
        raise PortError(f"features begin at {low if low < 0 else high}, outside int16: scale them before training")
    plain = feature.name == "uint8" and scale.shared and low == 0 and int(scale.shift[0]) == 0
    return Inputs(
        identity=plain and scale.top == feature.highest,
        plain=plain,
        shared=scale.shared,
        byte_lows=feature.name == "uint8" and low >= 0 and high <= feature.highest,
        right=bool((scale.shift < 0).any()),
        top=scale.top,
        lows=scale.low.astype(int).tolist(),
        shifts=scale.shift.tolist(),
    )


def highest_sum(weights: NDArray[np.int64], biases: NDArray[np.int64], top: int) -> int:
    """A bound of all sums of a layer, and of all on the way, whose inputs go from 0 to `top`."""
    above = np.maximum(weights, 0).sum(axis=1) * top + np.maximum(biases, 0)
    below = np.maximum(-weights, 0).sum(axis=1) * top + np.maximum(-biases, 0)
    return int(max(above.max(), below.max()))
