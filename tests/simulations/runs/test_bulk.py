"""Thousands of nodes give what one farm gives: neither pieces nor processes change a byte."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.contract.errors import CooeeError
from edge.farm import Farm, parse_farm, sample_farm_text
from edge.pieces import processes
from simulations.events import NOTHING, Events, Gas, Outage, ProbeFault, StuckValve
from simulations.field.season import Field, simulate
from simulations.nodes.faults import code
from simulations.runs import bulk
from simulations.runs.bulk import Batch, RunResult, run
from simulations.scenarios.replicate import replicate
from simulations.time_grid import STEPS_A_DAY
from simulations.weather.ten_minutes import whately

DAYS = 12
SAMPLE = parse_farm(sample_farm_text(), source="sample farm")
WEATHER = whately().season(7, 1, DAYS)


def key(result: RunResult) -> tuple[object, ...]:
    return (
        sorted(result.troubles, key=str),
        sorted(result.calls, key=str),
        sorted(result.faults, key=str),
        result.energy,
    )


def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "ZONES_A_PIECE", 2)
    monkeypatch.setattr(bulk, "NODES_AT_ONCE", 3)


def test_neither_pieces_nor_processes_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    farm, _ = replicate(SAMPLE, NOTHING, 31)
    whole = run(farm, WEATHER, 3)
    assert whole.calls
    assert whole.faults
    small_pieces(monkeypatch)
    assert len(bulk.pieces(farm)) > 3
    assert key(run(farm, WEATHER, 3)) == key(whole)
    with processes(2) as engine:
        assert key(run(farm, WEATHER, 3, engine=engine)) == key(whole)
    assert key(run(farm, WEATHER, 4)) != key(whole)


def test_pieces_read_what_the_whole_farm_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    season = simulate(SAMPLE, WEATHER, 3)
    rows = {node.id: row for row, node in enumerate(SAMPLE.nodes)}
    seen = set()

    def compare(folder: Path, number: int, field: Field, batches: Iterator[Batch]) -> None:
        for batch in batches:
            for node, readings, wrong in zip(batch.nodes, batch.readings, batch.wrong, strict=True):
                np.testing.assert_array_equal(readings, season.readings[rows[node.id]])
                np.testing.assert_array_equal(wrong, season.wrong[rows[node.id]])
                seen.add(node.id)

    small_pieces(monkeypatch)
    run(SAMPLE, WEATHER, 3, sink=compare)
    assert seen == set(rows)


def test_a_crowd_is_the_farm_many_times_over() -> None:
    events = Events(
        valves=(StuckValve(first=0, last=9, zone="tomatoes", state="open"),),
        gases=(Gas(first=0, last=9, zone="store", ul_h=1.0),),
        probes=(ProbeFault(first=0, last=9, node="apple-1", channel="ethylene", shape="jump"),),
    )
    farm, copied = replicate(SAMPLE, events, 30)
    # What a farm.yaml of this size would have to pass.
    nodes = [
        n.model_dump(exclude={"wake_interval_s"}) | {"wake_interval": f"{n.wake_interval_s} s"} for n in farm.nodes
    ]
    checked = Farm.model_validate(farm.model_dump(exclude={"nodes"}) | {"nodes": nodes})
    assert len(checked.nodes) == 30
    assert {z.id for z in farm.zones} == {
        "tomatoes",
        "apples",
        "store",
        "tomatoes-2",
        "apples-2",
        "store-2",
        "tomatoes-3",
        "apples-3",
    }
    assert [e.zone for e in copied.valves] == ["tomatoes", "tomatoes-2", "tomatoes-3"]
    assert replicate(SAMPLE, NOTHING, 5)[0].nodes == SAMPLE.nodes[:5]
    with pytest.raises(CooeeError, match="1 to 65534"):
        replicate(SAMPLE, NOTHING, 65_535)


def steps(first_day: float, last_day: float) -> dict[str, int]:
    return {"first": int(first_day * STEPS_A_DAY), "last": int(last_day * STEPS_A_DAY)}


def test_events_do_what_they_say() -> None:
    events = Events(
        valves=(StuckValve(zone="tomatoes", state="open", **steps(2, 6)),),
        gases=(Gas(zone="store", ul_h=3e6, **steps(4, 6)),),
        probes=(ProbeFault(node="tomato-1", channel="soil_moisture_10cm", shape="drift", size=0.01, **steps(3, 8)),),
    )
    plain, eventful = Field(SAMPLE, WEATHER, 3), Field(SAMPLE, WEATHER, 3, events)
    tomatoes, apples, store = (
        next(i for i, z in enumerate(SAMPLE.zones) if z.id == name) for name in ("tomatoes", "apples", "store")
    )
    assert eventful.truth["waterlogged"][tomatoes, 5 * STEPS_A_DAY]
    assert not plain.truth["waterlogged"][tomatoes].any()
    np.testing.assert_array_equal(eventful.depletion[apples], plain.depletion[apples])
    before, after = (f.sense([SAMPLE.node_by_id["store-1"]])[0][0, :, 3] for f in (plain, eventful))
    assert (after[5 * STEPS_A_DAY] - before[5 * STEPS_A_DAY]) * 0.01 > 10, (
        "ppm: 5 an hour for a day, a ninth of it leaves every hour"
    )
    assert store == 2
    node = SAMPLE.node_by_id["tomato-1"]
    honest = Field(SAMPLE, WEATHER, 3, Events(valves=events.valves))
    (drifted, wrong), (true, _) = eventful.sense([node]), honest.sense([node])
    part = slice(*steps(3, 8).values())
    error = (drifted[0, part, 0].astype(float) - true[0, part, 0]) * 1e-4
    fine = (drifted[0, part, 0] > 0) & (true[0, part, 0] > 0)
    assert np.abs(error - 0.01 * np.arange(len(error)) / STEPS_A_DAY)[fine].max() < 1.5e-4
    assert (wrong[0, part, 0] == code("drift")).all()


def test_a_gateway_that_is_off_hears_later() -> None:
    on = run(SAMPLE, WEATHER, 3)
    first = min(call.raised for call in on.calls)
    at = (first - int(WEATHER.start_ms)) // 600_000
    off = run(SAMPLE, WEATHER, 3, events=Events(outages=(Outage(first=at - 10, last=at + 100),)))
    assert len(off.calls) == len(on.calls)
    assert min(call.raised for call in off.calls) == WEATHER.start_ms + (at + 100) * 600_000
