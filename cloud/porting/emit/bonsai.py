"""C of a BonsaiClassifier: a projection by symbols of weights and gaps, then dense rows of the nodes on a path."""

import numpy as np
from numpy.typing import NDArray

from ...models import IntegerBonsai
from ...models.byte_layer import HIGHEST_VALUE
from ...models.inputs import InputScale
from ..encode.gaps import encodings, shortest
from ..errors import PortError
from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from .byte_inputs import byte_inputs, highest_sum
from .c_text import render_body
from .low_bit_net import bias_variables
from .scores import Scale

MOST_SUM = 1 << 23
"""A projected sum times a factor of a byte stays within 31 bits and a sign."""


def bonsai_body(tree: IntegerBonsai, scale: InputScale, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body.

    Raises:
        PortError: features with fractions, or sums that 23 bits do not hold.
    """
    highest = highest_sum(tree.projection, tree.projection_bias, scale.top)
    if highest >= MOST_SUM:
        raise PortError(
            f"projected sums reach {highest}, more than 23 bits: train with weights='int4', a lower density or fewer "
            "features"
        )
    rows = np.concatenate([tree.worth.reshape(-1, tree.worth.shape[2]), tree.gate.reshape(-1, tree.gate.shape[2])])
    packed = int(np.abs(np.concatenate([rows, tree.branch])).max()) <= 7
    dots = HIGHEST_VALUE * max(int(np.abs(each).sum(axis=1).max(initial=0)) for each in (rows, tree.branch))
    nodes = np.stack([tree.worth, tree.gate], axis=2).reshape(-1, rows.shape[1])
    return render_body(
        "bonsai.c.jinja",
        names,
        feature,
        form,
        inputs=byte_inputs(scale, feature),
        projected=len(tree.projection),
        outputs=tree.worth.shape[1],
        depth=tree.depth,
        code=shortest(encodings(tree.projection.ravel())),
        even=tree.projection.shape[1] % 2 == 0,
        sum_type="int16_t" if highest < 1 << 15 else "int32_t",
        dot_type="int16_t" if max(dots, tree.limit) < 1 << 15 else "int32_t",
        **bias_variables(tree.projection_bias),
        factors=tree.factor.tolist(),
        projected_shift=tree.shift,
        projected_highest=HIGHEST_VALUE,
        packed=packed,
        row_bytes=(rows.shape[1] + 1) // 2 if packed else rows.shape[1],
        nodes=_bytes(nodes, packed),
        branches=_bytes(tree.branch, packed),
        limit=tree.limit,
        worth_shift=tree.worth_shift,
        shift=tree.score_shift,
        last_wins=False,
        **Scale(bits=32, shift=tree.score_shift).variables(),
    )


def _bytes(rows: NDArray[np.int64], packed: bool) -> list[int]:
    """Rows of weights, a byte each or, plus 8, two in a byte."""
    if not packed:
        return [int(weight) & 0xFF for weight in rows.ravel()]
    even = np.pad(rows, ((0, 0), (0, rows.shape[1] % 2))) + 8
    pairs: list[int] = (even[:, ::2] | even[:, 1::2] << 4).ravel().tolist()
    return pairs
