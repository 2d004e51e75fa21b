"""An eight-byte datagram, or a gateway status, with the time 2099 made every later reading "ancient": receipted, and
lost for good."""

import json
import struct
import time
from pathlib import Path

import pytest

from bench.transport import START_MS, farm_text
from cloud.ingest.farm_clock import FarmClock
from edge.contract.messages import Status
from edge.farm import parse_farm
from edge.links.radio import SimulatedRadio
from edge.mqtt.client import new_client
from edge.simulated_clock import DAY_MS
from tests.transport.rig import FARM, Rig, wait_until

YEAR_2099 = 4_070_908_800_000
STATUS = {"v": 1, "node": "gateway", "state": "online", "wake_interval_s": 1, "gateway": True}


def _forge(rig: Rig, **status: object) -> None:
    client = new_client("forger")
    client.connect("127.0.0.1", rig.broker.port)
    client.loop_start()
    topic = f"cooee/{FARM}/gateway/status"
    client.publish(topic, json.dumps(STATUS | status), qos=1, retain=True).wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def test_a_forged_datagram_and_forged_statuses_lose_no_reading(tmp_path: Path) -> None:
    with Rig(tmp_path) as rig:
        rig.send(50).join(120)
        rig.wait_stored()
        rig.nodes.datagram(YEAR_2099, b"")
        _forge(rig, t=YEAR_2099, simulated=True)
        _forge(rig, t=time.time_ns() // 1_000_000, simulated=False)
        rig.send(50).join(120)
        rig.wait_stored()
        assert rig.stored() == rig.expected()
        wait_until(lambda: rig.refused() == ["clock"], what="the forged statuses in quarantine")


def test_the_clock_of_the_radio_is_not_carried_away() -> None:
    radio = SimulatedRadio()
    try:
        assert _now(radio, START_MS) == START_MS
        assert _now(radio, YEAR_2099) == START_MS
    finally:
        radio.close()


def _now(radio: SimulatedRadio, t: int) -> int | None:
    radio.send(struct.pack("<q", t), ("127.0.0.1", radio.port))
    radio.receive(10, 2)
    return radio.now_ms()


@pytest.mark.parametrize("simulated", [False, True])
def test_a_farm_once_simulated_or_not_stays_so(simulated: bool) -> None:
    now = START_MS if simulated else time.time_ns() // 1_000_000
    status = Status(
        farm=FARM, node="gateway", t=now, state="online", wake_interval_s=1, gateway=True, simulated=simulated
    )
    other = Status(
        farm=FARM, node="gateway", t=now, state="online", wake_interval_s=1, gateway=True, simulated=not simulated
    )
    clock = FarmClock(parse_farm(farm_text(1), source="farm.yaml"), [status])
    fault = clock.fault(other, None)
    assert fault
    assert fault[0] == "clock"
    assert clock.fault(status, None) is None


def test_what_a_time_of_its_own_vouches_for_is_bounded_too() -> None:
    farm = parse_farm(farm_text(1), source="farm.yaml")
    status = Status(
        farm=FARM, node="gateway", t=START_MS, state="online", wake_interval_s=1, gateway=True, simulated=True
    )
    far = Status(farm=FARM, node="n1", t=START_MS + 60 * DAY_MS, state="sleeping", wake_interval_s=600)
    fault = FarmClock(farm, [status]).fault(far, far.t)
    assert fault
    assert fault[0] == "future"
