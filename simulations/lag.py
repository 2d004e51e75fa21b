"""First-order lag: what a series keeps of its step before."""

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray


def first_order(values: NDArray[np.float64], keep: float, before: float = 0.0) -> NDArray[np.float64]:
    """y[i] = keep y[i-1] + values[i], with `before` for y[-1]: bit for bit scipy.signal's lfilter, whose import takes a
    second of every process."""
    share = float(keep)
    kept = accumulate(values.tolist(), lambda last, value: share * last + value, initial=float(before))
    next(kept)
    return np.fromiter(kept, np.float64, len(values))
