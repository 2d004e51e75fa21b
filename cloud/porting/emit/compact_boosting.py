"""C of a CompactBoostingClassifier: tests that are answered once, and trees that are places among them."""

import numpy as np
from numpy.typing import NDArray

from ...models import CompactEnsemble
from ..errors import PortError
from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from ..read.scaling import Floor
from .c_text import ordered_bits_function, render_body, unsigned_type
from .scores import Scale

THRESHOLD_BYTES = {"uint8": 1, "int16": 2, "float32": 4}
VALUE_TYPES = {"uint8": "uint8_t", "int16": "int16_t", "float32": "int32_t"}


def compact_boosting_body(
    ensemble: CompactEnsemble, floor: Floor, score_shift: int, names: Names, feature: FeatureType, form: Form
) -> str:
    """The source's body.

    Raises:
        PortError: thresholds or scores that their types do not hold.
    """
    floors = whole_thresholds(ensemble, floor, feature)
    order = np.lexsort((floors, ensemble.tested))  # groups the tests by feature
    number = np.argsort(order)
    scores = len(ensemble.bias)
    stages = np.bincount(ensemble.tree_class, minlength=scores).tolist()
    depth = ensemble.trees.shape[1]
    leaf_bits = next(bits for bits in (1, 2, 4, 8) if len(ensemble.palette) <= 1 << bits and bits << depth >= 8)
    _check_scores(ensemble)
    return render_body(
        "compact_boosting.c.jinja",
        names,
        feature,
        form,
        tests=max(1, len(order)),
        ordered_bits=ordered_bits_function(),
        tested=_tested(ensemble.tested[order], floors[order], feature),
        used=len(set(ensemble.tested.tolist())),
        feature_bytes=_feature_bytes(ensemble),
        threshold_bytes=THRESHOLD_BYTES[feature.name],
        value_type=VALUE_TYPES[feature.name],
        key="key" if feature.name == "float32" else "",
        stages=stages,
        count_type=unsigned_type(max(stages)),
        depth=depth,
        leaf_bits=leaf_bits,
        leaf_bytes=(leaf_bits << depth) // 8,
        leaf_mask=(1 << leaf_bits) - 1,
        place_shift=(8 // leaf_bits).bit_length() - 1,
        place_mask=8 // leaf_bits - 1,
        trees=_trees(number[ensemble.trees], ensemble.leaves, leaf_bits),
        palette=ensemble.palette.tolist(),
        starts=[0] * (scores == 1) + ensemble.bias.tolist(),
        shift=score_shift,
        last_wins=False,
        **Scale(bits=16, shift=score_shift).variables(),
    )


def whole_thresholds(ensemble: CompactEnsemble, floor: Floor, feature: FeatureType) -> NDArray[np.int64]:
    """Thresholds in the feature type."""
    floors = np.asarray(floor(ensemble.tested, ensemble.thresholds), np.int64)
    outside = (floors < feature.lowest) | (floors >= feature.highest)
    if outside.any():
        place = int(np.flatnonzero(outside)[0])
        raise PortError(
            f"feature {ensemble.tested[place]} is compared with {ensemble.thresholds[place]:g}, outside "
            f"{feature.name}: scale the features before training, or port with another feature type"
        )
    return floors


def _check_scores(ensemble: CompactEnsemble) -> None:
    reach = np.abs(ensemble.bias).astype(np.int64)
    np.add.at(reach, ensemble.tree_class, np.abs(ensemble.palette[ensemble.leaves]).max(axis=1))
    if reach.max() > 16383:
        raise PortError(f"scores reach {reach.max()}, more than 16 bits hold: train fewer trees")


def _feature_bytes(ensemble: CompactEnsemble) -> int:
    return 1 if ensemble.tested.max(initial=0) < 256 else 2


def _tested(tested: NDArray[np.int64], floors: NDArray[np.int64], feature: FeatureType) -> list[int]:
    """Number, count and thresholds of each feature that is used, in bytes, the lowest first."""
    width = 1 if tested.max(initial=0) < 256 else 2
    found: list[int] = []
    for used in np.unique(tested).tolist():
        mine = floors[tested == used].tolist()
        found += used.to_bytes(width, "little")
        found.append(len(mine))
        for threshold in mine:
            found += threshold.to_bytes(THRESHOLD_BYTES[feature.name], "little", signed=feature.name != "uint8")
    return found or [0]


def _trees(tests: NDArray[np.int64], leaves: NDArray[np.int64], leaf_bits: int) -> list[int]:
    """Tests and packed leaves of each tree, in bytes."""
    per_byte = 8 // leaf_bits
    packed = (leaves.reshape(len(leaves), -1, per_byte) << leaf_bits * np.arange(per_byte)).sum(axis=2)
    return [int(byte) for tree in np.hstack([tests, packed]) for byte in tree] or [0]
