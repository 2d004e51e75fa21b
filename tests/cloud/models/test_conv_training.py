"""Gradients of convolutions, over windows and over images."""

from typing import Any

import numpy as np
import pytest

from cloud.models.conv_stages import Depthwise, Patch, Pointwise, Stage
from cloud.models.conv_training import Convolution
from cloud.models.inputs import fit_inputs
from cloud.models.softmax import probabilities
from tests.cloud.models.slopes import check_slopes

WINDOW: list[Stage] = [Depthwise(2, 1, 3), Pointwise(3), Depthwise(1, 2, 3), Pointwise(4)]
IMAGE: list[Stage] = [Patch(3, 3, 2, 2), Patch(4, 2, 1, 1)]


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(("kinds", "shape"), [(WINDOW, (9, 2)), (IMAGE, (7, 6, 2))], ids=["window", "image"])
def test_gradients_are_slopes(kinds: list[Stage], shape: tuple[int, ...], classes: int) -> None:
    rng = np.random.default_rng(0)
    inputs = rng.integers(0, 256, (7, *shape))
    targets = np.eye(classes)[rng.integers(0, classes, 7)]
    net = Convolution(kinds, "int8", inputs, fit_inputs(inputs.reshape(-1, 2).astype(np.float64)), classes, rng)
    weights: dict[str, Any] = {
        name: array + 0.1 * rng.normal(size=array.shape) for name, array in net.weights.items()
    }  # no sum is exactly 0, where there is no one slope
    x = net.layer.centred(inputs).astype(np.float64)

    def loss() -> float:
        values = x
        for i, kind in enumerate(kinds):
            values = kind.sums(values, weights[f"{i}"]) + weights[f"{i} bias"]
            values = values if isinstance(kind, Depthwise) else np.maximum(values, 0)
        ends = values.mean(axis=1) if values.ndim == 3 else values.reshape(7, -1)
        found = probabilities(ends @ weights["output"].T + weights["output_bias"])
        return float(-np.log((found * targets).sum(axis=1)).mean())

    slopes = net.gradients(x, targets, weights, 0.0)  # type: ignore[arg-type]  # in double precision
    assert slopes.keys() == weights.keys()
    check_slopes(slopes, weights, loss, rng)
