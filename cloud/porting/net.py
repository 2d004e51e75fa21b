"""MLPClassifier with ReLU: layers of 8-bit weights."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .c_text import block, table
from .errors import PortError
from .features import FeatureType
from .linear import Layer, largest, quantise, reach, sum_function
from .names import Names
from .scores import GAP_BITS, Scale, choose_scale, decision
from .trees import Form, signature

HIDDEN_SUM_BITS = 29
HIDDEN_MAX = 16383
"""Hidden activations are kept below this; the highest that the calibration rows reach is half of it."""


@dataclass(frozen=True, kw_only=True)
class Net:
    """Layers of weights (outputs, inputs) and biases, natural units, ReLU between them; `active` are the inputs of each
    layer on the calibration rows, shape (rows, inputs)."""

    weights: tuple[NDArray[np.float64], ...]
    biases: tuple[NDArray[np.float64], ...]
    active: tuple[NDArray[np.float64], ...]


def read_net(estimator: Any, factor: NDArray[np.float64], offset: NDArray[np.float64], rows: NDArray[Any]) -> Net:
    """A fitted MLPClassifier on features x * factor + offset; `rows` of x show how high its activations go.

    Raises:
        PortError: an activation other than ReLU, or several labels a row.
    """
    if estimator.activation != "relu" or estimator.out_activation_ not in ("softmax", "logistic"):
        raise PortError(
            f"MLPClassifier with activation {estimator.activation!r} cannot be ported: train with activation='relu'"
        )
    if estimator.out_activation_ == "logistic" and len(estimator.classes_) != 2:
        raise PortError("MLPClassifier of several labels a row cannot be ported")
    weights = [w.T for w in estimator.coefs_]
    biases = list(estimator.intercepts_)
    biases[0] = biases[0] + weights[0] @ offset
    weights[0] = weights[0] * factor
    active = [rows.astype(np.float64)]
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        active.append(np.maximum(active[-1] @ w.T + b, 0))
    return Net(weights=tuple(weights), biases=tuple(biases), active=tuple(active))


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
