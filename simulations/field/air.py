"""The air at a zone's crop, and where it is a trouble or close to one: frost, wind and disease weather."""

import numpy as np
from numpy.typing import NDArray

from edge.agronomy.disease_weather import HUTTON_HOURS

from ..lag import first_order
from ..time_grid import STEP_S
from ..weather.series import Weather
from .plant_weather import blight_weather, humid_day
from .water_balance import DIGITS

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DAMAGING_GUST_MS = 10.8
"""Beaufort 6, strong breeze: large branches move, row covers and young shoots tear. Orchard fruit drop has no published
limit."""
NEARLY_FROST_DEGC, NEARLY_DAMAGING = 1.0, 0.9
"""Air as cold, or a gust of such a share, is close to trouble: plants are colder than the air, and gusts differ as much
within a block."""
COLD_POOL_WIND_MS = 2.0
"""On clear calm nights air at crop height is colder than at the station, the more the calmer, and not in more wind than
this."""


def crop_air(weather: Weather, pooling_degc: float, shelter: float) -> dict[str, Floats]:
    """Channels of the air at crop height and of the soil's temperature."""
    wind, gust = weather.wind * (1 - shelter), weather.gust * (1 - shelter)
    calm_night = (weather.radiation < 1) * np.clip(1 - wind / COLD_POOL_WIND_MS, 0, 1)
    pool = _smooth(np.asarray(pooling_degc * calm_night, dtype=float), hours=2)
    temperature = np.round(weather.temperature - pool, DIGITS)
    return {
        "air_temperature": temperature,
        "humidity": weather.humidity,
        "wind": wind,
        "gust": gust,
        "rain": weather.rain,
        "pressure": weather.pressure,
        "solar_radiation": weather.radiation,
        "soil_temperature": np.round(_smooth(temperature, hours=18), DIGITS),
    }


def growing_months(weather: Weather) -> Bools:
    """April to October, south of the equator October to April, by step."""
    month = (weather.times_ms() + weather.utc_offset_h * 3_600_000).astype("datetime64[ms]").astype(
        "datetime64[M]"
    ).astype(int) % 12 + 1
    inside = (month >= 4) & (month <= 10) if weather.latitude >= 0 else (month >= 10) | (month <= 4)
    return np.asarray(inside)


def air_troubles(weather: Weather, air: dict[str, Floats]) -> dict[str, Bools]:
    """Where air at crop height (channels by name, as measured or simulated) is a trouble, by kind (steps,)."""
    growing = growing_months(weather)
    return {
        "frost": growing & (air["air_temperature"] < 0),
        "wind": growing & (air["gust"] >= DAMAGING_GUST_MS),
        "disease": growing & blight_weather(air["air_temperature"], air["humidity"], HUTTON_HOURS),
    }


def nearly_air_troubles(weather: Weather, air: dict[str, Floats]) -> dict[str, Bools]:
    """Where it is close to one (docs/SPEC.md), by kind (steps,)."""
    growing = growing_months(weather)
    return {
        "frost": growing & (air["air_temperature"] < NEARLY_FROST_DEGC),
        "wind": growing & (air["gust"] >= NEARLY_DAMAGING * DAMAGING_GUST_MS),
        "disease": growing & humid_day(air["air_temperature"], air["humidity"], HUTTON_HOURS),
    }


def _smooth(values: Floats, *, hours: float) -> Floats:
    """First-order lag."""
    keep = np.exp(-STEP_S / 3600 / hours)
    return first_order((1 - keep) * values, keep, values[0])
