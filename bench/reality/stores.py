"""Measured stores: ethylene beside what somebody saw of the fruit."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from edge.contract.channels import MISSING, channel, channel_names
from edge.contract.errors import CooeeError
from edge.core import Site
from edge.scoring import HOUR_MS, MONTH_H, Episode, spells

from ..bootstrap import Tally, count_events
from .node import calls_at
from .weather import Tallies

KIND = "ripening"
COLUMNS = ("time", "ethylene", "ripening")
STEPS_S = range(60, 3601)


def score_store(path: Path, tallies: Tallies) -> None:
    """Adds a store: a CSV file, gzipped or not, of `time` (ISO 8601, in equal steps of a minute to an hour), `ethylene`
    (ppm, empty where not measured) and `ripening` (1 while the produce ripens, else 0)."""
    table, t = _read(path)
    name = path.name.split(".")[0]
    ripening = table["ripening"].to_numpy(dtype=float) == 1
    troubles = [Episode(zone=name, kind=KIND, start=a, end=b) for a, b in spells(ripening, t, 24.0)]
    known = table["ethylene"].notna().to_numpy()
    called_by = calls_at(name, _raw(table["ethylene"]), t, kind=KIND, channels=("ethylene",), site=Site())
    for key, calls in called_by.items():
        tally = tallies.setdefault(key, Tally(unit="store-month"))
        for day, steps in zip(*np.unique(t[known] // (24 * HOUR_MS), return_counts=True), strict=True):
            tally.add(name, int(day), exposure=float(steps) * int(t[1] - t[0]) / HOUR_MS / MONTH_H)
        count_events(tally, troubles, calls, (), day=lambda ms: ms // (24 * HOUR_MS))


def _read(path: Path) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Ethylene and ripening, and their times on an unbroken grid, UTC ms."""
    try:
        table = pd.read_csv(path)
        missing = [column for column in COLUMNS if column not in table]
        if missing:
            raise ValueError(f"column {missing[0]} is missing")
        times = pd.DatetimeIndex(pd.to_datetime(table["time"], utc=True)).as_unit("ms")
        table = table[list(COLUMNS[1:])].astype(float)
    except (OSError, ValueError, TypeError) as error:
        raise CooeeError(f"{path}: {str(error).splitlines()[0]}; columns {', '.join(COLUMNS)} are needed") from None
    t = times.asi8.astype(np.int64)
    steps = np.diff(t)
    step = int(np.median(steps)) if len(steps) else 0
    if step // 1000 not in STEPS_S or (steps <= 0).any() or (steps % step != 0).any():
        raise CooeeError(f"{path}: times must rise in equal steps of a minute to an hour; leave a gap where one is")
    grid = np.arange(t[0], t[-1] + 1, step)
    return table.set_axis(t).reindex(grid), grid


def _raw(ppm: "pd.Series[float]") -> NDArray[np.int16]:
    row, known = channel("ethylene"), ppm.notna().to_numpy()
    raw = np.full((1, len(ppm), len(channel_names())), MISSING, dtype=np.int16)
    raw[0, known, row.id] = np.rint(np.clip(ppm.to_numpy()[known], row.low, row.high) / row.scale)
    return raw
