"""Weights on grids of few whole numbers."""

import numpy as np

from .training import Array

HIGHEST = {"ternary": 1, "int3": 4, "int4": 7, "int8": 127}
"""The largest whole number of each kind of weight: three bits hold a sign and 1 to 4, beside one that tells of 0."""
CLIPPED = {7: (0.5, 0.65, 0.8, 1.0), 127: (0.8, 1.0)}
"""Shares of the largest weight that are tried as the end of a grid."""
HALVED = (1.0, 0.5, 0.25)
"""The same for int3, of the power of two that is next above."""


def on_grid(
    weights: Array, kind: str, *, by_row: bool, unit: float = 1.0, held: Array | None = None
) -> tuple[Array, Array]:
    """Whole numbers and scales, whose products are next to the weights by least squares; weights of shape (rows,
    inputs). A scale a row, shape (rows, 1), or one for all, shape (1, 1). Weights of 0 stay 0; ternary ones are the
    signs of the others (Li, Zhang and Liu, "Ternary weight networks", 2016, with the support already found). The scale
    of int3 is the same for all rows, and `unit` times a power of two, so that a node shifts; it is `held`, where given:
    one that changes while a net is trained changes by a factor of two at once."""
    flat = weights if by_row and kind != "int3" else weights.reshape(1, -1)
    highest = HIGHEST[kind]
    if highest == 1:
        whole = np.sign(flat)
        used = np.maximum(np.abs(whole).sum(axis=1, keepdims=True), 1)
        scale = np.abs(flat).sum(axis=1, keepdims=True) / used
        scale = np.where(scale > 0, scale, 1)
    elif kind == "int3" and held is not None:
        whole, scale = np.clip(np.rint(weights / held), -highest, highest), held
    elif kind == "int3":
        power = 2.0 ** np.ceil(np.log2(max(float(np.abs(flat).max()), 1e-9) / highest / unit))
        whole, scale = _least_squares(flat, highest, unit * power * np.array([HALVED], np.float32).T)
        scale = np.repeat(scale, len(weights) if by_row else 1, axis=0)
    else:
        top = np.abs(flat).max(axis=1)
        ends = np.where(top > 0, top, 1) * np.array(CLIPPED[highest], np.float32)[:, None]
        whole, scale = _least_squares(flat, highest, ends / np.float32(highest))
    return whole.reshape(weights.shape), scale.astype(np.float32)


def _least_squares(flat: Array, highest: int, scales: Array) -> tuple[Array, Array]:
    """With the best of scales, shape (tried, rows) or (tried, 1)."""
    tried = np.clip(np.rint(flat / scales[:, :, None]), -highest, highest)
    best = ((tried * scales[:, :, None] - flat) ** 2).sum(axis=2).argmin(axis=0)
    rows = np.arange(len(flat))
    return tried[best, rows], scales[best, rows][:, None]
