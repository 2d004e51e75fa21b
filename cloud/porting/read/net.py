"""Reads scikit-learn's MLPClassifier."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PortError


@dataclass(frozen=True, kw_only=True)
class Net:
    """Layers of weights (outputs, inputs) and biases, natural units, ReLU between them; `active` are the inputs of each
    layer on the calibration rows, shape (rows, inputs)."""

    weights: tuple[NDArray[np.float64], ...]
    biases: tuple[NDArray[np.float64], ...]
    active: tuple[NDArray[np.float64], ...]


def read_net(estimator: Any, matrix: NDArray[np.float64], offset: NDArray[np.float64], rows: NDArray[Any]) -> Net:
    """A fitted MLPClassifier on inputs matrix @ x + offset; `rows` of x show how high its activations go.

    Raises:
        PortError: an activation other than ReLU.
    """
    if estimator.activation != "relu" or estimator.out_activation_ not in ("softmax", "logistic"):
        raise PortError(
            f"MLPClassifier with activation {estimator.activation!r} cannot be ported: train with activation='relu'"
        )
    weights = [w.T for w in estimator.coefs_]
    biases = list(estimator.intercepts_)
    biases[0] = biases[0] + weights[0] @ offset
    weights[0] = weights[0] @ matrix
    active = [rows.astype(np.float64)]
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        active.append(np.maximum(active[-1] @ w.T + b, 0))
    return Net(weights=tuple(weights), biases=tuple(biases), active=tuple(active))
