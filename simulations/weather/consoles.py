"""Files of the stations that farms and gardens have, as their makers export them: units stand in the names, times are
of the station's own clock."""

from .format import Column, Format
from .units import degrees, pressure, rain, wind

WEATHERLINK = Format(
    name="Davis WeatherLink",
    time=("Date & Time",),
    time_format="mixed",
    columns={
        "temperature": degrees("Temp - {}"),
        "humidity": Column(name="Hum - %"),
        "wind": wind("Avg Wind Speed - {}") + wind("Wind Speed - {}"),
        "rain": rain("Rain - {}"),
        "pressure": pressure("Absolute Pressure - {}", "Barometer - {}"),
    },
    optional={"gust": wind("High Wind Speed - {}"), "radiation": Column(name="Solar Rad - W/m^2")},
)

WEATHERLINK_DESKTOP = Format(
    name="WeatherLink for the desktop",
    time=("Date", "Time"),
    columns={
        "temperature": Column(name="Temp Out"),
        "humidity": Column(name="Out Hum"),
        "wind": Column(name="Wind Speed"),
    },
    refusal=(
        "is of Davis's WeatherLink for the desktop and does not say its units; export it from weatherlink.com, or name "
        "its columns when, temperature, rel_humidity, wind_speed, rainfall and pressure, in °C, %, m/s, mm and hPa"
    ),
)

ECOWITT = Format(
    name="Ecowitt",
    time=("Time",),
    time_format="mixed",
    columns={
        "temperature": degrees("Outdoor Temperature({})"),
        "humidity": Column(name="Outdoor Humidity(%)"),
        "wind": wind("Wind({})") + wind("Wind Wind Speed({})"),
        "rain": tuple(
            column
            for of in ("Daily", "Weekly", "Monthly", "Yearly")
            for name in (f"{of} Rain", f"Rainfall {of}", f"Piezo Rainfall {of}")
            for column in rain(name + "({})", running=True)
        ),
        "pressure": pressure("ABS Pressure({})", "Pressure Absolute({})", "REL Pressure({})", "Pressure Relative({})"),
    },
    optional={
        "gust": wind("Gust({})") + wind("Wind Wind Gust({})"),
        "radiation": tuple(
            Column(name=name)
            for unit in ("w/m2", "W/m2", "w/m²", "W/m²")
            for name in (f"Solar Rad({unit})", f"Solar and UVI Solar({unit})")
        ),
    },
)
"""Of a console, of WS View, and of ecowitt.net with its two rows of names. Rain is a total since midnight, or for
longer."""
