"""port(): from a fitted estimator to C."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from .emit import Golden, banner, golden_header, header, source
from .errors import PortError
from .features import FeatureType
from .features import feature_type as find_feature_type
from .forest import VOTERS, read_forest
from .golden import CANDIDATES, COUNT, choose, edge_rows, thresholds
from .host import HostModel
from .leaves import VOTES
from .model import Forest, Node
from .names import Names, names_of
from .trees import Form, simplified, trees_body

BOARDS = ("uno", "cortex-m3", "host")
MODES = ("auto", "table", "inline")


@dataclass(frozen=True, kw_only=True)
class Ported:
    """A model as C. `files` maps file names to their text; `classes` are the estimator's labels, in the order of the C classes."""

    name: str
    files: Mapping[str, str]
    classes: NDArray[Any]
    names: Names
    feature: FeatureType
    mode: str
    model_hash: str
    has_confidence: bool
    golden: Golden = field(repr=False)

    def write(self, directory: str | Path) -> list[Path]:
        """Writes the files into a folder, which is made if it is missing; returns their paths."""
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / name for name in self.files]
        for path, text in zip(paths, self.files.values(), strict=True):
            path.write_text(text)
        return paths

    def predict(self, x: ArrayLike) -> NDArray[Any]:
        """The estimator's label of each row of x, shape (rows, features), by the generated C compiled for this computer.

        Raises:
            PortError: x does not fit the model, or there is no C compiler.
        """
        return self.classes[self._classify(x)[0]]

    def confidence(self, x: ArrayLike) -> NDArray[np.uint8]:
        """Confidence in per cent of each row, by the generated C.

        Raises:
            PortError: as predict(), or the model was ported without confidence.
        """
        if not self.has_confidence:
            raise PortError("the model was ported without confidence")
        return self._classify(x)[1]

    def _classify(self, x: ArrayLike) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return self._host.classify(self.feature.rows(x, len(self.names.features)))

    @cached_property
    def _host(self) -> HostModel:
        return HostModel(self.files, self.name, self.feature, confidence=self.has_confidence)


def port(estimator: Any, *, name: str, feature_type: str = "int16", board: str = "uno", mode: str = "auto",
         budget: Mapping[str, int] | None = None, feature_names: Sequence[str] | None = None,
         class_names: Sequence[str] | None = None, provenance: Mapping[str, str] | None = None,
         votes: str = "exact", confidence: bool = True, command: str = "cloud.porting.port()") -> Ported:
    """Ports a fitted classifier to C.

    Args:
        estimator: a fitted DecisionTree, RandomForest or ExtraTrees classifier.
        name: prefix of the C names, and of the files.
        feature_type: uint8, int16 or float32: what the node hands over.
        feature_names, class_names: in the estimator's order; by default the estimator's own.
        provenance: lines for the banner, such as {"data": "sha256:..."}.
        votes: how a forest's leaves vote. `exact` is scikit-learn's class on every row; `small` keeps 4 to 8 bits of each
            probability, and may differ where two classes are within a few per cent; `hard` is one vote a tree.
        confidence: False leaves out <name>_classify, and whatever only it needs.

    Raises:
        PortError: the estimator is not fitted or not supported, or an argument does not fit it.
    """
    feature = find_feature_type(feature_type)
    _choose(board, BOARDS, "board")
    _choose(mode, MODES, "mode")
    _choose(votes, VOTES, "votes")
    check_estimator(estimator)
    names = names_of(estimator, name, feature_names, class_names)
    model_hash = hash_model(estimator, names)
    form = Form(mode="inline" if mode == "auto" else mode, votes=votes, confidence=confidence)
    read = read_forest(estimator, feature)
    forest = Forest(trees=simplified(read.trees, feature, lambda outcome: outcome), classes=read.classes)
    body = trees_body(forest, names, feature, form)
    golden = _golden(estimator, feature, forest.trees)
    text = banner(command, model_hash, provenance or {})
    files = {
        f"{name}.h": header(names, feature, model_hash, text, {}, confidence),
        f"{name}.c": source(names, feature, text, body, confidence),
        f"{name}_golden.h": golden_header(names, feature, text, golden),
    }
    return Ported(name=name, files=files, classes=estimator.classes_, names=names, feature=feature, mode=form.mode, model_hash=model_hash,
                  golden=golden, has_confidence=confidence)


def check_estimator(estimator: Any) -> None:
    """Raises PortError for what cannot be ported."""
    if not isinstance(estimator, VOTERS):
        supported = ", ".join(kind.__name__ for kind in VOTERS)
        raise PortError(f"{type(estimator).__name__} cannot be ported; supported: {supported}")
    check_fitted(estimator)


def check_fitted(estimator: Any) -> None:
    """Raises PortError for an estimator that is not fitted."""
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        raise PortError(f"{type(estimator).__name__} is not fitted: call fit() before port()") from None


def hash_model(estimator: Any, names: Names) -> str:
    """SHA-256 of what decides: trees, thresholds, leaves, names of classes and features."""
    digest = hashlib.sha256(json.dumps([names.classes, names.features]).encode())
    for tree in [member.tree_ for member in getattr(estimator, "estimators_", [estimator])]:
        for array, dtype in ((tree.children_left, "<i8"), (tree.children_right, "<i8"), (tree.feature, "<i8"), (tree.threshold, "<f8"),
                             (tree.value, "<f8")):
            digest.update(np.ascontiguousarray(array, dtype=dtype).tobytes())
    return digest.hexdigest()


def _choose(value: str, allowed: Iterable[str], what: str) -> None:
    if value not in allowed:
        raise PortError(f"{what} {value!r} is unknown; choose from {', '.join(allowed)}")


def _golden(estimator: Any, feature: FeatureType, trees: Iterable[Node]) -> Golden:
    rows = edge_rows(thresholds(trees, estimator.n_features_in_), feature, CANDIDATES)
    probabilities = estimator.predict_proba(rows)
    picked = choose(probabilities.argmax(axis=1), COUNT)
    rows, probabilities = rows[picked], probabilities[picked]
    return Golden(rows=rows, classes=probabilities.argmax(axis=1).astype(np.uint8),
                  confidences=np.rint(100 * probabilities.max(axis=1)).astype(np.uint8))
