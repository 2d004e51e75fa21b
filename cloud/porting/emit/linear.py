"""C of LogisticRegression and GaussianNB: scores from integer weights."""

import math

import numpy as np

from ...models.confidence import GAP_BITS
from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from ..read.linear import Linear, NaiveBayes
from .c_text import render_body
from .integer_layer import Layer, largest, quantise, reach
from .scores import Scale, choose_scale

Z_BITS = 9
FACTOR_BITS = 15


def linear_layer(model: Linear, feature: FeatureType) -> Layer:
    """Its weights as small integers."""
    scale = choose_scale(reach(model.weights, model.bias, largest(feature)), 32)
    return quantise(model.weights, model.bias, scale.shift, GAP_BITS, model.centre)


def linear_body(model: Linear, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body for a linear model."""
    layer = linear_layer(model, feature)
    scale = Scale(bits=32, shift=layer.bits)
    return render_body(
        "linear.c.jinja",
        names,
        feature,
        form,
        shift=scale.shift,
        scores=len(layer.weights),
        weights=layer.weights.ravel(),
        shifts=layer.shifts,
        biases=layer.bias,
        input_type=feature.c_type,
        right_shifts=layer.shifts_right,
        last_wins=False,
        **scale.variables(),
    )


def naive_bayes_body(model: NaiveBayes, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body for a GaussianNB. A distance z = |narrowness * x - narrowness * mean| in units of 2**-Z_BITS
    has 16 bits: it is capped where no class would be found any more."""
    largest(feature)
    width = model.mean.shape[1]
    square_shift = min(2 * Z_BITS - GAP_BITS, math.ceil(math.log2(width)) + 2)
    scaled = model.narrowness * 2.0**Z_BITS
    shifts = np.clip(np.floor(np.log2((2**FACTOR_BITS - 1) / np.maximum(scaled, 1e-9))), 0, 31).astype(np.int64)
    factors = np.minimum(np.rint(scaled * 2.0**shifts), 2**FACTOR_BITS - 1).astype(np.int64)
    means = np.clip(np.rint(model.mean * factors), -(2**30), 2**30).astype(np.int64)
    scale = Scale(bits=32, shift=2 * Z_BITS - square_shift)
    return render_body(
        "naive_bayes.c.jinja",
        names,
        feature,
        form,
        z_max=min(65535, math.isqrt((2**30 // width) << square_shift)),
        square_shift=square_shift,
        starts=np.maximum(np.rint(model.start * 2.0**scale.shift), -(2.0**28)).astype(np.int64),
        narrowness=factors.ravel(),
        means=means.ravel(),
        shifts=shifts.ravel(),
        last_wins=False,
        **scale.variables(),
    )
