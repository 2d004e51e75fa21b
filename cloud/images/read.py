"""From a ported estimator to what an image has of it."""

from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Any

from numpy.typing import ArrayLike, NDArray
from sklearn.neural_network import MLPClassifier

from ..models import BonsaiClassifier, CompactBoostingClassifier, LowBitNetClassifier
from ..models.palette import SCORE_SHIFT
from ..porting.check.rows import typical
from ..porting.emit.bonsai import MOST_SUM
from ..porting.emit.boosting import whole_boosting
from ..porting.emit.byte_inputs import byte_inputs, highest_sum
from ..porting.emit.compact_boosting import whole_thresholds
from ..porting.emit.linear import linear_layer
from ..porting.emit.net import integer_layers
from ..porting.emit.scores import Scale
from ..porting.emit.trees import voting
from ..porting.encode.votes import verdict
from ..porting.errors import PortError
from ..porting.model.features import FeatureType
from ..porting.model.trees import Forest, Leaf, Node, Split, simplified
from ..porting.ported import Ported
from ..porting.read.boosted import BOOSTERS, Boosted, compares_single, read_boosted
from ..porting.read.forest import VOTERS, read_forest
from ..porting.read.linear import LINEAR, read_linear
from ..porting.read.net import read_net
from ..porting.read.pipeline import read_scaling
from ..porting.read.scaling import Scaling
from ..porting.read.support import check_estimator
from .forms import Model, bonsai_model, boosting_model, layers_model, linear_model, net_model, trees_model

PER_CENT = 100
"""The weights of a single tree: its confidence."""
FORMS = (
    "a tree, a forest, boosting, a LogisticRegression, an MLPClassifier, a LowBitNetClassifier or a BonsaiClassifier"
)


def model_of(ported: Ported, rows: ArrayLike | None = None) -> Model:
    """The model of an estimator that was ported with these rows.

    Raises:
        PortError: images have no form for it.
    """
    feature, width = ported.feature, len(ported.names.features)
    if feature.name == "float32" or feature.missing:
        raise PortError("an image takes whole numbers, none of them missing: train on such rows, without NaN")
    if not ported.has_confidence:
        raise PortError("an image says a confidence, and this estimator tells no probabilities: choose another")
    classifier, steps = check_estimator(ported.estimator)
    scaling = read_scaling(steps, ported.names.features, feature.scales)

    def seen() -> NDArray[Any]:
        return typical(classifier, scaling, feature) if rows is None else feature.rows(rows, width)

    if isinstance(classifier, VOTERS):
        return _trees(read_forest(classifier, scaling.splits(feature, single=True)), feature, width, ported.votes)
    if isinstance(classifier, LINEAR):
        return linear_model(linear_layer(read_linear(classifier, *scaling.affine(), seen()), feature))
    if isinstance(classifier, MLPClassifier):
        layers, shifts, _ = integer_layers(read_net(classifier, *scaling.affine(), seen()), feature)
        return layers_model(layers, shifts)
    if isinstance(classifier, LowBitNetClassifier):
        byte_inputs(classifier.inputs_, feature)
        _check_sum(highest_sum(classifier.net_.hidden_weights, classifier.net_.hidden_bias, classifier.inputs_.top))
        return net_model(classifier.net_, classifier.inputs_)
    if isinstance(classifier, BonsaiClassifier):
        return bonsai_model(classifier.tree_, classifier.inputs_)
    if isinstance(classifier, BOOSTERS):
        boosted = read_boosted(classifier, scaling.splits(feature, single=compares_single(classifier)))
        return _boosting(boosted, feature, width, ported.votes)
    if isinstance(classifier, CompactBoostingClassifier):
        return _compact_boosting(classifier, scaling, feature, width)
    raise PortError(f"an image of {type(classifier).__name__} is not known: give {FORMS}")


def _trees(forest: Forest, feature: FeatureType, width: int, votes: str) -> Model:
    if len(forest.trees) == 1:
        return trees_model(_with_verdicts(forest, feature), width, PER_CENT)
    walked, ballot = voting(forest, feature, votes)
    if ballot.kind in ("counts", "shares"):
        raise PortError(
            "an image has no exact votes of this forest, which take the arithmetic of doubles: give --votes small"
        )
    voted = simplified(walked, feature, lambda p: tuple((c, w) for c, w in enumerate(ballot.weights[p]) if w))
    return trees_model(voted, width, ballot.whole)


def _with_verdicts(forest: Forest, feature: FeatureType) -> Sequence[Node]:
    return simplified(forest.trees, feature, lambda p: (verdict(p),))


def verdict_tree(ported: Ported) -> Node:
    """The tree of a ported decision tree, its outcomes as an image has them."""
    classifier, steps = check_estimator(ported.estimator)
    scaling = read_scaling(steps, ported.names.features, ported.feature.scales)
    (tree,) = _with_verdicts(read_forest(classifier, scaling.splits(ported.feature, single=True)), ported.feature)
    return tree


def _boosting(boosted: Boosted, feature: FeatureType, width: int, votes: str) -> Model:
    trees, starts, scale = whole_boosting(boosted, feature, votes)
    last_wins = len(starts) == 1 and boosted.last_wins
    return boosting_model(trees, starts, width, scale.gap_shift, last_wins=last_wins)


def _compact_boosting(
    classifier: CompactBoostingClassifier, scaling: Scaling, feature: FeatureType, width: int
) -> Model:
    """Its trees as any others: of each score in turn, with one leaf of 0 where a score has fewer."""
    ensemble, scores = classifier.ensemble_, len(classifier.ensemble_.bias)
    floors = whole_thresholds(ensemble, scaling.floor(feature, single=False), feature)
    of_score: list[list[Node]] = [[] for _ in range(scores)]
    for tests, leaves, score in zip(ensemble.trees, ensemble.leaves, ensemble.tree_class, strict=True):
        level: list[Node] = [Leaf(int(value)) for value in ensemble.palette[leaves]]
        for test in reversed(tests.tolist()):
            asked = int(ensemble.tested[test]), int(floors[test])
            level = [Split(*asked, below, above) for below, above in zip(level[::2], level[1::2], strict=True)]
        of_score[score] += level
    in_turn = tuple(chain.from_iterable(zip_longest(*of_score, fillvalue=Leaf(0))))
    trees = simplified(in_turn, feature, lambda value: value)
    gap_shift = Scale(bits=16, shift=SCORE_SHIFT).gap_shift
    return boosting_model(trees, ensemble.bias.tolist(), width, gap_shift, last_wins=False)


def _check_sum(highest: int) -> None:
    if highest >= MOST_SUM:
        raise PortError(f"hidden sums reach {highest}, more than 23 bits: train with weights='int4' or a lower density")
