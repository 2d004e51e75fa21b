"""Scenarios: those that come with the program do what their title says, and a broken file is answered in one line."""

from pathlib import Path

import numpy as np
import pytest

from edge.contract.errors import CooeeError
from simulations.events import Gas, StuckValve
from simulations.field.season import Field
from simulations.runs.bulk import RunResult, run
from simulations.scenarios.scenario import Scenario, load, names, title
from simulations.time_grid import STEPS_A_DAY
from simulations.weather.extremes import drought, frost_nights, gale, heat_wave, humid_days
from simulations.weather.ten_minutes import whately

TROUBLE = {
    "valve-stuck-closed": "too_dry",
    "valve-stuck-open": "waterlogged",
    "heat-wave": "too_dry",
    "radiation-frost": "frost",
    "black-frost": "frost",
    "frost-pocket": "frost",
    "gale": "wind",
    "blight-week": "disease",
    "kiwifruit-store": "ripening",
    "gateway-dead": "too_dry",
    "radio-storm": "too_dry",
    "flat-batteries": "frost",
}
NO_TROUBLE = {"ethylene-drift", "probe-pulled-out", "season", "another-year", "dutch-year", "rotten-bin"}


def played(name: str) -> tuple[Scenario, RunResult]:
    scenario = load(name)
    return scenario, run(scenario.farm, scenario.weather, 1, events=scenario.events)


def test_every_scenario_is_tried_here() -> None:
    assert set(names()) == TROUBLE.keys() | NO_TROUBLE
    assert all(title(name) for name in names())


@pytest.mark.parametrize("name", TROUBLE)
def test_the_trouble_of_a_scenario_happens_and_is_called(name: str) -> None:
    scenario, result = played(name)
    events: list[StuckValve | Gas] = [*scenario.events.valves, *scenario.events.gases]
    zones = {event.zone for event in events} or {zone.id for zone in scenario.farm.zones}
    mine = [e for e in result.troubles if e.kind == TROUBLE[name] and e.zone in zones]
    assert mine
    if events:
        first = scenario.weather.start_ms + 600_000 * min(event.first for event in events)
        assert any(e.start > first for e in mine)
    assert any(c.kind == TROUBLE[name] and c.zone in zones for c in result.calls)


def test_zones_of_an_orchard_have_their_own_frost_and_wind() -> None:
    scenario = load("frost-pocket")
    zones = [z.id for z in scenario.farm.zones]
    field = Field(scenario.farm, scenario.weather, 1)
    frost, wind = field.truth["frost"][:, 10 * STEPS_A_DAY :], field.truth["wind"]
    assert [z for z, steps in zip(zones, frost, strict=True) if steps.any()] == ["hollow", "beans"]
    assert [z for z, steps in zip(zones, wind, strict=True) if steps.any()] == ["slope", "hollow"]
    killed = dict(zip(zones, field.bud_kill[:, -1], strict=True))
    assert killed["hollow"] > 0.1 > killed["slope"] == 0


@pytest.mark.parametrize("name", ["ethylene-drift", "probe-pulled-out"])
def test_a_faulty_probe_is_told_in_the_truth(name: str) -> None:
    scenario, result = played(name)
    fault = scenario.events.probes[0]
    begins = scenario.weather.start_ms + 600_000 * fault.first
    assert (fault.node, fault.channel, fault.shape, begins) in [
        (spell.node, spell.channel, spell.kind, spell.start) for spell in result.faults
    ]


def test_flat_batteries_fail_on_cold_nights_and_nodes_boot_anew() -> None:
    scenario, result = played("flat-batteries")
    cut = {node for node, _, _ in result.powerless}
    assert cut == {"apple-weather", "apple-1", "apple-2", "tomato-weather", "store-1"}
    last = scenario.weather.start_ms + 20 * STEPS_A_DAY * 600_000
    assert all(end <= last for _, _, end in result.powerless), "then they get full cells"
    by_night = [(start // 3_600_000 - 5) % 24 for node, start, _ in result.powerless if node.startswith("apple")]
    assert len(by_night) > 3
    assert all(hour < 9 or hour > 20 for hour in by_night)
    boots = len(scenario.farm.nodes) + len(result.powerless)
    assert result.energy.messages["node", "hello"] == boots


def test_spells_change_only_their_days() -> None:
    calm = whately().season(5, 1, 10)
    inside, outside = (
        slice(4 * STEPS_A_DAY, 6 * STEPS_A_DAY),
        np.r_[0 : 4 * STEPS_A_DAY, 6 * STEPS_A_DAY : 10 * STEPS_A_DAY],
    )
    hot, dry, still = heat_wave(calm, 4, 2, degc=9), drought(calm, 4, 2), frost_nights(calm, 4, 2, degc=-3, calm=True)
    black, storm, wet = (
        frost_nights(calm, 4, 2, degc=-6, calm=False),
        gale(calm, 4, 2, gust=25),
        humid_days(calm, 4, 2, degc=17),
    )
    for spell in (hot, dry, still, black, storm, wet):
        for name in ("temperature", "humidity", "wind", "gust", "rain", "pressure"):
            np.testing.assert_array_equal(getattr(spell, name)[outside], getattr(calm, name)[outside])
            assert np.isfinite(getattr(spell, name)).all()
        assert (spell.humidity >= 0).all()
        assert (spell.humidity <= 100.5).all()
    rise = (hot.temperature - calm.temperature)[inside]
    assert rise.max() == pytest.approx(9, abs=0.01)
    assert dry.rain[inside].sum() == 0
    assert still.temperature[inside].min() == pytest.approx(-3, abs=0.1)
    assert still.temperature[inside].max() == calm.temperature[inside].max(), "days are as warm as they were"
    assert black.temperature[inside].min() == pytest.approx(-6, abs=0.1)
    assert black.wind[inside].min() < still.wind[inside].max() < 25
    assert storm.gust.max() == pytest.approx(25, rel=0.02)
    assert wet.temperature[inside][60:-60].min() >= 10
    assert (wet.humidity[inside][60:-60] >= 90).mean() > 0.4


def test_the_same_spell_twice_is_the_same() -> None:
    """Vapour pressures are rounded before they go on: no processor's last bit leaks in."""
    hot = heat_wave(whately().season(7, 1, 5), 1, 2, degc=8)
    np.testing.assert_array_equal(hot.temperature, np.round(hot.temperature, 6))


def test_weather_that_never_was_goes_by_the_seed() -> None:
    one, again, other = (load("another-year", days=30, seed=seed).weather for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.temperature, again.temperature)
    assert not np.array_equal(one.temperature, other.temperature)
    assert one.name == "like-whately-2015-1"


def test_weather_of_ones_own_station(tmp_path: Path) -> None:
    lines = ["when,temperature,rel_humidity,wind_speed,rainfall,pressure"]
    lines += [f"2021-06-{1 + i // 144:02d} {i % 144 // 6:02d}:{i % 6}0,15,70,2,0,1010" for i in range(3 * 144)]
    (tmp_path / "station.csv").write_text("\n".join(lines) + "\n")
    own = "weather: {file: station.csv, latitude: 50, elevation_m: 10, utc_offset_h: 1}\n"
    (tmp_path / "mine.yaml").write_text("title: T\nstart: 06-02\ndays: 2\n" + own)
    weather = load(str(tmp_path / "mine.yaml")).weather
    assert (weather.name, weather.days, weather.latitude) == ("station", 2, 50)
    (tmp_path / "mine.yaml").write_text("title: T\nstart: 06-02\ndays: 20\n" + own)
    with pytest.raises(CooeeError, match="weather station: has 3 days"):
        load(str(tmp_path / "mine.yaml"))


def test_weather_of_one_of_several_stations_and_of_days(tmp_path: Path) -> None:
    data = Path(__file__).parents[1] / "data" / "weather"
    own = "latitude: 51, elevation_m: 10, utc_offset_h: 0"
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        f"title: T\nstart: 09-10\ndays: 1\nweather: "
        f"{{file: {data}/vlinder_2022-09-10.csv.gz, station: vlinder16, {own}}}\n"
    )
    assert load(str(mine)).weather.name == "vlinder_2022-09-10-vlinder16"
    mine.write_text(f"title: T\nstart: 08-01\ndays: 1\nweather: {{file: {data}/knmi_debilt_1985-08.csv, {own}}}\n")
    with pytest.raises(
        CooeeError, match="has a line a day; a season needs weather every 10 minutes, or every hour at least"
    ):
        load(str(mine))


GOOD = "title: T\nstart: 06-01\ndays: 10\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("days: 10\n", r"title: is missing"),
        (GOOD + "dayz: 3\n", r"dayz: there is no such field \(found 3\)"),
        ("title: T\nstart: 31-12\n", r"start: write month and day, as in 04-15"),
        ("title: T\ndays: 0\n", r"days: must be at least 1 \(found 0\)"),
        ("title: T\nweather: mars\n", r"weather: must be 'whately-2015'.*\(found 'mars'\)"),
        ("title: [T\n", r"line 2: not YAML"),
        (GOOD + "events:\n  - {kind: meteor, day: 1, days: 1}\n", r"events\.1: 'kind' must be one of 'valve'"),
        (
            GOOD + "events:\n  - {kind: valve, zone: tomatoes, state: ajar, day: 1, days: 1}\n",
            r"events\.1\.valve\.state: .*\(found 'ajar'\)",
        ),
        (
            GOOD + "events:\n  - {kind: valve, zone: apples, state: open, day: 1, days: 1}\n",
            r"valve: zone is 'apples'; irrigated zones of the farm are tomatoes",
        ),
        (
            GOOD + "events:\n  - {kind: gas, zone: tomatoes, ul_h: 5, day: 1, days: 1}\n",
            r"gas: zone is 'tomatoes'; stores of the farm are store",
        ),
        (
            GOOD + "events:\n  - {kind: probe, node: n9, channel: wind, shape: stuck, day: 1, days: 1}\n",
            r"probe: node is 'n9'; nodes of the farm are tomato-1",
        ),
        (
            GOOD + "events:\n  - {kind: power, node: n9, day: 1, days: 1}\n",
            r"power: node is 'n9'; nodes of the farm are tomato-1",
        ),
        (
            GOOD + "events:\n  - {kind: cell, node: tomato-1, charge: 20, day: 1, days: 1}\n",
            r"events\.1\.cell\.charge: must be at most 1 \(found 20\)",
        ),
        (
            GOOD + "events:\n  - {kind: radio, loss: 1.5, day: 1, days: 1}\n",
            r"events\.1\.radio\.loss: must be at most 1 \(found 1.5\)",
        ),
        (
            GOOD + "events:\n  - {kind: probe, node: tomato-1, channel: wind, shape: stuck, day: 1, days: 1}\n",
            r"tomato-1 does not measure wind; it measures soil",
        ),
        (
            GOOD
            + "events:\n"
            + "  - {kind: probe, node: tomato-1, channel: soil_temperature, shape: swapped, day: 1, days: 1}\n",
            r"shape is swapped and channel 'soil_temperature'; "
            r"only soil_moisture_10cm and soil_moisture_30cm can be swapped",
        ),
        ("title: T\nstart: 12-20\ndays: 200\n", r"has 365 days, and day 353 to 553 was asked for"),
        ("title: T\nfarm: nowhere.yaml\n", r"nowhere.yaml: cannot be read"),
    ],
)
def test_a_broken_scenario_is_answered(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(CooeeError, match=message):
        load(str(path))


def test_a_scenario_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        GOOD + "events:\n  - {kind: gateway, day: 2, days: 1}\n  - {kind: gateway, day: 30, days: 1}\n"
    )
    scenario = load(str(tmp_path / "mine.yaml"), days=5)
    assert scenario.weather.days == 5
    assert [(o.first, o.last) for o in scenario.events.outages] == [(2 * STEPS_A_DAY, 3 * STEPS_A_DAY)]
    with pytest.raises(
        CooeeError, match="'nothing': there is no such file, and the names are another-year, black-frost"
    ):
        load("nothing")
