"""Values no sensor can report, sent by a stranger over MQTT, were stored as readings with `faults` empty."""

import json

import pytest

from edge.contract.channels import channels
from edge.contract.messages import Reading
from edge.contract.payloads import parse
from edge.contract.topics import Topic

TELEMETRY = Topic("bench", "n1", "telemetry")


def _read(**measured: object) -> Reading:
    body = {"v": 1, "node": "n1", "boot": 1, "seq": 0, "t": 1_430_438_400_000} | measured
    reading = parse(TELEMETRY, json.dumps(body).encode())
    assert isinstance(reading, Reading)
    return reading


@pytest.mark.parametrize(
    ("channel", "value"),
    [
        ("soil_temperature", 85.0),
        ("soil_temperature", -127.0),
        ("humidity", 130.0),
        ("wind", 958.0),
        ("air_temperature", 1e9),
        ("soil_moisture_10cm", -0.01),
    ],
)
def test_an_impossible_value_is_a_fault_of_its_probe(channel: str, value: float) -> None:
    reading = _read(battery=3.6, **{channel: value})
    assert reading.values == {"battery": 3.6}
    assert reading.faults == (channel,)


def test_the_ends_of_every_range_are_plausible() -> None:
    for channel in channels():
        assert _read(**{channel.name: channel.low}).values == {channel.name: channel.low}
        assert _read(**{channel.name: channel.high}).values == {channel.name: channel.high}
        for beyond in (channel.low - channel.scale, channel.high + channel.scale):
            assert _read(**{channel.name: beyond}).faults == (channel.name,)


def test_a_channel_that_its_sender_calls_faulty_has_no_value() -> None:
    reading = _read(battery=3.6, humidity=55.0, faults=["humidity"])
    assert (reading.values, reading.faults) == ({"battery": 3.6}, ("humidity",))
