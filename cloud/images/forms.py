"""The bits of a model, form by form; firmware/src/image_trees.c and image_scores.c read them in the same order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..models import IntegerBonsai, IntegerNet
from ..models.confidence import GAP_BITS
from ..models.inputs import InputScale
from ..porting.emit.integer_layer import Layer
from ..porting.model.trees import Leaf, Node
from .errors import PackError
from .stream import Stream

TREES, LINEAR, NET, BONSAI, BOOSTING, LAYERS = 1, 2, 3, 4, 5, 6
BIAS_BITS = 32
MOST_WIDTH, MOST_LAYERS = 64, 15
"""Units of a layer, as COOEE_IMAGE_WIDTH of the core, and hidden layers."""

Votes = tuple[tuple[int, int], ...]
"""Class and weight of what a leaf votes for."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """What decides, in the form that an image has of it."""

    form: int
    stream: Stream


def trees_model(trees: Sequence[Node], features: int, whole: int) -> Model:
    """Trees whose outcomes are Votes; the weights of a leaf of several classes sum to `whole`."""
    stream = Stream()
    nodes = [list(_in_order(tree)) for tree in trees]
    votes = [node.outcome for tree in nodes for node in tree if isinstance(node, Leaf)]
    mixed = any(len(vote) > 1 for vote in votes)
    stream.raw(len(trees), 8)
    stream.raw(whole, 8)
    stream.raw(int(mixed), 1)
    stream.code("kinds", costs_bits=True)
    stream.code("thresholds")
    stream.code("weights")
    for node in (node for tree in nodes for node in tree):
        if isinstance(node, Leaf):
            for class_id, weight in node.outcome:
                stream.number("kinds", features + class_id)
                stream.number("weights", weight)
        else:
            stream.number("kinds", node.feature)
            stream.number("thresholds", node.threshold)
    return Model(form=TREES, stream=stream)


def boosting_model(
    trees: Sequence[Node], starts: Sequence[int], features: int, gap_shift: int, *, last_wins: bool
) -> Model:
    """Trees whose outcomes are whole numbers that are added to the scores, to each in turn, which begin at `starts`.

    Raises:
        PackError: the numbers need more than 16 bits.
    """
    nodes = [node for tree in trees for node in _in_order(tree)]
    values = {node.outcome for node in nodes if isinstance(node, Leaf)}
    shift = min(((v & -v).bit_length() - 1 for v in values if v), default=0)
    if any(not -32768 <= v >> shift <= 32767 for v in values):
        raise PackError("an image's leaves have 16 bits, and those of this boosting have more: give --votes small")
    stream = Stream()
    stream.raw(gap_shift, 6)
    stream.raw(int(last_wins), 1)
    for start in starts:
        stream.raw(start, BIAS_BITS)
    stream.raw(len(trees), 16)
    stream.raw(shift, 5)
    stream.code("kinds", costs_bits=True)
    stream.code("thresholds")
    stream.code("values")
    for node in nodes:
        if isinstance(node, Leaf):
            stream.number("kinds", features)
            stream.number("values", node.outcome >> shift)
        else:
            stream.number("kinds", node.feature)
            stream.number("thresholds", node.threshold)
    return Model(form=BOOSTING, stream=stream)


def _in_order(node: Node) -> Iterator[Node]:
    """Each node before what is below it, and that before what is above."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        if not isinstance(top, Leaf):
            stack += [top.above, top.below]


def linear_model(layer: Layer) -> Model:
    """Scores of a linear model."""
    stream = Stream()
    stream.raw(layer.bits - GAP_BITS, 6)
    _dense(stream, layer, "")
    return Model(form=LINEAR, stream=stream)


def layers_model(layers: Sequence[Layer], shifts: Sequence[int]) -> Model:
    """A net of any number of hidden layers, whose sums are shifted right by `shifts`.

    Raises:
        PackError: more layers or units than an image has room for.
    """
    *hidden, last = layers
    widest = max((len(layer.bias) for layer in hidden), default=0)
    if len(hidden) > MOST_LAYERS or widest > MOST_WIDTH:
        raise PackError(
            f"a net of {len(hidden)} hidden layers of up to {widest} units is more than an image's {MOST_LAYERS} of "
            f"{MOST_WIDTH}: train a smaller one"
        )
    stream = Stream()
    stream.raw(last.bits - GAP_BITS, 6)
    stream.raw(len(hidden), 4)
    for i, (layer, shift) in enumerate(zip(hidden, shifts, strict=True)):
        stream.raw(len(layer.bias), 8)
        stream.raw(shift, 5)
        _dense(stream, layer, f"layer {i + 1}: ")
    _dense(stream, last, "")
    return Model(form=LAYERS, stream=stream)


def _dense(stream: Stream, layer: Layer, name: str) -> None:
    """Biases, then of each input its shift and its weights."""
    for bias in layer.bias.tolist():
        stream.raw(bias, BIAS_BITS)
    stream.code(f"{name}shifts")
    stream.code(f"{name}weights")
    for shift, column in zip(layer.shifts.tolist(), layer.weights.T.tolist(), strict=True):
        stream.number(f"{name}shifts", shift)
        for weight in column:
            stream.number(f"{name}weights", weight)


def net_model(net: IntegerNet, scale: InputScale) -> Model:
    """A net of one hidden layer."""
    stream = Stream()
    stream.raw(net.score_shift - GAP_BITS, 6)
    _inputs(stream, scale)
    _layer(stream, net.hidden_weights, net.hidden_bias, net.factor, net.shift)
    _rows(stream, "outputs", net.output_weights, net.output_bias)
    return Model(form=NET, stream=stream)


def bonsai_model(tree: IntegerBonsai, scale: InputScale) -> Model:
    """A Bonsai: a projection, then the nodes from the root on, level by level."""
    stream = Stream()
    stream.raw(tree.score_shift - GAP_BITS, 6)
    _inputs(stream, scale)
    _layer(stream, tree.projection, tree.projection_bias, tree.factor, tree.shift)
    stream.raw(tree.depth, 2)
    stream.raw(tree.worth_shift, 5)
    stream.raw(tree.limit, 32)
    rows = []
    for k, (worths, gates) in enumerate(zip(tree.worth, tree.gate, strict=True)):
        rows += [tree.branch[k]] if k < len(tree.branch) else []
        rows += [row for pair in zip(worths, gates, strict=True) for row in pair]
    _rows(stream, "nodes", np.stack(rows))
    return Model(form=BONSAI, stream=stream)


def _inputs(stream: Stream, scale: InputScale) -> None:
    stream.raw(scale.top, 8)
    stream.code("lows")
    stream.code("input shifts")
    for low, shift in zip(scale.low.astype(int).tolist(), scale.shift.tolist(), strict=True):
        stream.number("lows", low)
        stream.number("input shifts", shift)


def _layer(
    stream: Stream, weights: NDArray[np.int64], biases: NDArray[np.int64], factors: NDArray[np.int64], shift: int
) -> None:
    stream.raw(len(weights), 8)
    stream.raw(shift, 5)
    stream.code("factors")
    _rows(stream, "layer", weights, biases, factors)


def _rows(
    stream: Stream,
    name: str,
    weights: NDArray[np.int64],
    biases: NDArray[np.int64] | None = None,
    factors: NDArray[np.int64] | None = None,
) -> None:
    """Rows of weights laid end to end: how many zeros, a weight, how many zeros, and so on; before each row its factor
    and its bias, if any."""
    bits = 0 if biases is None else _signed_width(biases)
    gaps, values = f"{name}: zeros", f"{name}: weights"
    zeros = iter(np.diff(np.concatenate([[-1], np.flatnonzero(weights), [weights.size]])) - 1)
    stream.raw(bits, 6)
    stream.code(gaps)
    stream.code(values)
    stream.number(gaps, next(zeros))
    for r, row in enumerate(weights):
        if factors is not None:
            stream.number("factors", factors[r])
        stream.raw(0 if biases is None else int(biases[r]), bits)
        for weight in row[row != 0]:
            stream.number(values, weight)
            stream.number(gaps, next(zeros))


def _signed_width(numbers: NDArray[np.int64]) -> int:
    """Bits that hold all of them, signs too."""
    return max(int(n if n >= 0 else ~n).bit_length() for n in numbers) + 1
