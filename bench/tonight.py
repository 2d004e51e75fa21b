"""How well the page knows tonight's lowest air temperature: in the simulated field, at its station and in a hollow, and
at measured stations. `cooee bench forecast` prints it.

Every night with NIGHTS_BACK_DAYS behind it is asked for at ASKED_H, local standard time: 9 and 6 hours before the usual
hour of the lowest, 5:00.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.block.forecast import Outlook
from cloud.block.tonight import EVENING_H, MORNING_H, NIGHTS_BACK_DAYS, PastAir, colder_by, lowest_tonight, tonight_with
from cloud.block.weather_service import ComingDay
from cloud.clock import HOUR_MS, local
from simulations.rng import stream
from simulations.time_grid import STEP_S, STEPS_A_DAY

from .reality.cli import measured_stations
from .reality.weather import Station

Floats = NDArray[np.float64]
Said = tuple[str, Outlook | None, float]
"""Who says what of a night, and the lowest that came, NaN where that is not known."""
ASKED_H = (20, 23)
FEW_NIGHTS = 5
"""That a new block has behind it."""
STEPS_AN_HOUR = STEPS_A_DAY // 24
SERVICE_ERROR_DEGC = 2.0
"""Of a weather service's lowest at the station, drawn."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Air by the hour from a midnight of local standard time on: what a node says, NaN where nothing, and the lowest
    of the hour in truth, degC and %, arrays (hours,)."""

    temperature: Floats
    humidity: Floats
    lowest: Floats = field(repr=False)

    def past(self, hour: int, nights: int = NIGHTS_BACK_DAYS) -> PastAir:
        """What is known of it when an hour has passed, of so many nights before and of this one."""
        hours = np.arange(max(0, hour - 24 * nights + 1), hour + 1)
        known = hours[~np.isnan(self.temperature[hours]) & ~np.isnan(self.humidity[hours])]
        return PastAir(
            t=(known * HOUR_MS).tolist(),
            temperature=self.temperature[known].tolist(),
            humidity=self.humidity[known].tolist(),
        )


def hourly(steps: Floats, most_missing: float = 0.5) -> Floats:
    """Means by the hour of values (steps,), NaN where most lack."""
    rows = steps.reshape(-1, STEPS_AN_HOUR)
    known = ~np.isnan(rows)
    total = np.where(known, rows, 0.0).sum(axis=1)
    return np.where(known.mean(axis=1) >= most_missing, total / np.maximum(known.sum(axis=1), 1), np.nan)


def lowest_of_hours(steps: Floats) -> Floats:
    """(steps,) to (hours,), NaN where some lack."""
    return np.asarray(steps.reshape(-1, STEPS_AN_HOUR).min(axis=1))


def nights(place: Place) -> Iterator[tuple[int, int]]:
    """Hours at which a place's nights are asked for, and those of them."""
    for day in range(NIGHTS_BACK_DAYS, len(place.temperature) // 24 - 1):
        for asked in ASKED_H:
            yield asked, 24 * day + asked


def came(place: Place, hour: int) -> float:
    """The lowest of the night of an hour in truth, NaN where it is not known."""
    evening = hour - hour % 24 + EVENING_H
    return float(place.lowest[evening : evening + 24 - EVENING_H + MORNING_H].min())


def last_night(place: Place, hour: int) -> Outlook | None:
    """The lowest of the night before, taken for tonight's."""
    lowest = came(place, hour - 24)
    return None if np.isnan(lowest) else Outlook(value=lowest, least=lowest, most=lowest)


def of_place(place: Place) -> Iterator[Said]:
    """By a place's own nights."""
    for asked, hour in nights(place):
        yield f"asked at {asked}:00", lowest_tonight(place.past(hour), None, "UTC", hour * HOUR_MS), came(place, hour)
        if asked == ASKED_H[0]:
            yield "as last night", last_night(place, hour), came(place, hour)


def of_block(block: Place, station: Place, seed: int) -> Iterator[Said]:
    """Of a block that has FEW_NIGHTS behind it, by what is known of it and of a station."""
    rng = stream(seed, "weather service")
    for asked, hour in nights(station):
        if asked != ASKED_H[-1]:
            continue
        now, true, there, few = hour * HOUR_MS, came(block, hour), station.past(hour), block.past(hour, FEW_NIGHTS)
        service = came(station, hour) + SERVICE_ERROR_DEGC * rng.normal()
        coming = [ComingDay(day=local(now, "UTC").date() + timedelta(days=n), lowest_degc=service) for n in (0, 1)]
        colder = colder_by(few, there, "UTC", now)
        yield "the station's, taken for the block's", lowest_tonight(there, None, "UTC", now), true
        yield f"{FEW_NIGHTS} nights beside the station", lowest_tonight(few, there, "UTC", now), true
        yield f"{NIGHTS_BACK_DAYS} nights of its own", lowest_tonight(block.past(hour), None, "UTC", now), true
        yield "a service's, taken for the block's", tonight_with(None, coming, "UTC", now), true
        yield "a service's, and how much colder", tonight_with(None, coming, "UTC", now, colder=colder), true


def figures(said: Iterable[Said]) -> dict[str, dict[str, float]]:
    """By who says it: nights, RMSE and bias [degC], and the share of nights in the band."""
    rows: dict[str, list[tuple[float, bool]]] = {}
    for who, outlook, true in said:
        if outlook is not None and not np.isnan(true):
            rows.setdefault(who, []).append((outlook.value - true, outlook.least <= true <= outlook.most))
    return {who: _figures(*map(np.array, zip(*of, strict=True))) for who, of in rows.items()}


def _figures(off: Floats, inside: Floats) -> dict[str, float]:
    return {
        "nights": len(off),
        "rmse_degc": round(float(np.sqrt(np.mean(off**2))), 2),
        "bias_degc": round(float(off.mean()), 2),
        "in_band": round(float(inside.mean()), 2),
    }


def measured() -> dict[str, Any]:
    """At stations that come with the program: each by itself, and the orchard as a block beside Whately."""
    found = list(measured_stations())
    orchard, whately = (next(s for s in found if part in s.name) for part in ("orchard", "whately"))
    first = max(station.weather.start_ms for station in (orchard, whately))
    last = min(
        station.weather.start_ms + len(station.weather.temperature) * STEP_S * 1000 for station in (orchard, whately)
    )
    block, beside = (_place(station, first, last) for station in (orchard, whately))
    return {
        "stations": figures(said for station in found for said in of_place(_place(station))),
        "orchard beside Whately": figures(of_block(block, beside, seed=0)),
    }


def _place(station: Station, first_ms: int = 0, last_ms: int = 2**62) -> Place:
    t = station.weather.times_ms()
    some = (t >= first_ms) & (t < last_ms)
    air, humidity = (station.air[name][some] for name in ("air_temperature", "humidity"))
    return Place(temperature=hourly(air), humidity=hourly(humidity), lowest=lowest_of_hours(air))
