"""Files whose columns say what they are and in which unit, in one of several languages: a kind made of their names, as
`Temp. [°F]`, `Wind (kt)`, `Niederschlag mm` or `Humidité (%)`."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from edge.contract.errors import CooeeError

from .format import INCH, KMH_PER_MS, MPH, Column, Columns, Format, alternatives
from .units import FOOT, INCH_OF_MERCURY, KNOT, MM_OF_MERCURY

NAME = re.compile(r"(?P<what>[^\[(]*?)[\s_,:]*[\[(](?P<unit>[^\])]*)[\])]\s*|(?P<bare>.*?)[\s_]+(?P<last>\S+)")
"""A unit in brackets, or as the last word."""
AIR, OUTSIDE = ("air ", ""), ("outdoor ", "outside ", "")
WORDS = {
    "temperature": (
        *(f"{where}{word}" for where in {*AIR, *OUTSIDE} for word in ("temperature", "temp")),
        *("lufttemperatur", "temperatur", "aussentemperatur", "temperature de l'air", "temperature exterieure"),
        *("temperatura", "temperatura del aire", "temperatura exterior", "temp out", "t air"),
    ),
    "humidity": (
        *(f"{where}{word}" for where in OUTSIDE for word in ("humidity", "relative humidity", "rel humidity", "hum")),
        *("rh", "rel hum", "luftfeuchte", "luftfeuchtigkeit", "relative luftfeuchte", "relative luftfeuchtigkeit"),
        *("rel luftfeuchte", "rel feuchte", "aussenfeuchte", "humidite", "humidite relative", "humedad"),
        *("humedad relativa", "feuchte"),
    ),
    "wind": (
        *("wind", "wind speed", "windspeed", "avg wind speed", "average wind speed", "mean wind speed", "wind avg"),
        *("windgeschwindigkeit", "mittlere windgeschwindigkeit", "vent", "vitesse du vent", "vent moyen", "viento"),
        *("velocidad del viento", "velocidad viento", "viento medio"),
    ),
    "gust": (
        *("gust", "gusts", "wind gust", "wind gusts", "gust speed", "max wind speed", "boe", "boen", "windboe"),
        *("windboen", "windspitze", "rafale", "rafales", "vent max", "racha", "rachas", "rafaga", "racha maxima"),
    ),
    "rain": (
        *("rain", "rainfall", "precip", "precipitation", "niederschlag", "niederschlagsmenge", "regen"),
        *("regenmenge", "pluie", "precipitations", "cumul pluie", "lluvia", "precipitacion"),
    ),
    "pressure": (
        *("pressure", "air pressure", "barometric pressure", "atmospheric pressure", "station pressure", "barometer"),
        *("luftdruck", "druck", "pression", "pression atmospherique", "presion", "presion atmosferica"),
    ),
    "radiation": (
        *("solar radiation", "radiation", "solar", "global radiation", "solar rad", "globalstrahlung", "strahlung"),
        *("sonneneinstrahlung", "rayonnement", "rayonnement solaire", "rayonnement global", "radiacion"),
        *("radiacion solar", "radiacion global", "solarstrahlung"),
    ),
}
"""Names of quantities without accents, full stops and capitals."""
TIMES = (
    *("time", "date", "datetime", "date time", "date/time", "date & time", "timestamp", "time stamp", "zeit"),
    *("datum", "zeitstempel", "datum/zeit", "datum/uhrzeit", "datum zeit", "date/heure", "date heure", "horodatage"),
    *("fecha", "fecha/hora", "fecha y hora", "fecha hora"),
)
CLOCKS = ("time", "uhrzeit", "zeit", "heure", "hora")
"""Names of a column of times, and of a clock's beside one of dates."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """(number - zero) * factor is in our unit."""

    factor: float = 1.0
    zero: float = 0.0


CELSIUS, FAHRENHEIT, ONE = Unit(), Unit(factor=1 / 1.8, zero=32), Unit()
SPEEDS = {
    **dict.fromkeys(("m/s", "ms", "mps", "ms-1", "m s-1", "m.s-1", "m/sec", "meters/second"), ONE),
    **dict.fromkeys(("km/h", "kmh", "kph", "km h-1"), Unit(factor=1 / KMH_PER_MS)),
    **dict.fromkeys(("mph", "mi/h", "mp/h"), Unit(factor=MPH)),
    **dict.fromkeys(("kt", "kts", "kn", "knots", "knoten", "noeuds", "nudos"), Unit(factor=KNOT)),
    **dict.fromkeys(("ft/s", "fps"), Unit(factor=FOOT)),
}
UNITS = {
    "temperature": {
        **dict.fromkeys(("°c", "c", "degc", "deg c", "ºc", "℃", "celsius", "grad c"), CELSIUS),
        **dict.fromkeys(("°f", "f", "degf", "deg f", "ºf", "℉", "fahrenheit"), FAHRENHEIT),
        **dict.fromkeys(("k", "kelvin"), Unit(zero=273.15)),
    },
    "humidity": dict.fromkeys(("%", "% rh", "%rh", "percent", "prozent", "pct", "% rf", "% rel"), ONE),
    "wind": SPEEDS,
    "gust": SPEEDS,
    "rain": {
        **dict.fromkeys(("mm", "l/m²", "l/m2", "millimeter", "litros/m2"), ONE),
        **dict.fromkeys(("in", "inch", "inches", '"'), Unit(factor=INCH)),
        "cm": Unit(factor=10),
    },
    "pressure": {
        **dict.fromkeys(("hpa", "mb", "mbar"), ONE),
        "pa": Unit(factor=0.01),
        "kpa": Unit(factor=10),
        **dict.fromkeys(("inhg", "in hg", "in"), Unit(factor=INCH_OF_MERCURY)),
        **dict.fromkeys(("mmhg", "mm hg", "torr"), Unit(factor=MM_OF_MERCURY)),
    },
    "radiation": {
        **dict.fromkeys(("w/m²", "w/m2", "w/m^2", "wm-2", "w m-2", "w/sqm", "w/sq.m"), ONE),
        **dict.fromkeys(("kw/m²", "kw/m2"), Unit(factor=1000)),
    },
}
OURS = {
    "temperature": "°C",
    "humidity": "%",
    "wind": "m/s",
    "gust": "m/s",
    "rain": "mm",
    "pressure": "hPa",
    "radiation": "W/m²",
}
SAME = 0.01
MOST_ROWS = 2
TAKEN = {"avg", "smp", "tot", "max", "min", "wvc", "mean", "sum"}
"""What stands for an average, a sample, a total."""
NEEDED = ("temperature", "humidity", "wind", "rain")
OUT = ("out", "aussen", "exterie", "exterior", "air", "luft", "aire")
"""In the name of a column that is surely not of a room."""
UTC_NAMES, LOCAL_NAMES = ("utc", "gmt", "z"), re.compile(r"local|lst|local standard time|[ymdhist:/. -]*")
"""What a column of times says behind its name: a zone, or how they are written."""


def format_of(names: list[str]) -> Format | None:
    """The kind of file that has these columns, where they say time, temperature, humidity, wind and rain; others, as of
    soil or of a room, are passed over. CooeeError for two columns that may be the same quantity."""
    found: dict[str, list[tuple[str, Column]]] = {}
    for quantity, what, column in _columns(names):
        found.setdefault(quantity, []).append((what, column))
    time = _time(names)
    if time is None or any(quantity not in found for quantity in NEEDED):
        return None
    columns: dict[str, Column | Columns] = {quantity: _one(of) for quantity, of in found.items()}
    return Format(
        name="columns that say their unit",
        time=time[0],
        utc=time[1],
        columns={quantity: columns[quantity] for quantity in NEEDED},
        optional={quantity: of for quantity, of in columns.items() if quantity not in NEEDED},
    )


def _one(found: list[tuple[str, Column]]) -> Columns:
    """Columns of one quantity, in several units; that of the open air where there are others."""
    if len({what for what, _ in found}) > 1:
        outside = [(what, column) for what, column in found if any(word in what for word in OUT)]
        found = outside if len({what for what, _ in outside}) == 1 else found
    if len({what for what, _ in found}) > 1:
        raise CooeeError(
            f"columns {' and '.join(repr(column.name) for _, column in found[:2])} may both be meant; leave one out"
        )
    return tuple(column for _, column in found)


def without_units(frame: pd.DataFrame, kind: Format, name: str, header: int) -> pd.DataFrame:
    """Lines without those right below the names that say units, and how values were taken (Campbell's loggers).
    CooeeError for a unit that is not the column's, or is not known."""
    read = {
        one.name: (quantity, one)
        for quantity, column in {**kind.columns, **kind.optional}.items()
        for one in alternatives(column)
        if one.name in frame
    }
    for row in range(min(MOST_ROWS, len(frame))):
        cells = {str(column): str(cell).strip() for column, cell in frame[list(read)].iloc[row].dropna().items()}
        said = [column for column, cell in cells.items() if unit_of(read[column][0], cell)]
        if not said and not {cell.casefold() for cell in cells.values()} <= TAKEN:
            return frame.iloc[row:]
        for column, cell in cells.items() if said else ():
            quantity, one = read[column]
            unit = unit_of(quantity, cell)
            if unit is None or abs(unit.factor - one.factor / one.per) > SAME * unit.factor or unit.zero != one.zero:
                line = int(frame.index[row]) + header + 1
                raise CooeeError(f"{name}: line {line}: column {column} is in {cell!r}; it must be in {OURS[quantity]}")
    return frame.iloc[MOST_ROWS:]


def unit_of(quantity: str, unit: str) -> Unit | None:
    """A unit by one of its names."""
    return UNITS.get(quantity, {}).get(unicodedata.normalize("NFC", unit).strip().casefold().strip("."))


def _columns(names: list[str]) -> Iterator[tuple[str, str, Column]]:
    """Quantity, plain name and column."""
    for name in names:
        what, said = _split(name)
        for quantity, words in WORDS.items():
            if what in words and (unit := unit_of(quantity, said)):
                yield quantity, what, Column(name=name, zero=unit.zero, factor=unit.factor)


def _split(name: str) -> tuple[str, str]:
    """A plain name and what stands behind it."""
    parts = NAME.fullmatch(name)
    if parts is None:
        return _plain(name), ""
    return _plain(parts["what"] or parts["bare"] or ""), parts["unit"] or parts["last"] or ""


def _time(names: list[str]) -> tuple[tuple[str, ...], bool] | None:
    """The column of times, that of a clock where it is another, and whether they say that they are UTC."""
    said = {name: (_plain(name), "") if _plain(name) in (*TIMES, *CLOCKS) else _split(name) for name in names}
    dates = [name for name, (what, _) in said.items() if what in TIMES]
    if not dates:
        return None
    clocks = [name for name, (what, _) in said.items() if what in CLOCKS and name != dates[0]]
    columns = (dates[0], *clocks[:1])
    behind = [said[name][1].strip().casefold() for name in columns]
    if not all(text in UTC_NAMES or LOCAL_NAMES.fullmatch(text) for text in behind):
        return None
    return columns, any(text in UTC_NAMES for text in behind)


def _plain(name: str) -> str:
    """Without accents, full stops, underscores and capitals."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("ö", "oe"))
    return " ".join(re.sub("[._]", " ", "".join(one for one in letters if not unicodedata.combining(one))).split())
