"""The simulated field's frost hollow, forecast as the page does."""

import pytest

from bench.forecast import Sensed, places, with_hollow
from bench.tonight import FEW_NIGHTS, figures, of_block, of_place
from simulations.field.season import Field
from simulations.runs.dataset import PLANS, WEATHER_NODES_AT

DAYS = 70


@pytest.fixture(scope="module")
def season() -> Sensed:
    """Of the two zones with a weather node, in a measured spring."""
    plan = PLANS[0]
    whole = with_hollow(plan)
    zones = tuple(zone for zone in whole.zones if zone.id in WEATHER_NODES_AT)
    nodes = tuple(node for node in whole.nodes if node.zone in WEATHER_NODES_AT and "humidity" in node.channels)
    small = whole.model_copy(update={"zones": zones, "nodes": nodes})
    return Sensed(Field(small, plan.weather().span(0, DAYS), plan.seed))


def test_a_hollow_is_forecast_by_few_nights_beside_its_station(season: Sensed) -> None:
    station, hollow = places(season)
    found = {who: row["rmse_degc"] for who, row in figures(of_block(hollow, station, seed=1)).items()}
    few = found[f"{FEW_NIGHTS} nights beside the station"]
    assert few < 0.9 * found["the station's, taken for the block's"]
    assert few < 1.15 * found["30 nights of its own"]
    assert found["a service's, and how much colder"] < 0.95 * found["a service's, taken for the block's"]


def test_the_later_it_is_asked_the_better_it_is_known(season: Sensed) -> None:
    station, _ = places(season)
    found = figures(of_place(station))
    evening, late, before = (found[who]["rmse_degc"] for who in ("asked at 20:00", "asked at 23:00", "as last night"))
    assert late < 0.85 * evening
    assert evening < 0.8 * before
