"""MLPClassifier with ReLU: layers of 8-bit weights."""

import math
from collections.abc import Sequence
from dataclasses import replace
from string import Template

from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from ..read.net import Net
from .c_text import block, table
from .integer_layer import Layer, largest, quantise, reach, sum_function
from .scores import GAP_BITS, Scale, choose_scale, decision
from .trees import signature

HIDDEN_SUM_BITS = 29
HIDDEN_MAX = 16383
"""Hidden activations are kept below this; the highest that the calibration rows reach is half of it."""


RELU = Template("""\
static int16_t relu(int32_t sum, uint8_t shift)
{
    if (sum < 0) {
        return 0;
    }
    sum >>= shift;
    return sum < $hidden_max ? (int16_t)sum : $hidden_max;
}
""")


def net_body(net: Net, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body."""
    layers, shifts, scale = _quantised(net, feature)
    parts = [f"/* Scores are logarithms of odds in units of 2^-{scale.shift}. */\n"]
    for n, layer in enumerate(layers):
        parts += [
            f"/* Layer {n + 1}: {len(layer.weights)} outputs. A weight for each input, to be shifted left. */\n"
            + table("int8_t", f"weights_{n}", layer.weights.ravel()),
            table("int8_t", f"shifts_{n}", layer.shifts),
            table("int32_t", f"biases_{n}", layer.bias),
        ]
    parts += [sum_function(layers, "int16_t"), RELU.substitute(hidden_max=HIDDEN_MAX)]
    declared, walk = _forward(layers, shifts, names, feature)
    parts.append(
        decision(
            scale,
            macro=names.macro,
            signature=signature(names, feature, form.confidence),
            confidence=form.confidence,
            scores="".join(line + "\n" for line in block(declared, 1)),
            walk="".join(line + "\n" for line in block(walk, 1)),
        )
    )
    return "\n".join(parts)


def _quantised(net: Net, feature: FeatureType) -> tuple[list[Layer], list[int], Scale]:
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


def _forward(
    layers: Sequence[Layer], shifts: Sequence[int], names: Names, feature: FeatureType
) -> tuple[list[str], list[str]]:
    """Declarations and statements."""
    declared = [f"int16_t hidden_{n}[{len(layer.weights)}];" for n, layer in enumerate(layers[:-1])]
    declared.append(f"int32_t scores[{names.macro}_CLASS_COUNT] = {{0}};")
    lines: list[str] = []
    source, count = "features", f"{names.macro}_FEATURE_COUNT"
    if feature.name != "int16":
        declared.insert(0, f"int16_t inputs[{count}];")
        lines += [f"for (uint16_t i = 0; i < {count}; i++) {{", "    inputs[i] = features[i];", "}"]
        source = "inputs"
    for n, layer in enumerate(layers):
        outputs = len(layer.weights)
        call = f"sum_of({source}, {count}, weights_{n} + {count} * i, shifts_{n}, COOEE_READ_I32(&biases_{n}[i]))"
        target = (
            f"hidden_{n}[i] = relu({call}, {shifts[n]})"
            if n < len(shifts)
            else f"scores[{'1' if outputs == 1 else 'i'}] = {call}"
        )
        lines += [f"for (uint16_t i = 0; i < {outputs}; i++) {{", f"    {target};", "}"]
        source, count = f"hidden_{n}", str(outputs)
    return declared, lines
