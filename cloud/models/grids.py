"""Weights on grids of few whole numbers."""

import numpy as np

from .training import Array

HIGHEST = {"ternary": 1, "int4": 7, "int8": 127}
"""The largest whole number of each kind of weight."""
CLIPPED = {7: (0.5, 0.65, 0.8, 1.0), 127: (0.8, 1.0)}
"""Shares of the largest weight that are tried as the end of a grid."""


def on_grid(weights: Array, kind: str, *, by_row: bool) -> tuple[Array, Array]:
    """Whole numbers and scales, whose products are next to the weights by least squares; weights of shape (rows,
    inputs). A scale a row, shape (rows, 1), or one for all, shape (1, 1). Weights of 0 stay 0; ternary ones are the
    signs of the others (Li, Zhang and Liu, "Ternary weight networks", 2016, with the support already found)."""
    flat = weights if by_row else weights.reshape(1, -1)
    highest = HIGHEST[kind]
    if highest == 1:
        whole = np.sign(flat)
        used = np.maximum(np.abs(whole).sum(axis=1, keepdims=True), 1)
        scale = np.abs(flat).sum(axis=1, keepdims=True) / used
        scale = np.where(scale > 0, scale, 1)
    else:
        whole, scale = _least_squares(flat, highest)
    return whole.reshape(weights.shape), scale.astype(np.float32)


def _least_squares(flat: Array, highest: int) -> tuple[Array, Array]:
    top = np.abs(flat).max(axis=1, keepdims=True)
    scales = np.where(top > 0, top, 1) * np.array(CLIPPED[highest], np.float32)[:, None, None] / np.float32(highest)
    whole = np.clip(np.rint(flat / scales), -highest, highest)
    best = ((whole * scales - flat) ** 2).sum(axis=2).argmin(axis=0)
    rows = np.arange(len(flat))
    return whole[best, rows], scales[best, rows]
