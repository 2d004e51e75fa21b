"""What "exact" means: the check that tests of trees and of their encodings share."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.sanitized import classify_sanitized
from cloud.porting import Ported


def check(estimator: Any, ported: Ported, rows: NDArray[Any]) -> None:
    """Same class on every row, a confidence within a point, under the address and undefined-behaviour sanitizers."""
    classes, confidences = classify_sanitized(ported, ported.feature.rows(rows, rows.shape[1]))
    np.testing.assert_array_equal(ported.classes[classes], estimator.predict(rows))
    if ported.has_confidence:
        assert np.abs(confidences - np.rint(100 * estimator.predict_proba(rows).max(axis=1))).max() <= 1
