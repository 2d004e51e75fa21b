"""Features against a plain floating-point reference, formula by formula."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.contract.channels import MISSING, channel_names, channels
from edge.core import Site, feature_names, features, list_features

STEP_S = 600
CHANNELS = len(channel_names())
FAST_S, SLOW_S, TREND_S, HALF_DAY_S = 3 * 3600, 86_400, 5 * 86_400, 43_200
SITE = Site(field_capacity=0.24, wilting_point=0.10, saturation=0.44, depletion_fraction=0.4)


def _empty(steps: int) -> NDArray[np.int16]:
    return np.full((1, steps, len(channel_names())), MISSING, dtype=np.int16)


def _of(readings: NDArray[np.int16], name: str, *, step_s: int = STEP_S, site: Site = SITE) -> NDArray[np.int16]:
    return features(readings, step_s=step_s, sites=[site])[0, :, feature_names().index(name)]


def _with(name: str, raw: NDArray[np.signedinteger] | list[int]) -> NDArray[np.int16]:
    readings = _empty(len(raw))
    readings[0, :, channel_names().index(name)] = raw
    return readings


def _average(raw: NDArray[np.int16], tau_s: float, step_s: int) -> NDArray[np.float64]:
    """Exponential average with the time since the last value, a plain mean until it is as old as tau."""
    out, average, age, filled = np.empty(len(raw)), math.nan, 0, 0
    for i, value in enumerate(raw.tolist()):
        age += step_s if i else 0
        if value != MISSING:
            if math.isnan(average):
                average = value
            else:
                filled += age
                average += (value - average) * age / (min(tau_s, filled) + age)
            age = 0
        out[i] = average
    return out


@pytest.fixture(scope="module")
def gappy() -> NDArray[np.int16]:
    """Ten days of air temperature in 0.01 degC, with gaps of up to an hour."""
    rng = np.random.default_rng(3)
    t = np.arange(1440) * STEP_S
    raw = np.rint(1200 + 700 * np.sin(t / 86_400 * 2 * np.pi) + rng.normal(0, 60, len(t))).astype(np.int16)
    for start in rng.integers(10, 1400, 30):
        raw[start : start + rng.integers(1, 7)] = MISSING
    return raw


@pytest.mark.parametrize(
    ("channel", "feature", "tau_s"),
    [
        ("air_temperature", "air_temperature_day", SLOW_S),
        ("humidity", "humidity_3h", FAST_S),
        ("ethylene", "ethylene_5d", TREND_S),
    ],
)
def test_averages_follow_the_reference(gappy: NDArray[np.int16], channel: str, feature: str, tau_s: float) -> None:
    raw = np.where(gappy == MISSING, MISSING, np.abs(gappy) + 200)
    found = _of(_with(channel, raw), feature)
    assert np.abs(found - _average(raw, tau_s, STEP_S)).max() <= 0.6  # half a raw unit, and a tenth for the integers


def test_a_minute_step_keeps_the_time_constant_within_two_per_cent() -> None:
    raw = np.r_[np.full(8000, 0), np.full(7200, 10_000)].astype(np.int16)
    found = _of(_with("ethylene", raw), "ethylene_5d", step_s=60)
    fraction = float(found[-1]) / 10_000
    assert -TREND_S / (7200 * 60 / math.log(1 - fraction)) == pytest.approx(1, abs=0.02)


def test_changes_are_against_the_averages(gappy: NDArray[np.int16]) -> None:
    present = gappy != MISSING
    found = _of(_with("air_temperature", gappy), "air_temperature_change_day")[present]
    expected = gappy[present] - _average(gappy, SLOW_S, STEP_S)[present]
    assert np.abs(found - expected).max() <= 0.6


@pytest.mark.parametrize("step_s", [600, 1000])
def test_day_extremes_are_those_of_two_half_days(gappy: NDArray[np.int16], step_s: int) -> None:
    readings = _with("air_temperature", gappy)
    low, high = (_of(readings, f"air_temperature_day_{end}", step_s=step_s) for end in ("min", "max"))
    values = np.where(gappy == MISSING, np.nan, gappy)
    half_day = np.arange(len(gappy)) * step_s // HALF_DAY_S
    for i in np.flatnonzero(low != MISSING):
        past = values[: i + 1][half_day[: i + 1] >= half_day[i] - 1]
        assert (low[i], high[i]) == (np.nanmin(past), np.nanmax(past))
    assert (low != MISSING).mean() > 0.9


def test_share_of_the_day_above_90_per_cent() -> None:
    raw = np.where(np.arange(2880) % 144 < 48, 9000, 8999)
    found = _of(_with("humidity", raw), "humidity_share_above_90")
    assert set(found[288:]) == {1000 * 8 // 24}, "eight hours of any day"
    rng = np.random.default_rng(1)
    raw = np.clip(9000 + np.cumsum(rng.normal(0, 40, 4320)), 8000, 9900).round().astype(np.int16)
    found = _of(_with("humidity", raw), "humidity_share_above_90")
    exact = np.convolve(raw >= 9000, np.ones(144))[: len(raw)] / 144
    assert np.abs(found / 1000 - exact).max() <= 0.1
    assert np.abs(found / 1000 - exact).mean() <= 0.025, "hours count as a whole"


@pytest.mark.parametrize("step_s", [600, 3600, 7200])
def test_hours_since_it_was_colder(step_s: int) -> None:
    steps = 80 * 3600 // step_s
    hour = np.arange(steps) * step_s // 3600
    cold = (hour < 10) | (hour == 60)
    raw = (np.where(cold, 998, 1000) + np.arange(steps) % 2).astype(np.int16)
    found = _of(_with("air_temperature", raw), "air_temperature_hours_above_10", step_s=step_s)
    since = np.where(hour < 10, 0, np.where(hour < 60, hour - 9, np.where(hour == 60, 0, hour - 60)))
    expected = np.minimum(since, 32)
    here = np.arange(steps) * step_s >= 3600  # an hour's first value stands for the hour that it begins
    if step_s == 7200:
        assert np.abs(found - expected).max() <= 1, "a value stands for the two hours until the next"
    else:
        assert found[here].tolist() == expected[here].tolist()


def test_the_lowest_in_six_hours_is_the_weights_of_bench_night() -> None:
    rng = np.random.default_rng(2)
    air = np.rint(800 + 700 * np.sin(np.arange(2000) / 23) + np.cumsum(rng.normal(0, 20, 2000))).astype(np.int16)
    readings = _with("air_temperature", air)
    readings[0, :, channel_names().index("humidity")] = rng.integers(3000, 9900, 2000)

    def of(name: str) -> NDArray[np.int64]:
        return _of(readings, name).astype(np.int64)

    now = of("air_temperature")
    fall = (
        36 * now
        + 25 * of("dew_point")
        - 177 * (now - of("air_temperature_change_3h"))
        + 42 * (now - of("air_temperature_change_day"))
        + 47 * of("air_temperature_day_min")
        + 17 * of("air_temperature_day_max")
    ) / 256 - 45
    lowest = now + np.minimum(fall, 0)
    expected = np.where(now < 100, np.minimum(lowest, 0), lowest)
    assert (expected != lowest).any()
    assert np.abs(of("air_temperature_min_6h") - expected).max() <= 2


def test_rain_is_summed() -> None:
    steady = _with("rain", [25] * 4320)
    assert _of(steady, "rain_day")[-1] == pytest.approx(25 * 144, rel=0.01)
    assert _of(steady, "rain_3h")[-1] == pytest.approx(25 * 18, rel=0.06)
    shower = _with("rain", [0] * 10 + [1000] + [0] * 143)
    assert _of(shower, "rain_day")[10] == 1000
    assert _of(shower, "rain_day")[-1] == pytest.approx(1000 * math.exp(-143 / 144), rel=0.02)


def test_dew_point_is_magnus() -> None:
    grid = np.meshgrid(np.arange(-4500, 6001, 37), np.arange(100, 10_001, 61))
    temperature, humidity = (axis.ravel() for axis in grid)
    readings = np.full((len(temperature), 1, len(channel_names())), MISSING, dtype=np.int16)
    readings[:, 0, channel_names().index("air_temperature")] = temperature
    readings[:, 0, channel_names().index("humidity")] = humidity
    found = features(readings, step_s=STEP_S, sites=[SITE] * len(temperature))[:, 0]
    t = temperature / 100
    logarithm = np.log(humidity / 10_000) + 17.27 * t / (t + 237.3)  # FAO-56 eq. 11 and 14, solved for the dew point
    dew = 237.3 * logarithm / (17.27 - logarithm)
    error = found[:, feature_names().index("dew_point")] / 100 - dew
    assert np.abs(error).max() <= 0.05
    depression = found[:, feature_names().index("dew_point_depression")] / 100
    assert np.abs(t - dew - depression).max() <= 0.051


def test_soil_features_are_shares_of_the_available_water() -> None:
    raw = np.rint(np.linspace(2600, 1500, 400)).astype(np.int16)
    readings = _with("soil_moisture_30cm", raw)
    depletion = (2400 - raw) / 1400
    assert np.abs(_of(readings, "soil_depletion_30cm") / 1000 - depletion).max() <= 0.00051
    assert np.abs(_of(readings, "soil_deficit_30cm") / 1000 - depletion / 0.4).max() <= 0.002
    assert np.array_equal(_of(readings, "soil_air_30cm"), 4400 - raw)
    for name, tau_s in (("3h", FAST_S), ("day", SLOW_S), ("5d", TREND_S)):
        loss = (_average(raw, tau_s, STEP_S) - raw) / 1400
        assert np.abs(_of(readings, f"soil_loss_{name}_30cm") / 1000 - loss).max() <= 0.0011
    day = _average(raw, SLOW_S, STEP_S)
    assert np.abs(_of(readings, "soil_depletion_day_30cm") / 1000 - (2400 - day) / 1400).max() <= 0.0011
    assert np.abs(_of(readings, "soil_air_day_30cm") - (4400 - day)).max() <= 0.6
    assert (_of(readings, "soil_depletion_10cm") == MISSING).all()


def test_the_own_deficit_forgives_an_offset() -> None:
    """A soil that was at field capacity for a day and dries: a probe that is off by 0.05 gives the same own deficit
    once a half-day is over."""
    raw = np.rint(np.concatenate([np.full(144, 2400), np.linspace(2400, 1700, 600)])).astype(np.int16)
    told = {off: _of(_with("soil_moisture_30cm", raw + off), "soil_deficit_own_30cm") for off in (0, 500, -500, 900)}
    plain = _of(_with("soil_moisture_30cm", raw), "soil_deficit_30cm")
    assert np.array_equal(told[0][:216], plain[:216])
    for off in (500, -500):
        assert np.array_equal(told[off][72:], told[0][72:])
    assert told[900][72] < told[0][72], "no probe is so far off: 0.07 at most are forgiven"


def test_the_crest_is_the_highest_day_minimum_and_is_forgotten_over_a_month() -> None:
    days = np.concatenate([np.full(4, 2200), np.full(1, 3000), np.full(60, 2200)])
    raw = np.repeat(days, 144).astype(np.int16)
    raw[::2] += 1
    readings, site = _with("soil_moisture_10cm", raw), SITE
    crest, crests = None, []
    for half_day in range(2 * len(days)):
        low = raw[max(0, half_day - 1) * 72 : (half_day + 1) * 72].min()
        crest = low if crest is None or low > crest else crest - (crest - low + 32) // 64
        crests.append(crest)
    found = _of(readings, "soil_deficit_own_10cm", site=site)[72::72]
    expected = (np.clip(crests[:-1], 1700, 3100) - raw[72::72]) / 1400 / 0.4 * 1000
    assert np.abs(found - expected).max() <= 2
    assert max(crests) == 3000


@pytest.mark.parametrize(
    "site",
    [
        Site(),
        Site(field_capacity=0.1, wilting_point=0.1, saturation=0.4, depletion_fraction=0.5),
        Site(field_capacity=0.3, wilting_point=0.1, saturation=0.2, depletion_fraction=0.5),
        Site(field_capacity=0.3, wilting_point=0.1, saturation=0.4),
    ],
)
def test_without_a_valid_site_only_soil_water_is_missing(site: Site) -> None:
    readings = _with("soil_moisture_10cm", [2000] * 3)
    readings[:, :, channel_names().index("soil_temperature")] = 1500
    assert (_of(readings, "soil_deficit_10cm", site=site) == MISSING).all()
    assert (_of(readings, "soil_moisture_range_10cm", site=site) == 0).all()
    assert (_of(readings, "soil_temperature", site=site) == 1500).all()


def test_a_value_out_of_range_is_no_value() -> None:
    found = _of(_with("wind", [500, 6001, -1, 6000, 0]), "wind")
    assert found.tolist() == [500, MISSING, MISSING, 6000, 0]
    assert _of(_with("wind", [500, 6001, -1, 600]), "wind_3h")[-1] == 550


@pytest.mark.parametrize(("step_s", "last_good"), [(600, 6), (1800, 3), (60, 60)])
def test_a_value_is_stale_after_three_steps_but_not_within_the_hour(step_s: int, last_good: int) -> None:
    found = _of(_with("gust", [700] + [MISSING] * 100), "gust", step_s=step_s)
    assert (found[: last_good + 1] == 700).all()
    assert (found[last_good + 1 :] == MISSING).all()


def test_a_stuck_probe_is_faulty_until_it_moves() -> None:
    stuck_after = 12 * 6
    found = _of(_with("air_temperature", [1501] + [1500] * (stuck_after + 5) + [1501]), "air_temperature")
    assert (found[1 : stuck_after + 1] == 1500).all()
    assert (found[stuck_after + 1 : -1] == MISSING).all()
    assert found[-1] == 1501
    assert (_of(_with("humidity", [8000] * 1000), "humidity") == 8000).all()


@pytest.mark.parametrize(("step", "times"), [(1, 1), (3, 3), (4, 4), (10, 4)])
def test_a_coarse_probe_may_stand_still_for_longer(step: int, times: int) -> None:
    """By the smallest change it has shown; four times as long for one that shows none, or 0.1 degC only."""
    stuck_after = 12 * 6 * times
    found = _of(_with("air_temperature", [1500 + step] + [1500] * (stuck_after + 1)), "air_temperature")
    assert found[stuck_after] == 1500
    assert found[stuck_after + 1] == MISSING
    found = _of(_with("air_temperature", [1500] * (4 * 12 * 6 + 1)), "air_temperature")
    assert (found[-2], found[-1]) == (1500, MISSING)


def test_ratio_of_averages() -> None:
    found = _of(_with("ethylene", [100] * 3000 + [300] * 200), "ethylene_ratio_5d")
    assert found[2999] == 100
    fast, trend = 300, _average(np.r_[[100] * 3000, [300] * 200].astype(np.int16), TREND_S, STEP_S)[-1]
    assert found[-1] == pytest.approx(100 * (fast + 50) / (trend + 50), abs=1)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60_000))
def test_any_readings_give_features_and_nodes_do_not_see_each_other(seed: int, step_s: int) -> None:
    rng = np.random.default_rng(seed)
    readings = rng.integers(-32768, 32768, (4, 30, len(channel_names())), dtype=np.int16)
    for channel in channels():  # half of the values plausible, so that the windows fill
        plausible = rng.integers(channel.to_raw(channel.low), channel.to_raw(channel.high), (4, 30), endpoint=True)
        readings[:, :, channel.id] = np.where(rng.random((4, 30)) < 0.7, plausible, readings[:, :, channel.id])
    sites = [
        Site(field_capacity=fc, wilting_point=0.01, saturation=0.5, depletion_fraction=0.001)
        for fc in rng.uniform(0, 0.6, 4).tolist()
    ]
    together = features(readings, step_s=step_s, sites=sites)
    for i in range(4):
        alone = features(readings[i : i + 1], step_s=step_s, sites=sites[i : i + 1])
        assert np.array_equal(together[i], alone[0])


def test_features_have_names_units_and_scales() -> None:
    assert len(set(feature_names())) == len(list_features()) >= 35
    assert [f.id for f in list_features()] == list(range(len(list_features())))
    units = {c.unit for c in channels()} | {"", "h"}
    assert all(f.unit in units and f.scale > 0 for f in list_features())
    # Ids travel on the air: these must stay where they are.
    places = {"soil_depletion_10cm": 0, "ethylene": 20, "dew_point": 35, "rain_5d": 53}
    assert {name: feature_names().index(name) for name in places} == places


@pytest.mark.parametrize(
    "readings",
    [
        np.zeros((2, 3, CHANNELS), dtype=np.int32),
        np.zeros((2, 3, CHANNELS - 1), dtype=np.int16),
        np.zeros((3, CHANNELS), dtype=np.int16),
    ],
)
def test_arrays_of_another_shape_or_type_are_refused(readings: NDArray[np.int16]) -> None:
    with pytest.raises(ValueError, match="readings must be int16"):
        features(readings, step_s=600, sites=[SITE] * 2)


def test_strided_readings_are_taken() -> None:
    readings = np.zeros((1, 6, CHANNELS), dtype=np.int16)
    readings[0, :, 6] = [100, 200, 300, 400, 500, 600]
    assert _of(readings[:, ::2], "wind").tolist() == [100, 300, 500]


def test_sites_and_step_are_checked() -> None:
    readings = np.zeros((2, 3, CHANNELS), dtype=np.int16)
    with pytest.raises(ValueError, match="2 sites"):
        features(readings, step_s=600, sites=[SITE])
    with pytest.raises(ValueError, match="step_s"):
        features(readings, step_s=0, sites=[SITE] * 2)
