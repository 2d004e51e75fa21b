"""What nodes are told of a weather station: by a gateway over its radio, by a simulation in one go; the same."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml

from bench.transport import START_MS, enrolled, farm_text, frame
from edge import core
from edge.agronomy.crops import extraterrestrial_radiation
from edge.agronomy.et0 import MJ_A_DAY, wind_at_2m
from edge.contract.channels import MISSING, channel, channel_names
from edge.core import ET0_UNKNOWN, NOTHING_HEARD
from edge.farm import Farm, parse_farm
from edge.gateway.intake import Intake
from edge.gateway.station import (
    AIR,
    MAST_M,
    Choice,
    Station,
    Stations,
    Sunshine,
    brightness,
    evapotranspiration,
    heard,
    said,
)
from edge.node.keys import Keys
from tests.edge.gateway.test_intake import Desk

HOUR, MINUTE = 3_600_000, 60_000
WEATHER = ["sht3x", "anemometer", "rain_gauge", "barometer"]
NOON_W = 500.0
LYON = {"latitude": 45.72, "elevation_m": 200}
JULY_15 = np.array([196])


def stations_farm(nodes: int = 2) -> str:
    """The bench's farm, its last node a weather station."""
    farm = yaml.safe_load(farm_text(nodes))
    farm["nodes"][-1]["sensors"] = [*WEATHER, "pyranometer"]
    return str(yaml.safe_dump(farm))


def place(**fields: float) -> Farm:
    """A farm somewhere."""
    return parse_farm(farm_text(1), source="farm").model_copy(update=fields)


def day_of(t_max: float, t_min: float, **of_both: float | tuple[float, float]) -> dict[str, np.ndarray]:
    """A day of two readings; what is not said is unknown."""
    air = {name: np.full((1, 2), np.nan) for name in AIR} | {"air_temperature": np.array([[t_max, t_min]])}
    return air | {name: np.broadcast_to(value, (1, 2)).astype(float) for name, value in of_both.items()}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path, farm=stations_farm())
    yield desk
    desk.close()


def days(readings: int, step_ms: int, sunny_h: float = 0) -> np.ndarray:
    """Two days and more of a station: warm afternoons, dry air, wind, a shower now and then, some readings missing; a
    pyranometer that works for the first `sunny_h` hours."""
    rng = np.random.default_rng(5)
    hours = np.arange(readings) * step_ms / HOUR
    raw = np.full((readings, len(channel_names())), MISSING, dtype=np.int16)
    values = {
        "air_temperature": 1800 + 700 * np.sin((hours - 9) / 24 * 2 * np.pi) + rng.normal(0, 20, readings),
        "humidity": 6000 - 2000 * np.sin((hours - 9) / 24 * 2 * np.pi),
        "wind": 210 + 100 * rng.random(readings),
        "rain": 20 * (rng.random(readings) < 0.05) * rng.integers(1, 30, readings),
        "solar_radiation": np.where(
            hours < sunny_h, np.maximum(NOON_W * np.sin((hours - 6) / 24 * 2 * np.pi), 0), np.nan
        ),
    }
    for name, value in values.items():
        column = channel_names().index(name)
        raw[:, column] = np.where(np.isnan(value), MISSING, np.rint(np.nan_to_num(value)))
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
    assert evapotranspiration(day_of(26.6, 14.8), JULY_15, place(**LYON))[0] == pytest.approx(4.56, abs=0.05)


@pytest.mark.parametrize(
    ("where", "day", "t", "humidity", "u2", "radiation", "et0"),
    [
        ((50.8, 100), 187, (21.5, 12.3), (63, 84), 2.078, 22.07, 3.88),
        ((13.73, 2), 105, (34.8, 25.6), (64.5, 64.5), 2.0, 22.65, 5.76),
    ],
    ids=["example 18, Uccle", "example 17, Bangkok without its soil heat"],
)
def test_measured_radiation_gives_fao_56_s_evapotranspiration(
    where: tuple[float, float],
    day: int,
    t: tuple[float, float],
    humidity: tuple[float, float],
    u2: float,
    radiation: float,
    et0: float,
) -> None:
    farm = place(latitude=where[0], elevation_m=where[1])
    wind = u2 / float(wind_at_2m(np.array(1.0), MAST_M))
    air = day_of(*t, humidity=humidity, wind=wind, solar_radiation=radiation / MJ_A_DAY)
    assert evapotranspiration(air, np.array([day]), farm)[0] == pytest.approx(et0, abs=0.04)


def test_what_a_station_measures_adjusts_what_is_reckoned_without() -> None:
    """Example 15: Lyon's 22.3 MJ/m2 of a July day are Hargreaves' usual, inland. Half of them come to half."""
    usual = brightness(day_of(26.6, 14.8, solar_radiation=22.3 / MJ_A_DAY), JULY_15, place(**LYON))[0]
    assert usual == pytest.approx(0.16, abs=0.001)
    dull = brightness(day_of(26.6, 14.8, solar_radiation=11.15 / MJ_A_DAY), JULY_15, place(**LYON))[0]
    assert dull == pytest.approx(usual / 2)
    sunshine = Sunshine()
    for _ in range(200):
        sunshine = sunshine.after(0.13)
    assert sunshine.adjustment == pytest.approx(0.13, abs=0.001)
    assert Sunshine().after(5.0) == Sunshine(adjustment=0.16 + (0.25 - 0.16) / 6, days=1), "a day is bounded"


@pytest.mark.parametrize("watts", [0.0, 520.0], ids=["in a bag", "more than comes from outside the air"])
def test_radiation_that_cannot_be_is_none(watts: float) -> None:
    farm, unmeasured = place(**LYON), day_of(26.6, 14.8)
    air = day_of(26.6, 14.8, solar_radiation=watts)
    assert np.isnan(brightness(air, JULY_15, farm)[0])
    assert evapotranspiration(air, JULY_15, farm) == evapotranspiration(unmeasured, JULY_15, farm)


def test_a_gateway_says_what_a_simulation_reckons(desk: Desk) -> None:
    """Readings of 50 hours, each known to the gateway when node 1 is told; once in half an hour, before the
    acknowledgement. Radiation is measured for 32 of them, and what its first day was like outlives a restart."""
    step_ms = 10 * MINUTE
    raw = days(300, step_ms, sunny_h=32)
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
    apart = np.abs(by_gateway - reckoned)[known][10:]
    assert (apart > 1).sum() <= 1, "once a day is whole, but for when its radiation has too large a gap"
    assert known.sum() > 50
    assert ((by_gateway != ET0_UNKNOWN) != (reckoned != ET0_UNKNOWN)).sum() <= 2, "when enough of a day is known"
    assert 20 < by_gateway[known].min() <= by_gateway[known].max() < 90
    learnt = desk.outbox.sunshine()["n2"]
    assert learnt.days == 1
    learnt_on = t[144:145].astype("datetime64[ms]").astype("datetime64[s]").item().timetuple().tm_yday
    outside = float(extraterrestrial_radiation(desk.farm.latitude, learnt_on))
    dull = NOON_W / np.pi * MJ_A_DAY / (np.sqrt(14.6) * outside)
    assert learnt.adjustment == pytest.approx(0.16 + (dull - 0.16) / 6, abs=0.001)
    usual = said(np.where(np.arange(raw.shape[1]) == channel("solar_radiation").id, MISSING, raw), t, desk.farm)
    less = usual[::3, 0].astype(int) - reckoned
    assert less[48:64].min() > 5, "dull days take less"
    assert less[72:].min() > 0, "and teach the gateway what the next are like"
    assert Stations(desk.farm, desk.outbox.sunshine()).et0("n2") is None


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
