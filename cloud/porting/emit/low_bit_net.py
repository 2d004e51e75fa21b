"""C of a LowBitNetClassifier: bytes in, symbols of weights and gaps, whole numbers throughout."""

import numpy as np
from numpy.typing import NDArray

from ...models import IntegerNet
from ...models.byte_layer import HIGHEST_VALUE
from ...models.confidence import GAP_BITS
from ...models.inputs import InputScale
from ..encode.gaps import Gaps, encodings, shortest
from ..errors import PortError
from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from .bit_net import bit_net, bit_net_body
from .byte_inputs import byte_inputs, highest_sum
from .c_text import render_body
from .scores import Scale

MOST_SUM = 1 << 24
"""A hidden sum times a factor of a byte stays within 32 bits."""


FUNCTION_BYTES = 110
"""What a second function for weights of another code takes on an ATmega328P."""


def low_bit_net_body(net: IntegerNet, scale: InputScale, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body.

    Raises:
        PortError: features with fractions, or sums that 24 bits do not hold.
    """
    hidden = highest_sum(net.hidden_weights, net.hidden_bias, scale.top)
    highest = max(hidden, highest_sum(net.output_weights, net.output_bias, HIGHEST_VALUE))
    if hidden >= MOST_SUM:
        raise PortError(
            f"hidden sums reach {hidden}, more than 24 bits: train with weights='int4', a lower density or fewer "
            "features"
        )
    inputs = byte_inputs(scale, feature)
    if by_bits := bit_net(net, scale.top, form):
        return bit_net_body(net, by_bits, inputs, names, feature, form)
    code, output_code = layer_codes(net)
    biases = np.concatenate([net.hidden_bias, net.output_bias])
    same = bool((net.factor == net.factor[0]).all())
    bits = 16 if highest < 1 << (14 + min(0, net.score_shift - GAP_BITS) if form.confidence else 15) else 32
    return render_body(
        "low_bit_net.c.jinja",
        names,
        feature,
        form,
        inputs=inputs,
        hidden=len(net.hidden_weights),
        outputs=len(net.output_weights),
        code=code,
        even=net.hidden_weights.shape[1] % 2 == 0,
        output_code=output_code,
        output_even=net.output_weights.shape[1] % 2 == 0,
        one_code=(code.width, code.gap_bits) == (output_code.width, output_code.gap_bits),
        sum_type=f"int{bits}_t",
        **bias_variables(biases),
        factor=int(net.factor[0]),
        factors=[] if same else net.factor.tolist(),
        hidden_shift=net.shift,
        hidden_highest=HIGHEST_VALUE,
        shift=net.score_shift,
        last_wins=False,
        **Scale(bits=bits, shift=net.score_shift).variables(),
    )


def layer_codes(net: IntegerNet) -> tuple[Gaps, Gaps]:
    """Codes of the hidden and the output weights: the same kind where that saves a second function for the other."""
    hidden, output = net.hidden_weights.ravel(), net.output_weights.ravel()
    apart = shortest(encodings(hidden)), shortest(encodings(output))
    others = {(code.width, code.gap_bits): code for code in encodings(output)}
    pairs = [(code, others[kind]) for code in encodings(hidden) if (kind := (code.width, code.gap_bits)) in others]
    together = min(pairs, key=lambda pair: (sum(len(code.data) for code in pair), -pair[0].width))
    return together if sum(len(c.data) for c in together) <= sum(len(c.data) for c in apart) + FUNCTION_BYTES else apart


def bias_variables(biases: NDArray[np.int64]) -> dict[str, object]:
    """Biases for a template, in two bytes each where those hold all of them, else in four."""
    bits = 16 if np.abs(biases).max() < 1 << 15 else 32
    return {"biases": biases.tolist(), "bias_type": f"int{bits}_t", "read_bias": f"COOEE_READ_I{bits}"}
