"""Payloads shaped as each system documents them, through mosquitto or HTTP and a running gateway into the store."""

import json
import sqlite3
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.broker import Broker
from edge.service.processes import Child, free_port
from tests.edge.sources.conftest import farm_of
from tests.transport.rig import wait_until

DEVICE = "application/7f0e7e42-6b0b-4f53-9d3e-2f4d6f7c9a11/device/a81758fffe0634d2/event/up"
TTS = "uplink_message.decoded_payload"
DAVIS = "data.conditions[data_structure_type={}].{}"
TASMOTA = "tele/shed_4F21/SENSOR"


def row(channel: str, unit: str, path: str = "", **more: Any) -> dict[str, Any]:
    return {"channel": channel, "unit": unit, "path": path, **more}


def upload(*rows: dict[str, Any], http: str) -> list[dict[str, Any]]:
    return [{**each, "http": http} for each in rows]


def heard(*rows: dict[str, Any], topic: str) -> list[dict[str, Any]]:
    return [{**each, "topic": topic} for each in rows]


NODES: dict[str, list[dict[str, Any]]] = {
    "zigbee2mqtt": heard(
        row("soil_moisture_10cm", "%", "soil_moisture"),
        row("soil_temperature", "°C", "temperature"),
        topic="zigbee2mqtt/bed probe",
    ),
    "things-stack": heard(
        row("soil_moisture_10cm", "%", f"{TTS}.water_SOIL", time="received_at"),
        row("soil_moisture_30cm", "m3/m3", f"{TTS}.deep.vwc", time="received_at"),
        row("battery", "V", f"{TTS}.BatV", time="received_at"),
        topic="v3/farm@ttn/devices/+/up",
    ),
    "chirpstack": heard(
        row("soil_moisture_10cm", "m3/m3", "object.soil.moisture", time="time"),
        row("battery", "mV", "object.battery_mv", time="time"),
        topic=DEVICE,
    ),
    "ecowitt": upload(
        row("air_temperature", "degF", "tempf"),
        row("humidity", "%", "humidity"),
        row("wind", "mph", "windspeedmph"),
        row("gust", "mph", "windgustmph"),
        row("pressure", "inHg", "baromrelin"),
        row("rain", "in", "yearlyrainin", counter=True),
        row("soil_moisture_10cm", "%", "soilmoisture1"),
        row("solar_radiation", "W/m²", "solarradiation"),
        http="/ecowitt",
    ),
    "davis": upload(
        row("air_temperature", "degF", DAVIS.format(1, "temp"), time="data.ts"),
        row("wind", "mph", DAVIS.format(1, "wind_speed_avg_last_10_min"), time="data.ts"),
        row("pressure", "inHg", DAVIS.format(3, "bar_absolute"), time="data.ts"),
        row("solar_radiation", "W/m2", DAVIS.format(1, "solar_rad"), time="data.ts"),
        http="/davis",
    ),
    "wunderground": upload(row("air_temperature", "degF", "tempf"), http="/weatherstation/updateweatherstation.php"),
    "esphome": [
        row("air_temperature", "degC", topic="greenhouse/sensor/air_temperature/state"),
        row("humidity", "%", topic="greenhouse/sensor/air_humidity/state"),
    ],
    "tasmota": heard(
        row("air_temperature", "degC", "SHT3X-0x45.Temperature"),
        row("humidity", "%", "SHT3X-0x45.Humidity"),
        topic=TASMOTA,
    ),
    "statestream": [row("air_temperature", "°F", topic="homeassistant/sensor/orchard_temperature/state")],
}

EXPECTED: dict[str, dict[str, float]] = {
    "zigbee2mqtt": {"soil_moisture_10cm": 0.31, "soil_temperature": 17.4},
    "things-stack": {"soil_moisture_10cm": 0.271, "soil_moisture_30cm": 0.302, "battery": 3.31},
    "chirpstack": {"soil_moisture_10cm": 0.268, "battery": 3.05},
    "ecowitt": {
        "air_temperature": 14.0,
        "humidity": 81.0,
        "wind": 3.0,
        "gust": 5.5,
        "pressure": 1009.4,
        "rain": 0.0,
        "soil_moisture_10cm": 0.36,
        "solar_radiation": 412.0,
    },
    "davis": {"air_temperature": 11.5, "wind": 2.24, "pressure": 1001.0, "solar_radiation": 747.0},
    "wunderground": {"air_temperature": 9.0},
    "esphome": {"air_temperature": 23.4, "humidity": 66.1},
    "tasmota": {"air_temperature": 12.7, "humidity": 74.5},
    "statestream": {"air_temperature": 20.11},
}


def messages(now: datetime) -> dict[str, str]:
    """What each system publishes, by topic."""
    z = now.strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
    things_stack = {
        "end_device_ids": {
            "device_id": "soil-1",
            "application_ids": {"application_id": "farm"},
            "dev_addr": "260B4F11",
        },
        "received_at": z,
        "uplink_message": {
            "f_port": 2,
            "f_cnt": 4071,
            "frm_payload": "DO4AAApbBhgA",
            "decoded_payload": {"BatV": 3.31, "water_SOIL": "27.10", "deep": {"vwc": 0.302}},
            "rx_metadata": [{"gateway_ids": {"gateway_id": "barn"}, "rssi": -97, "snr": 8.2}],
        },
    }
    chirpstack = {
        "deduplicationId": "3a3b1f4e-7a65-4c19-8d0a-0d9fd6e8a2c1",
        "time": now.isoformat(),
        "deviceInfo": {"tenantName": "Farm", "deviceName": "soil-7", "devEui": "a81758fffe0634d2", "tags": {}},
        "devAddr": "01e2a4b7",
        "dr": 5,
        "fCnt": 815,
        "fPort": 2,
        "data": "AQ4BDAI=",
        "object": {"soil": {"moisture": 0.268}, "battery_mv": 3050.0},
    }
    zigbee = {
        "battery": 87,
        "linkquality": 112,
        "soil_moisture": 31,
        "temperature": 17.4,
        "temperature_unit": "celsius",
    }
    tasmota = {"Time": "2026-11-27T17:00:10", "SHT3X-0x45": {"Temperature": 12.7, "Humidity": 74.5, "DewPoint": 8.3}}
    return {
        "zigbee2mqtt/bed probe": json.dumps(zigbee),
        "v3/farm@ttn/devices/soil-1/up": json.dumps(things_stack),
        DEVICE: json.dumps(chirpstack),
        "greenhouse/sensor/air_temperature/state": "23.4",
        "greenhouse/sensor/air_humidity/state": "66.1",
        TASMOTA: json.dumps(tasmota | {"TempUnit": "C"}),
        "homeassistant/sensor/orchard_temperature/state": "68.2",
    }


ECOWITT = (
    "PASSKEY=5F0C2B7B6E1D4A9C8B7A6F5E4D3C2B1A&stationtype=GW1100A_V2.3.1&runtime=12345&dateutc=2026-11-27+16:00:00"
    "&tempinf=69.8&humidityin=48&baromrelin=29.808&baromabsin=29.102&tempf=57.20&humidity=81&winddir=201"
    "&windspeedmph=6.71&windgustmph=12.30&rainratein=0.000&dailyrainin=0.118&yearlyrainin=21.358&soilmoisture1=36"
    "&solarradiation=412.35&uv=3"
    "&soilad1=212&freq=868M&model=GW1100A"
)


def uploads(now: datetime) -> list[tuple[str, bytes | None, str]]:
    """(path, body, content type) of each upload."""
    conditions = [
        {"lsid": 48308, "data_structure_type": 3, "bar_sea_level": 30.008, "bar_absolute": 29.559},
        {"lsid": 48307, "data_structure_type": 1, "txid": 1, "temp": 52.7, "wind_speed_avg_last_10_min": 5.01}
        | {"solar_rad": 747},
    ]
    davis = {"data": {"did": "001D0A700002", "ts": int(now.timestamp()), "conditions": conditions}, "error": None}
    query = urllib.parse.urlencode(
        {"ID": "x", "PASSWORD": "y", "dateutc": "now", "tempf": "48.2", "action": "updateraw"}
    )
    return [
        ("/ecowitt", ECOWITT.encode(), "application/x-www-form-urlencoded"),
        ("/davis", json.dumps(davis).encode(), "application/json"),
        (f"/weatherstation/updateweatherstation.php?{query}", None, ""),
    ]


class Way:
    """Broker, gateway and ingest of a farm whose sensors are elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "farm.yaml").write_text(farm_of(*({"id": name, "readings": rows} for name, rows in NODES.items())))
        self.broker = Broker(folder / "broker").start()
        self.http = free_port()
        self.options = ["--farm", str(folder / "farm.yaml"), "--data", str(folder), "--mqtt", self.broker.address]
        self.ingest = Child.cooee("ingest", *self.options, log=folder / "ingest.log")
        self.start_gateway()
        self.ingest.wait_ready()

    def start_gateway(self) -> None:
        options = [*self.options, "--http", f"127.0.0.1:{self.http}"]
        self.gateway = Child.cooee("gateway", *options, log=self.folder / "gateway.log")
        self.gateway.wait_ready()

    def publish(self, topic: str, payload: str, *more: str) -> None:
        to_us = ["-h", "127.0.0.1", "-p", str(self.broker.port), "-t", topic, "-m", payload, *more]
        subprocess.run(["mosquitto_pub", *to_us], check=True)

    def upload(self, path: str, body: bytes | None, kind: str = "text/plain") -> int:
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", body, {"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def stored(self) -> dict[str, list[dict[str, Any]]]:
        """Rows of the store by node, what is not null in them."""
        found: dict[str, list[dict[str, Any]]] = {}
        with sqlite3.connect(f"file:{self.folder / 'cooee.db'}?mode=ro", uri=True) as db:
            db.row_factory = sqlite3.Row
            for reading in db.execute("SELECT * FROM reading ORDER BY t"):
                found.setdefault(reading["node"], []).append({k: v for k, v in dict(reading).items() if v is not None})
        db.close()
        return found

    def close(self) -> None:
        self.gateway.stop()
        self.ingest.stop()
        self.broker.stop()


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    """The way, with every system heard once or more."""
    way = Way(tmp_path_factory.mktemp("owned"))
    try:
        deadline = time.monotonic() + 120
        while set(way.stored()) < set(NODES) and time.monotonic() < deadline:
            for topic, payload in messages(datetime.now(UTC)).items():
                way.publish(topic, payload)
            for each in uploads(datetime.now(UTC)):
                assert way.upload(*each) == 200
        yield way
    finally:
        way.close()


@pytest.mark.parametrize("system", NODES)
def test_a_system_that_is_there_is_a_node_of_the_farm(way: Way, system: str) -> None:
    (reading,) = way.stored()[system]
    values = {name: value for name, value in reading.items() if name in EXPECTED[system]}
    assert values == pytest.approx(EXPECTED[system], abs=0.006 if "wind" in values else 0.0051)
    assert "faults" not in reading or not reading["faults"]
    assert (reading["zone"], reading["boot"], reading["seq"]) == ("block", 1, 1)


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/elsewhere", b"tempf=50", 404),
        ("/ecowitt", b"", 400),
        ("/ecowitt", b"\xff\xfe", 400),
        ("/ecowitt", b"x" * 70_000, 413),
    ],
)
def test_an_upload_that_is_none_is_refused(way: Way, path: str, body: bytes, code: int) -> None:
    assert way.upload(path, body) == code


def test_a_killed_gateway_goes_on_where_it_was_and_doubles_nothing(way: Way) -> None:
    before = way.stored()
    way.publish("homeassistant/sensor/orchard_temperature/state", "50.0", "-r")
    way.gateway.process.kill()
    way.gateway.process.wait()
    way.start_gateway()
    for topic, payload in messages(datetime.now(UTC)).items():
        way.publish(topic, payload)
    time.sleep(1)
    assert way.stored() == before, "ten minutes are not over"
    assert "begins anew" not in way.gateway.output()


def test_a_node_that_farm_yaml_gains_is_taken_up_while_the_gateway_runs(way: Way) -> None:
    nodes: list[dict[str, Any]] = [{"id": name, "readings": rows} for name, rows in NODES.items()]
    added = {"id": "later", "readings": [row("pressure", "Pa", "p", topic="later")]}
    (way.folder / "farm.yaml").write_text(farm_of(*nodes, added))

    def is_stored() -> bool:
        way.publish("later", '{"p": 99100}')
        return "later" in way.stored()

    wait_until(is_stored, what="the new node's reading")
    assert way.stored()["later"][0]["pressure"] == 991.0
