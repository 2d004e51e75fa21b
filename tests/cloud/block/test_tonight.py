"""The coming night's lowest from nights that cool by a known law, and in a hollow that cools by a known share more."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cloud.block.forecast import Outlook
from cloud.block.tonight import PastAir, colder_by, lowest_tonight, tonight_in_words, tonight_with
from cloud.block.weather_service import ComingDay
from cloud.clock import DAY_MS, HOUR_MS, local

ZONE_TIME = "America/New_York"
NOW = round(datetime(2015, 6, 21, 22, 10, tzinfo=ZoneInfo(ZONE_TIME)).timestamp() * 1000)
EVENING = NOW // HOUR_MS * HOUR_MS - 2 * HOUR_MS
NIGHTS = range(24, -1, -1)


def moist(back: int) -> float:
    return 50.0 + 7 * back % 40


def nights(some: range, deeper: float = 1.0, *, measured: bool = True) -> PastAir:
    """Hours from 20:00 to 8:00 of some nights back, tonight's no further than 22:00: 10 degC at 20:00, down in a
    straight line until 5:00 by 2 degC and a tenth of what the evening lacks of full humidity, `deeper` times that, then
    up."""
    hours = [
        (
            EVENING - back * DAY_MS + h * HOUR_MS,
            10 - deeper * (2 + 0.1 * (100 - moist(back))) * min(h, 9) / 9 + max(0, h - 9),
            moist(back),
        )
        for back in some
        for h in range(13)
        if back or h <= 2
    ]
    t, temperature, humidity = (list(column) for column in zip(*hours, strict=True))
    return PastAir(t=[int(at) for at in t], temperature=temperature, humidity=humidity if measured else [])


def test_the_lowest_of_the_night_follows_the_newest_hour_and_its_dryness() -> None:
    found = lowest_tonight(nights(NIGHTS), None, ZONE_TIME, NOW)
    assert found is not None
    assert found.value == pytest.approx(10 - (2 + 0.1 * (100 - moist(0))), abs=0.01)
    warm = nights(NIGHTS)
    warmer = PastAir(t=warm.t, temperature=[*warm.temperature[:-1], warm.temperature[-1] + 1], humidity=warm.humidity)
    late = lowest_tonight(warmer, None, ZONE_TIME, NOW)
    assert late is not None
    assert late.value == pytest.approx(found.value + 1, abs=0.01), "the evening is gone by"
    colder = PastAir(t=warm.t, temperature=[*warm.temperature[:-2], -9.0, 5.0], humidity=warm.humidity)
    frozen = lowest_tonight(colder, None, ZONE_TIME, NOW)
    assert frozen is not None
    assert (frozen.value, frozen.most) == (-9, -9), "it was that cold already"
    assert lowest_tonight(nights(range(9, -1, -1)), None, ZONE_TIME, NOW) is None, "few nights"
    assert lowest_tonight(nights(NIGHTS, measured=False), None, ZONE_TIME, NOW) is None, "no humidity"
    assert lowest_tonight(nights(NIGHTS), None, ZONE_TIME, NOW + 12 * HOUR_MS) is None, "by day"
    assert lowest_tonight(nights(range(24, 0, -1)), None, ZONE_TIME, NOW) is None, "without this night"


@pytest.mark.parametrize("measured", [True, False])
def test_a_block_of_few_nights_falls_as_its_station_and_by_its_own_share(measured: bool) -> None:
    station, block = nights(NIGHTS), nights(range(5, -1, -1), 1.5, measured=measured)
    found = lowest_tonight(block, station, ZONE_TIME, NOW)
    assert found is not None
    falls = [7 / 9 * (2 + 0.1 * (100 - moist(back))) for back in range(6)]
    squares = sum(fall**2 for fall in falls[1:])
    share = (20 + 1.5 * squares) / (20 + squares)  # of nights as few it is not sure
    assert share == pytest.approx(1.45, abs=0.1)
    assert found.value == pytest.approx(block.temperature[-1] - share * falls[0], abs=0.01)
    assert lowest_tonight(nights(range(2, -1, -1), 1.5), station, ZONE_TIME, NOW) is None, "two shared nights"
    own = lowest_tonight(nights(NIGHTS, 1.5), station, ZONE_TIME, NOW)
    assert own == lowest_tonight(nights(NIGHTS, 1.5), None, ZONE_TIME, NOW), "by its own nights where it has enough"


def test_a_block_is_colder_than_its_station_by_the_mean_of_the_lowest() -> None:
    station = nights(NIGHTS)
    falls = [2 + 0.1 * (100 - moist(back)) for back in range(1, 25)]
    assert colder_by(nights(NIGHTS, 1.5), station, ZONE_TIME, NOW) == pytest.approx(0.5 * np.mean(falls))
    assert colder_by(nights(NIGHTS, 1.5), station, ZONE_TIME, NOW + 12 * HOUR_MS) > 0, "by day too"
    assert colder_by(nights(NIGHTS, 0.5), station, ZONE_TIME, NOW) == 0, "a warmer block counts as the station"
    assert colder_by(nights(range(2, -1, -1), 1.5), station, ZONE_TIME, NOW) == 0, "two shared nights"
    assert colder_by(nights(NIGHTS, 1.5), None, ZONE_TIME, NOW) == 0


def told(*lowest: float | None) -> list[ComingDay]:
    """A service's days from today on."""
    first = local(NOW, ZONE_TIME).date()
    return [ComingDay(day=first + timedelta(days=n), rain_mm=0.0, lowest_degc=degc) for n, degc in enumerate(lowest)]


def test_the_colder_of_both_counts_for_the_night() -> None:
    own = Outlook(value=3.0, least=1.0, most=5.0)
    both = tonight_with(own, told(None, 1.0), ZONE_TIME, NOW)
    assert both
    assert (both.value, both.least, both.most) == pytest.approx((1.0, 1 - 2.56, 5.0))
    alone = tonight_with(None, told(None, 4.0), ZONE_TIME, NOW, colder=3.0)
    assert alone
    assert (alone.value, alone.least, alone.most) == pytest.approx((1.0, -1.56, 3.56)), "a hollow is colder"
    assert tonight_with(own, told(None, None), ZONE_TIME, NOW) == own
    assert tonight_with(own, told(-9.0), ZONE_TIME, NOW) == own, "of this morning, which is over"


def test_in_words() -> None:
    said = tonight_in_words(Outlook(value=1.6, least=-0.4, most=3.7)).replace("\N{NO-BREAK SPACE}", " ")
    assert said == "tonight down to about 2°C (0°C to 4°C)"
