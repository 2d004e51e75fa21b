"""Features: the int16 numbers that sentinels see (firmware/include/cooee/feature.h says how each is made)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..contract.channels import channel_names
from ._core import ffi, lib
from .channel_bits import masked_channels


@dataclass(frozen=True, kw_only=True)
class Feature:
    """value [unit] = raw int16 * scale; `id` is what travels in a call frame; it needs all of `channels`."""

    id: int
    name: str
    unit: str
    scale: float
    channels: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Site:
    """Soil and crop where a node's probes stand: volumetric water contents in m3/m3, and the share of the
    available water that the crop takes up without stress (p, FAO-56 table 22). Without a valid site, soil features are
    MISSING. For the water filter: days after planting when the node is programmed, days of the four stages, basal crop
    coefficient at their ends, rooting depth at planting and the greatest (m), hours until water above field capacity
    has fallen to 1/e; 0 h: no filter; the day of the year of planting, 1 to 366, by which a node follows the days that
    the gateway says; 0: it counts them itself."""

    field_capacity: float = 0.0
    wilting_point: float = 0.0
    saturation: float = 0.0
    depletion_fraction: float = 0.0
    planted_days: int = 0
    stages: Sequence[int] = (0, 0, 0, 0)
    kcb: Sequence[float] = (0.0, 0.0, 0.0)
    root_m: Sequence[float] = (0.0, 0.0)
    drainage_h: int = 0
    planted_on: int = 0

    def soil(self) -> tuple[int, int, int, int]:
        """The part of it that settings carry, as the core wants it: m3/m3 * 10000 three times, then p * 1000."""
        contents = (self.field_capacity, self.wilting_point, self.saturation)
        a, b, c = (round(content * 10_000) for content in contents)
        return a, b, c, round(self.depletion_fraction * 1000)

    @classmethod
    def of(cls, raw: Any) -> Self:
        """From a struct cooee_site."""
        return cls(
            field_capacity=raw.field_capacity_e4 / 10_000,
            wilting_point=raw.wilting_point_e4 / 10_000,
            saturation=raw.saturation_e4 / 10_000,
            depletion_fraction=raw.depletion_fraction_e3 / 1000,
            planted_days=raw.planted_days,
            stages=tuple(raw.stage_days),
            kcb=tuple(k / 100 for k in raw.kcb_e2),
            root_m=tuple(depth / 100 for depth in raw.root_cm),
            drainage_h=raw.drainage_h,
            planted_on=raw.planted_on,
        )

    def raw(self) -> dict[str, Any]:
        """struct cooee_site (firmware/include/cooee/site.h), by its fields."""
        names = ("field_capacity_e4", "wilting_point_e4", "saturation_e4", "depletion_fraction_e3")
        return dict(zip(names, self.soil(), strict=True)) | {
            "planted_days": self.planted_days,
            "stage_days": list(self.stages),
            "kcb_e2": [round(k * 100) for k in self.kcb],
            "root_cm": [round(depth * 100) for depth in self.root_m],
            "drainage_h": self.drainage_h,
            "planted_on": self.planted_on,
        }


@cache
def list_features() -> tuple[Feature, ...]:
    """All features, in id order: the columns of `features`."""
    rows = [lib.host_feature(i) for i in range(lib.host_feature_count())]
    return tuple(
        Feature(
            id=i,
            name=ffi.string(row.name).decode().lower(),
            unit=ffi.string(row.unit).decode(),
            scale=row.scale,
            channels=masked_channels(row.channels),
        )
        for i, row in enumerate(rows)
    )


@cache
def feature_names() -> tuple[str, ...]:
    """Feature names, in id order."""
    return tuple(f.name for f in list_features())


NOTHING_HEARD: int = lib.HOST_NOTHING_HEARD
"""In place of ET0, where a node hears nothing of the weather."""


def features(
    readings: NDArray[np.int16], *, step_s: int, sites: Sequence[Site], heard: NDArray[np.uint16] | None = None
) -> NDArray[np.int16]:
    """Features of readings (nodes, steps, channels) taken every `step_s` seconds, as int16 (nodes, steps, features).
    `heard` (nodes, steps, 2): what the gateway said of the weather in answer to each (edge/gateway/station.py).

    One site a node. Faulty, stale and absent channels give MISSING, as on the node. Each feature's numbers stand
    together in memory, as searches go through them. ValueError for arrays of another shape or type.
    """
    readings = as_readings(readings, dimensions=3)
    out = np.empty((lib.host_feature_count(), *readings.shape[:2]), dtype=np.int16)
    _through(lib.host_features, readings, step_s, sites, heard, out)
    return out.transpose(1, 2, 0)


def probe_offsets(
    readings: NDArray[np.int16], *, step_s: int, sites: Sequence[Site], heard: NDArray[np.uint16] | None = None
) -> NDArray[np.int16]:
    """How far the water filter has each node's soil probes at 10 and 30 cm beside the truth, 1e-4 m3/m3, int16
    (nodes, steps, 2). Arguments and errors are those of `features`."""
    readings = as_readings(readings, dimensions=3)
    out = np.empty((2, *readings.shape[:2]), dtype=np.int16)
    _through(lib.host_probe_offsets, readings, step_s, sites, heard, out)
    return out.transpose(1, 2, 0)


def _through(
    core: Callable[..., None],
    readings: NDArray[np.int16],
    step_s: int,
    sites: Sequence[Site],
    heard: NDArray[np.uint16] | None,
    out: NDArray[np.int16],
) -> None:
    """Contiguous readings of nodes through a function of the core."""
    nodes, steps, _ = readings.shape
    if len(sites) != nodes:
        raise ValueError(f"features: {nodes} nodes need {nodes} sites, found {len(sites)}")
    if not 1 <= step_s <= 60_000:
        raise ValueError(f"features: step_s must be 1 to 60000 seconds, found {step_s}")
    core(
        pointer("int16_t *", readings),
        weather_pointer(heard, nodes, steps),
        nodes,
        steps,
        step_s,
        ffi.new("struct cooee_site[]", [site.raw() for site in sites]),
        pointer("int16_t *", out),
    )


def weather_pointer(heard: NDArray[np.uint16] | None, nodes: int, steps: int) -> Any:
    """What nodes hear of the weather, as C takes it; ValueError for another shape or type, or gaps in memory."""
    if heard is None:
        return ffi.NULL
    if heard.shape != (nodes, steps, 2) or heard.dtype != np.uint16 or not heard.flags.c_contiguous:
        raise ValueError(f"heard must be contiguous uint16 {(nodes, steps, 2)}, found {heard.dtype} {heard.shape}")
    return pointer("struct host_weather *", heard)


def as_readings(readings: NDArray[np.int16], *, dimensions: int) -> NDArray[np.int16]:
    """Readings as C takes them, copied only when they are not contiguous; ValueError for another shape or type."""
    if readings.dtype != np.int16 or readings.ndim != dimensions or readings.shape[-1] != len(channel_names()):
        raise ValueError(
            f"readings must be int16 with {dimensions} dimensions, the last of {len(channel_names())} "
            f"channels; found {readings.dtype} {readings.shape}"
        )
    return np.ascontiguousarray(readings)


def pointer(kind: str, array: NDArray[Any]) -> Any:
    """C pointer to an array's data; the array must outlive its use."""
    return ffi.cast(kind, array.ctypes.data)
