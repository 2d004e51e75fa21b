"""Calls of frost beside a weather service: held back on mild nights, never near frost."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.advice.frost_call import DANGER_DEGC, ComingCold, bears_out
from cloud.block.weather_service import Asked
from cloud.clock import HOUR_MS, Pace
from cloud.farm_view import view_farm
from cloud.frost_watch import FrostWatch
from cloud.notify.concerns import concerns
from cloud.store import Store, Stored, open_store
from cloud.zone_state import OpenTrouble
from edge.contract.messages import Call, Reading, Status
from edge.farm import Farm, parse_farm, sample_farm_text

NODE, ZONE = "tomato-weather", "tomatoes"


@pytest.fixture(scope="module")
def farm() -> Farm:
    text = sample_farm_text().replace("id: whately", "id: whately\nforecast: {file: weather.csv}")
    return parse_farm(text, source="farm.yaml")


@pytest.fixture(scope="module")
def now(farm: Farm) -> int:
    return round(datetime(2015, 5, 4, 22, 10, tzinfo=ZoneInfo(farm.timezone)).timestamp() * 1000)


@pytest.fixture
def store(farm: Farm, now: int, tmp_path: Path) -> Iterator[Store]:
    """The gateway's clock, and an open call of frost."""
    clock = Status(
        farm=farm.id, node=farm.gateway, t=now, state="online", wake_interval_s=60, gateway=True, simulated=True
    )
    call = Call(
        farm=farm.id, node=NODE, boot=1, seq=1, t=now - HOUR_MS, sentinel="weather", version="0badcafe", kind="frost",
        confidence=62, state="raised", raised_t=now - HOUR_MS,
    )  # fmt: skip
    with closing(open_store(f"sqlite={tmp_path}/cooee.db")) as opened:
        opened.append([Stored(zone="", message=clock), Stored(zone=ZONE, message=call)])
        yield opened


def air(store: Store, farm: Farm, now: int, *degc: float) -> None:
    """Air of the hours until now, the newest last."""
    rows = []
    for back, value in enumerate(reversed(degc)):
        values = dict.fromkeys(farm.node_by_id[NODE].channels, 10.0) | {"air_temperature": value}
        reading = Reading(farm=farm.id, node=NODE, boot=1, seq=100 - back, t=now - back * HOUR_MS, values=values)
        rows.append(Stored(zone=ZONE, message=reading))
    store.append(rows)


def seen(store: Store, farm: Farm, now: int, folder: Path, lowest: str) -> OpenTrouble:
    (folder / "weather.csv").write_text(f"date,lowest_degc\n2015-05-04,5\n2015-05-05,{lowest}\n")
    view = view_farm(farm, store, Pace(), None, FrostWatch(Asked(), folder))
    (trouble,) = view.zone(ZONE).troubles
    (told,) = (concern for concern in concerns(view) if concern.kind == "frost")
    assert told.level == trouble.level
    return trouble


@pytest.mark.parametrize(
    ("degc", "lowest", "level"),
    [
        ((8.0, 7.0, 6.0), "4", "in_hand"),
        ((8.0, 7.0, 6.0), "0", "urgent"),
        ((8.0, 7.0, 6.0), "", "urgent"),
        ((4.0, 2.5, 0.9), "9", "urgent"),
        ((5.6, 3.8, 1.8), "9", "urgent"),
        ((2.0, 1.9, 1.8), "9", "in_hand"),
        ((4.0, 0.9, 3.0), "9", "urgent"),
        ((0.9, 3.0, 3.0), "9", "in_hand"),
    ],
    ids=[
        "mild",
        "cold",
        "says-nothing",
        "near-frost",
        "falls-fast",
        "close-and-still",
        "was-near-since-the-call",
        "was-near-before",
    ],
)
def test_a_call_is_held_back_on_a_night_that_a_service_expects_mild(
    store: Store, farm: Farm, now: int, tmp_path: Path, degc: tuple[float, ...], lowest: str, level: str
) -> None:
    air(store, farm, now, *degc)
    found = seen(store, farm, now, tmp_path, lowest)
    assert (found.level, found.advice.level) == (level, level)


def test_without_a_service_and_without_air_a_call_is_passed_on(
    store: Store, farm: Farm, now: int, tmp_path: Path
) -> None:
    assert seen(store, farm, now, tmp_path, "9").level == "urgent", "how cold it is now is not known"
    air(store, farm, now, 8.0, 7.0, 6.0)
    (tmp_path / "weather.csv").unlink()
    (trouble,) = view_farm(farm, store, Pace(), None, FrostWatch(Asked(), tmp_path)).zone(ZONE).troubles
    assert trouble.level == "urgent"


degrees = st.floats(-20, 40)


@given(st.floats(-20, DANGER_DEGC), st.none() | degrees, degrees)
def test_no_service_silences_a_call_when_the_air_is_near_frost(
    now: float, before: float | None, morning: float
) -> None:
    assert bears_out(ComingCold(lowest=now, now=now, before=before, morning=morning))
