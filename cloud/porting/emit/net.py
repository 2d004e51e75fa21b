"""C of an MLPClassifier with ReLU: layers of 8-bit weights."""

import math
from dataclasses import replace

from ...models.confidence import GAP_BITS
from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from ..read.net import Net
from .c_text import render_body
from .integer_layer import Layer, largest, quantise, reach
from .scores import Scale, choose_scale

HIDDEN_SUM_BITS = 29
HIDDEN_MAX = 16383
"""Hidden activations are kept below this; the highest that the calibration rows reach is half of it."""


def net_body(net: Net, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body."""
    layers, relu_shifts, scale = integer_layers(net, feature)
    return render_body(
        "net.c.jinja",
        names,
        feature,
        form,
        shift=scale.shift,
        layers=layers,
        relu_shifts=relu_shifts,
        hidden_max=HIDDEN_MAX,
        input_type="int16_t",
        right_shifts=any(layer.shifts_right for layer in layers),
        last_wins=False,
        **scale.variables(),
    )


def integer_layers(net: Net, feature: FeatureType) -> tuple[list[Layer], list[int], Scale]:
    """Layers, how far each hidden sum is shifted right to become the next input, and the scale of the last."""
    layers, shifts = [], []
    top, unit = largest(feature), 1.0
    for w, b, inputs, outputs in zip(net.weights[:-1], net.biases[:-1], net.active[:-1], net.active[1:], strict=True):
        bits = HIDDEN_SUM_BITS - math.ceil(math.log2(reach(w / unit, b, top)))
        layers.append(quantise(w / unit, b, bits, bits - HIDDEN_SUM_BITS // 2, inputs.mean(axis=0) * unit))
        highest = float(outputs.max()) or 1.0
        shifts.append(max(0, math.ceil(math.log2(highest * 2.0 ** layers[-1].bits * 2 / HIDDEN_MAX))))
        layers[-1] = replace(layers[-1], bias=layers[-1].bias + (1 << shifts[-1] >> 1))  # so that shifting rounds
        top, unit = float(HIDDEN_MAX), 2.0 ** (layers[-1].bits - shifts[-1])
    w, b = net.weights[-1] / unit, net.biases[-1]
    scale = choose_scale(reach(w, b, top), 32)
    layers.append(quantise(w, b, scale.shift, GAP_BITS, net.active[-1].mean(axis=0) * unit))
    return layers, shifts, Scale(bits=32, shift=layers[-1].bits)
