"""`cooee map`: what is heard is named with channel and unit, and is written only when asked."""

import json
import re
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cooee
from edge.broker import Broker
from edge.contract.errors import CooeeError
from edge.core import NODE_CHANNELS
from edge.farm import load_farm, sample_farm_text
from edge.service.processes import free_port
from edge.sources import Said
from edge.sources.guess import guess, numbers_in
from edge.sources.map_cli import free_name
from tests.edge.sources.test_systems import messages, uploads

NOW = 1_795_795_200_000


@pytest.mark.parametrize(
    ("name", "number", "channel", "unit"),
    [
        ("soil_moisture", 31, "soil_moisture_10cm", "%"),
        ("soil_moisture_deep", 0.31, "soil_moisture_30cm", "m3/m3"),
        ("soil_moisture_60cm", 0.31, "soil_moisture_60cm", "m3/m3"),
        ("soil_moisture_50cm", 31, "soil_moisture_60cm", "%"),
        ("vwc_60", 0.31, "soil_moisture_60cm", "m3/m3"),
        ("soil_moisture_20_cm", 31, "soil_moisture_10cm", "%"),
        ("soil_moisture_100cm", 31, None, None),
        ("moist_soil_1", 31, None, None),
        ("soilmoisture1", 36, "soil_moisture_10cm", "%"),
        ("soil_temperature", 17.4, "soil_temperature", "degC"),
        ("temp_SOIL", 15.6, "soil_temperature", "degC"),
        ("temperature", 68.2, "air_temperature", "degF"),
        ("tempf", 30.1, "air_temperature", "degF"),
        ("tempinf", 69.8, None, None),
        ("humidityin", 48, None, None),
        ("dew_point_temp", 8.1, None, None),
        ("humidity", 81, "humidity", "%"),
        ("windgustmph", 12.3, "gust", "mph"),
        ("windspeedmph", 6.7, "wind", "mph"),
        ("winddir", 201, None, None),
        ("baromrelin", 29.8, "pressure", "inHg"),
        ("pressure", 101_325, "pressure", "Pa"),
        ("pressure", 1009.1, "pressure", "hPa"),
        ("solarradiation", 412.3, "solar_radiation", "W/m2"),
        ("solar_rad", 747, "solar_radiation", "W/m2"),
        ("global_radiation", 0.74, "solar_radiation", "W/m2"),
        ("irradiance", 51, "solar_radiation", "W/m2"),
        ("illuminance", 40_000, None, None),
        ("illuminance_lux", 900, None, None),
        ("solar_radiation_lux", 900, None, None),
        ("solar_radiation_daily", 17.2, None, None),
        ("solar_rad_hi", 1002, None, None),
        ("yearlyrainin", 21.3, "rain", "in"),
        ("rainratein", 0.0, None, None),
        ("BatV", 3.31, "battery", "V"),
        ("battery_mv", 3050, "battery", "mV"),
        ("battery", 87, None, None),
        ("linkquality", 112, None, None),
    ],
)
def test_a_name_and_a_size_tell_channel_and_unit(
    name: str, number: float, channel: str | None, unit: str | None
) -> None:
    found = guess(Said(where="t", body={}, received_ms=NOW), name, name, number)
    assert (found and found.channel, found and found.unit) == (channel, unit)


def test_bare_numbers_are_named_by_their_topic_and_counters_are_seen() -> None:
    said = Said(where="greenhouse/sensor/air_temperature/state", body=23.4, received_ms=NOW)
    ((path, name, number),) = numbers_in(said)
    assert (path, name, number) == ("", "air_temperature", 23.4)
    rain = guess(Said(where="/e", body={}, received_ms=NOW), "yearlyrainin", "yearlyrainin", 21.0)
    assert rain
    assert (rain.counter, rain.http, rain.topic) == (True, "/e", None)


@pytest.mark.parametrize(
    ("topic", "path", "channel"),
    [
        ("zigbee2mqtt/bed 1 shallow", "soil_moisture", "soil_moisture_10cm"),
        ("zigbee2mqtt/bed 1 deep", "soil_moisture", "soil_moisture_30cm"),
        ("zigbee2mqtt/bed 1 60cm", "soil_moisture", "soil_moisture_60cm"),
        ("v3/farm-60@ttn/devices/soil-30/up", "uplink_message.decoded_payload.vwc", "soil_moisture_10cm"),
        ("v3/farm@ttn/devices/soil-1/up", "uplink_message.decoded_payload.deep.vwc", "soil_moisture_30cm"),
        ("application/a/device/d/event/up", "object.soil_60cm.moisture", "soil_moisture_60cm"),
        ("bed/sensor/soil_moisture_60cm/state", "", "soil_moisture_60cm"),
        ("tele/bed/SENSOR", "ANALOG.Moisture30", "soil_moisture_30cm"),
        ("homeassistant/sensor/orchard_soil_moisture_60_cm/state", "", "soil_moisture_60cm"),
    ],
)
def test_a_depth_is_told_by_the_topic_or_the_path(topic: str, path: str, channel: str) -> None:
    said = Said(where=topic, body={}, received_ms=NOW)
    name = path.rpartition(".")[2] or topic.removesuffix("/state").rpartition("/")[2]
    found = guess(said, path, name, 31)
    assert found
    assert (found.channel, found.unit) == (channel, "%")


@pytest.mark.parametrize(
    ("beside", "channel"),
    [
        ({"soil_moisture": 31}, "soil_temperature"),
        ({"soil_moisture": 31, "humidity": 60}, "air_temperature"),
        ({"humidity": 60}, "air_temperature"),
        ({}, "air_temperature"),
    ],
)
def test_a_temperature_beside_the_soils_water_alone_is_the_soils(beside: dict[str, float], channel: str) -> None:
    said = Said(where="zigbee2mqtt/bed 1", body={**beside, "temperature": 18.4}, received_ms=NOW)
    found = guess(said, "temperature", "temperature", 18.4)
    assert found
    assert (found.channel, found.unit) == (channel, "degC")


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("zigbee2mqtt/bed 1 shallow", "bed-1-shallow"),
        ("zigbee2mqtt/Gewächshaus Süd", "gewachshaus-sud"),
        ("v3/farm@ttn/devices/dragino-1/up", "dragino-1"),
        ("application/7/device/70b3d57ed0/event/up", "device-70b3d57ed0"),
        ("homeassistant/sensor", "homeassistant"),
        ("zigbee2mqtt/खेत", "zigbee2mqtt"),
        ("/", "sensor"),
    ],
)
def test_a_node_is_called_after_its_device(place: str, name: str) -> None:
    assert free_name(place, set()) == name
    assert free_name(place, {name}) == f"{name}-2"


WEATHER_AND_SOIL = {
    "temperature": 21.5, "humidity": 60, "wind_speed": 3.2, "wind_gust": 6.1, "rain_total": 102.4, "pressure": 1002.5,
    "solar_radiation": 712, "battery_mv": 3310, "soil_moisture_10cm": 0.24, "soil_moisture_30cm": 0.28,
    "soil_moisture_60cm": 0.31, "soil_temperature": 15.5,
}  # fmt: skip
"""A station with more than a node has room for."""


@contextmanager
def _talking(broker: Broker, http: int) -> Iterator[None]:
    """Every system of test_systems speaks, again and again."""
    over = threading.Event()

    def talk() -> None:
        while not over.is_set():
            for topic, payload in messages(datetime.now(UTC)).items():
                to_us = ["-h", "127.0.0.1", "-p", str(broker.port), "-t", topic, "-m", payload]
                subprocess.run(["mosquitto_pub", *to_us], check=True)
            everything = ["-t", "station/everything", "-m", json.dumps(WEATHER_AND_SOIL)]
            subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), *everything], check=True)
            for path, body, kind in uploads(datetime.now(UTC)):
                request = urllib.request.Request(f"http://127.0.0.1:{http}{path}", body, {"Content-Type": kind})
                try:
                    urllib.request.urlopen(request, timeout=60).close()
                except OSError:
                    time.sleep(0.1)  # It does not listen yet, or no longer.

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_what_is_heard_is_proposed_and_written_when_asked(broker: Broker, tmp_path: Path) -> None:
    farm = tmp_path / "farm.yaml"
    farm.write_text(sample_farm_text())
    http = free_port()
    options = ["--listen", "--seconds", "3", "--mqtt", broker.address, "--http", f"127.0.0.1:{http}"]
    with _talking(broker, http):
        command = ["map", *options, "--farm", str(farm), "--write", "--zone", "tomatoes"]
        done = CliRunner().invoke(cooee.build_app("map"), command)
    assert done.exit_code == 0, done.output
    assert "{channel: soil_moisture_10cm, topic: zigbee2mqtt/bed probe, path: soil_moisture, unit: '%'}" in done.output
    assert "path: uplink_message.decoded_payload.water_SOIL, unit: '%', time: received_at" in done.output
    assert "linkquality = 112\n" in done.output
    assert farm.read_text().startswith(sample_farm_text()), "what was there stays as it was"
    added = {node.id: node for node in load_farm(farm).nodes if node.board == "gateway"}
    by_place = {(node.readings[0].topic or node.readings[0].http): node for node in added.values()}
    assert set(by_place["/ecowitt"].channels) == {
        "air_temperature",
        "humidity",
        "wind",
        "gust",
        "rain",
        "pressure",
        "soil_moisture_10cm",
        "solar_radiation",
    }
    davis = {reading.channel: reading for reading in by_place["/davis"].readings}
    assert davis["air_temperature"].path == "data.conditions[data_structure_type=1].temp"
    assert davis["air_temperature"].time == "data.ts"
    weather, soil = (added[name] for name in ("station-everything", "everything-soil"))
    assert set(weather.channels) | set(soil.channels) == {r.channel for r in (*weather.readings, *soil.readings)}
    assert len(weather.channels) + len(soil.channels) == len(WEATHER_AND_SOIL) > NODE_CHANNELS
    assert ("weather" in weather.sentinels, "soil" in soil.sentinels) == (True, True)
    assert "# 12 channels, and a node has 11 at most: the soil's are a node of their own" in done.output
    shown = CliRunner().invoke(cooee.build_app("map"), ["map", "--farm", str(farm)]).output
    assert len(re.findall(r"^[a-z0-9-]+: \{channel:", shown, re.M)) == sum(len(n.readings) for n in added.values())


def test_nothing_is_written_without_being_asked(broker: Broker, tmp_path: Path) -> None:
    options = ["map", "--listen", "--seconds", "1", "--mqtt", broker.address, "--http", f"127.0.0.1:{free_port()}"]
    done = CliRunner().invoke(cooee.build_app("map"), [*options, "--farm", str(tmp_path / "farm.yaml")])
    assert done.exit_code == 0
    assert "nothing was heard" in done.output
    assert list(tmp_path.iterdir()) == []


def test_a_zone_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "farm.yaml").write_text(sample_farm_text())
    options = ["map", "--listen", "--write", "--zone", "moon", "--farm", str(tmp_path / "farm.yaml")]
    with pytest.raises(CooeeError, match="one of tomatoes, apples, store"):
        cooee.build_app("map")(options, standalone_mode=False)
