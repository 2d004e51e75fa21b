"""A depthwise-separable convolution over the last samples of a node's channels."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import validate_data

from .conv_stages import Depthwise, Pointwise, Stage
from .conv_training import Convolution
from .estimator import check_range
from .inputs import Floats, InputScale, Ints, fit_inputs
from .trained import TrainedClassifier, WholeScores

MOST_COLUMNS = 516
"""The sum of so many columns fits 16 bits."""
MOST_FILTERS = 64
WEIGHTS = "int8"
MOST_TAPS = 32


class SeparableConvClassifier(TrainedClassifier):
    """Layers of depthwise-separable convolution over time with int8 weights, an average over the window, a linear end.

    A row is a window: the channels of the oldest sample, then those of the next, to the newest. No stage looks beyond
    the samples it has (causal, no padding), and every sample makes one column, so that a node computes one column a
    sample and keeps the columns that later ones need. Layer i looks back in steps of 2**i samples (dilation, van den
    Oord and others, "WaveNet", 2016). Depthwise-separable: Chollet, "Xception", 2017. predict() computes with
    integers what the ported C computes; training ends with quantised weights (see training.py).

    Args:
        channels: numbers a sample; the features are so many times the samples of a window.
        filters: outputs of each layer.
        kernel: taps of a filter; fewer in windows that are too short for so many.
        depth_multiplier: filters over time of each channel in the first layer.
        epochs: passes over the rows; small data sets are passed more often.
        batch: rows a step.
        learning_rate: Adam's first.
        l2: weight decay.
        verbose: log every so many epochs; 0 never.
        random_state: seed.

    Attributes: classes_; n_features_in_; window_: samples of a window; inputs_: InputScale of the channels; net_:
    IntegerConvolution.
    """

    def __init__(
        self,
        channels: int = 1,
        *,
        filters: tuple[int, ...] = (8, 8),
        kernel: int = 5,
        depth_multiplier: int = 2,
        epochs: int = 60,
        batch: int = 32,
        learning_rate: float = 0.01,
        l2: float = 1e-4,
        verbose: int = 0,
        random_state: Any = None,
    ) -> None:
        self.channels = channels
        self.filters = filters
        self.kernel = kernel
        self.depth_multiplier = depth_multiplier
        self.epochs = epochs
        self.batch = batch
        self.learning_rate = learning_rate
        self.l2 = l2
        self.verbose = verbose
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, soft_labels: ArrayLike | None = None) -> Self:
        """Trains on windows X, shape (rows, samples * channels), and their classes y. `soft_labels`, shape
        (rows, classes), are probabilities to learn instead, as a teacher gives them.

        Raises:
            ValueError: bad parameters, rows or labels, or features that are no whole samples.
        """
        validate_data(self, X, y, dtype=np.float64)
        check_range("channels", self.channels, 1, 255)
        check_range("kernel", self.kernel, 1, MOST_TAPS)
        check_range("depth_multiplier", self.depth_multiplier, 1, 16)
        check_range("channels * depth_multiplier", self.channels * self.depth_multiplier, 1, 255)
        check_range("the number of layers in filters", len(self.filters), 1, 6)
        for count in self.filters:
            check_range("filters", count, 1, MOST_FILTERS)
        if self.n_features_in_ % self.channels:
            raise ValueError(
                f"{self.n_features_in_} features are no whole samples of {self.channels} channels: a row is the "
                "channels of the oldest sample, then those of the next"
            )
        self.window_ = self.n_features_in_ // self.channels
        dilations = [2**i for i in range(len(self.filters))]
        taps = min(self.kernel, 1 + (self.window_ - 1) // sum(dilations))
        columns = self.window_ - (taps - 1) * sum(dilations)
        if columns > MOST_COLUMNS:
            raise ValueError(
                f"windows of {self.window_} samples have {columns} columns, and {MOST_COLUMNS} can be summed: take "
                "every second sample, or shorter windows"
            )
        kinds: list[Stage] = []
        for i, (filters, dilation) in enumerate(zip(self.filters, dilations, strict=True)):
            kinds += [Depthwise(self.depth_multiplier if i == 0 else 1, dilation, taps), Pointwise(filters)]
        trained = self._train(
            X,
            y,
            soft_labels,
            lambda inputs, classes, rng: Convolution(kinds, WEIGHTS, inputs, self.inputs_, classes, rng),
            {},
        )
        self.net_ = trained.integers()
        return self

    @property
    def whole(self) -> WholeScores:
        """See TrainedClassifier."""
        return self.net_

    def examples(self, count: int, rng: np.random.Generator) -> Floats:
        """See IntegerClassifier: windows that stand at a level of each channel, and are more or less noisy."""
        level = np.repeat(self.inputs_.examples(count, rng)[:, None], self.window_, axis=1)
        noise = self.inputs_.examples(count * self.window_, rng).reshape(level.shape)
        share = rng.uniform(0, 1, (count, 1, 1)) ** 2
        values: Floats = level + share * (noise - level)
        return (np.floor(values) if self.inputs_.whole else values).reshape(count, -1)

    def _fit_inputs(self, rows: Floats) -> InputScale:
        return fit_inputs(rows.reshape(-1, self.channels), apart=True)

    def _inputs(self, rows: Floats) -> Ints:
        return self.inputs_.apply(rows.reshape(len(rows), -1, self.channels))
