"""The season that a farm is simulated in unless a scenario says otherwise: Whately's, in the farm's hemisphere."""

from dataclasses import replace

from edge.agronomy.crops import HALF_A_YEAR_DAYS

from .series import Weather
from .ten_minutes import whately

FIRST = (4, 15)
FIRST_IN_THE_SOUTH = (10, 14)


def growing_season(latitude: float, days: int) -> Weather:
    """Whately's weather of so many days from 15 April on; for a farm south of the equator half a year later, from 14
    October on, as a station as far south of it would have measured it. CooeeError when it does not reach so far."""
    weather = whately()
    if latitude >= 0:
        return weather.season(*FIRST, days)
    moved = replace(
        weather,
        name=f"{weather.name}-half-a-year-later",
        start_ms=weather.start_ms + HALF_A_YEAR_DAYS * 86_400_000,
        latitude=-weather.latitude,
    )
    return moved.season(*FIRST_IN_THE_SOUTH, days)
