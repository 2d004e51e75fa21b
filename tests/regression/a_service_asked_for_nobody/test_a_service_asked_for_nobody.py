"""A weather service was asked at every look for an open call of frost of a block out of season, of which nobody is
told."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloud.block.weather_service import Asked, ComingDay
from cloud.clock import Pace
from cloud.farm_view import view_farm
from cloud.frost_watch import FrostWatch
from cloud.store import Stored, open_store
from edge.contract.messages import Call, Status
from edge.farm import Farm, parse_farm, sample_farm_text

FARM = parse_farm(sample_farm_text(), source="sample farm")


class Counted(Asked):
    """A service that knows nothing, and how often it was asked."""

    times = 0

    def coming(self, farm: Farm, folder: Path, now: int) -> tuple[list[ComingDay], str]:
        self.times += 1
        return [], ""


@pytest.mark.parametrize(("month", "asked"), [(1, 0), (5, 1)])
def test_a_service_is_asked_of_calls_that_are_told(month: int, asked: int, tmp_path: Path) -> None:
    """The tomatoes are planted on 10 May."""
    now = round(datetime(2026, month, 15, 22, tzinfo=UTC).timestamp() * 1000)
    clock = Status(
        farm=FARM.id, node=FARM.gateway, t=now, state="online", wake_interval_s=60, gateway=True, simulated=True
    )
    call = Call(
        farm=FARM.id, node="tomato-weather", boot=1, seq=1, t=now, sentinel="weather", version="0badcafe", kind="frost",
        confidence=62, state="raised", raised_t=now,
    )  # fmt: skip
    service = Counted()
    with closing(open_store(f"sqlite={tmp_path}/cooee.db")) as store:
        store.append([Stored(zone="", message=clock), Stored(zone="tomatoes", message=call)])
        view = view_farm(FARM, store, Pace(), None, FrostWatch(service, tmp_path))
    assert service.times == asked
    assert len(view.zone("tomatoes").troubles) == asked
