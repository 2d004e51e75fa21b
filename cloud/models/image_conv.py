"""A convolution over small images, with weights of four bits."""

import math
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import validate_data

from .augment import Augment
from .conv_stages import Patch, Stage
from .conv_training import Convolution
from .estimator import check_range
from .inputs import Floats, InputScale, Ints, fit_inputs
from .trained import TrainedClassifier, WholeScores

WEIGHTS = "int4"
FIRST_KERNEL, FIRST_SIDE, LEAST_HALVED = 4, 9, 5


def image_layers(side: int, filters: tuple[int, ...]) -> tuple[tuple[int, int, int], ...]:
    """Layers of so many filters for square images: kernels of 4 points, then of 3 or less, and strides that leave the
    first layer about 9 patches a side and a later one half of them, as long as those are 5 or more."""
    found = []
    for i, count in enumerate(filters):
        kernel = FIRST_KERNEL if i == 0 else 3 if side >= LEAST_HALVED else 2
        stride = max(2, round(side / FIRST_SIDE)) if i == 0 else 2 if side >= LEAST_HALVED else 1
        found.append((count, kernel, stride))
        side = max(1, (side - kernel) // stride + 1)
    return tuple(found)


class ImageConvClassifier(TrainedClassifier):
    """Layers of convolution over an image, then scores of all values of the last one; weights from -7 to 7.

    A row is an image, its points from left to right and then from the top down. A layer weighs patches of kernel x
    kernel points, all filters of the layer before together, every `stride` points; nothing is padded, and strides stand
    for pooling (Springenberg and others, "Striving for simplicity", 2015). Weights that are the same everywhere are
    fewer than those of a net that has to learn anew what a stroke is at each place. predict() computes with integers
    what the ported C computes; training ends with quantised weights (see training.py).

    Args:
        layers: filters, kernel and stride of each layer; kernels are smaller where the image, or what the layers before
            left of it, is.
        width: points of an image's row; None: images are square, and rows that cannot be are images one point high.
        augment: makes other rows of the same classes, of X and a numpy Generator; Jitter(side) does for images.
        copies: how many times each row is augmented.
        epochs: passes over the rows and their copies; small data sets are passed more often.
        batch: rows a step.
        learning_rate: Adam's first.
        l2: weight decay.
        verbose: log every so many epochs; 0 never.
        random_state: seed.

    Attributes: classes_; n_features_in_; width_: points of an image's row; inputs_: InputScale of the points, one for
    all; net_: IntegerConvolution.
    """

    def __init__(
        self,
        layers: tuple[tuple[int, int, int], ...] = ((8, 4, 2), (16, 3, 2)),
        *,
        width: int | None = None,
        augment: Augment | None = None,
        copies: int = 8,
        epochs: int = 60,
        batch: int = 32,
        learning_rate: float = 0.01,
        l2: float = 1e-4,
        verbose: int = 0,
        random_state: Any = None,
    ) -> None:
        self.layers = layers
        self.width = width
        self.augment = augment
        self.copies = copies
        self.epochs = epochs
        self.batch = batch
        self.learning_rate = learning_rate
        self.l2 = l2
        self.verbose = verbose
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, soft_labels: ArrayLike | None = None) -> Self:
        """Trains on images X, shape (rows, height * width), and their classes y. `soft_labels`, shape (rows, classes),
        are probabilities to learn instead, as a teacher gives them.

        Raises:
            ValueError: bad parameters, rows or labels, or features that are no whole image.
        """
        validate_data(self, X, y, dtype=np.float64)
        check_range("the number of layers", len(self.layers), 1, 6)
        self.width_ = self._width(self.n_features_in_)
        kinds = self._kinds(self.n_features_in_ // self.width_, self.width_)
        self.net_ = self._train(
            X,
            y,
            soft_labels,
            lambda inputs, classes, rng: Convolution(kinds, WEIGHTS, inputs, self.inputs_, classes, rng),
            {},
        ).integers()
        return self

    def _width(self, features: int) -> int:
        if self.width is None:
            side = math.isqrt(features)
            return side if side * side == features else features
        check_range("width", self.width, 1, features)
        if features % self.width:
            raise ValueError(f"{features} features are no whole rows of {self.width} points")
        return self.width

    def _kinds(self, height: int, width: int) -> list[Stage]:
        """The layers, with kernels that fit."""
        kinds: list[Stage] = []
        for filters, kernel, stride in self.layers:
            check_range("filters", filters, 1, 255)
            check_range("a kernel", kernel, 1, 16)
            check_range("a stride", stride, 1, 16)
            down, right = min(kernel, height), min(kernel, width)
            kinds.append(Patch(filters, down, right, stride))
            height, width = (height - down) // stride + 1, (width - right) // stride + 1
        return kinds

    @property
    def whole(self) -> WholeScores:
        """See TrainedClassifier."""
        return self.net_

    def _fit_inputs(self, rows: Floats) -> InputScale:
        return fit_inputs(rows.reshape(-1, 1))

    def _inputs(self, rows: Floats) -> Ints:
        return self.inputs_.apply(rows.reshape(len(rows), -1, self.width_, 1))

    def examples(self, count: int, rng: np.random.Generator) -> Floats:
        """See IntegerClassifier."""
        return self.inputs_.examples(count * self.n_features_in_, rng).reshape(count, -1)
