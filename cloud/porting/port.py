"""port(): from a fitted estimator to C."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from ..models import CascadeClassifier
from ..models.estimator import IntegerClassifier
from .cascade import Cascade
from .check.budget import BUDGETS, choose_form
from .check.golden import CANDIDATES, edge_rows
from .check.rows import typical
from .draft import Draft, Tried
from .errors import PortError, check_choice
from .families import Portable, read_cascade, read_estimator
from .model.features import MISSING, FeatureType
from .model.features import feature_type as find_feature_type
from .model.form import MODES, VOTES, Form
from .model.names import Names, names_of
from .ported import BOARDS, Ported
from .read.boosted import BOOSTERS
from .read.forest import VOTERS, trained_on_missing
from .read.other_makers import as_classifier
from .read.pipeline import read_scaling
from .read.scaling import Scaling
from .read.support import check_estimator, tells_probability
from .read.trained_range import check_seen, with_own_seen
from .read.tree_scores import TreeScores
from .whole_numbers import student_of

_log = logging.getLogger(__name__)


def port(
    estimator: Any,
    *,
    name: str,
    feature_type: str = "int16",
    board: str = "uno",
    mode: str = "auto",
    budget: Mapping[str, int] | None = None,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    provenance: Mapping[str, str] | None = None,
    votes: str = "exact",
    confidence: bool = True,
    scales: Mapping[str, float] | None = None,
    missing: bool = False,
    rows: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    measured: bool = False,
    command: str = "cloud.porting.port()",
) -> Ported:
    """Ports a fitted classifier to C.

    Args:
        estimator: a fitted classifier of read.support.SUPPORTED, or a pipeline of read.pipeline.STEPS and one.
        name: prefix of the C names, and of the files.
        feature_type: uint8, int16 or float32: what the node hands over.
        board: uno, cortex-m3 or host: where `budget` holds, and what is measured.
        mode: table (small), inline (fast), or auto: with a budget what meets it, by measured cost; otherwise by size
            (check.budget.KNEE).
        budget: {"flash": bytes}, {"cycles": cycles or instructions a row}, or both.
        feature_names, class_names: in the estimator's order; by default the estimator's own.
        provenance: lines for the banner, such as {"data": "sha256:..."}.
        votes: how a forest's leaves vote. `exact` is scikit-learn's class on every row; `small` keeps 4 to 8 bits of
            each probability, and may differ where two classes are within a few per cent; `hard` is one vote a tree.
        confidence: False leaves out <name>_classify, and whatever only it needs, as does an estimator that tells no
            probabilities.
        scales: {feature name: factor} by which the node multiplies a feature before it rounds it, so that an integer
            type holds it.
        missing: whether a feature may be missing: NaN in float32, model.features.MISSING in int16. Trees that were
            trained on missing values, pipelines with SimpleImputer and rows with NaN say so by themselves.
        rows: such as the model will see, in its own units, shape (rows, features): the compiled C is measured on them
            beside the estimator, and biases are rounded to suit them. Without them no agreement is stated.
        labels: the true class of each row, so that the change of accuracy is measured too.
        measured: whether the header says what the model costs on the board, which takes its compiler and emulator.

    Raises:
        PortError: the estimator is not fitted or not supported, an argument does not fit it, or the budget cannot be
            met.
    """
    estimator = as_classifier(student_of(estimator))
    feature = find_feature_type(feature_type)
    for value, allowed, what in ((board, BOARDS, "board"), (mode, MODES, "mode"), (votes, VOTES, "votes")):
        check_choice(value, allowed, what)
    _check_budget(budget, board)
    classifier, _ = check_estimator(estimator)
    names = names_of(estimator, name, feature_names, class_names)
    portable, feature, tried = _read(
        estimator, names, feature.scaled(scales or {}, names.features), rows, missing, command
    )
    draft = Draft(
        portable=portable,
        names=names,
        feature=feature,
        estimator=estimator,
        tried=tried,
        labels=_places(estimator, labels, rows),
        command=command,
        provenance=dict(provenance or {}),
    )
    if portable.measured and not portable.trees:
        mode = "table"
    form = Form(mode=mode, votes=votes, confidence=confidence and tells_probability(estimator, classifier))
    if mode == "auto" or budget:
        form = choose_form(form, portable.trees, budget or {}, board, draft.cost)
    return draft.ported(form, draft.cost(form, board) if board != "host" and (measured or budget) else None)


def _read(
    estimator: Any, names: Names, feature: FeatureType, rows: ArrayLike | None, missing: bool, command: str
) -> tuple[Portable, FeatureType, Tried]:
    """What is ported; the feature type, of features that may be missing where they may; and rows to try it on."""
    classifier, steps = check_estimator(estimator)
    scaling = with_own_seen(classifier, read_scaling(steps, names.features, feature.scales))
    feature = _with_missing(feature, classifier, scaling, missing or _some_missing(rows, scaling))
    tried = _tried(rows, classifier, scaling, feature)
    portable = (
        _cascade(classifier, scaling, names, feature, command)
        if isinstance(classifier, CascadeClassifier)
        else read_estimator(estimator, classifier, scaling, names, feature, tried.node)
    )
    if not portable.trees and (doubt := check_seen(classifier, scaling, feature, rows_fit=tried.given)):
        _log.warning("%s", doubt)
    if portable.trees and not tried.given:
        at_thresholds = edge_rows(portable.thresholds(len(names.features)), feature, CANDIDATES)
        tried = Tried(at_thresholds, feature.natural(at_thresholds), given=False)
    return portable, feature, tried


def _cascade(fitted: CascadeClassifier, scaling: Scaling, names: Names, feature: FeatureType, command: str) -> Portable:
    if not scaling.plain:
        raise PortError("CascadeClassifier is ported without a scaler before it: put one into its gate and expert")
    port_part = partial(_port_part, feature.name, command)
    return read_cascade(Cascade(fitted=fitted, names=names, feature=feature, port_part=port_part))


def _port_part(feature_type: str, command: str, estimator: Any, name: str, confidence: bool) -> dict[str, str]:
    """Source and header of a part of a cascade."""
    ported = port(estimator, name=name, feature_type=feature_type, confidence=confidence, command=command)
    return {file: ported.files[file] for file in (f"{name}.c", f"{name}.h")}


def _some_missing(rows: ArrayLike | None, scaling: Scaling) -> bool:
    """Whether a feature is missing that nothing fills in."""
    given = np.asarray(0 if rows is None else rows)
    if given.dtype.kind != "f" or given.ndim != 2 or given.shape[1] != len(scaling.features):
        return False
    return bool(np.isnan(given[:, scaling.columns.sources[~scaling.columns.filled]]).any())


def _with_missing(feature: FeatureType, classifier: Any, scaling: Scaling, asked: bool) -> FeatureType:
    """The feature type, of features that may be missing if that is asked or the model takes it for granted."""
    if not asked and not trained_on_missing(classifier) and not scaling.columns.filled.any():
        return feature
    filled = scaling.columns.filled
    if not isinstance(classifier, (*VOTERS, HistGradientBoostingClassifier, TreeScores)) and not (
        filled.all() or (filled.any() and not asked and not isinstance(classifier, BOOSTERS))
    ):
        raise PortError(
            f"{type(classifier).__name__} takes no missing values: put a SimpleImputer of all features before it, and "
            "train"
        )
    if filled.any() and isinstance(classifier, IntegerClassifier):
        raise PortError(f"{type(classifier).__name__} cannot be ported behind SimpleImputer: fill the rows before")
    if feature.name == "uint8":
        raise PortError(
            "the model or the rows have missing values, and uint8 has no number to spare for them: choose int16 "
            f"({MISSING} is missing) or float32 (NaN)"
        )
    return replace(feature, missing=True)


def _tried(rows: ArrayLike | None, classifier: Any, scaling: Scaling, feature: FeatureType) -> Tried:
    if rows is None:
        node = typical(classifier, scaling, feature)
        return Tried(node, feature.natural(node), given=False)
    width = len(scaling.features)
    return Tried(feature.rows(rows, width), feature.values(rows, width), given=True)


def _places(estimator: Any, labels: ArrayLike | None, rows: ArrayLike | None) -> NDArray[np.uint8] | None:
    """Labels as places among the estimator's classes; None for none."""
    if labels is None:
        return None
    if rows is None:
        raise PortError("labels are those of rows: give rows too")
    given, shape = np.asarray(labels), np.shape(rows)[:1]
    if given.shape != shape:
        raise PortError(f"labels have shape {given.shape}; for {shape[0]} rows they need {shape}")
    unknown = ~np.isin(given, estimator.classes_)
    if unknown.any():
        raise PortError(
            f"label {str(given[unknown][0])!r} is no class of the estimator ({', '.join(map(str, estimator.classes_))})"
        )
    return np.searchsorted(estimator.classes_, given).astype(np.uint8)


def _check_budget(budget: Mapping[str, int] | None, board: str) -> None:
    for key, value in (budget or {}).items():
        check_choice(key, BUDGETS, "budget")
        if value <= 0:
            raise PortError(f"a budget of {value} {key} leaves nothing: give a positive number")
    if budget and board == "host":
        raise PortError("a budget is met on an emulated board: choose board uno or cortex-m3")
