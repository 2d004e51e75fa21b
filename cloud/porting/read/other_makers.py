"""Models of other makers, and those that find anomalies, as classifiers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import IsolationForest
from sklearn.ensemble._iforest import _average_path_length
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ..errors import PortError, check_several
from .envelope import Envelope
from .lightgbm_text import read_lightgbm
from .tree_scores import RawNode, ScoreTree, TreeScores, score_tree
from .xgboost_json import read_xgboost

SUFFIXES = (".json", ".txt")
"""Of the files that XGBoost and LightGBM save."""


def read_model_file(path: Path) -> TreeScores:
    """The model in XGBoost's JSON or LightGBM's text.

    Raises:
        PortError: it cannot be read or ported.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PortError(f"{path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise PortError(f"{path} is no text: save the model as XGBoost's JSON or LightGBM's text") from None
    try:
        return read_xgboost(text) if path.suffix == ".json" or text.startswith("{") else read_lightgbm(text)
    except PortError as error:
        raise PortError(f"{path}: {error}") from None


def _telling(steps: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Steps of a pipeline from the first one that does something on: "passthrough" knows no features."""
    while len(steps) > 1 and (steps[0][1] is None or isinstance(steps[0][1], str)):
        steps = steps[1:]
    name, first = steps[0]
    within = _telling(first.steps) if isinstance(first, Pipeline) else []
    return [(name, Pipeline(within)), *steps[1:]] if within and within != first.steps else steps


def as_classifier(estimator: Any) -> Any:
    """The estimator, or the pipeline with it at its end, as TreeScores where it is of another maker or an anomaly
    forest, as Envelope where it is an EllipticEnvelope; else itself.

    Raises:
        PortError: it is one of these, and not fitted.
    """
    if isinstance(estimator, FrozenEstimator):
        return as_classifier(estimator.estimator)
    if isinstance(estimator, Pipeline):
        *before, (name, last) = steps = _telling(estimator.steps)
        own = as_classifier(last)
        return estimator if own is last and steps == estimator.steps else Pipeline([*before, (name, own)])
    maker = type(estimator).__module__.partition(".")[0]
    if maker in ("xgboost", "lightgbm"):
        _check_wrapper(estimator)
    if maker == "xgboost":
        booster = estimator if hasattr(estimator, "save_raw") else _fitted(estimator, lambda: estimator.get_booster())
        return read_xgboost(bytes(booster.save_raw(raw_format="json")), getattr(estimator, "classes_", None))
    if maker == "lightgbm":
        booster = estimator if hasattr(estimator, "model_to_string") else _fitted(estimator, lambda: estimator.booster_)
        return read_lightgbm(booster.model_to_string(), getattr(estimator, "classes_", None))
    if isinstance(estimator, (IsolationForest, EllipticEnvelope)):
        _fitted(estimator, lambda: check_is_fitted(estimator))
        return _isolation(estimator) if isinstance(estimator, IsolationForest) else Envelope(estimator)
    return estimator


def _check_wrapper(estimator: Any) -> None:
    """Raises PortError for what the maker's class for scikit-learn does, and its booster does not know."""
    name, missing = type(estimator).__name__, getattr(estimator, "missing", None)
    if missing is not None and not np.isnan(missing):
        raise PortError(f"{name}(missing={missing:g}) cannot be ported: mark missing values as NaN, and train")
    if hasattr(estimator, "_Booster"):
        check_several(name, getattr(estimator, "classes_", (0, 1)))


def _fitted(estimator: Any, asked: Callable[[], Any]) -> Any:
    """What only a fitted estimator answers."""
    try:
        return asked()
    except NotFittedError:
        raise PortError(f"{type(estimator).__name__} is not fitted: call fit() before port()") from None


def _isolation(forest: IsolationForest) -> TreeScores:
    """An isolation forest (Liu, Ting and Zhou 2008): a row is an anomaly, class -1, when its paths through the trees
    are together shorter than scikit-learn's offset asks for, 2**(-mean path / c) > -offset."""
    trees = [
        _paths(member.tree_, used) for member, used in zip(forest.estimators_, forest.estimators_features_, strict=True)
    ]
    usual = float(_average_path_length([forest._max_samples])[0])
    least = -len(trees) * usual * float(np.log2(-forest.offset_))
    names = getattr(forest, "feature_names_in_", forest.n_features_in_)
    return TreeScores(
        trees,
        [-least],
        names if isinstance(names, int) else list(names),
        classes=[-1, 1],
        single=True,
        last_wins=True,
        probable=False,
    )


def _paths(tree: Any, used: Any) -> ScoreTree:
    """A tree whose leaves are the lengths of their paths, with what the rows in them would still take."""
    deep = np.zeros(tree.node_count)
    for i in np.flatnonzero(tree.children_left >= 0):
        deep[tree.children_left[i]] = deep[tree.children_right[i]] = deep[i] + 1
    lengths = deep + _average_path_length(tree.n_node_samples)

    def node(i: int) -> RawNode:
        if tree.children_left[i] < 0:
            return RawNode(children=None, value=float(lengths[i]))
        return RawNode(
            children=(int(tree.children_left[i]), int(tree.children_right[i])),
            feature=int(used[tree.feature[i]]),
            threshold=float(tree.threshold[i]),
            missing_left=bool(tree.missing_go_to_left[i]),
        )

    return score_tree(node, 0, tree.node_count)
