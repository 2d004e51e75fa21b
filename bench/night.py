"""How cold the air gets within six hours, as a node says it (feature air_temperature_min_6h): its weights, and how well
it knows. `python -m bench.night DATA`; DATA is a folder as `python -m simulations.runs.dataset DATA` writes it.

Weights come from the training seasons alone. What is said of other seasons and of measured stations was looked at
when they stood.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.training.datasets import SPLITS, DataSet
from edge.contract.channels import MISSING, channel_names
from edge.core import Site, feature_names, features

from .reality.cli import measured_stations

Floats = NDArray[np.float64]
AHEAD_H = 6
COLD_DEGC = 12.0
"""Hours with air below it: in warmer ones no frost is six hours away."""
FEATURE = "air_temperature_min_6h"
PARTS = ("air_temperature", "dew_point", "fast", "slow", "low", "high")
"""What the weights are of: now, dew point, averages of three hours and of a day, lowest and highest of the day."""
STARTS_H = (0, 7)
"""A node's half-days begin when it starts: nodes of one season start at different hours."""
STEP_S = 600
STEPS = AHEAD_H * 3600 // STEP_S
SETTLED = 2 * 86_400 // STEP_S
"""Steps until a node's averages are those of a day."""


def parts(readings: NDArray[np.int16]) -> tuple[Floats, Floats, Floats]:
    """Of one node, readings (steps, channels): PARTS (steps, parts), what it says, and what the air came to within six
    hours after, degC, NaN where unknown."""
    table = features(readings[None], step_s=STEP_S, sites=[Site()])[0].astype(float)
    table[table == -32768] = np.nan

    def of(name: str) -> Floats:
        return np.asarray(table[:, feature_names().index(name)] / 100)

    air = of("air_temperature")
    found = np.column_stack(
        [
            air,
            of("dew_point"),
            air - of("air_temperature_change_3h"),
            air - of("air_temperature_change_day"),
            of("air_temperature_day_min"),
            of("air_temperature_day_max"),
        ]
    )
    ahead = np.lib.stride_tricks.sliding_window_view(np.concatenate([air[1:], np.full(STEPS, np.nan)]), STEPS)
    return found, of(FEATURE), np.asarray(ahead.min(axis=1))


def cold(found: Floats, said: Floats, lowest: Floats) -> NDArray[np.bool_]:
    """Steps that count: cold, settled, and known six hours on."""
    usable = (found[:, 0] < COLD_DEGC) & ~np.isnan(found).any(axis=1) & ~np.isnan(said) & ~np.isnan(lowest)
    usable[:SETTLED] = False
    return np.asarray(usable)


def season_nodes(data_set: DataSet, split: str) -> Iterator[NDArray[np.int16]]:
    """Readings (steps, channels) of every weather node of a split, each as if started at another hour."""
    needed = channel_names().index("humidity")
    for run in data_set.runs:
        if run.split == split:
            some = [r for r in run.readings[STEP_S] if (r[:, needed] != MISSING).any()]
            for row, readings in enumerate(some):
                before = np.full((STARTS_H[row % len(STARTS_H)] * 3600 // STEP_S, readings.shape[1]), MISSING, np.int16)
                yield np.concatenate([before, readings])


def weights(nodes: Iterator[NDArray[np.int16]]) -> tuple[Floats, float]:
    """Of PARTS in the fall until the lowest, and what is added, degC; by least squares."""
    x, y = [], []
    for readings in nodes:
        found, said, lowest = parts(readings)
        usable = cold(found, said, lowest)
        x.append(np.column_stack([found[usable], np.ones(usable.sum())]))
        y.append(lowest[usable] - found[usable, 0])
    solved = np.linalg.lstsq(np.concatenate(x), np.concatenate(y), rcond=None)[0]
    return solved[:-1], float(solved[-1])


def score(nodes: Sequence[NDArray[np.int16]] | Iterator[NDArray[np.int16]]) -> dict[str, Any]:
    """How far off a node is six hours ahead: of all cold hours, and beside the plain "as cold as now"."""
    off, plain = [], []
    for readings in nodes:
        found, said, lowest = parts(readings)
        usable = cold(found, said, lowest)
        off.append((said - lowest)[usable])
        plain.append((found[:, 0] - lowest)[usable])
    error, before = np.concatenate(off), np.concatenate(plain)
    return {
        "hours": round(len(error) * STEP_S / 3600),
        "rmse_degc": round(float(np.sqrt(np.mean(error**2))), 2),
        "bias_degc": round(float(error.mean()), 2),
        "rmse_as_cold_as_now_degc": round(float(np.sqrt(np.mean(before**2))), 2),
    }


def main(data: Path) -> None:
    """Prints weights and figures."""
    data_set = DataSet(data)
    solved, added = weights(season_nodes(data_set, "train"))
    shown = dict(zip(PARTS, (256 * solved).round(1).tolist(), strict=True))
    print(f"weights * 256: {shown}; added: {added:.2f} degC")
    figures = {split: score(season_nodes(data_set, split)) for split in SPLITS}
    figures["stations"] = score(station.readings[0] for station in measured_stations())
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
