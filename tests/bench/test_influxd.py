"""Every InfluxDB server that the store is tried on can be had; one line says so when not."""

from collections.abc import Callable

import pytest

from bench.influxd.server import VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_the_server_is_there(influx: Callable[[str], str], version: str) -> None:
    assert influx(version).startswith("influx=http://")
