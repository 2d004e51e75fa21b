"""Whether the water filter tells a soil probe that drifts: `cooee bench limits drift`, rows of docs/LIMITS.md.

The filter says how far it has each probe beside the truth. A probe would be doubted when that moved by some amount in a
few weeks; or when it also moved as far away from the other probes of its depth in the zone. Simulated: the validation
seasons' probes with the field's errors, as they are (false until something else breaks: any) and with a drift from a
day on (found before it reads FOUND_BY beside itself). Measured: the probes that come with the program, of which nobody
knows the truth; the page's present rules doubt them 0.43 times a year (`cooee bench reality`).
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from edge.agronomy.crops import crop, soil
from edge.contract.channels import MISSING, channel, channel_names
from edge.core import Site, probe_offsets
from edge.node.commission import site_of
from edge.scoring import MONTH_H, spells
from simulations.field.season import Field
from simulations.field.stations import heard_by, told_in
from simulations.nodes.soil_probes import read_probes
from simulations.runs.dataset import PLANS, Plan, farm
from simulations.time_grid import STEP_S, STEPS_A_DAY

from .reality.soil import YEAR_H, node_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CHANNELS = tuple(channel(name) for name in ("soil_moisture_10cm", "soil_moisture_30cm"))
GRID_S = 7200
A_DAY = 86_400 // GRID_S
WEEKS, MOVED = (2, 4, 6), (0.015, 0.02, 0.03, 0.04)
"""What is tried: so far [m3/m3] in so many weeks."""
RATES = (0.001, 0.002, -0.001, -0.002)
"""m3/m3 a day, from FIRST_DAY on, in one probe at a time; a drift is to be found before it has come to FOUND_BY."""
FIRST_DAY, FOUND_BY = 60, 0.06
SETTLED_DAYS, APART_H = 21, 7 * 24.0
"""Of the filter, at a season's begin; and doubts that are less apart are one."""
LIKE = soil("silt_loam"), crop("apple")
"""What the measured probes are taken to stand in: nobody said, and other soils and crops make hardly a difference."""


@dataclass(frozen=True, kw_only=True)
class Probes:
    """Soil probes of some nodes, two each, on a grid of GRID_S: readings and what the filter makes of their offsets,
    m3/m3 (nodes, steps, 2), NaN where there are none; the zone of each node."""

    zones: tuple[str, ...]
    read: Floats
    offset: Floats

    @property
    def others(self) -> Floats:
        """Mean of the zone's other nodes, of the shape of `read`."""
        found = np.full(self.read.shape, np.nan)
        for row, zone in enumerate(self.zones):
            beside = [i for i, other in enumerate(self.zones) if other == zone and i != row]
            known = ~np.isnan(self.read[beside])
            total = np.where(known, self.read[beside], 0.0).sum(axis=0)
            found[row] = np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)
        return found


def moved(probes: Probes, others: Floats | None, weeks: int) -> Floats:
    """How far each probe's offset moved in some weeks, m3/m3 (nodes, steps, 2), 0 where that is not known; beside
    `others`, no farther than it went from them the same way."""

    def change(values: Floats) -> Floats:
        return np.nan_to_num(values[:, weeks * 7 * A_DAY :] - values[:, : -weeks * 7 * A_DAY])

    own = change(probes.offset)
    if others is not None:
        away = change(probes.read - others)
        own = np.where(own * away > 0, np.minimum(np.abs(own), np.abs(away)), 0.0)
    found = np.zeros(probes.read.shape)
    found[:, weeks * 7 * A_DAY :] = np.abs(own)
    return found


def doubts(flags: Bools) -> int:
    """Spells of flags (nodes, steps, 2)."""
    t = np.arange(flags.shape[1], dtype=np.int64) * GRID_S * 1000
    return sum(len(spells(own, t, APART_H)) for own in flags.transpose(0, 2, 1).reshape(-1, flags.shape[1]))


@dataclass(frozen=True, kw_only=True)
class Season:
    """A simulated season: its probes as they are, with a drift by rate, and where nothing has been wrong yet."""

    well: Bools
    probes: Probes
    drifting: dict[float, Probes]


def season(plan: Plan) -> Season:
    """Of a plan's soil probes."""
    whole = farm(plan)
    nodes = [node for node in whole.nodes if "soil_probe" in node.sensors]
    field = Field(whole, plan.weather(), plan.seed)
    readings, wrong = field.sense(nodes)
    heard = heard_by(told_in(whole, [whole])[0], field)(nodes, field.t)
    sites = [site_of(whole.zone_by_id[node.zone], field.first_day) for node in nodes]
    ids, last = [of.id for of in CHANNELS], slice(GRID_S // STEP_S - 1, None, GRID_S // STEP_S)
    drifted = np.clip(np.arange(len(field.t)) / STEPS_A_DAY - FIRST_DAY, 0, None)

    def probes(raw: NDArray[np.int16]) -> Probes:
        offset = probe_offsets(raw, step_s=STEP_S, sites=sites, heard=heard)
        return Probes(
            zones=tuple(node.zone for node in nodes),
            read=_known(raw[:, last][:, :, ids]),
            offset=_in_m3(offset[:, last]),
        )

    def drifting(rate: float) -> Probes:
        """Each of a node's probes in turn, the other as it is."""
        turns = []
        for of in CHANNELS:
            raw = readings.copy()
            raw[..., of.id] += np.where(raw[..., of.id] == MISSING, 0, np.rint(rate * drifted / of.scale)).astype(
                np.int16
            )
            turns.append(probes(raw))
        return replace(
            turns[0],
            read=np.stack([turn.read[..., place] for place, turn in enumerate(turns)], axis=2),
            offset=np.stack([turn.offset[..., place] for place, turn in enumerate(turns)], axis=2),
        )

    broken = np.maximum.accumulate(wrong[:, last][:, :, ids], axis=1) > 0
    return Season(well=~broken, probes=probes(readings), drifting={rate: drifting(rate) for rate in RATES})


def _known(raw: NDArray[np.int16]) -> Floats:
    return np.where(raw == MISSING, np.nan, _in_m3(raw))


def _in_m3(raw: NDArray[np.int16]) -> Floats:
    return np.asarray(raw * CHANNELS[0].scale, dtype=np.float64)


def measured() -> Probes:
    """The probes that come with the program."""
    with as_file(files("bench").joinpath("data", "soil", "usses_decagon_2014.csv.gz")) as file:
        table = read_probes(file)
    rows: dict[str, int] = {}
    raw = np.full((len(table.columns), len(table), len(channel_names())), MISSING, dtype=np.int16)
    for name in map(str, table.columns):
        node, of = node_of(name)
        values = table[name].to_numpy(dtype=float)
        known = (values >= of.low) & (values <= of.high)
        raw[rows.setdefault(node, len(rows)), known, of.id] = np.rint(values[known] / of.scale)
    raw = raw[: len(rows)]
    texture, grown = LIKE
    site = Site(
        field_capacity=texture.field_capacity,
        wilting_point=texture.wilting_point,
        saturation=texture.saturation,
        depletion_fraction=grown.p,
        planted_days=grown.days_after_planting(table.index[0].date()),
        stages=grown.stages,
        kcb=grown.kcb,
        root_m=grown.root_m,
        drainage_h=texture.drainage_h,
    )
    read = _known(raw[:, :, [of.id for of in CHANNELS]])
    offset = _in_m3(probe_offsets(raw, step_s=GRID_S, sites=[site] * len(rows)))
    offset[np.isnan(read)] = np.nan
    return Probes(zones=tuple(node.split("|")[0] for node in rows), read=read, offset=offset)


def in_words(seasons: Sequence[Season], real: Probes, weeks: int, far: float, *, beside: bool) -> str:
    """A row of docs/LIMITS.md."""
    settled, months, false = SETTLED_DAYS * A_DAY, 0.0, 0
    found = dict.fromkeys(RATES, 0)
    probes = 0
    for one in seasons:
        others = one.probes.others if beside else None
        well = one.well[:, settled:]
        false += doubts((moved(one.probes, others, weeks)[:, settled:] > far) & well)
        months += well.sum() * GRID_S / 3600 / MONTH_H
        whole = one.well[:, -1]
        probes += int(whole.sum())
        for rate, drifting in one.drifting.items():
            until = round(FIRST_DAY + FOUND_BY / abs(rate))
            seen = moved(drifting, others, weeks)[:, FIRST_DAY * A_DAY : until * A_DAY] > far
            found[rate] += int((seen.any(axis=1) & whole).sum())
    years = (~np.isnan(real.read)).sum() * GRID_S / 3600 / YEAR_H
    doubted = doubts(moved(real, real.others if beside else None, weeks) > far) / years
    shares = ", ".join(f"{rate:+.3f} a day {count / probes:.2f}" for rate, count in found.items())
    return (
        f"{far:g} m3/m3 in {weeks} weeks{', and away from the others' if beside else ''}: found {shares}; false "
        f"{false / months:.4f} a probe-month; measured probes doubted {doubted:.2f} times a year"
    )


def rows() -> Iterator[str]:
    """Of every change that is tried."""
    seasons = [season(plan) for plan in PLANS if plan.split == "validation"]
    real = measured()
    for beside, weeks, far in itertools.product((False, True), WEEKS, MOVED):
        yield in_words(seasons, real, weeks, far, beside=beside)
