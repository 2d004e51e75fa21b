"""C of a CalibratedClassifierCV: the mean of logistic functions, by whole numbers."""

import math

from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from ..read.calibrated import Calibrated
from ..read.calibrated_trees import CalibratedTrees
from .boosting import SCORE_BITS, adding_variables, boosting_body
from .c_text import render_body
from .integer_layer import largest, quantise, reach
from .linear import linear_body
from .scores import Scale, choose_scale

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
    layer = quantise(scores.weights, scores.bias, scale.shift, min(ODDS_BITS, scale.shift), scores.centre)
    return render_body(
        "linear.c.jinja",
        names,
        feature,
        form,
        **_sigmoid_variables(len(scores.bias), model.folds, layer.bits, scale),
        shift=layer.bits,
        scores=len(scores.bias),
        weights=layer.weights.ravel(),
        shifts=layer.shifts,
        biases=layer.bias,
        input_type=feature.c_type,
        right_shifts=layer.shifts_right,
    )


def calibrated_trees_body(model: CalibratedTrees, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body. One fold of two classes decides as boosting does."""
    scores = model.scores
    if len(scores.bases) == 1:
        return boosting_body(scores, names, feature, form)
    scale = choose_scale(scores.largest(), SCORE_BITS)
    return render_body(
        "boosting.c.jinja",
        names,
        feature,
        form,
        **_sigmoid_variables(len(scores.bases), model.folds, scale.shift, scale),
        **adding_variables(scores, scale, names, feature, form),
    )


def _sigmoid_variables(scores: int, folds: int, shift: int, scale: Scale) -> dict[str, object]:
    """Those of calibrated.c.jinja, for scores in units of 2**-`shift`."""
    bits = min(ODDS_BITS, scale.shift)
    steps = [2.0**k for k in range(3, -bits - 1, -1)]
    return {
        "parent": "calibrated.c.jinja",
        "score_count": scores,
        "folds": folds,
        "scores_a_fold": scores // folds,
        "odds_bits": bits,
        "odds_shift": shift - bits,
        "exponentials": [round(65536 * math.exp(-step)) for step in steps],
        "top_step": 1 << len(steps) - 1,
        "farthest": FARTHEST << bits,
    }
