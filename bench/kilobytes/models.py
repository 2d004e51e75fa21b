"""What `cooee bench kilobytes` chooses from, and what it compares with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from cloud.models import (
    BonsaiClassifier,
    CompactBoostingClassifier,
    DistilledClassifier,
    ImageConvClassifier,
    Jitter,
    LowBitNetClassifier,
    image_layers,
)

from .data import DataSet

KINDS = ("low-bit net", "bit net", "image convolution", "Bonsai", "compact boosting")
"""A convolution is tried where rows look like images."""
TEACHER_ROWS = 12000
"""An SVM takes too long to learn from more."""
PEER_ROWS = 15000
BOOSTED_CELLS = 5_000_000
"""Rows times features that compact boosting is not tried beyond: it takes too long."""
COPIES = 8
"""Of each image."""
MOST_COPIED_ROWS = 150_000
CODE_BYTES = 480
"""Of a low-bit net, about; boosting takes less."""
BONSAI_CODE_BYTES = 200
"""That Bonsai takes more."""
NET_SIZES = (
    *((4, 0.5), (8, 0.5), (12, 0.5), (20, 0.5), (32, 0.5), (44, 0.5), (52, 0.4)),
    *((64, 0.35), (80, 0.25), (96, 0.18)),
)
"""Hidden units, and the share of the output weights that are not zero."""
BIT_CODE_BYTES = 176
"""Of a low-bit net whose weights are read bit by bit."""
BIT_SIZES = (6, 8, 10, 12, 14, 16, 18, 20, 24, 32, 48, 64)
BIT_SHARE = 0.4
"""Of its output weights that are not zero."""
WEIGHT_BITS, ZERO_CYCLES, BIT_WEIGHT_CYCLES = 3, 17, 55
"""What such a weight takes beyond the bit of a zero; cycles of a zero, and what a weight takes beyond."""
MOST_BIT_UNITS = 255
"""Hidden units, and features or scores with them."""
BIT_DENSITIES = (0.1, 0.6)
LARGEST_BIT_NETS = 5
"""That are tried: smaller ones leave bytes unused."""
CONV_CODE_BYTES = 600
CONV_FILTERS = ((6,), (8,), (12,), (4, 8), (6, 12), (8, 16), (8, 24), (12, 24))
CONV_RATE = 0.01
FEW_ROWS = 3000
L2_OF_FEW_ROWS, L2 = 3e-4, 3e-5
RATE_OF_FEW_ROWS, RATE = 0.01, 0.05
LEAST_DENSITY = 0.02
SPARE = 0.98
"""What a candidate may use of a budget, since other seeds take a little more."""
GAP = 16
"""Places that a weight of 4 bits reaches beyond, in a byte."""
WEIGHT_CYCLES, UNIT_CYCLES, INPUT_CYCLES = 20, 90, 10
"""Of a net's weight, unit or score, and input, with what comes with them."""
BATCH = 64
LEAST_EPOCHS, MOST_EPOCHS_OF_FEW_ROWS, MOST_EPOCHS = 6, 400, 120
STEPS_OF_FEW_ROWS, STEPS = 8000, 16000
"""Of training, about."""
NODE_BYTES = 12
"""Of boosting with pointers: a threshold of 4, a feature and two children of 2, and a value of 4 in place of them."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A configuration; build() takes a seed."""

    name: str
    build: Callable[[int], Any]


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A model of any size: how many training rows it is given, and the bytes of what it learned."""

    name: str
    estimator: Any
    rows: int
    size: Callable[[Any], int]


def candidates(data: DataSet, budget: int, cycles: int) -> dict[str, list[Candidate]]:
    """By kind: what may fit the budgets of bytes and cycles."""
    (rows, features), classes = data.train_x.shape, len(np.unique(data.train_y))
    free = SPARE * budget - CODE_BYTES
    scores = 1 if classes == 2 else classes
    nets = [
        net(hidden, density, share, rows, data.side)
        for hidden, share in NET_SIZES
        if (
            density := min(
                _density(free - 3 * hidden - 2 * scores, hidden, share, features, scores),
                _density(_quick_weights(cycles, hidden + scores, features), hidden, share, features, scores),
            )
        )
        > LEAST_DENSITY
    ]
    small = [
        net(hidden, density, BIT_SHARE, rows, data.side, "int3")
        for hidden in BIT_SIZES
        if hidden + max(features, scores) <= MOST_BIT_UNITS
        if BIT_DENSITIES[0] < (density := _bit_density(SPARE * budget, cycles, hidden, features, scores))
    ][-LARGEST_BIT_NETS:]
    convolutions = [
        _convolution(filters, rows, data.side)
        for filters in CONV_FILTERS
        if data.side and _conv_bytes(data.side, filters, scores) < SPARE * budget
    ]
    boosted = [
        boosting(int(free / (depth + 2 ** (depth - 1) + 2)), depth, price)
        for depth in (2, 3)
        for price in (0.05, 0.3)
        if free > 40 and rows * features <= BOOSTED_CELLS
    ]
    trees = [
        _bonsai(projected, depth, density, rows, data.side)
        for depth in (0, 1, 2)
        for projected in (8, 16)
        if (density := _projection_density(free - BONSAI_CODE_BYTES, projected, depth, features, scores))
        > LEAST_DENSITY
    ]
    return dict(zip(KINDS, (nets, small, convolutions, trees, boosted), strict=True))


def _projection_density(free: float, projected: int, depth: int, features: int, scores: int) -> float:
    """Share of the projection's weights for which nodes of two weights a byte leave room."""
    nodes = (2 * (1 << depth) - 1) * scores * projected + ((1 << depth) - 1) * projected / 2
    return (free - nodes - 3 * projected) / (projected * features)


def _quick_weights(cycles: int, units: int, features: int) -> float:
    """Weights for which so many cycles do."""
    return (SPARE * cycles - UNIT_CYCLES * units - INPUT_CYCLES * features) / WEIGHT_CYCLES


def _bit_density(budget: float, cycles: int, hidden: int, features: int, scores: int) -> float:
    """Share of the hidden weights, up to the largest that is worth while, for which bits and cycles do when weights
    are read bit by bit."""
    places, others = hidden * features, hidden * max(2, scores)
    bits = 8 * (budget - BIT_CODE_BYTES - hidden - scores) - places - others * (1 + WEIGHT_BITS * BIT_SHARE)
    spare = SPARE * cycles - ZERO_CYCLES * (places + others) - BIT_WEIGHT_CYCLES * others * BIT_SHARE
    spare -= UNIT_CYCLES * (hidden + scores)
    return min(bits / (WEIGHT_BITS * places), spare / (BIT_WEIGHT_CYCLES * places), BIT_DENSITIES[1])


def _conv_bytes(side: int, filters: tuple[int, ...], scores: int) -> float:
    """Of a convolution, about: half a byte a weight, three a filter, two a score, and its code."""
    channels, found = 1, float(CONV_CODE_BYTES + 2 * scores)
    for count, kernel, stride in image_layers(side, filters):
        found += count * (3 + kernel * kernel * channels / 2)
        channels, side = count, max(1, (side - kernel) // stride + 1)
    return found + scores * side * side * channels / 2


def _density(weights: float, hidden: int, share: float, features: int, scores: int) -> float:
    """Share of the hidden weights that leaves so many in all, each of a byte, and one more where GAP places have none.
    Of a share p, places take p / (1 - (1 - p)**GAP) bytes each."""
    places = hidden * features
    shares = np.linspace(0.001, 1, 1000)
    room = (weights - hidden * share * scores) / places
    return float(np.interp(room, shares / (1 - (1 - shares) ** GAP), shares))


def net(hidden: int, density: float, share: float, rows: int, side: int = 0, weights: str = "int4") -> Candidate:
    """A low-bit net of so many hidden units, and shares of its weights that are not zero, for so many rows, which may
    be images."""

    def student(seed: int, epochs: int) -> Any:
        return LowBitNetClassifier(
            hidden,
            weights=weights,
            density=min(1.0, density),
            output_weights=weights,
            output_density=share,
            epochs=epochs,
            batch=BATCH,
            learning_rate=RATE_OF_FEW_ROWS if rows < FEW_ROWS else RATE,
            l2=L2_OF_FEW_ROWS if rows < FEW_ROWS else L2,
            random_state=seed,
        )

    return _taught(f"{hidden} hidden, densities {min(1.0, density):.2f} and {share}", student, rows, side)


def _convolution(filters: tuple[int, ...], rows: int, side: int) -> Candidate:
    """A convolution over images of so many filters a layer."""

    def student(seed: int, epochs: int) -> Any:
        return ImageConvClassifier(
            image_layers(side, filters),
            epochs=epochs,
            batch=BATCH,
            learning_rate=CONV_RATE,
            l2=L2_OF_FEW_ROWS if rows < FEW_ROWS else L2,
            random_state=seed,
        )

    return _taught(f"{' and '.join(map(str, filters))} filters", student, rows, side)


def _bonsai(projected: int, depth: int, density: float, rows: int, side: int) -> Candidate:
    def student(seed: int, epochs: int) -> Any:
        return BonsaiClassifier(
            projected, depth=depth, density=min(1.0, density), epochs=epochs, batch=BATCH, random_state=seed
        )

    return _taught(f"{projected} projected, depth {depth}, density {min(1.0, density):.2f}", student, rows, side)


def _taught(name: str, student: Callable[[int, int], Any], rows: int, side: int) -> Candidate:
    """A student of an SVM, where that does not take too long, else of the labels; of images and their copies."""
    augment, copies = (Jitter(side), min(COPIES, MOST_COPIED_ROWS // rows)) if side else (None, 0)
    shown = rows * (copies + 1)
    taught = shown <= TEACHER_ROWS
    most, steps = (MOST_EPOCHS_OF_FEW_ROWS, STEPS_OF_FEW_ROWS) if rows < FEW_ROWS else (MOST_EPOCHS, STEPS)
    teacher = SVC(C=10) if side else make_pipeline(StandardScaler(), SVC(C=10))
    epochs = max(LEAST_EPOCHS, min(most, steps * BATCH // shown))

    def build(seed: int) -> Any:
        made = student(seed, epochs)
        if not taught:
            return made.set_params(augment=augment, copies=copies)
        return DistilledClassifier(teacher, made, temperature=0.5, augment=augment, copies=copies, random_state=seed)

    return Candidate(name=name + (", taught" if taught else ""), build=build)


def boosting(trees: int, depth: int, price: float) -> Candidate:
    """Compact boosting of so many trees at most."""
    return Candidate(
        name=f"{trees} trees of depth {depth}, price {price}",
        build=lambda seed: CompactBoostingClassifier(trees, depth=depth, price=price),
    )


def peers(rows: int) -> list[Peer]:
    """kNN, RBF-SVM, scikit-learn's boosting, LightGBM; kNN and the SVM get PEER_ROWS rows at most (see name)."""
    given = min(rows, PEER_ROWS)
    note = f", {given} rows" if given < rows else ""
    return [
        Peer(name=f"kNN, 1 neighbour{note}", estimator=KNeighborsClassifier(1), rows=given, size=_knn_bytes),
        Peer(name=f"RBF-SVM, C 10{note}", estimator=SVC(C=10), rows=given, size=_svm_bytes),
        Peer(
            name="boosting", estimator=HistGradientBoostingClassifier(random_state=0), rows=rows, size=_boosting_bytes
        ),
        lightgbm(rows),
    ]


def lightgbm(rows: int) -> Peer:
    """LightGBM as it comes: 100 trees a class of 31 leaves."""
    estimator = LGBMClassifier(n_jobs=1, random_state=0, verbose=-1)
    return Peer(name="LightGBM", estimator=estimator, rows=rows, size=_lightgbm_bytes)


def _knn_bytes(model: Any) -> int:
    """A byte a feature and one for the class."""
    return int(model.n_samples_fit_ * (model.n_features_in_ + 1))


def _svm_bytes(model: Any) -> int:
    """A byte a feature, and 4 for each coefficient of a support vector."""
    return int(model.support_vectors_.size + 4 * (model.dual_coef_.size + model.intercept_.size))


def _boosting_bytes(model: Any) -> int:
    return NODE_BYTES * sum(len(tree.nodes) for stage in model._predictors for tree in stage)


def _lightgbm_bytes(model: Any) -> int:
    """Of a tree with n leaves, 2 n - 1 nodes."""
    leaves = [int(tree["num_leaves"]) for tree in model.booster_.dump_model()["tree_info"]]
    return NODE_BYTES * (2 * sum(leaves) - len(leaves))
