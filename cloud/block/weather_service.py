"""What a weather service says of the coming days: the file that farm.yaml's `forecast` names, or what its command
prints.

CSV with a header, or JSON: a list of objects. One entry a day: `date`, and any of `rain_mm`, `et0_mm`, `lowest_degc`
and `highest_degc` (docs/FORECAST.md).
"""

import csv
import io
import json
import math
import shlex
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from edge.agronomy.crops import extraterrestrial_radiation
from edge.contract.errors import CooeeError
from edge.edited_file import why_unreadable
from edge.farm import Farm, ForecastSource

from ..clock import local

LIMITS = {"rain_mm": (0.0, 500.0), "et0_mm": (0.0, 20.0), "lowest_degc": (-60.0, 60.0), "highest_degc": (-60.0, 60.0)}
"""Quantity -> what it can be."""
MOST_DAYS = 60
LARGEST = 1_000_000
"""Letters of an answer."""
ANSWERS_WITHIN_S = 60.0
RENEWED_S, TRIED_AGAIN_S = 1800.0, 120.0
MM_OF_MJ = 0.408
"""Water that a MJ/m2 evaporates, mm (FAO-56 eq. 20)."""


class ForecastError(CooeeError):
    """A weather service's forecast cannot be used."""


@dataclass(frozen=True, kw_only=True)
class ComingDay:
    """A day of a forecast: rain and reference evapotranspiration [mm], lowest and highest air temperature [degC]."""

    day: date
    rain_mm: float | None = None
    et0_mm: float | None = None
    lowest_degc: float | None = None
    highest_degc: float | None = None

    def et0(self, latitude: float) -> float | None:
        """Reference evapotranspiration [mm]: as it was told, or by Hargreaves from the temperatures (FAO-56 eq. 52)."""
        if self.et0_mm is not None or self.lowest_degc is None or self.highest_degc is None:
            return self.et0_mm
        span, mean = self.highest_degc - self.lowest_degc, (self.highest_degc + self.lowest_degc) / 2
        radiation = float(extraterrestrial_radiation(latitude, self.day.timetuple().tm_yday))
        return max(0.0, 0.0023 * (mean + 17.8) * math.sqrt(span) * MM_OF_MJ * radiation)


def read_forecast(text: str, source: str) -> list[ComingDay]:
    """The days in a forecast; ForecastError says in one line what is wrong with it, `source` being how it is named."""
    text = text.removeprefix("\ufeff")
    try:
        rows = json.loads(text) if text.lstrip()[:1] in ("[", "{") else list(csv.DictReader(io.StringIO(text)))
    except (ValueError, RecursionError, csv.Error) as error:
        raise ForecastError(f"{source}: neither CSV nor JSON: {str(error)[:80]}") from None
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_DAYS:
        raise ForecastError(f"{source}: a list of 1 to {MOST_DAYS} days is needed, each with its date")
    days = [_day(row, f"{source}: day {number}") for number, row in enumerate(rows, 1)]
    for before, after in pairwise(days):
        if after.day != before.day + timedelta(days=1):
            raise ForecastError(f"{source}: {after.day} does not follow {before.day}: one entry a day, in order")
    return days


def _day(row: Any, where: str) -> ComingDay:
    if not isinstance(row, dict):
        raise ForecastError(f"{where}: an object with date, {', '.join(LIMITS)} is needed")
    try:
        day = date.fromisoformat(str(row["date"]).strip())
    except (KeyError, ValueError):
        raise ForecastError(f"{where}: `date` is missing or not written as in 2026-06-21") from None
    values: dict[str, float] = {}
    for name, (least, most) in LIMITS.items():
        if (found := row.get(name)) in (None, ""):
            continue
        try:
            values[name] = float(found)
        except (TypeError, ValueError, OverflowError):
            raise ForecastError(f"{where}: {name} is {str(found)[:20]!r}, not a number") from None
        if not least <= values[name] <= most:
            raise ForecastError(f"{where}: {name} is {values[name]:g}, not {least:g} to {most:g}")
    if not values:
        raise ForecastError(f"{where}: has none of {', '.join(LIMITS)}")
    if values.get("lowest_degc", -60.0) > values.get("highest_degc", 60.0):
        raise ForecastError(f"{where}: lowest_degc is above highest_degc")
    return ComingDay(day=day, **values)


def from_today(days: Sequence[ComingDay], today: date) -> list[ComingDay]:
    """The days from today on. ForecastError for one that is old: a forecast begins on the day on which it was made."""
    if days[0].day < today - timedelta(days=1):
        raise ForecastError(f"it begins on {days[0].day}, today is {today}: it is old, have it made every day")
    coming = [day for day in days if day.day >= today]
    if not coming or coming[0].day != today or len(coming) < 2:
        raise ForecastError(f"it lasts from {days[0].day} to {days[-1].day}: today ({today}) and tomorrow are needed")
    return coming


def ask(forecast: ForecastSource, folder: Path) -> list[ComingDay]:
    """What the file says, or what the command prints now; both are found from `folder`. Raises ForecastError."""
    if forecast.file:
        path = folder / forecast.file
        try:
            with path.open(encoding="utf-8") as file:
                return read_forecast(file.read(LARGEST), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise ForecastError(f"{path}: cannot be read ({why_unreadable(error)})") from None
    words = shlex.split(forecast.command or "")
    try:
        ran = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, timeout=ANSWERS_WITHIN_S, stdin=subprocess.DEVNULL
        )
    except (OSError, UnicodeDecodeError, subprocess.TimeoutExpired) as error:
        reason = getattr(error, "strerror", None) or f"no answer within {ANSWERS_WITHIN_S:.0f} s"
        raise ForecastError(f"{words[0]}: {reason}") from None
    if ran.returncode:
        said = (ran.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ForecastError(f"{words[0]}: ended with {ran.returncode}: {said[:160]}")
    return read_forecast(ran.stdout[:LARGEST], words[0])


class Asked:
    """A farm's weather service, asked in the background so that no page waits for it; its answer is kept for half an
    hour. Shared by the page's threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: tuple[ForecastSource, Path] | None = None
        self._answer: list[ComingDay] | ForecastError | None = None
        self._next = 0.0

    def days(self, forecast: ForecastSource, folder: Path) -> list[ComingDay] | None:
        """The newest answer, None until there is one. Raises ForecastError."""
        if forecast.file:
            return ask(forecast, folder)
        with self._lock:
            if self._wanted != (forecast, folder):
                self._wanted, self._answer, self._next = (forecast, folder), None, 0.0
            if time.monotonic() >= self._next:
                self._next = time.monotonic() + 2 * ANSWERS_WITHIN_S
                threading.Thread(target=self._ask, args=(forecast, folder), daemon=True).start()
            answer = self._answer
        if isinstance(answer, ForecastError):
            raise answer
        return answer

    def coming(self, farm: Farm, folder: Path, now: int) -> tuple[list[ComingDay], str]:
        """The days of a farm's forecast from today on (`now` in UTC ms), and why it is not used; neither without a
        service, and before its command has answered. `folder`: in which farm.yaml stands."""
        if farm.forecast is None:
            return [], ""
        try:
            days = self.days(farm.forecast, folder)
            return from_today(days, local(now, farm.timezone).date()) if days else [], ""
        except ForecastError as error:
            return [], str(error)

    def _ask(self, forecast: ForecastSource, folder: Path) -> None:
        answer: list[ComingDay] | ForecastError
        try:
            answer = ask(forecast, folder)
        except ForecastError as error:
            answer = error
        with self._lock:
            if self._wanted == (forecast, folder):
                self._answer = answer
                wait = TRIED_AGAIN_S if isinstance(answer, ForecastError) else RENEWED_S
                self._next = time.monotonic() + wait
