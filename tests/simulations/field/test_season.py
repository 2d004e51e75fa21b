"""The simulated field: the same seed gives the same bytes, and truth means what it says."""

import numpy as np
import pytest

from edge.contract.channels import MISSING, channel, channels
from edge.contract.kinds import kinds
from edge.farm import Farm, parse_farm, sample_farm_text
from edge.scoring import spells
from simulations.field.air import DAMAGING_GUST_MS
from simulations.field.season import Field, Season, simulate
from simulations.field.soil import SHORTEST_DRY_H
from simulations.nodes.faults import HEALTHY
from simulations.time_grid import STEP_S, STEPS_A_DAY
from simulations.weather import extremes as spells_of_weather
from simulations.weather.ten_minutes import whately

DAYS = 60


@pytest.fixture(scope="module")
def farm() -> Farm:
    return parse_farm(sample_farm_text(), source="sample")


@pytest.fixture(scope="module")
def season(farm: Farm) -> Season:
    return simulate(farm, whately().season(4, 15, DAYS), 2)


def test_shapes_and_times(farm: Farm, season: Season) -> None:
    steps = DAYS * STEPS_A_DAY
    assert season.readings.shape == (len(farm.nodes), steps, len(channels()))
    assert season.readings.dtype == np.int16
    assert set(season.truth) == set(kinds())
    assert all(truth.shape == (len(farm.zones), steps) for truth in season.truth.values())
    assert (np.diff(season.t) == STEP_S * 1000).all()
    assert season.t[0] % 86_400_000 == 5 * 3_600_000, "a day begins at midnight of eastern standard time"


def test_a_probe_at_60_cm_sees_the_soil_below_young_roots(farm: Farm) -> None:
    """In early June tomatoes have roots to 0.3 m, apple trees to 1 m and more."""
    field = Field(farm, whately().season(6, 1, 10), 2)
    young, old = field.values("tomatoes"), field.values("apples")
    assert (old["soil_moisture_60cm"] == old["soil_moisture_30cm"]).all()
    assert np.ptp(young["soil_moisture_60cm"]) == 0 < np.ptp(young["soil_moisture_30cm"])


def test_blocks_are_the_season_in_pieces(season: Season) -> None:
    blocks = season.blocks()
    assert [b.first_step for b in blocks] == list(range(0, DAYS * STEPS_A_DAY, STEPS_A_DAY))
    assert (np.concatenate([b.readings for b in blocks], axis=1) == season.readings).all()


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(farm: Farm, season: Season) -> None:
    weather = whately().season(4, 15, DAYS)
    again, other = simulate(farm, weather, 2), simulate(farm, weather, 3)
    assert again.readings.tobytes() == season.readings.tobytes()
    assert all((again.truth[k] == season.truth[k]).all() for k in kinds())
    assert other.readings.tobytes() != season.readings.tobytes()


def test_one_more_node_changes_no_other_nodes_readings(farm: Farm, season: Season) -> None:
    fewer = farm.model_copy(update={"nodes": farm.nodes[1:]})
    assert (simulate(fewer, whately().season(4, 15, DAYS), 2).readings == season.readings[1:]).all()


def test_a_node_reads_its_own_channels_only(farm: Farm, season: Season) -> None:
    for row, node in enumerate(farm.nodes):
        read = (season.readings[row] != MISSING).any(axis=0)
        assert set(node.channels) == {c for c in node.channels if read[channel(c).id]}
        assert read.sum() == len(node.channels)


def test_any_sensor_that_a_store_may_have_reads_something() -> None:
    text = sample_farm_text().replace(
        "sensors: [ethylene_cell]", "sensors: [ethylene_metal_oxide, sht3x, anemometer, rain_gauge, barometer]"
    )
    farm = parse_farm(text, source="sample farm")
    readings, _ = Field(farm, whately().season(5, 1, 2), 1).sense([farm.node_by_id["store-3"]])
    for name in farm.node_by_id["store-3"].channels:
        assert (readings[0, :, channel(name).id] != MISSING).mean() > 0.9


def test_readings_are_near_the_truth_where_the_probe_is_whole(farm: Farm, season: Season) -> None:
    air = whately().season(4, 15, DAYS).temperature
    node = next(i for i, n in enumerate(farm.nodes) if n.id == "apple-weather")
    column = channel("air_temperature").id
    whole = (season.wrong[node, :, column] == HEALTHY) & (season.readings[node, :, column] != MISSING)
    error = season.readings[node, whole, column] * 0.01 - air[whole]
    assert abs(np.median(error)) < 0.5
    assert error.min() > -3, "a cold pool takes 1.5 degC at most"


def test_truth_is_where_it_can_be(farm: Farm, season: Season) -> None:
    store, fields = 2, [0, 1]
    for kind in ("too_dry", "waterlogged", "frost", "wind", "disease"):
        assert not season.truth[kind][store].any()
    assert not season.truth["ripening"][fields].any()


def test_a_crop_is_not_dry_before_it_is_planted(farm: Farm, season: Season) -> None:
    planted = (10 + 15) * STEPS_A_DAY  # 10 May
    assert not season.truth["too_dry"][0, :planted].any()


def test_dry_lasts_at_least_half_a_day_and_comes_with_depletion(season: Season) -> None:
    for row in (0, 1):
        for start, end in spells(season.truth["too_dry"][row], season.t, 0):
            assert end - start >= SHORTEST_DRY_H * 3_600_000
        dry = season.truth["too_dry"][row]
        assert not dry.any() or season.depletion[row, dry].min() > 0


def test_wind_and_frost_are_read_off_the_weather(season: Season) -> None:
    weather = whately().season(4, 15, DAYS)
    assert (season.truth["wind"][1] == (weather.gust >= DAMAGING_GUST_MS)).all()
    assert season.truth["frost"][1][weather.temperature < 0].all()
    assert not season.truth["frost"][1][weather.temperature > 1.5].any()


def in_places(farm: Farm, **apples: float) -> Farm:
    """The sample farm with another place for its apples."""
    zones = [z.model_copy(update=apples) if z.id == "apples" else z for z in farm.zones]
    return farm.model_copy(update={"zones": tuple(zones)})


def test_zones_of_the_default_micro_climate_share_the_stations_air(farm: Farm, season: Season) -> None:
    same = simulate(in_places(farm, cold_air_pooling_degc=1.5, wind_shelter=0.0), whately().season(4, 15, DAYS), 2)
    assert same.readings.tobytes() == season.readings.tobytes()
    assert all((same.truth[k] == season.truth[k]).all() for k in kinds())


def test_a_frost_pocket_has_its_own_frost_nights_and_leaves_other_zones_alone(farm: Farm, season: Season) -> None:
    weather = whately().season(4, 15, DAYS)
    hollow = Field(in_places(farm, cold_air_pooling_degc=5.0), weather, 2)
    slope = Field(in_places(farm, cold_air_pooling_degc=0.0), weather, 2)
    assert (hollow.truth["frost"][0] == season.truth["frost"][0]).all()
    assert slope.truth["frost"][1].sum() < season.truth["frost"][1].sum() < hollow.truth["frost"][1].sum()
    assert (hollow.values("apples")["air_temperature"] <= slope.values("apples")["air_temperature"]).all()
    np.testing.assert_allclose(slope.values("apples")["air_temperature"], weather.temperature, atol=1e-6)
    by_day = hollow.values("apples")["air_temperature"] - weather.temperature
    assert by_day[weather.wind > 5].mean() > -0.5, "wind mixes the air"
    assert -5 <= by_day.min() < -3


def test_a_frost_in_bloom_costs_apples_their_buds(farm: Farm) -> None:
    weather = whately().season(4, 15, DAYS)
    bloom = spells_of_weather.frost_nights(weather, 24.5, 1, degc=-3.0, calm=True)
    assert Field(farm, weather, 2).bud_kill.max() == 0, "the two frosts of April 2015 met green tips"
    killed = Field(farm, bloom, 2).bud_kill
    assert killed[1, 23] == 0 < killed[1, 25] == killed[1, -1]
    assert not killed[[0, 2]].any()


def test_a_hedge_keeps_wind_off_and_saves_water(farm: Farm, season: Season) -> None:
    weather = spells_of_weather.gale(whately().season(4, 15, DAYS), 20, 1, gust=18)
    open_, behind = Field(farm, weather, 2), Field(in_places(farm, wind_shelter=0.5), weather, 2)
    assert open_.truth["wind"][1].any()
    assert not behind.truth["wind"][1].any(), "9 m/s behind the hedge"
    assert (behind.truth["wind"][0] == open_.truth["wind"][0]).all()
    np.testing.assert_allclose(behind.values("apples")["gust"], 0.5 * weather.gust)
    assert behind.depletion[1].mean() < open_.depletion[1].mean()
    assert (behind.depletion[0] == open_.depletion[0]).all()
