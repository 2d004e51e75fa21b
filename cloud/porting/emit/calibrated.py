"""C of a CalibratedClassifierCV: the mean of logistic functions, by whole numbers."""

import math

from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from ..read.calibrated import Calibrated
from .c_text import render_body
from .integer_layer import largest, quantise, reach
from .linear import linear_body
from .scores import choose_scale

ODDS_BITS = 10
"""Logarithms of odds are taken to 2**-10: half of that changes a probability by 0.0001."""
FARTHEST = 16
"""e**-16 is 0 in units of 2**-16."""


def calibrated_body(model: Calibrated, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body. One fold of two classes decides as a logistic regression does."""
    scores = model.scores
    if len(scores.bias) == 1:
        return linear_body(scores, names, feature, form)
    scale = choose_scale(reach(scores.weights, scores.bias, largest(feature)), 32)
    bits = min(ODDS_BITS, scale.shift)
    layer = quantise(scores.weights, scores.bias, scale.shift, bits, scores.centre)
    steps = [2.0**k for k in range(3, -bits - 1, -1)]
    return render_body(
        "linear.c.jinja",
        names,
        feature,
        form,
        parent="calibrated.c.jinja",
        score_count=len(scores.bias),
        folds=model.folds,
        scores_a_fold=len(scores.bias) // model.folds,
        shift=layer.bits,
        scores=len(scores.bias),
        weights=layer.weights.ravel(),
        shifts=layer.shifts,
        biases=layer.bias,
        input_type=feature.c_type,
        right_shifts=layer.shifts_right,
        odds_bits=bits,
        odds_shift=layer.bits - bits,
        exponentials=[round(65536 * math.exp(-step)) for step in steps],
        top_step=1 << len(steps) - 1,
        farthest=FARTHEST << bits,
    )
