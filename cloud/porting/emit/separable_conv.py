"""C of a SeparableConvClassifier: a column a sample, whole numbers throughout."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...models import IntegerConvolution, IntegerStage
from ...models.byte_layer import HIGHEST_VALUE
from ...models.confidence import GAP_BITS
from ...models.conv_stages import Depthwise
from ...models.inputs import InputScale
from ..errors import PortError
from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from ..model.stream import Stream
from .byte_inputs import byte_inputs, highest_sum
from .c_text import render, render_body
from .low_bit_net import bias_variables
from .scores import Scale

MOST_SUM = 1 << 23
"""Biases have three bytes, and sums times a factor of a byte stay within 32 bits."""


@dataclass(frozen=True, kw_only=True)
class Ring:
    """The last columns of `width` values that a layer looks back on, `bytes` in all; taps are `step` bytes apart."""

    width: int
    bytes: int
    step: int


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer of the C: its ring of inputs, and its outputs."""

    ring: Ring
    multiplier: int
    filters: int
    depthwise_shift: int
    pointwise_shift: int

    @property
    def mixed(self) -> int:
        """Values between depthwise and pointwise."""
        return self.ring.width * self.multiplier


def layers_of(net: IntegerConvolution) -> list[Layer]:
    """The stages in pairs."""
    found = []
    for depthwise, pointwise in zip(net.stages[::2], net.stages[1::2], strict=True):
        kind = depthwise.kind
        if not isinstance(kind, Depthwise):
            raise TypeError("stages are depthwise and pointwise in turn")
        width, taps = len(depthwise.weights) // kind.multiplier, depthwise.weights.shape[1]
        back = (taps - 1) * kind.dilation
        found.append(
            Layer(
                ring=Ring(width=width, bytes=width * (back + 1), step=width * kind.dilation),
                multiplier=kind.multiplier,
                filters=len(pointwise.weights),
                depthwise_shift=depthwise.shift,
                pointwise_shift=pointwise.shift,
            )
        )
    return found


def pooled_columns(net: IntegerConvolution, stream: Stream) -> int:
    """Columns of a window that are added up."""
    return stream.samples - sum(layer.ring.bytes // layer.ring.width - 1 for layer in layers_of(net))


def stream_declaration(net: IntegerConvolution, stream: Stream, names: Names, feature: FeatureType, form: Form) -> str:
    """What the header says of streaming."""
    layers = layers_of(net)
    return render(
        "separable_conv.h.jinja",
        name=names.name,
        macro=names.macro,
        c_type=feature.c_type,
        verb=form.verb,
        confidence=form.confidence,
        stream=stream,
        layers=layers,
        filters=layers[-1].filters,
        columns=pooled_columns(net, stream),
    )


def separable_conv_body(
    net: IntegerConvolution, scale: InputScale, stream: Stream, names: Names, feature: FeatureType, form: Form
) -> str:
    """The source's body.

    Raises:
        PortError: features with fractions, or sums that are too large.
    """
    layers, columns = layers_of(net), pooled_columns(net, stream)
    tops = [scale.top] + [HIGHEST_VALUE] * (len(net.stages) - 1)
    highest = max(_reach(stage, top) for stage, top in zip(net.stages, tops, strict=True))
    if highest >= MOST_SUM:
        raise PortError(f"sums reach {highest}, more than 23 bits: train with fewer channels, filters or taps")
    reached = highest_sum(net.output_weights, net.output_bias, HIGHEST_VALUE * columns)
    if reached >= 1 << (30 + min(0, net.score_shift - GAP_BITS)):
        raise PortError(f"scores reach {reached}, more than 30 bits: train with fewer filters or a shorter window")
    return render_body(
        "separable_conv.c.jinja",
        names,
        feature,
        form,
        name=names.name,
        verb=form.verb,
        inputs=byte_inputs(scale, feature),
        layers=layers,
        taps=net.stages[0].weights.shape[1],
        widest=max([stream.channels] + [layer.filters for layer in layers]),
        numbers=[number for stage in net.stages for number in _numbers(stage)],
        filters=layers[-1].filters,
        columns=columns,
        outputs=len(net.output_weights),
        output_weights=net.output_weights.ravel().tolist(),
        **bias_variables(net.output_bias),
        shift=net.score_shift,
        last_wins=False,
        **Scale(bits=32, shift=net.score_shift).variables(),
    )


def sample_program(names: Names, feature: FeatureType, verb: str) -> dict[str, str]:
    """A source and a header with <name>_sample, which takes a sample and says the class of the last window."""
    return {
        f"{names.name}_sample.{suffix}": render(
            f"sample.{suffix}.jinja", name=names.name, c_type=feature.c_type, verb=verb
        )
        for suffix in ("c", "h")
    }


def _reach(stage: IntegerStage, top: int) -> int:
    """A bound of a stage's sums for inputs of up to `top` either way."""
    return int((np.abs(stage.weights).sum(axis=1) * top + np.abs(stage.bias)).max())


def _numbers(stage: IntegerStage) -> list[int]:
    """Bytes of a stage: of each output a bias of three, the lowest first, a factor, and its weights, the newest tap
    first."""
    weights: NDArray[np.int64] = stage.weights[:, ::-1] if isinstance(stage.kind, Depthwise) else stage.weights
    found: list[int] = []
    for row, bias, factor in zip(weights.tolist(), stage.bias.tolist(), stage.factor.tolist(), strict=True):
        found += [*bias.to_bytes(3, "little", signed=True), factor, *(weight & 0xFF for weight in row)]
    return found
