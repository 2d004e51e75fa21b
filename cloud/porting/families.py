"""The estimators that can be ported, and what each becomes."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier

from ..models import SeparableConvClassifier
from ..models.estimator import IntegerClassifier
from .cascade import Cascade
from .check.agreement import named
from .emit.boosting import boosting_body, margin
from .emit.calibrated import calibrated_body, calibrated_trees_body
from .emit.envelope import envelope_body
from .emit.linear import linear_body, naive_bayes_body
from .emit.missing import missing_body
from .emit.net import net_body
from .emit.separable_conv import stream_declaration
from .emit.trees import trees_body
from .model.features import MISSING, FeatureType
from .model.form import Form
from .model.missing import column_fills, thresholds_of, with_columns
from .model.names import Names
from .model.stream import Stream
from .model.trees import Node, simplified
from .read.boosted import BOOSTERS, compares_single, read_boosted
from .read.calibrated import members, read_calibrated
from .read.calibrated_trees import is_of_trees, read_calibrated_trees
from .read.envelope import Envelope, read_envelope
from .read.forest import VOTERS, read_forest
from .read.linear import LINEAR, read_linear, read_naive_bayes
from .read.net import read_net
from .read.scaling import Scaling
from .read.tree_scores import TreeScores
from .whole_numbers import read_whole, stream_of

_log = logging.getLogger(__name__)
Mask = NDArray[np.bool_]


def _no_parts(form: Form) -> Mapping[str, str]:
    return {}


def _nothing(form: Form) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Portable:
    """An estimator that is read, and can be drawn as C. Golden rows lie on the thresholds of `trees`, which ask the
    features and after them a copy of each of `copies` (model.missing); `settled` says of which rows, as scikit-learn
    gets them, C with such votes finds its class for certain. `measured`: how often it agrees is measured on rows, of
    which some become golden; `rounded`: because its weights are rounded for the C. `parts`: files that the C needs
    beside its own; `stream`: how a row comes, if in samples, and `declarations` what the header says of that."""

    trees: Sequence[Node]
    copies: tuple[int, ...] = ()
    parameters: Sequence[NDArray[Any]]
    draw: Callable[[Form], str]
    settled: Callable[[NDArray[Any], str], Mask]
    parts: Callable[[Form], Mapping[str, str]] = _no_parts
    measured: bool = False
    rounded: bool = False
    stream: Stream | None = None
    declarations: Callable[[Form], str] = _nothing

    def thresholds(self, features: int) -> list[list[int]]:
        """Distinct thresholds of each feature."""
        return thresholds_of(self.trees, features, self.copies)

    def hash(self, names: Names) -> str:
        """SHA-256 of what decides: the fitted numbers, and the names of classes and features."""
        digest = hashlib.sha256(json.dumps([names.classes, names.features]).encode())
        for array in self.parameters:
            digest.update(np.ascontiguousarray(array, dtype="<f8" if array.dtype.kind == "f" else "<i8").tobytes())
        return digest.hexdigest()


def read_estimator(
    estimator: Any, classifier: Any, scaling: Scaling, names: Names, feature: FeatureType, rows: NDArray[Any]
) -> Portable:
    """Reads a fitted estimator, which check_estimator() has let pass as `classifier` behind `scaling`. `rows` are such
    as the estimator will see."""
    if isinstance(classifier, IntegerClassifier):
        parameters, draw = read_whole(classifier, scaling, names, feature)
        stream, declarations = None, _nothing
        if isinstance(classifier, SeparableConvClassifier):
            stream = stream_of(classifier)
            declarations = partial(stream_declaration, classifier.net_, stream, names, feature)
        return Portable(
            trees=(),
            parameters=parameters,
            draw=draw,
            settled=_every,
            measured=True,
            stream=stream,
            declarations=declarations,
        )
    if is_of_trees(classifier):
        return _read_calibrated_trees(classifier, scaling, names, feature)
    if isinstance(classifier, (*LINEAR, CalibratedClassifierCV, Envelope, GaussianNB, MLPClassifier)):
        return _read_weights(classifier, scaling, names, feature, rows)
    if not feature.real and scaling.plain and _trained_on_fractions(classifier):
        _log.warning(
            "the thresholds say that the model was trained on features with fractions; it is ported for whole "
            "numbers (%s): port with feature_type float32, or with --scale, or train on the integers that the node "
            "will have",
            feature.name,
        )
    return (_read_boosting if isinstance(classifier, BOOSTERS) else _read_voting)(
        estimator, classifier, scaling, names, feature
    )


def read_cascade(cascade: Cascade) -> Portable:
    """A fitted cascade."""
    return Portable(
        trees=(),
        parameters=cascade.parameters(),
        draw=cascade.body,
        parts=cascade.files,
        settled=_every,
        measured=True,
    )


def _read_voting(estimator: Any, classifier: Any, scaling: Scaling, names: Names, feature: FeatureType) -> Portable:
    read = read_forest(classifier, scaling.splits(feature, single=True))
    trees, copies = with_columns(simplified(read.trees, feature, lambda outcome: outcome), len(names.features))
    forest = replace(read, trees=trees)
    members = getattr(classifier, "estimators_", [classifier])
    return Portable(
        trees=forest.trees,
        copies=copies,
        parameters=[*_tree_arrays(members, feature), *scaling.arrays()],
        draw=_drawn(partial(trees_body, forest), column_fills(len(names.features), copies, feature), names, feature),
        settled=_every,
    )


def _read_boosting(estimator: Any, classifier: Any, scaling: Scaling, names: Names, feature: FeatureType) -> Portable:
    read = read_boosted(classifier, scaling.splits(feature, single=compares_single(classifier)))
    trees, copies = with_columns(read.trees, len(names.features))
    boosted = replace(read, trees=trees)
    parameters = [
        *_boosted_arrays(classifier, feature),
        np.array([*boosted.bases, boosted.odds, getattr(classifier, "learning_rate", 1.0)]),
        *scaling.arrays(),
    ]

    def settled(rows: NDArray[Any], votes: str) -> Mask:
        scores = estimator.decision_function(named(estimator, rows))
        gaps = np.abs(scores) if scores.ndim == 1 else np.ptp(np.sort(scores, axis=1)[:, -2:], axis=1)
        return np.asarray(gaps > margin(boosted, votes), dtype=np.bool_)

    return Portable(
        trees=boosted.trees,
        copies=copies,
        parameters=parameters,
        settled=settled,
        draw=_drawn(
            partial(boosting_body, boosted), column_fills(len(names.features), copies, feature), names, feature
        ),
    )


def _read_calibrated_trees(classifier: Any, scaling: Scaling, names: Names, feature: FeatureType) -> Portable:
    read = read_calibrated_trees(classifier, partial(scaling.splits, feature))
    trees, copies = with_columns(read.scores.trees, len(names.features))
    model = replace(read, scores=replace(read.scores, trees=trees))
    parameters = [array for *_, fold in members(classifier) for calibration in fold for array in calibration.arrays()]
    for _, last, _ in members(classifier):
        arrays = (
            _tree_arrays(getattr(last, "estimators_", [last]), feature)
            if isinstance(last, VOTERS)
            else (_boosted_arrays(last, feature))
        )
        parameters += arrays
    return Portable(
        trees=trees,
        copies=copies,
        parameters=[*parameters, np.array(model.scores.bases), *scaling.arrays()],
        settled=_every,
        measured=True,
        rounded=True,
        draw=_drawn(
            partial(calibrated_trees_body, model), column_fills(len(names.features), copies, feature), names, feature
        ),
    )


def _read_weights(
    classifier: Any, scaling: Scaling, names: Names, feature: FeatureType, rows: NDArray[Any]
) -> Portable:
    fills = scaling.fills(feature) if feature.missing else np.empty(0, np.int64)
    if feature.missing:
        rows = np.where(rows == MISSING, fills, rows)
    parameters: list[NDArray[Any]]
    body: Callable[[Names, FeatureType, Form], str]
    if isinstance(classifier, LINEAR):
        linear = read_linear(classifier, *scaling.affine(), rows)
        parameters, body = [linear.weights, linear.bias], partial(linear_body, linear)
    elif isinstance(classifier, Envelope):
        ellipsoid = read_envelope(classifier, scaling)
        parameters, body = list(map(np.asarray, vars(ellipsoid).values())), partial(envelope_body, ellipsoid)
    elif isinstance(classifier, CalibratedClassifierCV):
        calibrated = read_calibrated(classifier, *scaling.affine(), rows)
        scores = calibrated.scores
        parameters = [scores.weights, scores.bias, np.array([calibrated.folds]), *chain.from_iterable(calibrated.knots)]
        body = partial(calibrated_body, calibrated)
    elif isinstance(classifier, GaussianNB):
        scaling.axes()
        bayes = read_naive_bayes(classifier, *scaling.affine())
        parameters, body = [bayes.start, bayes.mean, bayes.narrowness], partial(naive_bayes_body, bayes)
    else:
        net = read_net(classifier, *scaling.affine(), rows)
        parameters, body = [*net.weights, *net.biases], partial(net_body, net)
    return Portable(
        trees=(),
        parameters=[*parameters, *([fills] if feature.missing else [])],
        draw=_drawn(body, list(enumerate(fills.tolist())), names, feature),
        settled=_every,
        measured=True,
        rounded=True,
    )


def _drawn(
    body: Callable[[Names, FeatureType, Form], str],
    columns: Sequence[tuple[int, int]],
    names: Names,
    feature: FeatureType,
) -> Callable[[Form], str]:
    """What draws a body, of columns with something in place of missing values if features may be missing."""
    if not feature.missing:
        return partial(body, names, feature)
    return lambda form: missing_body(columns, names, feature, form, lambda n, f: body(n, feature, f))


def _every(rows: NDArray[Any], votes: str) -> Mask:
    return np.ones(len(rows), np.bool_)


def _trained_on_fractions(classifier: Any) -> bool:
    """Whether thresholds lie elsewhere than half-way between whole numbers, where trees put them; those of extra trees
    lie anywhere."""
    if isinstance(classifier, ExtraTreesClassifier):
        return False
    if isinstance(classifier, TreeScores):
        return classifier.fractions
    if hasattr(classifier, "_predictors"):
        found = [
            predictor.nodes["num_threshold"][predictor.nodes["is_leaf"] == 0]
            for stage in classifier._predictors
            for predictor in stage
        ]
    else:
        members = np.ravel(getattr(classifier, "estimators_", [classifier]))
        found = [member.tree_.threshold[member.tree_.children_left >= 0] for member in members]
    thresholds = np.concatenate(found)
    thresholds = thresholds[np.isfinite(thresholds)]
    return len(thresholds) > 0 and float((thresholds * 2 % 1 != 0).mean()) > 0.1


def _tree_arrays(members: Iterable[Any], feature: FeatureType) -> list[NDArray[Any]]:
    keys = ["children_left", "children_right", "feature", "threshold", "value"]
    keys += ["missing_go_to_left"] if feature.missing else []
    return [getattr(member.tree_, key) for member in members for key in keys]


def _boosted_arrays(classifier: Any, feature: FeatureType) -> list[NDArray[Any]]:
    if isinstance(classifier, TreeScores):
        return classifier.arrays(missing=feature.missing)
    if isinstance(classifier, HistGradientBoostingClassifier):
        return _histogram_arrays(classifier, feature)
    return _tree_arrays(classifier.estimators_.ravel(), feature)


def _histogram_arrays(classifier: Any, feature: FeatureType) -> list[NDArray[Any]]:
    keys = ["left", "right", "feature_idx", "num_threshold", "is_leaf", "value"]
    keys += ["missing_go_to_left"] if feature.missing else []
    return [predictor.nodes[key] for stage in classifier._predictors for predictor in stage for key in keys]
