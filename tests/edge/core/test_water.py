"""The water filter: its integers do as floating point does, and both know the simulated root zone better than the
nominal field capacity does."""

from datetime import date

import numpy as np
import pytest

from edge.agronomy.crops import crop, soil
from edge.contract.channels import MISSING, channel_names
from edge.core import Site, feature_names, features
from edge.node.commission import site_of
from simulations.field.season import Field
from simulations.runs.dataset import Plan, farm
from tests.edge.core.water_reference import Floats, WaterReference

*PROBES, WARMTH = (
    channel_names().index(f"soil_{name}") for name in ("moisture_10cm", "moisture_30cm", "moisture_60cm", "temperature")
)
DEPLETION = feature_names().index("water_depletion")


def in_c(readings: Floats, warmth: Floats, site: Site) -> Floats:
    """Depletion as a share of the readily available water, by the core, of half-hourly readings."""
    raw = np.full((1, len(readings), len(channel_names())), MISSING, dtype=np.int16)
    raw[0, :, PROBES[: readings.shape[1]]] = np.rint(readings.T * 10_000)
    raw[0, :, WARMTH] = np.rint(warmth * 100)
    found = features(raw, step_s=1800, sites=[site])[0, :, DEPLETION]
    return np.where(found == MISSING, np.nan, found / 1000)


@pytest.mark.parametrize(
    ("texture", "grown"),
    [("loamy_sand", "maize"), ("loam", "tomato"), ("sandy_loam", "potato"), ("clay_loam", "lettuce")],
)
@pytest.mark.parametrize("deep", [False, True])
def test_integers_do_as_floating_point_does(texture: str, grown: str, deep: bool) -> None:
    """A hundred days of drying, rain and drainage under two probes with offsets, or three: roots reach the third."""
    rng = np.random.default_rng(len(texture) + len(grown))
    ground, of = soil(texture), crop(grown)
    site = Site(
        field_capacity=ground.field_capacity,
        wilting_point=ground.wilting_point,
        saturation=ground.saturation,
        depletion_fraction=of.p,
        planted_days=5,
        stages=of.stages,
        kcb=of.kcb,
        root_m=of.root_m,
        drainage_h=ground.drainage_h,
    )
    lacks, surplus, rows = np.zeros(2), 0.0, []
    for _ in range(100 * 48):
        lacks = np.minimum(lacks + np.array([0.0003, 0.0001]), 0.6 * (ground.field_capacity - ground.wilting_point))
        if rng.random() < 0.004:
            rain = rng.uniform(0.02, 0.12)
            surplus += max(rain - lacks.sum(), 0) / 2
            lacks = np.maximum(lacks - rain, 0)
        surplus = min(surplus, 0.1) * np.exp(-0.5 / ground.drainage_h)
        rows.append(ground.field_capacity - lacks + surplus)
    readings = np.array(rows) + np.array([0.02, -0.015]) + rng.normal(0, 0.001, (len(rows), 2))
    if deep:
        readings = np.column_stack([readings, np.array(rows)[:, 1] + 0.01 + rng.normal(0, 0.001, len(rows))])
    warmth = np.full(len(rows), 18.0)
    reference = np.array(list(WaterReference(site).run(readings, warmth)))
    found = in_c(readings, warmth, site)
    apart = np.abs(found - reference)[48:]
    assert np.quantile(apart, 0.95) < 0.3, "of the readily available water"
    assert np.median(apart) < 0.1


def test_the_simulated_root_zone_is_known_better_than_by_the_nominal_field_capacity() -> None:
    """A generated year on which nothing was chosen: eight crops and soils, probes with fitted errors and faults."""
    plan = Plan(place="de-bilt", seed=901, split="test")
    of, weather = farm(plan), plan.weather()
    field = Field(of, weather, plan.seed)
    nodes = [node for node in of.nodes if "soil_probe" in node.sensors]
    readings = field.sense(nodes)[0]
    rows = [[zone.id for zone in of.zones].index(node.zone) for node in nodes]
    bare = ~np.repeat(field.in_ground[rows], 144, axis=1)
    readings[bare] = MISSING
    table = features(readings, step_s=600, sites=[site_of(of.zone_by_id[node.zone], field.first_day) for node in nodes])
    true = field.depletion[rows] / np.repeat(field.raw[rows], 144, axis=1)
    errors = []
    for name in ("water_depletion", "soil_deficit_30cm", "soil_deficit_10cm", "soil_deficit_own_30cm"):
        found = table[:, :, feature_names().index(name)]
        known = ~bare & (found != MISSING) & (true > 0.5) & (true < 1.5)
        errors.append(float(np.median(np.abs(found / 1000 - true)[known])))
    assert errors[0] < 0.25
    assert errors[0] < 0.6 * min(errors[1:]), "the filter is better than each single probe"


def test_a_season_is_counted_from_planting() -> None:
    tomato = crop("tomato")
    assert tomato.days_after_planting(date(2026, 5, 10)) == 0
    assert tomato.days_after_planting(date(2026, 4, 1)) == -39
    assert tomato.days_after_planting(date(2026, 12, 1)) == -160, "the next one"
    assert tomato.days_after_planting(date(2028, 2, 29), "02-20") == 8
