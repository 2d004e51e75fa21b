"""Seasons from recorded runs: features by the node core, truth, labels ahead of the truth."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from edge.contract.channels import MISSING, channel, channel_names, channels
from edge.contract.errors import CooeeError
from edge.contract.kinds import kinds
from edge.core import NOTHING_HEARD, Site, feature_names, features, list_features
from edge.scoring import HOUR_MS
from edge.threshold_baseline import WatchedSeason

TRUTH_STEP_S = 600
SITE = tuple(part.name for part in fields(Site) if part.name != "planted_on")
"""What a node of a recorded run knows of its site: nobody says the day there, and it counts from `planted_days`."""
NODE = ["node", "zone", "wake_interval_s", "channels", "irrigated", *SITE]
"""What training asks of a node."""
SOIL_CHANNELS = np.array([name.startswith("soil_") for name in channel_names()])
MISSING_FEATURE = -32768
Knows = Literal["told", "untold", "truth"]
"""What a node knows of its water: by its filter with the gateway's word of the weather, or without; or all of it, as no
node does."""
RATE_DAYS = 3.0
"""True hours left are reckoned with the loss of so many days."""
SPLITS = ("train", "validation", "test")
"""What a season is for: to fit classifiers, to choose among them and their alarm policies, or for the figures of the
report alone."""


@dataclass(frozen=True, kw_only=True)
class SeasonData:
    """One season of the nodes with the channels of one sentinel: features int16 (nodes, steps, names), `names` being
    all of the core's unless narrowed; truth and `nearly` bool (nodes, kinds, steps) of the node's zone; the zone of
    each node, and whether it is irrigated."""

    name: str
    split: str
    kinds: tuple[str, ...]
    zones: tuple[str, ...]
    irrigated: tuple[bool, ...]
    features: NDArray[np.int16] = field(repr=False)
    truth: NDArray[np.bool_] = field(repr=False)
    nearly: NDArray[np.bool_] = field(repr=False)
    step_s: int
    names: tuple[str, ...] = field(default_factory=feature_names)

    @property
    def t(self) -> NDArray[np.int64]:
        """Times of the steps, ms from the season's start."""
        return np.arange(self.features.shape[1], dtype=np.int64) * self.step_s * 1000

    def columns(self, names: tuple[str, ...]) -> NDArray[np.int16]:
        """Some features in the given order, int16 (nodes, steps, len(names))."""
        return self.features[:, :, [self.names.index(n) for n in names]]

    def narrowed(self, names: tuple[str, ...]) -> "SeasonData":
        """The same with these features alone."""
        columns = self.features.transpose(2, 0, 1)[[self.names.index(n) for n in names]]
        return replace(self, features=columns.transpose(1, 2, 0), names=names)

    def within_horizon(self, kind: str, horizon_h: float) -> NDArray[np.bool_]:
        """Whether a trouble is there or begins within the horizon, bool (nodes, steps)."""
        happens = self.truth[:, self.kinds.index(kind)]
        steps = round(horizon_h * HOUR_MS / (self.step_s * 1000))
        total = np.concatenate([np.zeros((len(happens), 1), dtype=np.int64), np.cumsum(happens, axis=1)], axis=1)
        last = np.minimum(np.arange(happens.shape[1]) + steps + 1, happens.shape[1])
        return np.asarray(total[:, last] - total[:, :-1] > 0)

    def watched(self, kind: str) -> WatchedSeason:
        """The season as a search for the best threshold sees it."""
        return WatchedSeason(
            kind=kind,
            zones=tuple(self.place(row) for row in range(len(self.zones))),
            features=self.features,
            truth=self.truth[:, self.kinds.index(kind)],
            nearly=self.nearly[:, self.kinds.index(kind)],
            t=self.t,
        )

    def of(self, *, irrigated: bool) -> "SeasonData | None":
        """The nodes in irrigated zones alone, or in the others; None when there are none."""
        rows = [row for row, is_so in enumerate(self.irrigated) if is_so == irrigated]
        if not rows:
            return None
        return replace(
            self,
            zones=tuple(self.zones[row] for row in rows),
            irrigated=(irrigated,) * len(rows),
            # Taken feature by feature, as they stand in memory (edge.core.features): ten times as fast.
            features=self.features.transpose(2, 0, 1)[:, rows].transpose(1, 2, 0),
            truth=self.truth[rows],
            nearly=self.nearly[rows],
        )

    def place(self, row: int) -> str:
        """A node's zone, told apart from the same zone in other seasons."""
        return f"{self.name} {self.zones[row]}"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A recorded run: readings int16 (nodes, steps, channels) by the seconds between them, with the nodes they are of,
    and what these heard of the weather, uint16 (nodes, steps, 2); truth and `nearly` by zone, bool (kinds, steps of 10
    minutes)."""

    name: str
    split: str
    nodes: dict[int, list[dict[str, Any]]]
    readings: dict[int, NDArray[np.int16]] = field(repr=False)
    heard: dict[int, NDArray[np.uint16]] = field(repr=False)
    truth: dict[str, NDArray[np.bool_]] = field(repr=False)
    nearly: dict[str, NDArray[np.bool_]] = field(repr=False)
    water: dict[str, NDArray[np.float32]] = field(repr=False)
    """Root-zone depletion and readily available water by zone, mm (2, steps of 10 minutes)."""


class DataSet:
    """Recorded runs (`cooee simulate --out`), in the folders train/, validation/ and test/ of one folder."""

    def __init__(self, folder: Path) -> None:
        """CooeeError when a folder has no run, or a run cannot be read."""
        self.kinds = tuple(kinds())
        self.runs = [_run(path, split) for split in SPLITS for path in _runs(folder, split)]
        self.names = {split: tuple(run.name for run in self.runs if run.split == split) for split in SPLITS}

    @cached_property
    def hash(self) -> str:
        """First 16 hex digits of the SHA-256 over every run: its name, split, nodes, readings and truth."""
        digest = hashlib.sha256()
        for run in self.runs:
            digest.update(f"{run.split} {run.name} {run.nodes}".encode())
            for array in (
                *map(_measured, run.nodes.values(), run.readings.values()),
                *run.heard.values(),
                *run.truth.values(),
                *run.nearly.values(),
            ):
                digest.update(array.tobytes())
        return digest.hexdigest()[:16]

    def seasons(self, needed: Iterable[str], knows: Knows = "told") -> Iterator[SeasonData]:
        """Every season of the nodes with the channels that features called `needed` are made of; nodes that wake
        at other intervals are seasons of their own. `knows`: what they know of the water, as Knows says."""
        wanted = {channel for feature in list_features() if feature.name in needed for channel in feature.channels}
        for run in self.runs:
            for step_s, nodes in run.nodes.items():
                rows = [row for row, node in enumerate(nodes) if wanted <= set(node["channels"])]
                if not rows:
                    continue
                sites = [Site(**{name: nodes[row][name] for name in SITE}) for row in rows]
                zones = tuple(nodes[row]["zone"] for row in rows)
                heard = None if knows == "untold" else run.heard[step_s][rows]
                computed = features(run.readings[step_s][rows], step_s=step_s, sites=sites, heard=heard)
                if knows == "truth":
                    water = np.stack([run.water[zone][:, :: step_s // TRUTH_STEP_S] for zone in zones])
                    _put_truth(computed, water, step_s)
                yield SeasonData(
                    name=run.name,
                    split=run.split,
                    kinds=self.kinds,
                    zones=zones,
                    irrigated=tuple(nodes[row]["irrigated"] for row in rows),
                    step_s=step_s,
                    features=computed,
                    truth=np.stack([run.truth[zone][:, :: step_s // TRUTH_STEP_S] for zone in zones]),
                    nearly=np.stack([run.nearly[zone][:, :: step_s // TRUTH_STEP_S] for zone in zones]),
                )


def _put_truth(computed: NDArray[np.int16], water: NDArray[np.float32], step_s: int) -> None:
    """Puts true depletion and hours left in the place of the water filter's, where it has any. `water`: depletion and
    readily available water, mm (nodes, 2, steps)."""
    depletion, readily = water.astype(np.float64).transpose(1, 0, 2)
    steps = round(RATE_DAYS * 86_400 / step_s)
    lost = np.cumsum(np.maximum(np.diff(depletion, axis=1, prepend=depletion[:, :1]), 0), axis=1)
    before = np.concatenate([np.zeros((len(lost), steps)), lost], axis=1)[:, : lost.shape[1]]
    a_day = (lost - before) / np.minimum(np.arange(1, lost.shape[1] + 1), steps) * 86_400 / step_s
    values = {
        "water_depletion": 1000 * depletion / np.maximum(readily, 1e-9),
        "water_hours_left": np.clip((readily - depletion) * 24 / np.maximum(a_day, 0.3), -500, 500),
    }
    for name, value in values.items():
        column = computed[:, :, feature_names().index(name)]
        known = column != MISSING_FEATURE
        column[known] = np.rint(np.clip(value, -32_767, 32_767))[known]


def _runs(folder: Path, split: str) -> list[Path]:
    found = sorted(path for path in (folder / split).glob("*") if path.is_dir())
    if not found:
        renamed = " (earlier versions called it choose/)" if split == "validation" else ""
        raise CooeeError(
            f"data set {folder}: has no runs in {split}/{renamed}; record some with "
            f"`cooee simulate --out {folder / split}/NAME`"
        )
    return found


def _run(path: Path, split: str) -> Run:
    try:
        nodes = pq.read_table(path / "nodes", columns=NODE)
        readings, truth = (pq.read_table(path / part) for part in ("readings", "truth"))
        step_s = nodes["wake_interval_s"].to_numpy()
        rows = nodes.to_pylist()
        by_step = {int(s): [rows[i] for i in np.flatnonzero(step_s == s)] for s in dict.fromkeys(step_s.tolist())}
        states = _by_zone(truth, (*kinds(), *(f"nearly_{kind}" for kind in kinds()), "in_ground"))
        raw = _raw(readings, {name for node in rows for name in node["channels"]})
        of_node = dict(_spans(readings["node"]))
        told = _heard(readings)
        wired, heard = {}, {}
        for s, some in by_step.items():
            spans = [of_node[node["node"]] for node in some]
            wired[s], heard[s] = np.stack([raw[span] for span in spans]), np.stack([told[span] for span in spans])
    except (OSError, KeyError, ValueError, TypeError, pa.ArrowException) as error:
        raise CooeeError(
            f"data set {path}: cannot be read ({str(error).splitlines()[0]}); `cooee simulate --out {path}` records "
            f"it anew"
        ) from None
    for s, some in by_step.items():
        for row, node in enumerate(some):
            # A probe goes in with the crop and comes out with it: a dry bare field is no trouble.
            bare = ~states[node["zone"]][-1, :: s // TRUTH_STEP_S]
            wired[s][row, bare[:, None] & SOIL_CHANNELS] = MISSING
    return Run(
        name=path.name,
        split=split,
        nodes=by_step,
        readings=wired,
        heard=heard,
        water=_water(truth),
        truth={zone: state[: len(kinds())] for zone, state in states.items()},
        nearly={zone: state[len(kinds()) : -1] for zone, state in states.items()},
    )


def _measured(nodes: list[dict[str, Any]], readings: NDArray[np.int16]) -> NDArray[np.int16]:
    """Readings up to the last channel that any of the nodes has: a channel more in the table is no other data set."""
    last = max(channel(name).id for node in nodes for name in node["channels"])
    return np.ascontiguousarray(readings[..., : last + 1])


def _raw(readings: pa.Table, measured: set[str]) -> NDArray[np.int16]:
    """Readings as a node has them, (rows, channels). Channels that no node measures need not be there."""
    raw = np.full((len(readings), len(channels())), MISSING, dtype=np.int16)
    for each in channels():
        if each.name not in measured | set(readings.column_names):
            continue
        column = readings[each.name]
        if column.type != pa.int16():
            raise ValueError(f"{each.name} is {column.type}, not int16: the run is of an earlier version")
        raw[:, each.id] = pc.fill_null(column, MISSING).to_numpy()
    return raw


def _heard(readings: pa.Table) -> NDArray[np.uint16]:
    """What nodes heard of the weather, (rows, 2)."""
    words = [pc.fill_null(readings[name], NOTHING_HEARD).to_numpy() for name in ("heard_et0", "heard_gauge")]
    return np.stack(words, axis=1).astype(np.uint16)


def _water(truth: pa.Table) -> dict[str, NDArray[np.float32]]:
    both = np.stack([truth[name].to_numpy() for name in ("depletion_mm", "readily_available_mm")])
    return {zone: both[:, rows] for zone, rows in _spans(truth["zone"])}


def _by_zone(truth: pa.Table, columns: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    flags = np.stack([truth[name].to_numpy() for name in columns])
    return {zone: flags[:, rows] for zone, rows in _spans(truth["zone"])}


def _spans(names: pa.ChunkedArray) -> Iterator[tuple[str, slice]]:
    """Names that stand one below the other, and their rows."""
    column = names.unify_dictionaries().combine_chunks()
    places = column.indices.to_numpy()
    begins = np.flatnonzero(np.diff(places, prepend=-1))
    for begin, end in zip(begins, [*begins[1:], len(places)], strict=True):
        yield column.dictionary[int(places[begin])].as_py(), slice(int(begin), int(end))
