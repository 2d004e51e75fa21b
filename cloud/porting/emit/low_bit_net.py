"""C of a LowBitNetClassifier: bytes in, symbols of weights and gaps, whole numbers throughout."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.models import IntegerNet
from cloud.models.inputs import LEVELS, InputScale
from cloud.models.low_bit_net import HIDDEN_HIGHEST

from ..encode.gaps import Gaps, encode_gaps
from ..errors import PortError
from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from .c_text import render_body
from .integer_layer import largest
from .scores import Scale

MOST_SUM = 1 << 24
"""A hidden sum times a factor of a byte stays within 32 bits."""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What byte_inputs.c.jinja needs. `identity`: features are the inputs."""

    identity: bool
    shared: bool
    lows: list[int]
    shifts: list[int]


@dataclass(frozen=True, kw_only=True)
class Sums:
    """A layer as gap_rows.c.jinja adds it up; `highest` bounds every sum on the way."""

    code: Gaps
    biases: list[int]
    highest: int

    @property
    def sum_type(self) -> str:
        """The C type of a sum."""
        return "int16_t" if self.highest < 1 << 15 else "int32_t"

    @property
    def bias_type(self) -> str:
        """The C type of a bias."""
        return "int16_t" if max(map(abs, self.biases)) < 1 << 15 else "int32_t"

    @property
    def read_bias(self) -> str:
        """The macro that reads one."""
        return "COOEE_READ_I16" if self.bias_type == "int16_t" else "COOEE_READ_I32"


def low_bit_net_body(net: IntegerNet, scale: InputScale, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body.

    Raises:
        PortError: features with fractions, or sums that 24 bits do not hold.
    """
    hidden = layer_sums(net.hidden_weights, net.hidden_bias, LEVELS)
    output = layer_sums(net.output_weights, net.output_bias, HIDDEN_HIGHEST)
    if hidden.highest >= MOST_SUM:
        raise PortError(
            f"hidden sums reach {hidden.highest}, more than 24 bits: train with weights='int4', a lower density or "
            "fewer features"
        )
    same = bool((net.factor == net.factor[0]).all())
    return render_body(
        "low_bit_net.c.jinja",
        names,
        feature,
        form,
        inputs=byte_inputs(scale, feature),
        hidden=hidden,
        output=output,
        factor=int(net.factor[0]),
        factors=[] if same else net.factor.tolist(),
        hidden_shift=net.shift,
        hidden_highest=HIDDEN_HIGHEST,
        shift=net.score_shift,
        last_wins=False,
        **Scale(bits=16 if 2 * output.highest < 1 << 15 else 32, shift=net.score_shift).variables(),
    )


def layer_sums(weights: NDArray[np.int64], biases: NDArray[np.int64], top: int) -> Sums:
    """A layer whose inputs go from 0 to `top`."""
    above = np.maximum(weights, 0).sum(axis=1) * top + np.maximum(biases, 0)
    below = np.maximum(-weights, 0).sum(axis=1) * top + np.maximum(-biases, 0)
    highest = int(max(above.max(), below.max()))
    return Sums(code=encode_gaps(weights.ravel()), biases=biases.tolist(), highest=highest)


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
    return Inputs(
        identity=feature.name == "uint8" and scale.shared and low == 0 and int(scale.shift[0]) == 0,
        shared=scale.shared,
        lows=scale.low.astype(int).tolist(),
        shifts=scale.shift.tolist(),
    )
