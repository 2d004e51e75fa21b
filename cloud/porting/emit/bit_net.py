"""C of a low-bit net in the least flash: one loop for both layers, which reads every weight bit by bit."""

from dataclasses import dataclass

import numpy as np

from ...models import IntegerNet
from ...models.byte_layer import HIGHEST_VALUE
from ..encode.bits import bit_layers, bit_width
from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from .byte_inputs import Inputs, highest_sum
from .c_text import render_body

MOST_WEIGHT = 4
"""Of int3. Nets of larger weights are not slowed down."""
MOST_SUM = 32500
"""Within 16 bits, and above the least score that the C begins with."""
COUNTER = 255
FACTOR = 128
"""Of all units where a shift does."""


@dataclass(frozen=True, kw_only=True)
class BitNet:
    """What bit_net.c.jinja needs of a net. `steps`: what a bias counts in, of each layer."""

    steps: tuple[int, int]
    shift: int
    width: int


def bit_net(net: IntegerNet, top: int, form: Form) -> BitNet | None:
    """How a net is read bit by bit; None where it has larger weights, a factor for each unit, biases or sums that are
    too large, more units or features than a byte counts, or a confidence is asked for."""
    highest = max(int(np.abs(net.hidden_weights).max()), int(np.abs(net.output_weights).max()))
    hidden_step, output_step = (max(1, int(np.gcd.reduce(biases))) for biases in (net.hidden_bias, net.output_bias))
    sums = (net.hidden_weights, net.hidden_bias, top), (net.output_weights, net.output_bias, HIGHEST_VALUE)
    hidden, features = net.hidden_weights.shape
    fits = (
        highest <= MOST_WEIGHT
        and bool((net.factor == FACTOR).all())
        and net.shift >= FACTOR.bit_length() - 1
        and max(hidden_step, output_step) <= COUNTER
        and int(np.abs(net.hidden_bias).max()) <= HIGHEST_VALUE * hidden_step
        and int(np.abs(net.output_bias).max()) <= HIGHEST_VALUE * output_step
        and max(highest_sum(*each) for each in sums) <= MOST_SUM
        and max(hidden + max(2, len(net.output_bias)), hidden + features) <= COUNTER
    )
    if form.confidence or not fits:
        return None
    return BitNet(steps=(hidden_step, output_step), shift=net.shift - FACTOR.bit_length() + 1, width=bit_width(highest))


def bit_net_body(net: IntegerNet, bits: BitNet, inputs: Inputs, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body. Of two classes the first gets a score of 0. Layers are read from the last value to the first:
    an AVR keeps them on its stack."""
    output_weights, output_bias = net.output_weights, net.output_bias
    if len(output_weights) == 1:
        output_weights = np.concatenate([np.zeros_like(output_weights), output_weights])
        output_bias = np.concatenate([[0], output_bias])
    layers = (
        (net.hidden_weights[:, ::-1] if inputs.plain and not inputs.identity else net.hidden_weights, net.hidden_bias),
        (output_weights[::-1, ::-1], output_bias[::-1]),
    )
    return render_body(
        "bit_net.c.jinja",
        names,
        feature,
        form,
        inputs=inputs,
        features=net.hidden_weights.shape[1],
        hidden=len(net.hidden_weights),
        outputs=len(output_weights),
        steps=bits.steps,
        shift=bits.shift,
        width=bits.width,
        highest=HIGHEST_VALUE,
        data=bit_layers(
            [(weights, biases // step) for (weights, biases), step in zip(layers, bits.steps, strict=True)], bits.width
        ),
    )
