"""Numbers of other systems: paths, times, units, counters, what is carried and what is not believed."""

import json
import math
from typing import Any

import pytest

from edge.contract.channels import channel_names
from edge.contract.errors import MessageError
from edge.farm.mapping import CARRY_S, MappedReading
from edge.farm.units import UNITS, converted
from edge.foreign_payload import at, number_of, parse_path, time_of
from edge.sources.values import Value

T = 1_795_795_200_000
"""2026-11-27 16:00 UTC."""
MINUTE = 60_000
BODY = {"a": {"b.c": [{"type": 2, "v": 5}, {"type": 1, "v": 7.5}]}, "n": None}


def mapped(channel: str, unit: str, **more: Any) -> MappedReading:
    return MappedReading(channel=channel, topic="t", unit=unit, **more)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ('a["b.c"][1].v', 7.5),
        ('a["b.c"][type=1].v', 7.5),
        ('a["b.c"][type=3].v', None),
        ("a.x.y", None),
        ("n", None),
        ("a[0]", None),
        ("", BODY),
    ],
)
def test_a_path_leads_to_its_value_or_to_nothing(path: str, found: object) -> None:
    assert at(BODY, path) == found


@pytest.mark.parametrize("path", [".a", "a..b", "a[", "a[]", "a[x]", 'a"b', "a]"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is no path"):
        parse_path(path)


def test_numbers_come_as_text_too_and_unavailable_is_no_reading() -> None:
    assert number_of(" 21.50 ") == 21.5
    assert [number_of(value) for value in (None, "unavailable", "unknown", "")] == [None] * 4
    for wrong in ("dry", True, [1], "inf", float("nan"), 10**400):
        with pytest.raises(MessageError, match="a number is needed"):
            number_of(wrong)


@pytest.mark.parametrize(
    "text",
    [
        T // 1000,
        T,
        str(T // 1000),
        "2026-11-27T16:00:00Z",
        "2026-11-27T16:00:00.000000123Z",
        "2026-11-27 16:00:00",
        "2026-11-27T17:00:00+01:00",
        "2026-11-27T11:00:00-0500",
    ],
)
def test_times_of_several_spellings(text: object) -> None:
    assert time_of(text) == T


@pytest.mark.parametrize("text", [None, "", "noon", 5, 1e30, "1999-12-31T23:59:59Z", True])
def test_what_is_no_time_is_refused(text: object) -> None:
    with pytest.raises(MessageError, match="a time"):
        time_of(text)


@pytest.mark.parametrize(
    ("channel", "number", "unit", "value"),
    [
        ("soil_moisture_10cm", 31.0, "%", 0.31),
        ("air_temperature", 68.0, "degF", 20.0),
        ("air_temperature", 293.15, "K", 20.0),
        ("wind", 10.0, "mph", 4.4704),
        ("gust", 36.0, "km/h", 10.0),
        ("wind", 9.0, "kn", 4.63),
        ("rain", 0.5, "in", 12.7),
        ("pressure", 101_325.0, "Pa", 1013.25),
        ("pressure", 29.921, "inHg", 1013.25),
        ("pressure", 760.0, "mmHg", 1013.25),
        ("ethylene", 250.0, "ppb", 0.25),
        ("battery", 2950.0, "mV", 2.95),
        ("solar_radiation", 0.41, "kW/m2", 410.0),
    ],
)
def test_units_are_converted(channel: str, number: float, unit: str, value: float) -> None:
    assert converted(channel, number, unit) == pytest.approx(value, rel=2e-5)


def test_every_channel_has_its_own_unit_and_a_time_to_hold() -> None:
    assert set(CARRY_S) == set(channel_names())
    assert all(UNITS[unit][unit] == (1, 0) for unit in UNITS)


def counted(*numbers: float, step_ms: int = 10 * MINUTE) -> list[float]:
    """What a counter that showed these numbers has added at each wake."""
    reading, value = mapped("rain", "mm", counter=True), Value()
    taken = []
    for i, number in enumerate(numbers):
        value.hear(reading, number, T + i * step_ms)
        taken.append(round(value.take(reading, T + i * step_ms)[0], 6))
    return taken


def test_a_rain_counter_gives_what_was_added() -> None:
    assert counted(10.0, 10.0, 10.2, 11.0) == [0, 0, 0.2, 0.8]


def test_a_counter_that_begins_anew_loses_nothing() -> None:
    assert counted(7.0, 0.0, 0.0, 0.4, 0.6) == [0, 0, 0, 0.4, 0.2]
    assert counted(7.0, 0.4, 0.6) == [0, 0, 0.6], "what fell before the second message is in it"


def test_an_old_count_that_comes_late_is_no_rain() -> None:
    assert counted(7.0, 7.4, 7.0, 7.4, 7.6) == [0, 0.4, 0, 0, 0.2]


def test_a_counter_that_was_set_is_no_rain() -> None:
    assert counted(0.0, 5000.0, 5000.2) == [0, 0, 0.2]


def test_amounts_are_summed_wind_is_averaged_and_a_gust_is_the_highest() -> None:
    taken = {}
    for name in ("rain", "wind", "gust", "air_temperature"):
        reading, value = (
            mapped(name, "m/s" if name in ("wind", "gust") else "mm" if name == "rain" else "degC"),
            Value(),
        )
        for i, number in enumerate((2.0, 6.0, 1.0)):
            value.hear(reading, number, T + i)
        taken[name] = [value.take(reading, T + MINUTE), value.take(reading, T + 2 * MINUTE)]
    assert taken == {
        "rain": [(9.0, False), (0.0, False)],
        "wind": [(3.0, False), (1.0, True)],
        "gust": [(6.0, False), (1.0, True)],
        "air_temperature": [(1.0, False), (1.0, True)],
    }


def test_a_value_is_carried_for_its_time_and_no_longer() -> None:
    reading, value = mapped("soil_moisture_10cm", "%", carry="3 h"), Value()
    value.hear(reading, 31.0, T)
    value.take(reading, T)
    assert value.take(reading, T + 180 * MINUTE) == (0.31, True)
    assert math.isnan(value.take(reading, T + 180 * MINUTE + 1)[0])


def test_late_and_repeated_messages_change_nothing() -> None:
    reading, value = mapped("rain", "mm"), Value()
    assert value.hear(reading, 1.0, T)
    assert not value.hear(reading, 1.0, T)
    assert not value.hear(reading, 5.0, T - MINUTE)
    assert value.take(reading, T + MINUTE) == (1.0, False)


def test_what_is_known_survives_as_json() -> None:
    reading, value = mapped("rain", "in", counter=True), Value()
    for i, number in enumerate((0.5, 0.7, 0.1)):
        value.hear(reading, number, T + i * MINUTE)
    again = Value.from_json(json.loads(json.dumps(value.to_json())))
    assert again == value
    assert again.hear(reading, 0.2, T + 3 * MINUTE)
    assert again.take(reading, T + 3 * MINUTE)[0] == pytest.approx(25.4 * (0.2 + 0.2))


@pytest.mark.parametrize(
    ("channel", "unit", "number", "words"),
    [
        ("soil_moisture_10cm", "m3/m3", 31.0, "31 m3/m3 cannot be; is it in %?"),
        ("soil_moisture_10cm", "%", 0.31, "0.31 % is drier than any soil: if it is a share, write unit: m3/m3"),
        ("air_temperature", "degC", 71.0, "71 degC cannot be; is it in degF?"),
        ("pressure", "hPa", 101_325.0, "is it in Pa?"),
        ("wind", "m/s", 400.0, "is it another quantity?"),
    ],
)
def test_a_wrong_unit_is_doubted(channel: str, unit: str, number: float, words: str) -> None:
    assert words in str(mapped(channel, unit).doubt(number))


@pytest.mark.parametrize(("unit", "number"), [("%", 31.0), ("%", 0.0), ("m3/m3", 0.31), ("%", 1.0)])
def test_soil_as_it_is_is_not_doubted(unit: str, number: float) -> None:
    assert mapped("soil_moisture_30cm", unit).doubt(number) is None
