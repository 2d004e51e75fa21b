"""The first-order lag is scipy's filter, bit for bit."""

import numpy as np
from scipy.signal import lfilter

from simulations.lag import first_order


def test_it_is_scipys_filter() -> None:
    values, keep = np.random.default_rng(1).normal(size=5000), np.exp(-0.01)
    np.testing.assert_array_equal(first_order(values, keep), lfilter([1.0], [1.0, -keep], values))
    lagged, _ = lfilter([1.0], [1.0, -keep], values, zi=[keep * 7.0])
    np.testing.assert_array_equal(first_order(values, keep, 7.0), lagged)
