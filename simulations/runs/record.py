"""A run as a data set: Parquet files of readings, features, truth and events, with a README of units and provenance."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from edge.commission import site_of
from edge.contract.channels import MISSING, Channel, channels
from edge.contract.kinds import kinds
from edge.core import NOTHING_HEARD, Feature, Site, list_features
from edge.disease_weather import leaf_wet, mills, tomcast
from edge.farm import Node

from ..events import Events
from ..field.plant_weather import BASE_DEGF, chill_portions, chill_units, dew_point, growing_degree_days, wet_bulb
from ..field.season import Field
from ..field.soil import planting_day
from ..nodes.battery import CRYSTAL_PPM, clock_drift_s
from ..rng import stream
from ..scoring.threshold_baseline import features_of
from ..time_grid import STEP_S, STEPS_A_DAY
from ..weather.series import ARRAYS, Weather, daily
from .bulk import Batch, RunResult

UTC_MS = pa.timestamp("ms", tz="UTC")
SITE = tuple(field.name for field in fields(Site))


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """Writes each piece of a run into its own files of a folder; other processes may write theirs."""

    with_features: bool

    def __call__(self, folder: Path, number: int, field: Field, batches: Iterator[Batch]) -> None:
        """Writes one piece while its batches go by."""
        _write(folder / "nodes" / f"piece-{number:04d}.parquet", iter([_nodes(field)]))
        _write(
            folder / "truth" / f"piece-{number:04d}.parquet",
            (_truth(field, row) for row in range(len(field.farm.zones))),
        )
        readings = _Part(folder / "readings" / f"piece-{number:04d}.parquet")
        computed = _Part(folder / "features" / f"piece-{number:04d}.parquet")
        for batch in batches:
            readings.append(_readings(batch))
            if self.with_features:
                computed.append(_features(batch))
        readings.close()
        computed.close()


class _Part:
    """A Parquet file that is there once it has a row."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def append(self, table: pa.Table) -> None:
        if self._writer is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd")
        self._writer.write_table(table)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def _write(path: Path, tables: Iterator[pa.Table]) -> None:
    part = _Part(path)
    for table in tables:
        part.append(table)
    part.close()


def _nodes(field: Field) -> pa.Table:
    sites = [site_of(field.farm.zone_by_id[node.zone], field.first_day) for node in field.farm.nodes]
    columns = {
        name: [getattr(node, name) for node in field.farm.nodes]
        for name in ("id", "zone", "wake_interval_s", "channels", "sentinels")
    } | {"irrigated": [field.farm.zone_by_id[node.zone].irrigation is not None for node in field.farm.nodes]}
    return pa.table(
        {"node" if name == "id" else name: values for name, values in columns.items()}
        | {name: [getattr(site, name) for site in sites] for name in SITE}
        | {"clock_ahead_s": np.array([_clock_ahead_s(field, node) for node in field.farm.nodes], dtype=np.float32)}
    )


def _clock_ahead_s(field: Field, node: Node) -> float:
    """At the season's end, of a clock that nobody has set since its beginning."""
    crystal_ppm = stream(field.seed, f"crystal {node.address}").normal(0, CRYSTAL_PPM)
    return float(clock_drift_s(field.values(node.zone)["air_temperature"], STEP_S, offset_ppm=crystal_ppm)[-1])


def _readings(batch: Batch) -> pa.Table:
    table = _raw(batch, batch.readings, channels())
    et0, gauge = batch.heard.reshape(-1, 2).T
    nothing = et0 == NOTHING_HEARD
    for name, unit, values in (("heard_et0", "0.1 mm/d", et0), ("heard_gauge", "0.1 mm", gauge)):
        table = table.append_column(
            pa.field(name, pa.uint16(), metadata={"unit": unit}), pa.array(values, mask=nothing)
        )
    return table


def _features(batch: Batch) -> pa.Table:
    computed = features_of(
        batch.field.farm, batch.nodes, batch.readings, batch.heard, _step_s(batch), batch.field.first_day
    )
    return _raw(batch, computed, list_features())


def _raw(batch: Batch, values: NDArray[np.int16], columns: Sequence[Channel | Feature]) -> pa.Table:
    """Raw int16 (nodes, steps, columns), empty where missing; unit and scale are in a column's metadata."""
    raw = values.reshape(-1, values.shape[-1])
    table = pa.table(_keys(batch))
    for c in columns:
        field = pa.field(c.name, pa.int16(), metadata={"unit": c.unit, "scale": f"{c.scale:g}"})
        table = table.append_column(field, pa.array(raw[:, c.id], mask=raw[:, c.id] == MISSING))
    return table


def _keys(batch: Batch) -> dict[str, pa.Array]:
    steps = batch.readings.shape[1]
    t = batch.field.t[:: _step_s(batch) // STEP_S]
    return {
        "node": _repeated([node.id for node in batch.nodes], steps),
        "t": pa.array(np.tile(t, len(batch.nodes)), type=UTC_MS),
    }


def _step_s(batch: Batch) -> int:
    every: int = round(len(batch.field.t) / batch.readings.shape[1])
    return STEP_S * every


def _truth(field: Field, row: int) -> pa.Table:
    return pa.table(
        {
            "zone": _repeated([field.farm.zones[row].id], len(field.t)),
            "t": pa.array(field.t, type=UTC_MS),
            **{kind: field.truth[kind][row] for kind in kinds()},
            **{f"nearly_{kind}": field.nearly[kind][row] for kind in kinds()},
            "in_ground": np.repeat(field.in_ground[row], STEPS_A_DAY),
            "depletion_mm": field.depletion[row].astype(np.float32),
            "readily_available_mm": np.repeat(field.raw[row], STEPS_A_DAY).astype(np.float32),
            "runoff_mm_a_day": np.repeat(field.runoff[row], STEPS_A_DAY).astype(np.float32),
            "degree_days": np.repeat(_degree_days(field, row), STEPS_A_DAY).astype(np.float32),
            "buds_killed": np.repeat(field.bud_kill[row], STEPS_A_DAY).astype(np.float32),
        }
    )


def _degree_days(field: Field, row: int) -> NDArray[np.float64]:
    """Warmth since a zone's crop was planted or leafed out, degC days above its base, (days,); NaN without a base or a
    field."""
    zone = field.farm.zones[row]
    if zone.store or zone.crop not in BASE_DEGF:
        return np.full(field.weather.days, np.nan)
    air = field.values(zone.id)["air_temperature"].reshape(-1, STEPS_A_DAY)
    above = growing_degree_days(air.max(axis=1), air.min(axis=1), (BASE_DEGF[zone.crop] - 32) / 1.8)
    return np.cumsum(np.where(np.arange(len(above)) >= planting_day(zone, field.weather), above, 0.0))


def _repeated(names: Sequence[str], times: int) -> pa.DictionaryArray:
    places: NDArray[np.int32] = np.repeat(np.arange(len(names), dtype=np.int32), times)
    return pa.DictionaryArray.from_arrays(places, pa.array(names))


def write_weather(folder: Path, weather: Weather) -> None:
    """The weather itself and what it means to plants: weather.parquet by step, days.parquet by day."""
    wet = leaf_wet(weather.humidity, weather.rain)
    step_h = STEP_S / 3600
    by_step = {name: getattr(weather, name) for name in ARRAYS} | {
        "dew_point": dew_point(weather.temperature, weather.humidity),
        "wet_bulb": wet_bulb(weather.temperature, weather.humidity),
        "leaf_wet": wet,
        "scab_infection": mills(weather.temperature, wet, step_h).astype(np.int8),
    }
    pq.write_table(
        pa.table(
            {"t": pa.array(weather.times_ms(), type=UTC_MS)}
            | {
                name: values.astype(np.float32) if values.dtype == np.float64 else values
                for name, values in by_step.items()
            }
        ),
        folder / "weather.parquet",
        compression="zstd",
    )
    temperature = weather.temperature[: weather.days * STEPS_A_DAY].reshape(weather.days, STEPS_A_DAY)
    chill = chill_units(weather.temperature, step_h)[: temperature.size].reshape(temperature.shape).sum(axis=1)
    portions = (
        chill_portions(temperature.reshape(weather.days * 24, -1).mean(axis=1)).reshape(weather.days, 24).sum(axis=1)
    )
    columns = {
        "et0_mm": daily(weather).et0,
        "chill_units": chill,
        "chill_portions": portions,
        "early_blight_severity": tomcast(weather.temperature, wet, STEP_S).astype(np.float64),
        "degree_days_above_10": growing_degree_days(temperature.max(axis=1), temperature.min(axis=1), 10.0),
    }
    pq.write_table(
        pa.table(
            {"t": pa.array(weather.times_ms()[::STEPS_A_DAY][: weather.days], type=UTC_MS)}
            | {name: values.astype(np.float32) for name, values in columns.items()}
        ),
        folder / "days.parquet",
        compression="zstd",
    )


def write_events(folder: Path, result: RunResult) -> None:
    """Troubles, calls and faults of the whole run."""
    tables: dict[str, list[dict[str, Any]]] = {
        "troubles": sorted((asdict(e) for e in result.troubles), key=lambda r: (r["zone"], r["kind"], r["start"])),
        "nearly": sorted((asdict(e) for e in result.nearly), key=lambda r: (r["zone"], r["kind"], r["start"])),
        "calls": sorted((asdict(c) for c in result.calls), key=lambda r: (r["node"], r["kind"], r["raised"])),
        "faults": sorted((asdict(f) for f in result.faults), key=lambda r: (r["node"], r["channel"], r["start"])),
    }
    columns = {
        "troubles": ("zone", "kind", "start", "end"),
        "nearly": ("zone", "kind", "start", "end"),
        "calls": ("zone", "node", "kind", "raised", "cleared"),
        "faults": ("node", "channel", "kind", "start", "end"),
    }
    for name, rows in tables.items():
        pq.write_table(
            pa.table(
                {
                    c: pa.array(
                        [row[c] for row in rows],
                        type=UTC_MS if c in ("start", "end", "raised", "cleared") else pa.string(),
                    )
                    for c in columns[name]
                }
            ),
            folder / f"{name}.parquet",
            compression="zstd",
        )


def write_failures(folder: Path, events: Events, result: RunResult, start_ms: int) -> None:
    """failures.parquet: spells of bad air (`radio`), without a gateway (`gateway`), and of nodes without power
    (`power`)."""
    step_ms = STEP_S * 1000
    rows: list[tuple[str, str | None, int, int]] = [("power", *cut) for cut in sorted(result.powerless)]
    rows += [
        ("radio", None, start_ms + radio.first * step_ms, start_ms + radio.last * step_ms) for radio in events.radio
    ]
    rows += [
        ("gateway", None, start_ms + outage.first * step_ms, start_ms + outage.last * step_ms)
        for outage in events.outages
    ]
    columns = {"what": pa.string(), "node": pa.string(), "start": UTC_MS, "end": UTC_MS}
    pq.write_table(
        pa.table(
            {name: pa.array([row[i] for row in rows], type=kind) for i, (name, kind) in enumerate(columns.items())}
        ),
        folder / "failures.parquet",
        compression="zstd",
    )


def readme(*, title: str, command: str, weather: str, seed: int, with_features: bool) -> str:
    """What the files and columns of a run mean, in Markdown."""
    lines = [
        "# A simulated season",
        "",
        title,
        "",
        f"Made by `{command}`; weather {weather}, seed {seed}. The same command gives the same bytes.",
        "Everything here is simulated; the weather was measured (source: simulations/data/README.md), with what the "
        "scenario put on it; weather "
        "called like-... was drawn from a measured year, and climate-... was generated from statistics of many.",
        "",
        "- nodes/: the nodes, their zone, channels and sentinels, whether it is irrigated, and the soil and crop that "
        "their firmware is given (edge.core.Site), "
        "and how far their clocks are ahead at the end, s.",
        "- readings/: what every node read, one row a node and wake, as whole numbers (int16); value = number x scale "
        "(the table below, and each column's metadata); empty where it read nothing. `t` is UTC. heard_et0 and "
        "heard_gauge: what the gateway told it then of a weather station (docs/SPEC.md, frame 13).",
        "- truth/: what was so in every zone, one row a zone and 10 minutes: each kind of trouble, whether it was "
        "close to it (nearly_...), whether a crop is "
        "in the ground, "
        "root-zone depletion and readily "
        "available water in mm, what ran off that day in mm, degree days (degC) above the crop's base since planting "
        "or leaf-out, "
        "share of an apple's flower buds that frosts have killed so far.",
        "- troubles.parquet: spells of trouble, as they are scored; calls.parquet: the nodes' calls; faults.parquet: "
        "when a probe was "
        "wrong; failures.parquet: bad air, hours without a gateway, nodes without power.",
        "- weather.parquet: temperature, dew point and wet bulb degC, humidity %, wind and gust m/s, rain mm a step, "
        "pressure hPa, radiation "
        "W/m2, wet leaves, apple scab infection so far (0 none to 3 heavy, Mills); days.parquet: reference "
        "evapotranspiration, Utah chill "
        "units, chill portions (Dynamic model), severity values of early blight of tomato (TOMCAST; sprays are due "
        "at sums of 15 to 20), degree "
        "days above 10 degC.",
        "- score.json, report.html: how the calls did.",
        "",
        "| reading | unit | scale |",
        "|---|---|---|",
    ]
    lines += [f"| {c.name} | {c.unit} | {c.scale:g} |" for c in channels()]
    if with_features:
        lines += [
            "",
            "features/: what the nodes' C core makes of the readings; value = number x scale.",
            "",
            "| feature | unit | scale |",
            "|---|---|---|",
        ]
        lines += [f"| {f.name} | {f.unit} | {f.scale:g} |" for f in list_features()]
    return "\n".join(lines) + "\n"
