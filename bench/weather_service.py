"""A weather service for a simulated season: it knows what comes, or errs, the more the further ahead."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from cloud.block.weather_service import ComingDay
from cloud.clock import HOUR_MS
from simulations.time_grid import STEPS_A_DAY, day_of
from simulations.weather.series import Weather, daily

SERVICE_DAYS = 10
WET_DAY_MM = 1.0


@dataclass(frozen=True, kw_only=True)
class ServiceErrors:
    """How far a service is off for a day: standard deviation of both temperatures [degC] and of the logarithms of ET0
    and of rain, share of wet days that it misses and of dry ones to which it gives a wet day's rain. Assumed, of the
    order of what services say of themselves."""

    temperature_degc: float = 0.0
    et0: float = 0.0
    rain: float = 0.0
    missed: float = 0.0
    invented: float = 0.0

    @classmethod
    def after(cls, lead: int) -> "ServiceErrors":
        """For the day `lead` days after the one on which it is said."""
        return cls(
            temperature_degc=1.0 + 0.3 * lead,
            et0=0.10 + 0.03 * lead,
            rain=0.3 + 0.1 * lead,
            missed=0.10 + 0.05 * lead,
            invented=0.03 + 0.02 * lead,
        )


class Service:
    """A weather service for a season: what it says on a day of the days from then on. `errs`: how far it is off."""

    def __init__(self, weather: Weather, seed: int, *, errs: bool) -> None:
        self._rng = np.random.default_rng(seed)
        self._errs = errs
        self._first = day_of(weather.start_ms + round(weather.utc_offset_h * HOUR_MS))
        temperature = weather.temperature.reshape(-1, STEPS_A_DAY)
        self._lowest, self._highest = temperature.min(axis=1), temperature.max(axis=1)
        self._rain, self._et0 = weather.rain.reshape(-1, STEPS_A_DAY).sum(axis=1), daily(weather).et0

    def says(self, day: int) -> list[ComingDay]:
        """The coming days, the day of that number first; fewer at the season's end."""
        return [self._day(day + lead, lead) for lead in range(min(SERVICE_DAYS, len(self._rain) - day))]

    def _day(self, day: int, lead: int) -> ComingDay:
        off = ServiceErrors.after(lead) if self._errs else ServiceErrors()
        rng, rain = self._rng, float(self._rain[day])
        warmer = rng.normal(0, off.temperature_degc)
        if rain >= WET_DAY_MM and rng.random() < off.missed:
            rain = 0.0
        elif rain < WET_DAY_MM and rng.random() < off.invented:
            rain = float(rng.choice(self._rain[self._rain >= WET_DAY_MM]))
        return ComingDay(
            day=self._first + timedelta(days=day),
            rain_mm=rain * float(np.exp(rng.normal(0, off.rain))),
            et0_mm=float(self._et0[day] * np.exp(rng.normal(0, off.et0))),
            lowest_degc=float(self._lowest[day] + warmer),
            highest_degc=float(self._highest[day] + warmer),
        )
