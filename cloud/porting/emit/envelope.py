"""C of an EllipticEnvelope: a squared distance added up until it is too large, by whole numbers."""

import math

import numpy as np

from ..errors import PortError
from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from ..read.envelope import Ellipsoid
from .c_text import render_body
from .integer_layer import largest

WEIGHT_BITS = 13
LEAST_BITS = 5
"""Fractions of a standard deviation, at least, that are told apart, as a power of two."""


def envelope_body(model: Ellipsoid, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body.

    Raises:
        PortError: float32 features, or features so fine that their whole numbers are many standard deviations.
    """
    largest(feature)
    centre = np.clip(np.rint(model.centre), feature.lowest, feature.highest)
    farthest = np.maximum(feature.highest - centre, centre - feature.lowest)
    size = np.abs(model.upper)
    beyond = model.upper @ (centre - model.centre)
    reach = float((size @ farthest + np.abs(beyond)).max())
    bits = min(math.floor((30 - math.log2(model.limit)) / 2), 30 - math.ceil(math.log2(reach)), 14)
    if bits < LEAST_BITS:
        raise PortError(
            f"distances reach {reach:.3g} standard deviations over the range of {feature.name}, which 32 bits do not "
            "hold finely: port with a narrower feature type, or give the node coarser features by scales"
        )
    fine = size * 2.0**bits
    shifts = np.floor(WEIGHT_BITS - np.log2(np.maximum(fine, 2.0**-20))).astype(np.int64).clip(0, 31)
    weights = np.rint(model.upper * 2.0 ** (bits + shifts)).astype(np.int64)
    rows, columns = np.triu_indices(len(weights))
    halves = np.triu((shifts > 0) & (weights != 0)).sum(axis=1) / 2
    return render_body(
        "envelope.c.jinja",
        names,
        feature,
        form,
        distance_bits=bits,
        used=model.used.tolist(),
        every=np.array_equal(model.used, np.arange(len(names.features))),
        centres=centre.astype(np.int64).tolist(),
        starts=np.rint(beyond * 2.0**bits + halves).astype(np.int64).tolist(),
        weights=weights[rows, columns].tolist(),
        shifts=shifts[rows, columns].tolist(),
        farthest=math.isqrt(math.floor(model.limit * 4.0**bits)),
        limit=math.floor(model.limit * 4.0**bits),
    )
