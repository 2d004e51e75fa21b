"""Seasons from a data set file (npz, written by a simulated field): features by the node core, truth, labels ahead of the truth."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.contract.errors import CooeeError
from edge.core import Site, feature_names, features
from edge.scoring import HOUR_MS

MISSING_FEATURE = -32768


@dataclass(frozen=True, kw_only=True)
class SeasonData:
    """One season of the nodes that run one sentinel: features int16 (nodes, steps, features of the core), truth bool (nodes, kinds,
    steps), the zone of each node, and `t` in ms from the season's start."""

    name: str
    split: str
    zones: tuple[str, ...]
    features: NDArray[np.int16]
    truth: NDArray[np.bool_]
    step_s: int

    @property
    def t(self) -> NDArray[np.int64]:
        """Times of the steps, ms."""
        return np.arange(self.features.shape[1], dtype=np.int64) * self.step_s * 1000

    def columns(self, names: tuple[str, ...]) -> NDArray[np.int16]:
        """Some features in the given order, int16 (nodes, steps, len(names))."""
        return self.features[:, :, [feature_names().index(n) for n in names]]

    def ahead(self, kind: int, hours: float) -> NDArray[np.bool_]:
        """Whether a trouble is there or begins within `hours`, bool (nodes, steps)."""
        happens = self.truth[:, kind]
        steps = round(hours * HOUR_MS / (self.step_s * 1000))
        total = np.concatenate([np.zeros((len(happens), 1), dtype=np.int64), np.cumsum(happens, axis=1)], axis=1)
        last = np.minimum(np.arange(happens.shape[1]) + steps + 1, happens.shape[1])
        return np.asarray(total[:, last] - total[:, :-1] > 0)


class DataSet:
    """A data set file: its seasons, its kinds of trouble, its hash."""

    def __init__(self, path: Path) -> None:
        """CooeeError when the file is not such a data set."""
        try:
            self._arrays = np.load(path, allow_pickle=False)
            self._meta = json.loads(str(self._arrays["meta"]))
            self.kinds: tuple[str, ...] = tuple(self._meta["kinds"])
            self.names: tuple[str, ...] = tuple(s["name"] for s in self._meta["seasons"])
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise CooeeError(f"data set {path}: cannot be read ({error}); `python -m simulations.dataset FILE` writes one") from None

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
        nodes = [self._meta["nodes"][i] for i in rows]
        sites = [Site(field_capacity=s[0], wilting_point=s[1], saturation=s[2], depletion_fraction=s[3])
                 for s in (n["site"] for n in nodes)]
        for i, season in enumerate(self._meta["seasons"]):
            truth = np.unpackbits(self._arrays[f"truth_{i}"][rows], axis=-1, count=self._meta["steps"]).astype(bool)
            yield SeasonData(name=season["name"], split=season["split"], zones=tuple(n["zone"] for n in nodes), truth=truth,
                             features=features(self._arrays[f"readings_{i}"][rows], step_s=self._meta["step_s"], sites=sites),
                             step_s=self._meta["step_s"])
