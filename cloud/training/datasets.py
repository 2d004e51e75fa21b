"""Seasons from a data set file (npz, written by a simulated field): features by the node core, truth, labels ahead of the truth."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.contract.errors import CooeeError
from edge.core import Site, feature_names, features
from edge.scoring import GAP_H, HOUR_MS, Episode, spells

MISSING_FEATURE = -32768
SPLITS = ("train", "choose", "test")
"""What a season is for: to grow classifiers, to choose among them and their alarm policies, or for the figures of the report alone."""


@dataclass(frozen=True, kw_only=True)
class SeasonData:
    """One season of the nodes that run one sentinel: features int16 (nodes, steps, features of the core), truth bool (nodes, kinds,
    steps) of the node's zone, and the zone of each node."""

    name: str
    split: str
    kinds: tuple[str, ...]
    zones: tuple[str, ...]
    features: NDArray[np.int16] = field(repr=False)
    truth: NDArray[np.bool_] = field(repr=False)
    step_s: int

    @property
    def t(self) -> NDArray[np.int64]:
        """Times of the steps, ms from the season's start."""
        return np.arange(self.features.shape[1], dtype=np.int64) * self.step_s * 1000

    def columns(self, names: tuple[str, ...]) -> NDArray[np.int16]:
        """Some features in the given order, int16 (nodes, steps, len(names))."""
        return self.features[:, :, [feature_names().index(n) for n in names]]

    def ahead(self, kind: str, hours: float) -> NDArray[np.bool_]:
        """Whether a trouble is there or begins within `hours`, bool (nodes, steps)."""
        happens = self.truth[:, self.kinds.index(kind)]
        steps = round(hours * HOUR_MS / (self.step_s * 1000))
        total = np.concatenate([np.zeros((len(happens), 1), dtype=np.int64), np.cumsum(happens, axis=1)], axis=1)
        last = np.minimum(np.arange(happens.shape[1]) + steps + 1, happens.shape[1])
        return np.asarray(total[:, last] - total[:, :-1] > 0)

    def episodes(self, kind: str) -> list[Episode]:
        """Troubles of a kind in the zones of these nodes."""
        first_row = {zone: row for row, zone in reversed(list(enumerate(self.zones)))}
        return [Episode(zone=self.place(row), kind=kind, start=start, end=end) for row in first_row.values()
                for start, end in spells(self.truth[row, self.kinds.index(kind)], self.t, GAP_H[kind])]

    def place(self, row: int) -> str:
        """A node's zone, told apart from the same zone in other seasons."""
        return f"{self.name} {self.zones[row]}"


class DataSet:
    """A data set file: its seasons, its kinds of trouble, its hash."""

    def __init__(self, path: Path) -> None:
        """CooeeError when the file is not such a data set."""
        try:
            self._arrays = np.load(path, allow_pickle=False)
            self._meta: dict[str, Any] = json.loads(str(self._arrays["meta"]))
            self.kinds: tuple[str, ...] = tuple(self._meta["kinds"])
            self.names = {split: tuple(s["name"] for s in self._meta["seasons"] if s["split"] == split) for split in SPLITS}
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise CooeeError(f"data set {path}: cannot be read ({error}); `python -m simulations.dataset FILE` writes one") from None
        empty = [split for split, names in self.names.items() if not names]
        if empty:
            raise CooeeError(f"data set {path}: has no seasons to {empty[0]}; `python -m simulations.dataset FILE` writes a whole one")

    @property
    def hash(self) -> str:
        """First 16 hex digits of the SHA-256 over every array, in the order of their names."""
        digest = hashlib.sha256()
        for name in sorted(self._arrays.files):
            array = self._arrays[name]
            digest.update(name.encode() + (str(array).encode() if array.dtype.kind == "U" else array.tobytes()))
        return digest.hexdigest()[:16]

    def seasons(self, sentinel: str) -> Iterator[SeasonData]:
        """Every season of the nodes that run `sentinel`."""
        rows = [i for i, node in enumerate(self._meta["nodes"]) if sentinel in node["sentinels"]]
        zones = tuple(self._meta["nodes"][i]["zone"] for i in rows)
        for i, season in enumerate(self._meta["seasons"]):
            sites = [Site(field_capacity=s[0], wilting_point=s[1], saturation=s[2], depletion_fraction=s[3])
                     for s in (season["sites"][row] for row in rows)]
            yield SeasonData(
                name=season["name"], split=season["split"], kinds=self.kinds, zones=zones, step_s=self._meta["step_s"],
                features=features(self._arrays[f"readings_{i}"][rows], step_s=self._meta["step_s"], sites=sites),
                truth=np.unpackbits(self._arrays[f"truth_{i}"][rows], axis=-1, count=season["steps"]).astype(bool))
