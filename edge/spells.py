"""Spells: where flags in a row are true."""

import numpy as np
from numpy.typing import NDArray


def runs_of_true(flags: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Begin and end (exclusive) of every run of true flags, by place, (runs, 2)."""
    return np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
