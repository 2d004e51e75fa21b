"""What is tried: a small grid of every kind, from small to large."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from ..models import (
    BonsaiClassifier,
    CompactBoostingClassifier,
    DistilledClassifier,
    ImageConvClassifier,
    Jitter,
    LowBitNetClassifier,
    image_layers,
)

BATCH, STEPS = 64, 6000
"""Of the training of nets and Bonsai, about."""
LEAST_EPOCHS, MOST_EPOCHS = 6, 400
COPIES = 8
"""Of each image."""
TEACHER_ROWS = 5000
"""An SVM takes too long to learn from more."""
WEIGHT_BYTES = 1400
"""What the hidden weights of a net may take, a byte each."""
NETS = (("int3", 8), ("int3", 12), ("int3", 16), ("int4", 4), ("int4", 8), ("int4", 16), ("int4", 32), ("int4", 48))
"""Weights and hidden units; those of int3 first, which take the least flash."""
BIT_DENSITY, BIT_SHARE = 0.45, 0.4
"""Of the weights of int3 nets those that are not zero, hidden and output."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An estimator to try; `modes` and `votes` as of cloud.porting.port()."""

    kind: str
    name: str
    estimator: Any = field(repr=False)
    modes: tuple[str, ...] = ("table",)
    votes: str = "exact"

    @property
    def key(self) -> str:
        """All that makes it what it is."""
        return " ".join(f"{self.name}: {self.estimator!r}, {self.votes}, {self.modes}".split())


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How many training rows, and features of a row; the side of the images that they are, else 0."""

    rows: int
    features: int
    side: int = 0

    @property
    def epochs(self) -> int:
        """Of nets and Bonsai: STEPS in all, within bounds."""
        shown = self.rows * (1 + COPIES if self.side else 1)
        return max(LEAST_EPOCHS, min(MOST_EPOCHS, STEPS * BATCH // shown))

    @property
    def training(self) -> dict[str, Any]:
        """Of nets and Bonsai: what their parameters have in common."""
        images = {"augment": Jitter(self.side), "copies": COPIES} if self.side else {}
        return {"epochs": self.epochs, "batch": BATCH, **images}


def candidates(shape: Shape, seed: int, kinds: tuple[str, ...]) -> list[Candidate]:
    """Those of some kinds: the smallest of each kind first, then the next larger ones, so that a search that is cut
    short has seen something of everything."""
    ladders = [KINDS[kind](shape, seed) for kind in kinds]
    return [each for rung in zip_longest(*ladders) for each in rung if each is not None]


def _trees(shape: Shape, seed: int) -> list[Candidate]:
    return [
        Candidate(
            kind="tree",
            name=f"tree, {leaves} leaves",
            estimator=DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=seed),
            modes=("table", "inline"),
        )
        for leaves in (4, 8, 16, 32, 64, 128)
    ]


def _forests(shape: Shape, seed: int) -> list[Candidate]:
    return [
        Candidate(
            kind="forest",
            name=f"forest, {trees} trees, {leaves} leaves",
            estimator=RandomForestClassifier(trees, max_leaf_nodes=leaves, random_state=seed),
            votes="small",
        )
        for trees, leaves in ((5, 8), (10, 8), (10, 16), (20, 16), (20, 32))
    ]


def _boosting(shape: Shape, seed: int) -> list[Candidate]:
    return [
        Candidate(
            kind="boosting",
            name=f"boosting, {rounds} rounds, {leaves} leaves",
            estimator=HistGradientBoostingClassifier(
                max_iter=rounds, max_leaf_nodes=leaves, min_samples_leaf=5, random_state=seed
            ),
        )
        for rounds, leaves in ((5, 4), (10, 4), (10, 8), (30, 8))
    ]


def _compact_boosting(shape: Shape, seed: int) -> list[Candidate]:
    return [
        Candidate(
            kind="compact boosting",
            name=f"compact boosting, {trees} of depth {depth}",
            estimator=CompactBoostingClassifier(trees, depth=depth, price=price),
        )
        for trees, depth, price in ((10, 2, 0.3), (30, 2, 0.3), (60, 3, 0.1), (100, 2, 0.1), (200, 3, 0.05))
    ]


def _linear(shape: Shape, seed: int) -> list[Candidate]:
    return [
        Candidate(
            kind="linear",
            name=f"linear, C {c:g}",
            estimator=make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=2000)),
        )
        for c in (0.1, 1.0, 10.0)
    ]


def _bonsai(shape: Shape, seed: int) -> list[Candidate]:
    return [
        Candidate(
            kind="bonsai",
            name=f"Bonsai, {projected} projected, depth {depth}",
            estimator=BonsaiClassifier(
                projected,
                depth=depth,
                density=round(min(0.8, WEIGHT_BYTES / (projected * shape.features)), 3),
                random_state=seed,
                **shape.training,
            ),
        )
        for projected, depth in ((4, 0), (8, 0), (8, 1), (12, 2))
    ]


def _nets(shape: Shape, seed: int) -> list[Candidate]:
    found = []
    for weights, hidden in NETS:
        density = round(min(0.8, WEIGHT_BYTES / (hidden * shape.features)), 3)
        net = LowBitNetClassifier(hidden, density=density, random_state=seed, **shape.training)
        name = f"low-bit net, {hidden} hidden"
        if weights == "int3":
            net.set_params(weights=weights, density=BIT_DENSITY, output_weights=weights, output_density=BIT_SHARE)
            name += ", bit by bit"
        found.append(Candidate(kind="net", name=name, estimator=net))
        if shape.rows <= TEACHER_ROWS:
            teacher = make_pipeline(StandardScaler(), SVC(C=10))
            taught = DistilledClassifier(teacher, net, temperature=0.5, random_state=seed)
            found.append(Candidate(kind="net", name=f"{name}, taught", estimator=taught))
    return found


def _image_convolutions(shape: Shape, seed: int) -> list[Candidate]:
    """None where rows are no images."""
    return [
        Candidate(
            kind="image convolution",
            name=f"image convolution, {' and '.join(map(str, filters))} filters",
            estimator=ImageConvClassifier(image_layers(shape.side, filters), random_state=seed, **shape.training),
        )
        for filters in ((6,), (4, 8), (8, 16), (8, 24))
        if shape.side
    ]


KINDS: dict[str, Callable[[Shape, int], list[Candidate]]] = {
    "tree": _trees,
    "linear": _linear,
    "compact boosting": _compact_boosting,
    "forest": _forests,
    "boosting": _boosting,
    "bonsai": _bonsai,
    "net": _nets,
    "image convolution": _image_convolutions,
}
"""Every kind, and its grid for some rows and a seed."""
