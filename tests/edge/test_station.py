"""What nodes are told of a weather station: by a gateway over its radio, by a simulation in one go; the same."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml

from bench.transport import START_MS, enrolled, farm_text, frame
from edge import core
from edge.contract.channels import MISSING, channel_names
from edge.core import ET0_UNKNOWN, NOTHING_HEARD
from edge.farm import Farm, parse_farm
from edge.intake import Intake
from edge.keys import Keys
from edge.station import Choice, Station, evapotranspiration, heard, said
from tests.edge.test_intake import Desk

HOUR, MINUTE = 3_600_000, 60_000
WEATHER = ["sht3x", "anemometer", "rain_gauge", "barometer"]


def stations_farm(nodes: int = 2) -> str:
    """The bench's farm, its last node a weather station."""
    farm = yaml.safe_load(farm_text(nodes))
    farm["nodes"][-1]["sensors"] = WEATHER
    return str(yaml.safe_dump(farm))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path, farm=stations_farm())
    yield desk
    desk.close()


def days(readings: int, step_ms: int) -> np.ndarray:
    """Two days and more of a station: warm afternoons, dry air, wind, a shower now and then, some readings missing."""
    rng = np.random.default_rng(5)
    hours = np.arange(readings) * step_ms / HOUR
    raw = np.full((readings, len(channel_names())), MISSING, dtype=np.int16)
    values = {
        "air_temperature": 1800 + 700 * np.sin((hours - 9) / 24 * 2 * np.pi) + rng.normal(0, 20, readings),
        "humidity": 6000 - 2000 * np.sin((hours - 9) / 24 * 2 * np.pi),
        "wind": 210 + 100 * rng.random(readings),
        "rain": 20 * (rng.random(readings) < 0.05) * rng.integers(1, 30, readings),
    }
    scale = {"air_temperature": 0.1, "humidity": 0.1, "wind": 1.0, "rain": 1.0}
    for name, value in values.items():
        column = channel_names().index(name)
        raw[:, column] = np.rint(value * scale[name])
        raw[rng.random(readings) < 0.02, column] = MISSING
    return raw


def telemetry(sequence: int, raw: np.ndarray) -> bytes:
    """A station's frame."""
    who = enrolled(2)
    values = {name: int(value) for name, value in zip(channel_names(), raw, strict=True) if value != MISSING}
    reading = core.Telemetry(address=2, incarnation=who.incarnation, boot=1, sequence=sequence, raw=values)
    return core.encode(reading, who.key)


def words(desk: Desk) -> list[core.WeatherFrame]:
    """What node 1 was told since the last look."""
    opened = [core.decode(a, enrolled(1).key) for a in desk.answers() if core.read_head(a).address == 1]
    return [frame for frame in opened if isinstance(frame, core.WeatherFrame)]


def test_evapotranspiration_with_missing_data_is_fao_56_s() -> None:
    """Example 20: Lyon in July, temperatures alone."""
    farm = parse_farm(farm_text(1), source="farm").model_copy(update={"latitude": 45.72, "elevation_m": 200})
    unknown = np.full((1, 2), np.nan)
    air = {"air_temperature": np.array([[26.6, 14.8]]), "humidity": unknown, "wind": unknown}
    assert evapotranspiration(air, np.array([196]), farm)[0] == pytest.approx(4.56, abs=0.05)


def test_a_gateway_says_what_a_simulation_reckons(desk: Desk) -> None:
    """Readings of 50 hours, each known to the gateway when node 1 is told; once in half an hour, before the
    acknowledgement."""
    step_ms = 10 * MINUTE
    raw = days(300, step_ms)
    t = START_MS + np.arange(len(raw)) * step_ms
    table = said(raw, t, desk.farm)
    told = []
    for step, at in enumerate(t.tolist()):
        desk.hear(telemetry(step, raw[step]), at=at)
        desk.answers()
        desk.hear(frame(1, 1, step, 0), at=at)
        told += [(step, word) for word in words(desk)]
    assert [step for step, _ in told] == list(range(0, 300, 3))
    assert [word.rain for _, word in told] == table[::3, 1].tolist()
    by_gateway = np.array([ET0_UNKNOWN if word.et0 is None else word.et0 for _, word in told])
    reckoned = table[::3, 0].astype(int)
    known = (by_gateway != ET0_UNKNOWN) & (reckoned != ET0_UNKNOWN)
    assert np.abs(by_gateway - reckoned)[known][2:].max() <= 1
    assert known.sum() > 50
    assert ((by_gateway != ET0_UNKNOWN) != (reckoned != ET0_UNKNOWN)).sum() <= 2, "when enough of a day is known"
    assert 20 < by_gateway[known].min() <= by_gateway[known].max() < 90


def test_a_gauge_goes_on_over_a_restart_and_counts_a_reading_once(desk: Desk) -> None:
    raw = days(1, HOUR)[0]
    raw[channel_names().index("rain")] = 520
    for _ in range(2):
        desk.hear(telemetry(0, raw))
    desk.intake = Intake(desk.farm, Keys(desk.folder), desk.radio, desk.outbox, desk.quarantine)
    desk.hear(frame(1, 1, 0, 0))
    assert words(desk) == [], "whether the station is still there is not known"
    desk.hear(telemetry(1, raw), at=START_MS + HOUR)
    desk.hear(frame(1, 1, 1, 0), at=START_MS + HOUR)
    assert [word.rain for word in words(desk)] == [104]


def test_the_nearest_station_is_told_of_or_the_zone_s_own(tmp_path: Path) -> None:
    farm = yaml.safe_load(farm_text(6))
    farm["zones"].append({**farm["zones"][0], "id": "other", "name": "Other"})
    for i, sensors in ((2, WEATHER), (4, WEATHER), (5, ["soil_probe", "rain_gauge"])):
        farm["nodes"][i]["sensors"] = sensors
    farm["nodes"][4]["zone"] = "other"
    farm["nodes"][1]["zone"] = "other"
    whole: Farm = parse_farm(yaml.safe_dump(farm), source="farm")
    choice = Choice(whole)
    of = {node.id: station.id if (station := choice.of(node)) else None for node in whole.nodes}
    assert of == {"n1": "n3", "n2": "n5", "n3": None, "n4": "n3", "n5": None, "n6": None}
    assert Choice(parse_farm(farm_text(2), source="farm")).of(whole.nodes[0]) is None


def test_nothing_is_heard_before_the_station_speaks_or_between_two_words() -> None:
    t = START_MS + np.arange(12) * 10 * MINUTE
    told = np.array([[30, 5], [31, 6]], dtype=np.uint16)
    rows = heard(told, t[[1, 6]], t)
    nothing = NOTHING_HEARD
    assert rows[:, 0].tolist() == [*[nothing] * 3, 30, nothing, nothing, 31, nothing, nothing, 31, nothing, nothing]
    assert rows[[3, 6], 1].tolist() == [5, 6]


def test_a_station_heard_for_an_hour_has_no_day() -> None:
    station = Station()
    for minute in range(60):
        station.hear(START_MS + minute * MINUTE, {"air_temperature": 20.0})
    assert station.et0(parse_farm(farm_text(1), source="farm")) is None
