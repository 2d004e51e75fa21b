"""Troubles of the air, made by hand: Hutton's criterion, and what ripens in a store."""

from dataclasses import replace

import numpy as np
import pytest

from edge.farm import ColdStore, Zone, parse_farm, sample_farm_text
from simulations.field import store_air as fruit
from simulations.field.air import air_troubles, crop_air
from simulations.field.season import Field
from simulations.time_grid import STEPS_A_DAY
from simulations.weather.series import Weather
from simulations.weather.ten_minutes import whately

HOUR = STEPS_A_DAY // 24


def still_july() -> Weather:
    """Six dry warm days."""
    weather = whately().season(7, 1, 6)
    same = np.ones(len(weather.temperature))
    return replace(weather, temperature=15 * same, humidity=60 * same, gust=2 * same, wind=same)


def humid(weather: Weather, day: int, hours: float) -> None:
    weather.humidity[day * STEPS_A_DAY : day * STEPS_A_DAY + round(hours * HOUR)] = 95


def test_two_days_of_six_humid_hours_are_blight_weather() -> None:
    weather = still_july()
    humid(weather, 2, 6)
    humid(weather, 3, 6)
    disease = air_troubles(weather, crop_air(weather, 0, 0))["disease"]
    assert disease.any()
    assert disease.argmax() == 3 * STEPS_A_DAY + 6 * HOUR - 1, "known with the sixth humid hour of the second day"


@pytest.mark.parametrize(("first", "second", "coldest"), [(6, 5.5, 15.0), (5.5, 6, 15.0), (6, 6, 9.9), (0, 11, 15.0)])
def test_less_is_not(first: float, second: float, coldest: float) -> None:
    weather = still_july()
    humid(weather, 2, first)
    humid(weather, 3, second)
    weather.temperature[2 * STEPS_A_DAY + 30] = coldest
    assert not air_troubles(weather, crop_air(weather, 0, 0))["disease"].any()


def test_a_sound_lot_stays_in_what_stores_hold_and_a_ripening_one_rises() -> None:
    weather = whately().season(4, 15, 120)
    hour = np.arange(len(weather.temperature)) % STEPS_A_DAY / HOUR
    zone = Zone(id="store", name="Store", crop="apple", area_ha=0.1, store=ColdStore(volume_m3=600, load_kg=90_000))
    rises = []
    for room in fruit.fill(
        [
            fruit.season_of(
                zone,
                rng=np.random.Generator(np.random.PCG64(seed)),
                outside=weather.temperature,
                hour=hour,
                step_s=600,
                gas_ul_h=np.zeros(len(hour)),
            )
            for seed in range(12)
        ]
    ):
        assert 0.01 < np.median(room.gases["ethylene"][~room.ripening]) < 30
        if room.ripening.any():
            rises.append(
                np.median(room.gases["ethylene"][room.ripening]) / np.median(room.gases["ethylene"][~room.ripening])
            )
    assert len(rises) >= 6
    assert min(rises) > 1.5


def test_kiwifruit_is_harmed_by_what_comes_in_from_next_door() -> None:
    """Steady state of a closed room: 18,000 uL/h into 300 m3 that change 0.12 times an hour is 0.5 ppm."""
    zone = Zone(id="store", name="Store", crop="kiwifruit", area_ha=0.1, store=ColdStore(volume_m3=300, load_kg=30_000))
    night, outside = np.full(5 * STEPS_A_DAY, 2.0), np.full(5 * STEPS_A_DAY, 10.0)
    gas = np.where(np.arange(len(night)) >= 2 * STEPS_A_DAY, 18_000.0, 0.0)
    (room,) = fruit.fill(
        [
            fruit.season_of(
                zone, rng=np.random.Generator(np.random.PCG64(1)), outside=outside, hour=night, step_s=600, gas_ul_h=gas
            )
        ]
    )
    own = room.gases["ethylene"][2 * STEPS_A_DAY - 1]
    assert 0.01 < own < 0.1
    assert not room.ripening[: 2 * STEPS_A_DAY].any()
    assert room.gases["ethylene"][-1] - own == pytest.approx(0.5, rel=0.01)
    assert room.ripening[-1]


def test_whatever_is_a_trouble_is_close_to_one() -> None:
    """A farm's season: no step is troubled that is not close to trouble, and every kind comes closer than it
    happens."""
    field = Field(parse_farm(sample_farm_text(), source="sample"), whately().season(4, 15, 120), seed=1)
    for kind in ("too_dry", "ripening", "frost", "wind"):
        assert not (field.truth[kind] & ~field.nearly[kind]).any()
        assert field.nearly[kind].sum() > field.truth[kind].sum()
    # The day that makes a zone waterlogged, or humid, may have ended a little before.
    for kind in ("waterlogged", "disease"):
        assert (field.truth[kind] & field.nearly[kind]).sum() >= 0.5 * field.truth[kind].sum()
