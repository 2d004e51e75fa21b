"""A message with 1e308 in miles an hour, or with a time of 400 digits, ended the gateway, and a forecast of 400 digits
the page: what is beyond all numbers is a fault of its sensor, or said in one line."""

import json
import logging
from collections.abc import Callable

import numpy as np
import pytest

from cloud.block.weather_service import ForecastError, read_forecast
from edge import core
from edge.contract.channels import MISSING, channel
from edge.links import lorawan
from edge.mqtt.subscription import Published
from tests.edge.sources.conftest import Host, T, farm_of, host

__all__ = ["host"]  # a fixture, found by its name

HUGE = "1" + "0" * 400
ROWS = [
    {"channel": "wind", "topic": "t", "path": "w", "unit": "mph"},
    {"channel": "rain", "topic": "t", "path": "r", "unit": "in", "counter": True},
    {"channel": "air_temperature", "topic": "t", "path": "a", "unit": "degF", "time": "when"},
]


@pytest.mark.parametrize(("value", "raw"), [(1e308, 32767), (float("inf"), 32767), (float("-inf"), -32767)])
def test_infinity_is_saturated(value: float, raw: int) -> None:
    assert channel("rain").to_raw(value) == raw
    assert not channel("rain").plausible(value)
    assert channel("rain").to_raw(float("nan")) == MISSING


def test_the_gateway_goes_on_and_the_node_calls_it_a_fault(
    host: Callable[..., Host], caplog: pytest.LogCaptureFixture
) -> None:
    here = host(farm_of({"readings": ROWS}))
    for text in (
        f'{{"w": 1e308, "r": 1e308, "a": 50, "when": {HUGE}}}',
        f'{{"w": 1e308, "r": -1e308, "a": 1e308, "when": {T}}}',
        f'{{"w": {HUGE}, "r": 1e308, "a": 50, "when": 1e400}}',
    ):
        here.put("t", json.loads(text))
        here.step(10)
    with caplog.at_level(logging.WARNING):
        here.put("t", {"w": 1e308, "r": 3, "a": 50, "when": here.now_ms})
        said = [frame for frame in here.step(10) if isinstance(frame, core.Telemetry)]
    assert said[-1].values["air_temperature"] == pytest.approx(10.0)
    assert said[-1].faults == ("wind",)


def test_an_uplink_with_such_a_time_came_when_it_came() -> None:
    uplink = {"uplink_message": {"f_port": lorawan.PORT, "frm_payload": "AAAA"}, "received_at": int(HUGE)}
    heard = lorawan._frame_of(Published("v3/farm@ttn/devices/d/up", json.dumps(uplink).encode(), T, retained=False))
    assert heard is not None
    assert heard.received_ms == T


def test_a_forecast_of_such_rain_is_one_line() -> None:
    with pytest.raises(ForecastError, match=r"day 1: rain_mm is '1000.*not a number"):
        read_forecast(f'[{{"date": "2026-06-01", "rain_mm": {HUGE}}}]', "service")
    assert np.isfinite(read_forecast('[{"date": "2026-06-01", "rain_mm": 3}]', "service")[0].rain_mm or np.nan)
