"""The micromlgen back end: its C++ behind our header, for those who have to keep it. What it is known to get wrong is
refused."""

import hashlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import micromlgen
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from .check.golden import CANDIDATES, COUNT, SEED, Golden, choose, edge_rows
from .check.host import HostModel
from .emit.c_text import render
from .emit.files import banner, golden_header, header
from .errors import PortError
from .model.features import FeatureType
from .model.features import feature_type as find_feature_type
from .model.names import Names, names_of
from .model.trees import distinct_thresholds
from .ported import Ported
from .read.forest import read_forest
from .read.pipeline import read_scaling
from .read.support import check_fitted

SUPPORTED = (DecisionTreeClassifier, RandomForestClassifier, LogisticRegression, SVC)
WORST = 0.5
"""Code that agrees with scikit-learn on fewer rows than this is refused as wrong; hard votes of small forests stay
above it."""


def port_with_micromlgen(
    estimator: Any,
    *,
    name: str,
    feature_type: str = "int16",
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    provenance: Mapping[str, str] | None = None,
    command: str = "cloud.porting.micromlgen",
) -> Ported:
    """Ports a classifier with micromlgen: C++, without confidence, features converted to float on the node, forests by
    hard votes.

    The code is compiled and compared with scikit-learn on rows at the thresholds of trees, and on random rows for other
    models; on how many it agrees is said in the files' banner, as `agreement`.

    Raises:
        PortError: not fitted, not supported, or wrong.
    """
    feature = find_feature_type(feature_type)
    refuse_known_faults(estimator)
    names = names_of(estimator, name, feature_names, class_names)
    try:
        code = micromlgen.port(estimator, classname=name)
    except Exception as error:  # micromlgen raises whatever comes up, AssertionError among it
        raise PortError(
            f"micromlgen cannot port this {type(estimator).__name__} ({type(error).__name__}: {error})"
        ) from error
    rows = _rows(estimator, feature)
    expected = np.searchsorted(estimator.classes_, estimator.predict(rows)).astype(np.uint8)
    picked = choose(expected.astype(np.intp), COUNT)
    golden = Golden(rows=rows[picked], classes=expected[picked])
    said = {"backend": f"micromlgen {version('micromlgen')}"} | dict(provenance or {})
    model_hash = hashlib.sha256(code.encode()).hexdigest()
    found = HostModel(
        _files(names, feature, code, golden, command, model_hash, said), name, feature, confidence=False
    ).classify(rows)[0]
    said["agreement"] = _agreement(found, expected)
    return Ported(
        name=name,
        files=_files(names, feature, code, golden, command, model_hash, said),
        classes=estimator.classes_,
        names=names,
        feature=feature,
        mode="inline",
        model_hash=model_hash,
        golden=golden,
        has_confidence=False,
    )


def refuse_known_faults(estimator: Any) -> None:
    """Raises PortError for what micromlgen does not support or decides wrongly."""
    kind = type(estimator).__name__
    if isinstance(estimator, GaussianNB):
        raise PortError(
            "micromlgen cannot port GaussianNB: it reads sigma_, which scikit-learn has renamed; use --backend cooee"
        )
    if not isinstance(estimator, SUPPORTED):
        raise PortError(
            f"micromlgen cannot port {kind}; it supports: {', '.join(known.__name__ for known in SUPPORTED)}"
        )
    check_fitted(estimator)
    if len(estimator.classes_) == 2 and isinstance(estimator, LogisticRegression):
        raise PortError(
            "micromlgen turns a LogisticRegression of two classes round: it is wrong on every row; use --backend cooee"
        )
    if len(estimator.classes_) == 2 and isinstance(estimator, SVC):
        raise PortError(
            "micromlgen takes the intercept of an SVC of two classes with the wrong sign; use a tree or "
            "LogisticRegression "
            "with --backend cooee"
        )


def _rows(estimator: Any, feature: FeatureType) -> NDArray[Any]:
    if isinstance(estimator, (DecisionTreeClassifier, RandomForestClassifier)):
        scaling = read_scaling([], [str(i) for i in range(estimator.n_features_in_)])
        forest = read_forest(estimator, scaling.splits(feature, single=True))
        return edge_rows(distinct_thresholds(forest.trees, estimator.n_features_in_), feature, CANDIDATES)
    rng = np.random.default_rng(SEED)
    shape = (CANDIDATES, estimator.n_features_in_)
    if feature.name == "float32":
        return rng.normal(0, 1, shape).astype(np.float32)
    return rng.integers(feature.lowest, feature.highest, shape, endpoint=True).astype(feature.dtype)


def _agreement(found: NDArray[np.uint8], expected: NDArray[np.uint8]) -> str:
    same = int((found == expected).sum())
    if same < WORST * len(expected):
        raise PortError(
            f"micromlgen's code finds scikit-learn's class on only {same} of {len(expected)} rows; use --backend cooee"
        )
    return f"scikit-learn's class on {same} of {len(expected)} tried rows"


def _files(
    names: Names,
    feature: FeatureType,
    code: str,
    golden: Golden,
    command: str,
    model_hash: str,
    said: Mapping[str, str],
) -> dict[str, str]:
    top = banner(command, model_hash, said)
    body = code.replace("#pragma once\n", "").replace(
        "#include <cstdarg>", "#include <stdarg.h>"
    )  # avr-gcc has no <cstdarg>
    return {
        f"{names.name}.h": header(names, feature, model_hash, top, [], False),
        f"{names.name}.cpp": render(
            "micromlgen.cpp.jinja",
            banner=top,
            name=names.name,
            macro=names.macro,
            c_type=feature.c_type,
            code=body.strip(),
        ),
        f"{names.name}_golden.h": golden_header(names, feature, top, golden, False),
    }
