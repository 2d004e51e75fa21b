"""Values in metric and US units, by conversions that anybody can look up."""

from collections.abc import Callable
from functools import partial

import pytest

from cloud.language import quantities as q
from cloud.language.reader import Reader, speaking_to
from cloud.language.times import at, run_time

NOW = 1_433_355_600_000
"""3 June 2015, 14:20 in New York."""


@pytest.mark.parametrize(
    ("form", "metric", "us"),
    [
        (partial(q.depth, 25.4), "25 mm", "1.0 in"),
        (partial(q.depth, 12.7), "13 mm", "0.50 in"),
        (partial(q.depth, 0.4), "0.4 mm", "0.02 in"),
        (partial(q.depth, 0.0), "0 mm", "0.0 in"),
        (partial(q.depth_alone, 12.7, 50.8), "13", "0.5"),
        (partial(q.below_ground, 30), "30 cm", "12 in"),
        (partial(q.degrees, 0.0), "0.0°C", "32.0°F"),
        (partial(q.degrees, -40, 0), "-40°C", "-40°F"),
        (partial(q.degrees, -0.04), "0.0°C", "31.9°F"),
        (partial(q.degrees_apart, 5.0), "5.0°C", "9.0°F"),
        (partial(q.speed, 44.704), "161 km/h", "100 mph"),
        (partial(q.area, 1.2), "1.2 ha", "2.97 ac"),
        (partial(q.area, 0.02), "200 m²", "2,153 sq ft"),
        (partial(q.volume, 12345.6), "12,346 m³", "3,261,400 gallons"),
        (partial(q.volume, 1.1234), "1,120 litres", "300 gallons"),
        (partial(q.volume, 0.0001), "1 litre", "1 gallon"),
        (partial(q.pressure, 1013.26), "1,013.3 hPa", "29.92 inHg"),
        (partial(q.gas, 3.456), "3.46 ppm", "3.46 ppm"),
        (partial(q.percent, 0.304), "30%", "30%"),
        (partial(q.voltage, 3.9), "3.90 V", "3.90 V"),
        (partial(q.unit_name, "depth"), "mm", "in"),
        (partial(q.unit_name, "temperature"), "°C", "°F"),
        (partial(run_time, 6.5), "6 hours 30 minutes", "6 hours 30 minutes"),
        (partial(run_time, 0.01), "5 minutes", "5 minutes"),
        (partial(at, NOW, "America/New_York"), "3 June 2015, 14:20", "June 3, 2015, 2:20 PM"),
    ],
)
def test_each_is_said_in_the_readers_units(form: Callable[[], str], metric: str, us: str) -> None:
    def said(reader: Reader) -> str:
        with speaking_to(reader):
            return form().replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")

    assert (said(Reader(units="metric")), said(Reader(units="us"))) == (metric, us)
