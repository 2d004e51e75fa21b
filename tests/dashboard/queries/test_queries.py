"""What the pages are told: states of zones and sensors, judgements, episodes, and how fast it comes."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st

from cloud.block.past_readings import envelope
from cloud.farm_view import FarmView
from cloud.store import Store, open_store
from dashboard import FARM_VARIABLE, STORE_VARIABLE
from dashboard.queries.farm import farm_now
from dashboard.queries.past import history as measured
from dashboard.queries.past import past_troubles
from dashboard.queries.said import judge
from edge.contract.messages import JudgementVerdict
from edge.farm import Farm, load_farm, parse_farm, sample_farm_text
from tests.sqlite_work import counted

from ..farm_data import DAY, HOUR, NOW, call, clock, dry_block, fill, history, reading, stored

TOMATOES = ("tomato-1", "tomato-2", "tomato-3", "tomato-4", "tomato-weather")


def now() -> FarmView:
    st.cache_data.clear()
    st.cache_resource.clear()
    return farm_now()


def test_readings_are_no_news_and_a_silent_sensor_a_call_and_a_judgement_are(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    before = now()
    probe = farm.node_by_id["apple-1"]
    store.append(stored(farm, reading(farm, probe, NOW + 1, soil_moisture_30cm=0.2)))
    with_reading = now()
    assert with_reading.zones != before.zones
    assert with_reading.states == before.states
    store.append(stored(farm, call(farm, "apple-weather", "weather", "wind", NOW)))
    with_call = now()
    assert with_call.states != before.states
    judge(next(zone for zone in with_call.zones if zone.zone.id == "tomatoes").troubles[0].trouble, "right")
    judged = now()
    assert judged.states != with_call.states
    store.append(stored(farm, reading(farm, probe, NOW + 2, boot=2, faults=("soil_moisture_30cm",))))
    assert now().states != judged.states


def test_a_quiet_farm_is_fine(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    view = now()
    assert [zone.level for zone in view.zones] == ["fine"] * 3
    assert view.simulated
    assert view.now == NOW
    assert not view.empty


def test_silence_is_never_fine(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1, silent=TOMATOES)
    zone = now().zone("tomatoes")
    assert zone.level == "no_word"
    assert {sensor.state for sensor in zone.sensors} == {"dead"}
    assert zone.values == {}


def test_a_farm_that_was_never_heard(store: Store, farm: Farm) -> None:
    view = now()
    assert view.empty
    assert {zone.level for zone in view.zones} == {"no_word"}
    assert {sensor.state for zone in view.zones for sensor in zone.sensors} == {"never"}


def test_sensors_that_agree_are_one_trouble(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    view = now()
    (trouble,) = view.zone("tomatoes").troubles
    assert view.zones[0].zone.id == "tomatoes", "the worst comes first"
    assert len(trouble.trouble.calls) == 3
    assert trouble.trouble.began == NOW - 6 * HOUR
    assert trouble.level == "urgent"
    assert view.zone("apples").level == "fine"


def test_a_sensor_that_calls_alone_is_told_apart(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    alone = [m for m in dry_block(farm, NOW - 6 * HOUR) if m.node == "tomato-1"]
    store.append(stored(farm, *alone))
    (trouble,) = now().zone("tomatoes").troubles
    assert trouble.advice.why.endswith("The other soil sensors of this block see water enough.")


@pytest.mark.parametrize(("days", "left"), [(1, 1), (3, 0)])
def test_what_a_node_called_before_it_started_anew_ends_when_it_is_not_called_again(
    store: Store, farm: Farm, days: int, left: int
) -> None:
    fill(store, farm, days=1)
    store.append(stored(farm, *dry_block(farm, NOW)))
    later = NOW + days * DAY
    store.append(stored(farm, *(reading(farm, node, later, boot=9) for node in farm.nodes), clock(farm, later)))
    assert len(now().zone("tomatoes").troubles) == left


@pytest.mark.parametrize(
    ("verdict", "level", "day_later"),
    [("handled", "in_hand", "urgent"), ("wrong", "fine", "fine"), ("right", "urgent", "urgent")],
)
def test_judgements(store: Store, farm: Farm, verdict: JudgementVerdict, level: str, day_later: str) -> None:
    fill(store, farm, days=1)
    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    judge(now().zone("tomatoes").troubles[0].trouble, verdict)
    assert [j.verdict for j in store.judgements(farm.id, 0, NOW)] == [verdict] * 3
    judged = now().zone("tomatoes")
    assert judged.level == level
    assert judged.troubles[0].judgement is not None
    tomorrow = NOW + 40 * HOUR
    still = [m for m in dry_block(farm, NOW - 6 * HOUR, tomorrow) if m.t == tomorrow]
    rest = [reading(farm, node, tomorrow) for node in farm.nodes if node.zone != "tomatoes" or "weather" in node.id]
    store.append(stored(farm, *still, *rest, clock(farm, tomorrow)))
    assert now().zone("tomatoes").level == day_later


def test_a_sensor_that_joins_after_handling_needs_a_person_again(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    judge(now().zone("tomatoes").troubles[0].trouble, "handled")
    store.append(stored(farm, call(farm, "tomato-4", "soil", "too_dry", NOW)))
    assert now().zone("tomatoes").level == "urgent"


def test_episodes_join_sensors_and_end(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    start = NOW - 3 * DAY
    store.append(
        stored(
            farm,
            call(farm, "tomato-1", "soil", "too_dry", start),
            call(farm, "tomato-2", "soil", "too_dry", start + HOUR),
            call(farm, "tomato-1", "soil", "too_dry", start, t=start + 5 * HOUR, state="cleared"),
            call(farm, "tomato-2", "soil", "too_dry", start + HOUR, t=start + 9 * HOUR, state="cleared"),
            call(farm, "tomato-1", "soil", "too_dry", NOW - HOUR),
            call(farm, "apple-weather", "weather", "frost", start),  # its node lost its memory: the next raise ends it
            call(farm, "apple-weather", "weather", "frost", start + DAY),
            call(farm, "apple-weather", "weather", "frost", start + DAY, t=start + DAY + HOUR, state="cleared"),
        )
    )
    found = {(e.zone, e.kind, e.began): e for e in past_troubles(None, NOW - 5 * DAY, NOW + 1)}
    first = found["tomatoes", "too_dry", start]
    assert (first.nodes, first.ended) == (("tomato-1", "tomato-2"), start + 9 * HOUR)
    assert found["tomatoes", "too_dry", NOW - HOUR].ended is None
    assert [e.ended for e in found.values() if e.kind == "frost"] == [start + DAY + HOUR]
    assert past_troubles("apples", NOW - DAY, NOW + 1) == []


def test_the_farm_file_is_read_once_a_change(store: Store, farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store, farm, days=1)
    reads: list[Path] = []

    def counting(path: Path) -> Farm:
        reads.append(path)
        return load_farm(path)

    monkeypatch.setattr("edge.farm.file.load_farm", counting)
    for _ in range(3):
        now()
        past_troubles(None, NOW - DAY, NOW)
    assert len(reads) == 1
    Path(os.environ[FARM_VARIABLE]).write_text(sample_farm_text().replace("Hill Farm", "Dale Farm"), encoding="utf-8")
    assert now().farm.name == "Dale Farm, Whately"


def test_the_blocks_band_is_that_of_all_its_sensors(store: Store, farm: Farm) -> None:
    """One that History takes from the sensors' own lines, and one that the store gives, which counts each reading."""
    fill(store, farm, days=2)
    store.append(stored(farm, reading(farm, farm.node_by_id["tomato-1"], NOW, boot=3, soil_moisture_10cm=0.4)))
    ask = ("tomatoes", "soil_moisture_10cm", NOW - DAY, NOW, 100)
    whole = measured(*ask)
    own = [measured(*ask, node.id) for node in farm.nodes_of("tomatoes") if "soil_probe" in node.sensors]
    band = envelope(own)
    assert len(own) == 4
    assert (band.t, band.low, band.high) == (whole.t, whole.low, whole.high)
    assert max(band.high) == 0.4


def test_history_is_downsampled_and_complete(store: Store, farm: Farm) -> None:
    fill(store, farm, days=3)
    found = measured("tomatoes", "soil_moisture_10cm", NOW - 3 * DAY, NOW, 100)
    assert 95 <= len(found.t) <= 102
    assert found.t[-1] <= NOW
    assert NOW - found.t[-1] < 2 * (3 * DAY // 100)


def test_it_is_the_same_over_influxdb(
    influx: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = sample_farm_text().replace("id: whately", "id: page-over-influx", 1)
    (tmp_path / "farm.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv(FARM_VARIABLE, str(tmp_path / "farm.yaml"))
    monkeypatch.setenv(STORE_VARIABLE, influx("1.8.10"))
    farm = parse_farm(text, source="farm.yaml")
    store = open_store(influx("1.8.10"))
    fill(store, farm, days=1)
    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    assert [zone.level for zone in now().zones] == ["urgent", "fine", "fine"]
    assert measured("tomatoes", "soil_moisture_10cm", NOW - DAY, NOW, 100).t
    assert [e.kind for e in past_troubles("tomatoes", NOW - DAY, NOW + 1)] == ["too_dry"]
    judge(now().zone("tomatoes").troubles[0].trouble, "handled")
    assert now().zone("tomatoes").level == "in_hand"
    store.close()


def test_pages_read_no_more_of_200_000_readings_than_they_show(
    store: Store, farm: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """120 days of 12 sensors every 10 minutes: the first page reads the last days of soil alone, a zone's page its own
    readings once a channel."""
    days = 120
    for start in range(NOW - days * DAY, NOW, 10 * DAY):
        store.append(stored(farm, *history(farm, start, min(start + 10 * DAY, NOW + 1))))
    store.append(stored(farm, clock(farm), *dry_block(farm, NOW - 6 * HOUR)))
    assert store.counts(farm.id)["reading"] > 200_000
    with counted(monkeypatch) as work:
        view = now()
        assert work.steps < 1_000_000
        work.reset()
        sensors = view.zone("tomatoes").sensors
        shown = 0
        for channel in sorted({c for s in sensors for c in s.node.channels} - {"battery", "pressure"}):
            assert measured("tomatoes", channel, NOW - 180 * DAY, NOW, 180).t
            shown += days * 144 * len(sensors)
        past_troubles("tomatoes", NOW - 180 * DAY, NOW + 1)
        assert work.steps < 45 * shown
