"""Sentinels as `cooee train` writes them: sentinels.json beside their C."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge import core
from edge.board.toolchains import BUILT_IN
from edge.core import AlarmPolicy

from ..porting.check.host import HostModel
from ..porting.model.features import feature_type
from ..porting.model.trees import Leaf, Node, Split
from .errors import PackError

HASH_BYTES, VERSION_BYTES = 8, 4

Verdicts = Callable[[NDArray[np.int16]], tuple[NDArray[np.uint8], NDArray[np.uint8]]]
"""Classes and confidences of rows, by the ported C."""


@dataclass(frozen=True, kw_only=True)
class TrainedSentinel:
    """All of a sentinel. `hash` is the beginning of its model's; outcomes of its tree are as an image has them;
    `verdicts` are those of its own C."""

    name: str
    hash: bytes
    id: int
    classes: tuple[str, ...]
    features: tuple[str, ...]
    normals: tuple[int, ...]
    policies: tuple[AlarmPolicy, ...]
    tree: Node = field(repr=False)
    verdicts: Verdicts = field(repr=False)


def read_trained(name: str, folder: Path = BUILT_IN) -> TrainedSentinel:
    """The sentinel of this name in a folder that `cooee train` wrote.

    Raises:
        PackError: there is none, an earlier version of `cooee train` wrote it, or this core knows no such feature.
    """
    described = _described(folder)
    if name not in described:
        raise PackError(f"{name!r} is neither a file nor a sentinel of {folder}: {', '.join(described)}")
    said = described[name]
    try:
        features, classes = tuple(said["features"]), tuple(said["classes"])
        found = TrainedSentinel(
            name=name,
            hash=bytes.fromhex(said["model"])[:HASH_BYTES],
            id=said["id"],
            classes=classes,
            features=features,
            normals=tuple(said["normals"]),
            policies=tuple(AlarmPolicy(**policy) for policy in said["policies"]),
            tree=tree_of_lines(said["tree"], features, classes),
            verdicts=_verdicts(name, said["model"], folder),
        )
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise PackError(
            f"{folder}/sentinels.json does not say what {name} is ({error}): run cooee train again"
        ) from None
    if unknown := [feature for feature in features if feature not in core.feature_names()]:
        raise PackError(f"{name} asks for {unknown[0]}, which this core does not compute: run cooee train again")
    return found


def _described(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        said = json.loads((folder / "sentinels.json").read_text(encoding="utf-8"))
        return {each["name"]: each for each in said["sentinels"]}
    except OSError as error:
        raise PackError(f"{folder}/sentinels.json cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise PackError(f"{folder}/sentinels.json is not what cooee train writes ({error}): run it again") from None


def _verdicts(name: str, model_hash: str, folder: Path) -> Verdicts:
    """By the core where the sentinel is built in, else by its C in the folder."""
    version = int.from_bytes(bytes.fromhex(model_hash)[:VERSION_BYTES], "big")
    if (name, version) in {(sentinel.name, sentinel.version) for sentinel in core.sentinels()}:

        def built_in(rows: NDArray[np.int16]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
            found = core.classify(name, rows)
            return found["class"], found["confidence"]

        return built_in
    try:
        files = {file: (folder / file).read_text(encoding="utf-8") for file in (f"{name}.h", f"{name}.c")}
    except OSError as error:
        raise PackError(f"{error.filename} cannot be read: {error.strerror}") from error
    compiled = HostModel(files, name, feature_type("int16"))
    return lambda rows: compiled.classify(np.ascontiguousarray(rows, dtype=np.int16))


def tree_lines(tree: Node, features: Sequence[str], classes: Sequence[str]) -> list[str]:
    """A tree of verdicts as text: "FEATURE <= THRESHOLD", then what is below, then what is above; of a leaf "CLASS
    CONFIDENCE%"."""
    if isinstance(tree, Leaf):
        ((class_id, percent),) = tree.outcome
        return [f"{classes[class_id]} {percent}%"]
    sides = [line for side in (tree.below, tree.above) for line in tree_lines(side, features, classes)]
    return [f"{features[tree.feature]} <= {tree.threshold}", *sides]


def tree_of_lines(lines: Sequence[str], features: Sequence[str], classes: Sequence[str]) -> Node:
    """The tree that tree_lines() wrote. ValueError or IndexError for other lines."""
    waiting: list[Node] = []
    for line in reversed(lines):
        name, _, number = line.partition(" <= ")
        if number:
            waiting.append(Split(features.index(name), int(number), waiting.pop(), waiting.pop()))
        else:
            said, _, percent = line.removesuffix("%").rpartition(" ")
            waiting.append(Leaf(((classes.index(said), int(percent)),)))
    (tree,) = waiting
    return tree
