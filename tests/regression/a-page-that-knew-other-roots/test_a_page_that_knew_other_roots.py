"""The page let roots grow from planting on, the field only from the initial stage's end: in between their millimetres
differed. And it kept the roots of a harvested crop until the next planting, where its nodes had begun anew."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from cloud.block.water import root_depth_m
from edge.agronomy.crops import crop as grown
from edge.farm import Zone, parse_farm, sample_farm_text
from edge.node.commission import site_of
from simulations.field import water_balance as water
from simulations.field.soil import ground_of
from simulations.weather.ten_minutes import whately


@pytest.mark.parametrize("crop", ["tomato", "maize", "potato", "apple"])
def test_page_and_field_agree_on_the_roots_of_every_day(crop: str) -> None:
    text = sample_farm_text().replace("crop: tomato ", f"crop: {crop} ").replace("planted: 05-10", "planted: 05-01")
    zone = parse_farm(text, source="farm.yaml").zone_by_id["tomatoes"]
    weather = whately().season(5, 1, 120)
    ground, _, _ = ground_of([zone], weather)
    state, none = water.initial_state(ground), np.zeros(1)
    dry = water.Supply(rain=none, irrigation=none, wetted=none)
    for day in range(100):
        water.coefficients(ground, state, day=np.array([day]), et0=5.0, rh_min=45.0, u2=2.0, supply=dry)
        now = int(datetime(2015, 5, 1, 12, tzinfo=UTC).timestamp() * 1000) + day * 86_400_000
        assert root_depth_m(zone, now) == pytest.approx(float(state.zr[0]))


@pytest.mark.parametrize("crop", ["tomato", "maize", "apple"])
def test_page_and_node_agree_on_the_roots_of_every_day(crop: str) -> None:
    zone = Zone(id="b", name="B", crop=crop, soil="loam", area_ha=1, planted="05-10")
    depths = []
    for day in range(2 * 366):
        then = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day)
        site = site_of(zone, then.date())
        depths.append(root_depth_m(zone, int(then.timestamp() * 1000)))
        assert depths[-1] == pytest.approx(grown(crop).root_depth_m(site.planted_days))
    least, greatest = grown(crop).root_m
    assert {least, greatest} <= set(depths)
    last_stage = (datetime(2024, 5, 10) - datetime(2024, 1, 1)).days + sum(grown(crop).stages)
    assert (depths[last_stage - 1], depths[last_stage]) == (greatest, least)
