"""LogisticRegression and GaussianNB: scores from integer weights."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .c_text import table
from .errors import PortError
from .features import FeatureType
from .names import Names
from .scores import GAP_BITS, Scale, choose_scale, decision
from .trees import Form, signature


@dataclass(frozen=True, kw_only=True)
class Linear:
    """Scores weights @ x + bias, natural units; weights of shape (scores, features). One score is that of the second of
    two classes. `centre` is the mean of x."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    centre: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Bell:
    """Scores start - sum(((x - mean) * narrowness)**2), natural units; shapes (classes,) and (classes, features)."""

    start: NDArray[np.float64]
    mean: NDArray[np.float64]
    narrowness: NDArray[np.float64]


def read_linear(estimator: Any, factor: NDArray[np.float64], offset: NDArray[np.float64], rows: NDArray[Any]) -> Linear:
    """A fitted LogisticRegression on features x * factor + offset; `rows` are such as x will be."""
    weights, bias = estimator.coef_ * factor, estimator.intercept_ + estimator.coef_ @ offset
    if len(weights) > 1:  # a softmax does not change when all scores do by the same
        weights, bias = weights - weights.mean(axis=0), bias - bias.mean()
    return Linear(weights=weights, bias=bias, centre=rows.mean(axis=0, dtype=np.float64))


def read_bell(estimator: Any, factor: NDArray[np.float64], offset: NDArray[np.float64]) -> Bell:
    """A fitted GaussianNB on features x * factor + offset; a feature without a factor decides nothing.

    Raises:
        PortError: variances of nothing, as of features that are all constant.
    """
    if not (estimator.var_ > 0).all():
        raise PortError(
            "the estimator has variances that are 0 or not finite: train it again without constant features"
        )
    used = np.where(factor == 0, 1, factor)
    spread = np.sqrt(estimator.var_)
    start = np.log(estimator.class_prior_) - np.log(spread).sum(axis=1)
    narrowness = np.where(factor == 0, 0, np.abs(used) / spread / math.sqrt(2))
    return Bell(start=start - start.max(), mean=(estimator.theta_ - offset) / used, narrowness=narrowness)


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Sums bias + sum(weight * x << shift): int8 weights (outputs, inputs), one shift an input, to the right when it is
    negative, int32 biases, in 2**-bits."""

    weights: NDArray[np.int64]
    shifts: NDArray[np.int64]
    bias: NDArray[np.int64]
    bits: int


def reach(weights: NDArray[np.float64], bias: NDArray[np.float64], largest: float) -> float:
    """A bound of the sums for inputs up to `largest`, and of all sums on the way."""
    return float(np.abs(weights).max(axis=0).sum() * largest + np.abs(bias).max())


def quantise(
    weights: NDArray[np.float64], bias: NDArray[np.float64], bits: int, least_bits: int, centre: NDArray[np.float64]
) -> Layer:
    """The layer in units of 2**-bits, or in coarser ones down to 2**-least_bits where no weight needs the finest.
    Biases make up for what rounding the weights does to the sums of the mean inputs, `centre`, and for the half unit
    that a shift to the right loses."""
    top = np.abs(weights).max(axis=0)
    shifts = np.maximum(-7, np.ceil(np.log2(np.maximum(top * 2.0**bits, 1e-9) / 127))).astype(np.int64)
    spare = min(max(0, int(shifts[top > 0].min(initial=bits))), bits - least_bits)
    bits, shifts = bits - spare, shifts - spare
    fine = weights * 2.0**bits / 2.0**shifts
    rounded = np.clip(np.rint(fine), -127, 127)
    start = np.rint(bias * 2.0**bits + (fine - rounded) @ (centre * 2.0**shifts) + (shifts < 0).sum() / 2)
    return Layer(weights=rounded.astype(np.int64), shifts=shifts, bias=start.astype(np.int64), bits=bits)


SUM_OF = Template("""\
/* A bias and, for each input, a weight from a row of them, shifted. */
static int32_t sum_of(const $c_type *inputs, uint16_t count, const int8_t *row, const int8_t *shift, int32_t sum)
{
    for (uint16_t i = 0; i < count; i++) {
        const int16_t weight = (int8_t)COOEE_READ_U8((const uint8_t *)row + i);
        const int32_t product = (int32_t)weight * (int16_t)inputs[i];
        const int8_t left = (int8_t)COOEE_READ_U8((const uint8_t *)shift + i);
        sum += $shifted;
    }
    return sum;
}
""")


def sum_function(layers: Sequence[Layer], c_type: str) -> str:
    """C that adds up an output of a layer; inputs are of that type."""
    shifted = "(int32_t)((uint32_t)product << left)"
    if any((layer.shifts < 0).any() for layer in layers):
        shifted = f"left < 0 ? product >> -left : {shifted}"
    return SUM_OF.substitute(c_type=c_type, shifted=shifted)


BELL_SCORE = Template("""\
/* Minus the sum of squared distances from the means of a class. */
static int32_t score_of(const $c_type features[], uint8_t c)
{
    int32_t score = COOEE_READ_I32(&starts[c]);

    for (uint16_t f = 0; f < ${macro}_FEATURE_COUNT; f++) {
        const uint16_t i = (uint16_t)(${macro}_FEATURE_COUNT * c + f);
        const int32_t off = (int32_t)features[f] * COOEE_READ_I16(&narrowness[i]) - COOEE_READ_I32(&means[i]);
        uint32_t z = (uint32_t)(off < 0 ? -off : off) >> COOEE_READ_U8(&shifts[i]);
        z = z > Z_MAX ? Z_MAX : z;
        score -= (int32_t)(z * z >> $square_shift);
    }
    return score;
}
""")


def linear_body(model: Linear, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body for a linear model."""
    scale = choose_scale(reach(model.weights, model.bias, largest(feature)), 32)
    layer = quantise(model.weights, model.bias, scale.shift, GAP_BITS, model.centre)
    scale = Scale(bits=32, shift=layer.bits)
    scores, macro = len(layer.weights), names.macro
    target = "scores[1]" if scores == 1 else "scores[s]"
    walk = (
        f"    for (uint8_t s = 0; s < {scores}; s++) {{\n"
        f"        {target} = sum_of(features, {macro}_FEATURE_COUNT, weights + {macro}_FEATURE_COUNT * s, shifts, "
        f"COOEE_READ_I32(&biases[s]));\n"
        "    }\n"
    )
    return "\n".join(
        [
            f"/* Scores are logarithms of odds in units of 2^-{scale.shift}. A weight for each feature, to be "
            f"shifted left. */\n" + table("int8_t", "weights", layer.weights.ravel()),
            table("int8_t", "shifts", layer.shifts),
            table("int32_t", "biases", layer.bias),
            sum_function([layer], feature.c_type),
            decision(
                scale,
                macro=macro,
                signature=signature(names, feature, form.confidence),
                walk=walk,
                confidence=form.confidence,
                scores=f"    int32_t scores[{macro}_CLASS_COUNT] = {{0}};\n",
            ),
        ]
    )


Z_BITS = 9
FACTOR_BITS = 15


def bell_body(model: Bell, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body for a GaussianNB. A distance z = |narrowness * x - narrowness * mean| in units of 2**-Z_BITS
    has 16 bits: it is capped where no class would be found any more."""
    largest(feature)
    width, macro = model.mean.shape[1], names.macro
    square_shift = min(2 * Z_BITS - GAP_BITS, math.ceil(math.log2(width)) + 2)
    z_max = min(65535, math.isqrt((2**30 // width) << square_shift))
    scaled = model.narrowness * 2.0**Z_BITS
    shifts = np.clip(np.floor(np.log2((2**FACTOR_BITS - 1) / np.maximum(scaled, 1e-9))), 0, 31).astype(np.int64)
    factors = np.minimum(np.rint(scaled * 2.0**shifts), 2**FACTOR_BITS - 1).astype(np.int64)
    means = np.clip(np.rint(model.mean * factors), -(2**30), 2**30).astype(np.int64)
    scale = Scale(bits=32, shift=2 * Z_BITS - square_shift)
    starts = np.maximum(np.rint(model.start * 2.0**scale.shift), -(2.0**28)).astype(np.int64)
    walk = (
        f"    for (uint8_t c = 0; c < {macro}_CLASS_COUNT; c++) "
        f"{{\n        scores[c] = score_of(features, c);\n    }}\n"
    )
    return "\n".join(
        [
            f"#define Z_MAX {z_max}U\n",
            table("int32_t", "starts", starts),
            "/* By class, for each feature: what makes a distance a standard one, and the mean times that. */\n"
            + table("int16_t", "narrowness", factors.ravel()),
            table("int32_t", "means", means.ravel()),
            table("uint8_t", "shifts", shifts.ravel()),
            BELL_SCORE.substitute(macro=macro, c_type=feature.c_type, square_shift=square_shift),
            decision(
                scale,
                macro=macro,
                signature=signature(names, feature, form.confidence),
                walk=walk,
                confidence=form.confidence,
                scores=f"    int32_t scores[{macro}_CLASS_COUNT];\n",
            ),
        ]
    )


def largest(feature: FeatureType) -> float:
    """The largest feature there can be.

    Raises:
        PortError: float32, for which there is none.
    """
    if feature.name == "float32":
        raise PortError(
            "linear models and nets are ported with integer features: use feature_type 'int16' or 'uint8', and scale "
            "before"
        )
    return float(max(-feature.lowest, feature.highest))
