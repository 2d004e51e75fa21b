"""Measured soil: whether cotton that was measured to be stressed was called dry, and how often good probes were called
faulty."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from edge.agronomy.crops import crop, soils
from edge.contract.channels import MISSING, Channel, channel, channel_names
from edge.contract.errors import CooeeError
from edge.core import TELEMETRY_DTYPE, NodeConfig, Nodes, Site
from edge.probe_trouble import Past, Probe, doubts
from edge.scoring import HOUR_MS, spells
from simulations.field.measured_plots import Plot
from simulations.field.plot_files import read_plots
from simulations.nodes.soil_probes import read_probes
from simulations.scoring.probe_flags import FLAG_GAP_H

from ..bootstrap import Tally
from .node import calls_at
from .weather import Tallies

LAYERS_CM = {"soil_moisture_10cm": 20, "soil_moisture_30cm": 40}
"""The layers (lower edge) in whose middle a node's probes are."""
SHALLOW_CM = 15
"""Down to here a probe is taken for the upper one of a node."""
YEAR_H = 8766.0
PROBE_STEP_S = 7200


@dataclass(frozen=True, kw_only=True)
class Tube:
    """A measured plot as a node: raw readings (1, hours, channels), straight from one measurement to the next; times of
    the hours (UTC ms), and the measurements: hour, and whether the crop was stressed."""

    plot: Plot
    readings: NDArray[np.int16]
    t: NDArray[np.int64]
    measured: tuple[tuple[int, bool], ...]

    @property
    def site(self) -> Site:
        """The soil that its own limits say, with the saturation of the texture that holds as much; p of its crop."""
        fc, wp = float(self.plot.layers.fc[0]), float(np.mean(self.plot.layers.wp))
        like = min(soils().values(), key=lambda soil: abs(soil.field_capacity - fc))
        return Site(
            field_capacity=fc,
            wilting_point=wp,
            saturation=max(like.saturation, fc + 0.05),
            depletion_fraction=self.plot.par["pbase"],
            planted_days=30,
            stages=crop("cotton").stages,
            kcb=crop("cotton").kcb,
            root_m=crop("cotton").root_m,
            drainage_h=like.drainage_h,
        )


def read_tubes(folder: Path) -> list[Tube]:
    """Plots with water measured in both layers of a node's probes; CooeeError where no plot has."""
    tubes = [tube for plot in read_plots(folder) if (tube := _tube(plot)) is not None]
    if not tubes:
        raise CooeeError(f"{folder}: no plot has water contents of the layers down to 20 and 40 cm")
    return tubes


def score_tubes(tubes: Sequence[Tube]) -> Tallies:
    """Measurements on which the crop was stressed (found: a call was open then) and was not (false)."""
    tallies: Tallies = {}
    for tube in tubes:
        called_by = calls_at(
            tube.plot.name, tube.readings, tube.t, kind="too_dry", channels=tuple(LAYERS_CM), site=tube.site
        )
        for (kind, who), calls in called_by.items():
            if kind != "too_dry":
                continue
            tally = tallies.setdefault((kind, who), Tally(unit="unstressed measurement"))
            for hour, stressed in tube.measured:
                called = any(call.raised <= tube.t[hour] < call.cleared for call in calls)
                tally.add(
                    tube.plot.name,
                    int(tube.t[hour]) // (24 * HOUR_MS),
                    troubles=stressed,
                    found=stressed and called,
                    calls=called,
                    false=called and not stressed,
                    exposure=not stressed,
                )
    return tallies


def score_probes(path: Path) -> Tallies:
    """A table of soil probes (simulations/nodes/soil_probes.py): flags of nodes on values that soil can have, and
    doubts of the page, by year of a probe. The values may be wrong; nobody knows."""
    table = read_probes(path)
    nodes, page = Tally(unit="probe-year"), Tally(unit="probe-year")
    day_zero = table.index[0].toordinal()
    doubted = _doubted(table)
    for name in map(str, table.columns):
        values = table[name].to_numpy(dtype=float)
        known = ~np.isnan(values)
        for day in np.unique(np.flatnonzero(known) * PROBE_STEP_S // 86_400):
            for tally in (nodes, page):
                tally.add(name, day_zero + int(day), exposure=24 / YEAR_H)
        t = np.arange(len(values), dtype=np.int64) * PROBE_STEP_S * 1000
        for tally, flagged in ((nodes, _flagged(name, values)), (page, doubted[name])):
            for start, _ in spells(flagged, t, FLAG_GAP_H):
                tally.add(name, day_zero + start // (24 * HOUR_MS), calls=1, false=1)
    return {("probe faulty", "node"): nodes, ("probe faulty", "page"): page}


def _tube(plot: Plot) -> Tube | None:
    days = sorted(day for day, water in plot.moisture.items() if set(LAYERS_CM.values()) <= water.keys())
    scored = [(day, ks < 1) for day, (_, ks) in sorted(plot.measured.items()) if day in days]
    if len(days) < 2 or not scored:
        return None
    hours = np.arange((days[-1] - days[0]) * 24 + 1)
    raw = np.full((1, len(hours), len(channel_names())), MISSING, dtype=np.int16)
    for name, edge in LAYERS_CM.items():
        water = np.interp(hours / 24 + days[0], days, [plot.moisture[day][edge] for day in days])
        raw[0, :, channel(name).id] = np.rint(water / channel(name).scale)
    began = (plot.first + timedelta(days=days[0])).toordinal()
    return Tube(
        plot=plot,
        readings=raw,
        t=np.asarray((began * 24 + hours) * HOUR_MS, dtype=np.int64),
        measured=tuple(((day - days[0]) * 24, stressed) for day, stressed in scored),
    )


def node_of(name: str) -> tuple[str, Channel]:
    """The node that a probe of a table would be of, as those of one side of a plot are, and what it calls it."""
    depth_cm = int("".join(c for c in name.split("|")[2] if c.isdigit()))
    of = channel("soil_moisture_10cm" if depth_cm <= SHALLOW_CM else "soil_moisture_30cm")
    return f"{name.rsplit('|', 1)[0]}|{name[-1]}", of


def _doubted(table: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Where the page would doubt each probe, held against the others of its plot."""
    plots: dict[str, dict[Probe, Past]] = defaultdict(dict)
    of: dict[Probe, str] = {}
    for name in map(str, table.columns):
        node, row = node_of(name)
        values = table[name].to_numpy(dtype=float)
        values = np.where((values >= row.low) & (values <= row.high), values, np.nan)
        probe = node, row.name
        plots[name.split("|")[0]][probe] = Past(low=values, high=values, mean=values)
        of[probe] = name
    return {
        of[probe]: np.asarray(np.logical_or.reduce([*why.values()]))
        for probes in plots.values()
        for probe, why in doubts(probes).items()
    }


def _flagged(name: str, moisture: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a node says that a probe is faulty whose value soil can have."""
    (_, row), known = node_of(name), ~np.isnan(moisture)
    raw = np.full((1, len(moisture), len(channel_names())), MISSING, dtype=np.int16)
    raw[0, known, row.id] = np.rint(moisture[known] / row.scale)
    telemetry = np.empty((1, len(moisture)), dtype=TELEMETRY_DTYPE)
    node = NodeConfig(address=1, boot=1, wake_interval_s=PROBE_STEP_S, channels=(row.name,))
    Nodes([node]).run(raw, 0, PROBE_STEP_S, telemetry)
    faulty = (telemetry["faults"][0] >> row.id & 1).astype(bool)
    with np.errstate(invalid="ignore"):
        return np.asarray(faulty & known & (moisture >= row.low) & (moisture <= row.high))
