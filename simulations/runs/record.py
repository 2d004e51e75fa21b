"""A run as a data set, piece by piece: Parquet files of nodes, readings, features and truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from edge.contract.channels import MISSING, Channel, channels
from edge.contract.kinds import kinds
from edge.core import NOTHING_HEARD, Feature, Site, list_features
from edge.farm import Node
from edge.node.commission import site_of

from ..field.plant_weather import BASE_DEGF, growing_degree_days
from ..field.season import Field
from ..field.soil import planting_day
from ..nodes.battery import CRYSTAL_PPM, clock_drift_s
from ..rng import stream
from ..scoring.threshold_baseline import features_of
from ..time_grid import STEP_S, STEPS_A_DAY
from .bulk import Batch

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
