"""Weather on a regular grid of 10 minutes, and by days as the water balance needs it."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from edge.agronomy import et0
from edge.agronomy.crops import extraterrestrial_radiation
from edge.contract.errors import CooeeError

from ..time_grid import STEP_S, STEPS_A_DAY

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Weather:
    """Arrays of equal length, one entry every 10 minutes, beginning at a midnight of local standard time. Temperature
    degC, humidity %, wind and gust m/s (at `wind_height_m`), rain mm a step, pressure hPa, radiation W/m2."""

    name: str
    start_ms: int
    utc_offset_h: float
    latitude: float
    elevation_m: float
    wind_height_m: float
    temperature: Floats
    humidity: Floats
    wind: Floats
    gust: Floats
    rain: Floats
    pressure: Floats
    radiation: Floats

    @property
    def days(self) -> int:
        """Whole days."""
        return len(self.temperature) // STEPS_A_DAY

    @property
    def first_day_of_year(self) -> int:
        """Day of the year of the first day, local standard time."""
        return datetime.fromtimestamp(self.start_ms / 1000 + self.utc_offset_h * 3600, UTC).timetuple().tm_yday

    def times_ms(self) -> NDArray[np.int64]:
        """UTC ms of each step."""
        return self.start_ms + 1000 * STEP_S * np.arange(len(self.temperature), dtype=np.int64)

    def span(self, first_day: int, days: int) -> "Weather":
        """`days` days from day number `first_day` (0 is the first); CooeeError when the file does not reach so far."""
        if first_day < 0 or first_day + days > self.days:
            raise CooeeError(
                f"weather {self.name}: has {self.days} days, and day {first_day} to {first_day + days} was asked for"
            )
        part = slice(first_day * STEPS_A_DAY, (first_day + days) * STEPS_A_DAY)
        arrays = {name: getattr(self, name)[part] for name in ARRAYS}
        fields = {
            name: getattr(self, name) for name in ("name", "utc_offset_h", "latitude", "elevation_m", "wind_height_m")
        }
        return Weather(start_ms=self.start_ms + first_day * 86_400_000, **fields, **arrays)

    def season(self, month: int, day: int, days: int) -> "Weather":
        """`days` days from a date in the file's first year."""
        year = datetime.fromtimestamp(self.start_ms / 1000 + self.utc_offset_h * 3600, UTC).year
        first = datetime(year, month, day, tzinfo=UTC).timetuple().tm_yday - self.first_day_of_year
        return self.span(first, days)


ARRAYS = ("temperature", "humidity", "wind", "gust", "rain", "pressure", "radiation")


@dataclass(frozen=True, kw_only=True)
class Daily:
    """A day's weather as the water balance needs it, arrays (days,): ET0 mm, minimum humidity %, wind at 2 m m/s."""

    et0: Floats
    rh_min: Floats
    u2: Floats


def daily(weather: Weather) -> Daily:
    """Daily values of a 10-minute series; ET0 by FAO-56 with actual vapour pressure from the mean of each step."""

    def days(values: Floats) -> Floats:
        return values[: weather.days * STEPS_A_DAY].reshape(weather.days, STEPS_A_DAY)

    temperature, humidity = days(weather.temperature), days(weather.humidity)
    t_max, t_min = temperature.max(axis=1), temperature.min(axis=1)
    ea = (et0.saturation_vapour_pressure(temperature) * humidity / 100).mean(axis=1)
    rs = days(weather.radiation).mean(axis=1) * et0.MJ_A_DAY
    u2 = et0.wind_at_2m(days(weather.wind).mean(axis=1), weather.wind_height_m)
    ra = extraterrestrial_radiation(weather.latitude, weather.first_day_of_year + np.arange(weather.days))
    reference = et0.reference_et(t_max=t_max, t_min=t_min, ea=ea, rs=rs, u2=u2, ra=ra, elevation_m=weather.elevation_m)
    return Daily(et0=reference, rh_min=humidity.min(axis=1), u2=u2)
