"""Files of hourly weather as a stranger's logger writes them, sound until a test changes a column."""

from pathlib import Path

import numpy as np

from simulations.weather.format import Site
from simulations.weather.series import Weather
from simulations.weather.ten_minutes import read_weather

SITE = Site(latitude=42.4, elevation_m=250, utc_offset_h=-5)
DAYS = 12
HOURS = np.arange(24 * DAYS)
COLUMNS = ("temperature", "rel_humidity", "wind_speed", "rainfall", "pressure", "solar_radiation")


def summer() -> dict[str, np.ndarray]:
    """Twelve days of June by the hour."""
    day = np.sin((HOURS % 24 - 9) / 24 * 2 * np.pi)
    return {
        "temperature": 20 + 8 * day,
        "rel_humidity": 60 - 25 * day,
        "wind_speed": 2.5 + day,
        "rainfall": np.where(HOURS % 50 == 17, 3.0, 0.0),
        "pressure": 985 + 4 * np.cos(HOURS / 40),
        "solar_radiation": np.clip(800 * np.sin((HOURS % 24 + 0.5 - 6) / 12 * np.pi), 0, None),
    }


def wet_weeks() -> dict[str, np.ndarray]:
    """Forty days of showers by the hour, 8 mm a day."""
    hours, chance = np.arange(24 * 40), np.random.default_rng(1)
    columns = {name: np.resize(values, len(hours)) for name, values in summer().items()}
    showers = np.where(chance.random(len(hours)) < 0.16, chance.gamma(0.7, 3.0, len(hours)), 0.0)
    return columns | {"rainfall": np.round(showers, 1)}


def read(tmp_path: Path, columns: dict[str, np.ndarray], times: list[str] | None = None) -> Weather:
    times = times or [f"2015-06-{1 + h // 24:02d} {h % 24:02d}:00" for h in HOURS]
    rows = [",".join([t, *(f"{columns[c][i]:.5g}" for c in COLUMNS)]) for i, t in enumerate(times)]
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([",".join(["when", *COLUMNS]), *rows, ""]))
    weather = read_weather(path, site=SITE)
    assert isinstance(weather, Weather)
    return weather


def long_read(tmp_path: Path, columns: dict[str, np.ndarray]) -> Weather:
    start = np.datetime64("2015-06-01T00:00")
    return read(tmp_path, columns, [str(start + np.timedelta64(h, "h")) for h in range(len(columns["rainfall"]))])
