"""Sentinels that are built into the firmware."""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._core import ffi, lib
from .channel_bits import masked_channels
from .features import feature_names, pointer

VERDICT_DTYPE = np.dtype([("class", np.uint8), ("confidence", np.uint8)])
"""confidence in per cent."""


@dataclass(frozen=True, kw_only=True)
class AlarmPolicy:
    """When a class becomes a call, in minutes and per cent of confidence (firmware/include/cooee/alarm.h)."""

    on_delay_min: int
    clear_delay_min: int
    repeat_min: int
    raise_percent: int
    keep_percent: int


POLICY_FIELDS = tuple(field.name for field in fields(AlarmPolicy))
"""As enum cooee_policy_field counts them."""


class PolicyChange(NamedTuple):
    """One number of the policy of a class of the sentinel with that id. `field`: its place among POLICY_FIELDS."""

    value: int
    sentinel: int
    class_id: int
    field: int


@dataclass(frozen=True, kw_only=True)
class Sentinel:
    """A classifier on the node. `classes[0]` is the one where all is well; `policies[i]` belongs to `classes[i + 1]`;
    `features` are in the classifier's order and `normals` are their values when all is well; without one of `channels`,
    in id order, it never has a verdict; `needs_water`: it runs on the water filter."""

    id: int
    name: str
    version: int
    classes: tuple[str, ...]
    features: tuple[str, ...]
    normals: tuple[int, ...]
    channels: tuple[str, ...]
    policies: tuple[AlarmPolicy, ...]
    needs_water: bool


def policy_of(row: Any) -> AlarmPolicy:
    """A struct host_policy."""
    return AlarmPolicy(
        on_delay_min=row.on_delay_min,
        clear_delay_min=row.clear_delay_min,
        repeat_min=row.repeat_min,
        raise_percent=row.raise_percent,
        keep_percent=row.keep_percent,
    )


def _sentinel(place: int) -> Sentinel:
    row = lib.host_sentinel(place)
    return Sentinel(
        id=row.id,
        name=ffi.string(row.name).decode(),
        version=row.version,
        classes=tuple(ffi.string(row.classes).decode().split(",")),
        features=tuple(feature_names()[row.features[i]] for i in range(row.feature_count)),
        normals=tuple(row.normals[i] for i in range(row.feature_count)),
        channels=masked_channels(row.channels),
        policies=tuple(policy_of(lib.host_policy(place, class_id)) for class_id in range(1, row.class_count)),
        needs_water=bool(row.needs_water),
    )


@cache
def sentinels() -> tuple[Sentinel, ...]:
    """The built-in sentinels, in id order."""
    return tuple(_sentinel(place) for place in range(lib.host_sentinel_count()))


def classify(name: str, rows: NDArray[np.int16]) -> NDArray[np.void]:
    """Verdicts, VERDICT_DTYPE (n), of the built-in sentinel called `name` on rows of its features, int16 (n, features),
    none of them MISSING. KeyError for another name, ValueError for another shape or type."""
    place = {sentinel.name: place for place, sentinel in enumerate(sentinels())}[name]
    width = len(sentinels()[place].features)
    if rows.dtype != np.int16 or rows.ndim != 2 or rows.shape[1] != width:
        raise ValueError(f"classify: {name} needs int16 rows of {width} features, found {rows.dtype} {rows.shape}")
    rows = np.ascontiguousarray(rows)
    verdicts = np.empty(len(rows), dtype=VERDICT_DTYPE)
    lib.host_classify(place, pointer("int16_t *", rows), len(rows), pointer("struct host_verdict *", verdicts))
    return verdicts


def call_kind(sentinel_id: int, class_id: int) -> tuple[str, str]:
    """(sentinel name, class name) of a call frame. A node may run newer sentinels than this program knows: its ids
    then become names such as "sentinel9" and "class4", so that the call is not lost."""
    for sentinel in sentinels():
        if sentinel.id == sentinel_id:
            known = class_id < len(sentinel.classes)
            return sentinel.name, sentinel.classes[class_id] if known else f"class{class_id}"
    return f"sentinel{sentinel_id}", f"class{class_id}"
