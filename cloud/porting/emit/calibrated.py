"""C of a CalibratedClassifierCV: the mean of logistic functions, or of lines between knots, by whole numbers."""

import math
from collections.abc import Sequence
from itertools import accumulate

from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from ..read.calibrated import Calibrated, Knots
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
SHARE_BITS = 15
"""Probabilities at knots are taken to 2**-15, so that 1 has 16 bits."""


def calibrated_body(model: Calibrated, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body. One fold of two classes decides by its sigmoid as a logistic regression does."""
    scores = model.scores
    if len(scores.bias) == 1 and not model.knots:
        return linear_body(scores, names, feature, form)
    scale = choose_scale(reach(scores.weights, scores.bias, largest(feature)), 32)
    layer = quantise(scores.weights, scores.bias, scale.shift, min(ODDS_BITS, scale.shift), scores.centre)
    return render_body(
        "linear.c.jinja",
        names,
        feature,
        form,
        **_shares(model, len(scores.bias), layer.bits, scale),
        shift=layer.bits,
        scores=len(scores.bias),
        weights=layer.weights.ravel(),
        shifts=layer.shifts,
        biases=layer.bias,
        input_type=feature.c_type,
        right_shifts=layer.shifts_right,
    )


def calibrated_trees_body(model: CalibratedTrees, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body. One fold of two classes decides by its sigmoid as boosting does."""
    scores = model.scores
    if len(scores.bases) == 1 and not model.knots:
        return boosting_body(scores, names, feature, form)
    scale = choose_scale(scores.largest(), SCORE_BITS)
    return render_body(
        "boosting.c.jinja",
        names,
        feature,
        form,
        **_shares(model, len(scores.bases), scale.shift, scale),
        **adding_variables(scores, scale, names, feature, form),
    )


def _shares(model: Calibrated | CalibratedTrees, scores: int, shift: int, scale: Scale) -> dict[str, object]:
    """The variables of calibrated.c.jinja, for scores in units of 2**-`shift`. A single score is that of the second of
    two classes."""
    return {
        "parent": "calibrated.c.jinja",
        "score_count": max(2, scores),
        "folds": model.folds,
        "scores_a_fold": scores // model.folds,
        "isotonic": bool(model.knots),
        **(_knots(model.knots, shift) if model.knots else _sigmoids(shift, scale)),
    }


def _knots(knots: Sequence[Knots], shift: int) -> dict[str, object]:
    """A score's knots follow those of the score before it."""
    scores = [round(score * 2.0**shift) for one in knots for score in one.scores.tolist()]
    return {
        "knot_type": "int16_t" if all(-32768 < score < 32768 for score in scores) else "int32_t",
        "knots": scores,
        "shares": [round(share * 2.0**SHARE_BITS) for one in knots for share in one.shares.tolist()],
        "ends": list(accumulate(len(one.scores) for one in knots)),
    }


def _sigmoids(shift: int, scale: Scale) -> dict[str, object]:
    bits = min(ODDS_BITS, scale.shift)
    steps = [2.0**k for k in range(3, -bits - 1, -1)]
    return {
        "odds_bits": bits,
        "odds_shift": shift - bits,
        "exponentials": [round(65536 * math.exp(-step)) for step in steps],
        "top_step": 1 << len(steps) - 1,
        "farthest": FARTHEST << bits,
    }
