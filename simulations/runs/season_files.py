"""What lies beside the data set of a run, of the season as a whole: weather, troubles, calls, faults and failures as
Parquet, and a README of units and provenance."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from edge.agronomy.disease_weather import leaf_wet, mills, tomcast
from edge.contract.channels import channels
from edge.core import list_features

from ..events import Events
from ..field.plant_weather import chill_portions, chill_units, dew_point, growing_degree_days, wet_bulb
from ..time_grid import STEP_S, STEPS_A_DAY
from ..weather.series import ARRAYS, Weather, daily
from .bulk import RunResult
from .record import UTC_MS


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
