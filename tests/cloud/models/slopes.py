"""Gradients held against what a small step of each array does to the loss."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]


def check_slopes(
    slopes: Arrays,
    weights: Arrays,
    loss: Callable[[], float],
    rng: np.random.Generator,
    *,
    step: float = 1e-6,
    rel: float = 1e-4,
    least: float = 1e-9,
) -> None:
    """At one drawn place of each array of `weights`, of which `loss` is reckoned."""
    for name, array in weights.items():
        place = np.unravel_index(rng.integers(array.size), array.shape)
        before = array[place]
        array[place] = before + step
        above = loss()
        array[place] = before - step
        assert slopes[name][place] == pytest.approx((above - loss()) / (2 * step), rel=rel, abs=least), name
        array[place] = before
