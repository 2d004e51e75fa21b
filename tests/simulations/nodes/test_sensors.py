"""Sensors: what disturbs each, and what every fault does to a reading and says in the truth."""

from typing import Any

import numpy as np
import pytest

from edge.contract.channels import MISSING, channel, channels
from edge.farm import Node
from simulations.events import FAULTS, ProbeFault
from simulations.nodes.faults import HEALTHY, chances, code
from simulations.nodes.sensors import GAS_SENSORS, TIP_MM, sense

A_DAY = 144
STEPS = 60 * A_DAY
AIR = {
    "air_temperature": np.full(STEPS, 12.0),
    "humidity": np.full(STEPS, 70.0),
    "wind": np.full(STEPS, 3.0),
    "gust": np.full(STEPS, 5.0),
    "rain": np.zeros(STEPS),
    "pressure": np.full(STEPS, 1000.0),
}
SOIL = {
    "soil_moisture_10cm": np.linspace(0.30, 0.15, STEPS),
    "soil_moisture_30cm": np.full(STEPS, 0.28),
    "soil_temperature": np.full(STEPS, 18.0),
}
STORE = {
    "ethylene": np.full(STEPS, 1.0),
    "carbon_monoxide": np.zeros(STEPS),
    "ethanol": np.zeros(STEPS),
    "carbon_dioxide": np.full(STEPS, 400.0),
    "humidity": np.full(STEPS, 85.0),
}


def read(
    *sensors: str, seed: int = 1, faults: tuple[ProbeFault, ...] = (), **truth: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Readings in units (NaN where missing) and codes of what is wrong, by channel."""
    node = Node.model_validate(
        {"id": "n", "address": 1, "zone": "z", "position": (0, 0), "sensors": sensors, "wake_interval": "10 min"}
    )
    readings, wrong = (
        np.empty((STEPS, len(channels())), dtype=np.int16),
        np.empty((STEPS, len(channels())), dtype=np.uint8),
    )
    battery = {"battery": np.full(STEPS, 3.7)}
    sense(
        node,
        AIR | SOIL | STORE | battery | truth,
        readings,
        wrong,
        rng=np.random.default_rng(seed),
        steps_a_day=A_DAY,
        faults=faults,
    )
    values = {
        name: np.where(
            readings[:, channel(name).id] == MISSING, np.nan, readings[:, channel(name).id] * channel(name).scale
        )
        for name in node.channels
    }
    return values, {name: wrong[:, channel(name).id] for name in node.channels}


@pytest.fixture
def unbroken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulations.nodes.faults.chances", lambda name: ())
    monkeypatch.setattr("simulations.nodes.sensors.SWAPPED_AT_FIRST", 0.0)


def test_a_node_reads_what_it_carries() -> None:
    values, wrong = read("soil_probe")
    assert set(values) == {*SOIL, "battery"}
    assert all(np.isfinite(v).mean() > 0.9 for v in values.values())
    assert all(w.shape == (STEPS,) for w in wrong.values())


@pytest.mark.usefixtures("unbroken")
def test_forklifts_and_cleaning_raise_what_a_cell_reads() -> None:
    for sensor, cell in GAS_SENSORS.items():
        clean, _ = read(sensor)
        for gas, share in cell.answers.items():
            more: dict[str, Any] = {gas: STORE[gas] + 5}
            dirty, _ = read(sensor, **more)
            assert np.nanmedian(dirty["ethylene"] - clean["ethylene"]) == pytest.approx(
                5 * share, abs=0.25 * 5 * share + 0.006
            )


@pytest.mark.usefixtures("unbroken")
def test_a_metal_oxide_cell_is_the_worse_one() -> None:
    error = {
        sensor: np.mean([np.nanmean(np.abs(read(sensor, seed=seed)[0]["ethylene"][-A_DAY:] - 1)) for seed in range(20)])
        for sensor in GAS_SENSORS
    }
    assert error["ethylene_metal_oxide"] > 2 * error["ethylene_cell"]


@pytest.mark.usefixtures("unbroken")
def test_cups_stand_in_a_breath_and_freeze_in_until_it_thaws() -> None:
    values, _ = read("anemometer", wind=np.full(STEPS, 0.3))
    assert np.nanmax(values["wind"]) == 0
    cold = np.full(STEPS, -3.0)
    cold[30 * A_DAY :] = 4.0
    values, wrong = read("anemometer", air_temperature=cold, humidity=np.full(STEPS, 99.0))
    assert np.isnan(values["wind"][10]) or values["wind"][10] > 1
    assert (wrong["wind"][11 : 30 * A_DAY] == code("iced")).all()
    assert np.nanmax(values["wind"][11 : 30 * A_DAY]) == 0
    assert (wrong["gust"][30 * A_DAY :] == HEALTHY).all()
    assert np.nanmin(values["wind"][30 * A_DAY :]) > 1


@pytest.mark.usefixtures("unbroken")
def test_a_pyranometer_is_off_by_its_calibration_and_reads_nothing_at_night() -> None:
    sun = np.maximum(800 * np.sin(np.arange(STEPS) / A_DAY * 2 * np.pi), 0)
    ratios = []
    for seed in range(40):
        values, _ = read("pyranometer", seed=seed, solar_radiation=sun)
        assert np.nanmedian(values["solar_radiation"][sun == 0]) == 0
        ratios.append(np.nanmedian(values["solar_radiation"][sun > 400] / sun[sun > 400]))
    assert np.mean(ratios) == pytest.approx(1, abs=0.015)
    assert 0.015 < np.std(ratios) < 0.04


def test_one_more_sensor_changes_no_other() -> None:
    plain, _ = read("sht3x", "barometer")
    more, _ = read("sht3x", "barometer", "pyranometer", solar_radiation=np.full(STEPS, 300.0))
    assert all(np.array_equal(plain[name], more[name], equal_nan=True) for name in plain)


def test_a_bucket_counts_whole_tips_and_loses_rain_in_wind() -> None:
    rain = np.full(STEPS, 0.05)
    still, windy = (np.nansum(read("rain_gauge", rain=rain, wind=np.full(STEPS, ms))[0]["rain"]) for ms in (0.0, 5.0))
    assert still == pytest.approx(rain.sum(), rel=0.01)
    assert windy == pytest.approx(0.9 * rain.sum(), rel=0.01)
    tips = read("rain_gauge", rain=rain)[0]["rain"] / TIP_MM
    np.testing.assert_allclose(tips[~np.isnan(tips)], np.round(tips[~np.isnan(tips)]), atol=1e-9)


@pytest.mark.usefixtures("unbroken")
@pytest.mark.parametrize("shape", FAULTS)
def test_every_fault_shows_and_is_told(shape: str) -> None:
    spell = {"first": 20 * A_DAY, "last": 30 * A_DAY}
    name, sensor = {"iced": ("wind", "anemometer"), "clogged": ("rain", "rain_gauge")}.get(
        shape, ("soil_moisture_10cm", "soil_probe")
    )
    rain: dict[str, Any] = {"rain": np.full(STEPS, 0.2)}
    fault = ProbeFault(node="n", channel=name, shape=shape, size=0.05, **spell)  # type: ignore[arg-type]
    whole, sound = read(sensor, **rain)
    broken, wrong = read(sensor, faults=(fault,), **rain)
    inside, outside = slice(*spell.values()), np.r_[0 : spell["first"], spell["last"] : STEPS]
    assert (wrong[name][inside] == code(fault.shape)).all()
    assert (wrong[name][outside] == HEALTHY).all()
    assert (sound[name] == HEALTHY).all()
    np.testing.assert_array_equal(broken[name][outside], whole[name][outside])
    changed = broken[name][inside] != whole[name][inside]
    assert changed.mean() > 0.5
    match shape:
        case "dropout":
            assert np.isnan(broken[name][inside]).all()
        case "stuck":
            assert np.nanmax(broken[name][inside]) == np.nanmin(broken[name][inside])
        case "negative" | "implausible":
            assert np.nanmax(broken[name][inside]) < 0
        case "swapped":
            assert np.nanmedian(broken[name][inside]) == pytest.approx(
                np.nanmedian(whole["soil_moisture_30cm"]), abs=0.01
            )
        case "contact" | "sag":
            assert np.nanmedian(broken[name][inside]) < np.nanmedian(whole[name][inside])
        case "jump":
            assert np.nanmedian(broken[name][inside] - whole[name][inside]) == pytest.approx(0.05, abs=1e-3)


@pytest.mark.parametrize("name", ["soil_moisture_10cm", "ethylene", "air_temperature", "wind", "rain"])
def test_faults_come_as_often_as_their_chances_say(name: str) -> None:
    sensor = {
        "soil_moisture_10cm": "soil_probe",
        "ethylene": "ethylene_cell",
        "air_temperature": "sht3x",
        "wind": "anemometer",
        "rain": "rain_gauge",
    }[name]
    years = 400 * STEPS / A_DAY / 365.25
    seen: Any = 0
    for seed in range(400):
        wrong = read(sensor, seed=seed)[1][name].astype(np.int64)
        wrong[wrong == code("swapped")] = HEALTHY
        seen += np.count_nonzero((np.diff(wrong, prepend=0) != 0) & (wrong != HEALTHY))
    expected = sum(chance.a_year for chance in chances(name)) * years
    assert seen == pytest.approx(
        expected, abs=4 * np.sqrt(expected * max(1 + chance.unequal for chance in chances(name)))
    )


def test_drift_grows_with_its_days() -> None:
    fault = ProbeFault(node="n", channel="ethylene", shape="drift", size=0.1, first=0, last=STEPS)
    whole, broken = read("ethylene_cell")[0]["ethylene"], read("ethylene_cell", faults=(fault,))[0]["ethylene"]
    assert np.nanmean((broken - whole)[-A_DAY:]) == pytest.approx(0.1 * 59.5, abs=0.01)
