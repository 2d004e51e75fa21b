"""Nodes that stay in the ground called "too dry" and "frost" for a field where nothing grows; and a farm in the south
without `planted` had its seasons half a year off."""

from datetime import UTC, date, datetime

import pytest

from cloud.language.reader import Reader, speaking_to
from cloud.sensor_state import sensor_state
from cloud.zone_state import zone_state
from edge.agronomy.crops import crop
from edge.contract.messages import Call, Reading
from edge.farm import parse_farm, sample_farm_text

FARM = parse_farm(sample_farm_text(), source="sample farm")
NODES = {"too_dry": "tomato-1", "frost": "tomato-weather", "wind": "tomato-weather", "hail": "tomato-weather"}


def state_on(day: date, kind: str):  # type: ignore[no-untyped-def]
    """The tomato block, planted on 10 May, with an open call of a sensor whose probes read dry."""
    now = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() * 1000)
    node = FARM.node_by_id[NODES[kind]]
    dry = {name: 0.12 if name.startswith("soil_moisture") else 5.0 for name in node.channels}
    last = Reading(farm=FARM.id, node=node.id, boot=1, seq=1, t=now, values=dry, faults=())
    call = Call(
        farm=FARM.id, node=node.id, boot=1, seq=2, t=now, sentinel="soil", version="0badcafe", kind=kind,
        confidence=90, state="raised", raised_t=now - 3_600_000, why=(),
    )  # fmt: skip
    return zone_state(FARM.zone_by_id["tomatoes"], [sensor_state(node, last, None, now)], [call], {}, now)


@pytest.mark.parametrize("day", [date(2026, 1, 15), date(2026, 4, 9), date(2026, 11, 1)])
@pytest.mark.parametrize("kind", ["too_dry", "frost"])
def test_nobody_is_called_for_a_crop_that_is_not_there(kind: str, day: date) -> None:
    found = state_on(day, kind)
    assert not found.troubles
    assert not found.reads_dry
    assert found.level == "fine"
    with speaking_to(Reader()):
        assert found.rest == "Out of season until 10 Apr: no calls for its crop."


@pytest.mark.parametrize("day", [date(2026, 4, 11), date(2026, 7, 1), date(2026, 10, 30)])
@pytest.mark.parametrize("kind", ["too_dry", "frost"])
def test_a_crop_that_stands_or_is_about_to_is_called_for(kind: str, day: date) -> None:
    found = state_on(day, kind)
    assert [trouble.trouble.kind for trouble in found.troubles] == [kind]
    assert found.rest == ""


@pytest.mark.parametrize("kind", ["wind", "hail"])
def test_wind_needs_no_crop_and_what_nobody_here_knows_is_told(kind: str) -> None:
    assert [trouble.trouble.kind for trouble in state_on(date(2026, 1, 15), kind).troubles] == [kind]


def test_crops_that_grow_all_year_never_rest() -> None:
    assert not any(crop("citrus").season_begins(date(2026, month, 1)) for month in range(1, 13))


def test_the_south_plants_half_a_year_later() -> None:
    text = sample_farm_text().replace("latitude: 42.448", "latitude: -41.3")
    south = parse_farm(text, source="south").zone_by_id
    assert south["apples"].planted == "10-14"
    assert south["tomatoes"].planted == "05-10", "what is written stands"
    assert south["store"].planted is None
    assert FARM.zone_by_id["apples"].planted is None
