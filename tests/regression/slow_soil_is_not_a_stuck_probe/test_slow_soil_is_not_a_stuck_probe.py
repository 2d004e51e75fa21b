"""Healthy probes that show the third decimal only were called faulty in the driest weeks, when soil hardly moves."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from edge.contract.channels import MISSING, channel, channel_names
from edge.core import TELEMETRY_DTYPE, NodeConfig, Nodes

PROBES = Path(__file__).parents[2] / "simulations" / "data" / "soil" / "usses_decagon_vwc_2h.csv.gz"
"""41 probes of the US Sheep Experiment Station, Idaho, 2012 to 2016, every two hours (sheepweather, CC0)."""


def stuck_hours(moisture: NDArray[np.float64], name: str, step_s: int) -> NDArray[np.bool_]:
    """Steps at which a node says that a probe is faulty though it gave a plausible value, bool (probes, steps)."""
    rows = channel(name)
    raw = np.full((*moisture.shape, len(channel_names())), MISSING, dtype=np.int16)
    known = ~np.isnan(moisture)
    raw[..., rows.id][known] = np.rint(moisture[known] / rows.scale)
    nodes = Nodes(
        [NodeConfig(address=i + 1, boot=0, wake_interval_s=step_s, channels=(name,)) for i in range(len(moisture))]
    )
    telemetry = np.empty(moisture.shape, dtype=TELEMETRY_DTYPE)
    nodes.run(raw, 0, step_s, telemetry)
    faulty = (telemetry["faults"] >> rows.id & 1).astype(bool)
    return np.asarray(faulty & known & (moisture >= rows.low) & (moisture <= rows.high))


def test_soil_that_loses_a_fifth_of_a_thousandth_a_day() -> None:
    """It was faulty for 816 of 1,440 hours."""
    moisture = np.round(0.150 - 0.0002 * np.arange(24 * 60) / 24, 3)[None, :]
    assert stuck_hours(moisture, "soil_moisture_10cm", 3600).sum() == 0


def test_41_real_probes_are_hardly_ever_called_stuck() -> None:
    """Below one spell a probe and two years; it was five."""
    with gzip.open(PROBES, "rt") as text:
        table = pd.read_csv(text, index_col=0, parse_dates=True).resample("2h").first()
    spells = years = 0.0
    for depth, channel_name in ((5, "soil_moisture_10cm"), (25, "soil_moisture_30cm")):
        columns = [name for name in map(str, table) if int(name.split("|")[-1][:-1]) == depth]
        moisture = table[columns].to_numpy(dtype=float).T
        stuck = stuck_hours(moisture, channel_name, 7200)
        spells += (np.diff(stuck.astype(int), axis=1, prepend=0) == 1).sum()
        years += (~np.isnan(moisture)).sum() * 2 / 8766
    assert years > 100
    assert spells / (years / 2) < 0.3
