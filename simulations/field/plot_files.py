"""Measured plots from a folder of files as pyfao56 writes them.

A folder has one .par (crop and soil), one .wth (daily weather), a .sws a plot (water measured by depth, with root-zone
depletion mDr and stress mKs) and irrigation, either irrigation.csv (a column a plot) or one .irr. Where waterlimits.csv
says that every plot has a soil of its own, its limits are those behind its own measured figures; otherwise one .sol
gives them by depth. A .upd adds an observed canopy.
"""

import csv
import math
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from edge.agronomy import et0
from edge.contract.errors import CooeeError
from edge.edited_file import why_unreadable

from .measured_plots import Floats, Layers, Plot

PARAMETERS = (
    "Kcbini",
    "Kcbmid",
    "Kcbend",
    "Lini",
    "Ldev",
    "Lmid",
    "Lend",
    "hini",
    "hmax",
    "thetaFC",
    "thetaWP",
    "theta0",
    "Zrini",
    "Zrmax",
    "pbase",
    "Ze",
    "REW",
)
MEASURED = ("Zr", "mDr", "mDrmax", "mfDr", "mfDrmax", "mSWCr", "mSWCrmax", "mKs")
"""Last columns of a .sws file."""
LEAST_SHARE = 0.05
"""A share of the available water below which three decimals are too few to divide by."""
DATED = re.compile(r"(\d{4})-(\d{3})\s")
START = re.compile(r"Simulation Start and End: (\d{4})-(\d{3})")


def read_plots(folder: Path) -> list[Plot]:
    """Every plot of a folder that has measured depletions. CooeeError names a missing or unreadable file."""
    par = _parameters(_one(folder, "par"))
    wth = _one(folder, "wth")
    first, tall, weather = _weather(wth)
    days = len(weather["ETref"])
    layers = None if (folder / "waterlimits.csv").exists() else _layers(_one(folder, "sol"))
    canopy = _canopy(folder, first, days)
    plots = []
    for path in sorted(folder.glob("*.sws")):
        rows, planted = _measured(path, first, days)
        known = {day: row for day, row in rows.items() if not math.isnan(row["mDr"])}
        if not known:
            continue
        name = path.stem.removeprefix(wth.stem)
        irrigation, wetted = _irrigation(folder, name, first, days)
        own, soil, begin = dict(par), layers, planted
        if soil is None:
            begin, soil = _limits_behind(known, own)
        later = {day: (row["mDr"], row["mKs"]) for day, row in known.items() if day > begin}
        if not later:
            continue
        plots.append(
            Plot(
                name=name,
                first=first,
                planted=planted,
                par=own,
                layers=soil,
                tall=tall,
                et0=weather["ETref"],
                rh_min=weather["RHmin"],
                u2=weather["u2"],
                rain=weather["Rain"],
                irrigation=irrigation,
                wetted=wetted,
                canopy=canopy,
                start=begin,
                measured=later,
                moisture=_moisture(path, first, days),
            )
        )
    if not plots:
        raise CooeeError(f"{folder}: no .sws file has measured depletions (mDr) to start from and to score")
    return plots


def _limits_behind(known: dict[int, dict[str, float]], par: dict[str, float]) -> tuple[int, Layers]:
    """Day and soil of a plot's first measurement, in two layers: the roots of that day and the greatest roots. The
    available water is what depletions in mm and as shares say together. Sets the rooting depths in `par` to those
    measured."""
    day = min(known)
    row = known[day]
    par |= {"Zrini": row["Zr"], "Zrmax": max(r["Zr"] for r in known.values())}
    below = max(par["Zrmax"] - par["Zrini"], 1e-3)
    taw_max = _available(
        [(r["mDrmax"], r["mfDrmax"]) for r in known.values()],
        otherwise=1000 * (par["thetaFC"] - par["thetaWP"]) * par["Zrmax"],
    )
    taw = _available(
        [(r["mDr"], r["mfDr"]) for r in known.values() if r["Zr"] == row["Zr"]],
        otherwise=taw_max * par["Zrini"] / par["Zrmax"],
    )
    thick = np.array([par["Zrini"], below]) * 1000
    available = np.array([taw, max(taw_max - taw, 0.0)]) / thick
    shortage = np.array([row["mDr"], row["mDrmax"] - row["mDr"]]) / thick
    fc = np.array([row["mSWCr"] + shortage[0]] * 2)
    return day, Layers(
        bottom_m=np.array([par["Zrini"], par["Zrini"] + below]), fc=fc, wp=fc - available, theta0=fc - shortage
    )


def _available(pairs: list[tuple[float, float]], *, otherwise: float) -> float:
    """Available water, mm, from depletions and their shares of it; shares that are rounded to almost nothing say
    nothing."""
    limits = [depletion / share for depletion, share in pairs if abs(share) >= LEAST_SHARE]
    return float(np.median(limits)) if limits else otherwise


def _one(folder: Path, kind: str) -> Path:
    found = sorted(folder.glob(f"*.{kind}"))
    if len(found) != 1:
        raise CooeeError(f"{folder}: one .{kind} file is needed, found {len(found)}")
    return found[0]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CooeeError(f"{path}: cannot be read ({why_unreadable(error)})") from None


def _rows(path: Path, *, columns: int) -> Iterator[tuple[str, list[str]]]:
    """Date key and cells of the lines that begin with year-day."""
    for number, line in enumerate(_text(path).splitlines(), 1):
        if DATED.match(line):
            key, *cells = line.split()
            if len(cells) < columns:
                raise CooeeError(f"{path}: line {number}: {columns + 1} columns are needed, found {len(cells) + 1}")
            yield key, cells


def _number(text: str, path: Path, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise CooeeError(f"{path}: {what}: {text!r} is not a number") from None


def _date(year: str, day_of_year: str) -> date:
    return date(int(year), 1, 1) + timedelta(days=int(day_of_year) - 1)


def _parameters(path: Path) -> dict[str, float]:
    found = {name: value for value, name in re.findall(r"^\s*(\S+)\s+(\w+),", _text(path), re.MULTILINE)}
    missing = [name for name in PARAMETERS if name not in found]
    if missing:
        raise CooeeError(f"{path}: {missing[0]} is missing")
    return {name: _number(found[name], path, name) for name in PARAMETERS}


def _weather(path: Path) -> tuple[date, bool, dict[str, Floats]]:
    """First day, whether the reference crop is tall, and daily columns; humidity that is missing follows from the dew
    point."""
    text = _text(path)
    header = re.search(r"^Year-DOY\s+(.+)$", text, re.MULTILINE)
    height = re.search(r"([\d.]+)\s+Wind speed measurement height", text)
    if header is None or height is None:
        raise CooeeError(f"{path}: has no line of column names (Year-DOY ...) or no wind measurement height")
    names = header[1].split()
    rows = list(_rows(path, columns=len(names)))
    first = _date(*rows[0][0].split("-"))
    for i, (key, _) in enumerate(rows):
        if _date(*key.split("-")) != first + timedelta(days=i):
            raise CooeeError(f"{path}: {key}: days must follow each other; {first + timedelta(days=i)} is missing")
    columns = {
        name: np.array([_number(cells[names.index(name)], path, f"{key} {name}") for key, cells in rows])
        for name in ("ETref", "RHmin", "Wndsp", "Rain", "Tmax", "Tdew")
    }
    dew = 100 * et0.saturation_vapour_pressure(columns["Tdew"]) / et0.saturation_vapour_pressure(columns["Tmax"])
    columns["RHmin"] = np.where(np.isnan(columns["RHmin"]), dew, columns["RHmin"])
    for name in ("ETref", "RHmin", "Wndsp", "Rain"):
        if np.isnan(columns[name]).any():
            raise CooeeError(f"{path}: {name} is missing on {rows[int(np.isnan(columns[name]).argmax())][0]}")
    tall = re.search(r"^\s*T Reference crop", text, re.MULTILINE) is not None
    return first, tall, columns | {"u2": et0.wind_at_2m(columns["Wndsp"], float(height[1]))}


def _layers(path: Path) -> Layers:
    table = np.array(
        [
            [_number(cell, path, "a layer") for cell in line.split()]
            for line in _text(path).splitlines()
            if re.match(r"\s*\d+\s+[\d.]+\s+[\d.]+\s+[\d.]+\s*$", line)
        ]
    )
    if not len(table):
        raise CooeeError(f"{path}: has no line of depth, field capacity, wilting point and first water content")
    return Layers(bottom_m=table[:, 0] / 100, fc=table[:, 1], wp=table[:, 2], theta0=table[:, 3])


def _measured(path: Path, first: date, days: int) -> tuple[dict[int, dict[str, float]], int]:
    """Measured figures by day number, and the day of planting: that on which the file says a simulation starts, or else
    the first."""
    rows = {}
    for key, cells in _rows(path, columns=len(MEASURED)):
        day = (_date(*key.split("-")) - first).days
        if 0 <= day < days:
            rows[day] = {
                name: _number(cell, path, f"{key} {name}")
                for name, cell in zip(MEASURED, cells[-len(MEASURED) :], strict=True)
            }
    said = START.search(_text(path))
    return rows, (_date(said[1], said[2]) - first).days if said else 0


def _moisture(path: Path, first: date, days: int) -> dict[int, dict[int, float]]:
    """Water contents by day number and lower edge of the layer, cm: a line has how many layers, their edges, their
    contents."""
    found = {}
    for key, cells in _rows(path, columns=1):
        day = (_date(*key.split("-")) - first).days
        count = int(_number(cells[0], path, f"{key} n"))
        if len(cells) < 1 + 2 * count:
            raise CooeeError(f"{path}: {key}: {count} depths and as many water contents are needed")
        numbers = [_number(cell, path, f"{key} water content") for cell in cells[1 : 1 + 2 * count]]
        if 0 <= day < days:
            found[day] = {round(edge): content for edge, content in zip(numbers[:count], numbers[count:], strict=True)}
    return found


def _irrigation(folder: Path, plot: str, first: date, days: int) -> tuple[Floats, Floats]:
    depth, wetted = np.zeros(days), np.ones(days)
    table = folder / "irrigation.csv"
    if table.exists():
        rows = list(csv.DictReader(_text(table).splitlines()))
        if not rows or plot not in rows[0]:
            raise CooeeError(f"{table}: has no column {plot}")
        given = [(_date(row["Year"], row["DOY"]), _number(row[plot], table, plot), 1.0) for row in rows]
    else:
        path = _one(folder, "irr")
        given = [
            (_date(*key.split("-")), _number(cells[0], path, key), _number(cells[1], path, key))
            for key, cells in _rows(path, columns=2)
        ]
    for on, mm, share in given:
        day = (on - first).days
        if 0 <= day < days:
            depth[day], wetted[day] = mm, share
    return depth, wetted


def _canopy(folder: Path, first: date, days: int) -> Floats:
    canopy = np.full((days, 3), np.nan)
    for path in folder.glob("*.upd"):
        for key, cells in _rows(path, columns=3):
            day = (_date(*key.split("-")) - first).days
            if 0 <= day < days:
                values = [_number(cell, path, key) for cell in cells[:3]]
                canopy[day] = [value if value > 0 else np.nan for value in values]
    return canopy
