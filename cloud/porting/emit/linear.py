"""LogisticRegression and GaussianNB: scores from integer weights."""

import math
from string import Template

import numpy as np

from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from ..read.linear import Bell, Linear
from .c_text import table
from .integer_layer import largest, quantise, reach, sum_function
from .scores import GAP_BITS, Scale, choose_scale, decision
from .trees import signature

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
