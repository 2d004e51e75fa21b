"""A stranger's client, mosquitto_sub, sees topics and JSON as docs/SPEC.md fixes them."""

import json
import re
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.transport import frame
from tests.parts import fail_or_skip
from tests.transport.rig import FARM, Rig, wait_until

CALL, HELLO = 2, 0
RAISED, CLEARED = 0, 2


class Stranger:
    """mosquitto_sub on everything, its output in a file: topic, retain flag, payload."""

    def __init__(self, rig: Rig, name: str) -> None:
        program = shutil.which("mosquitto_sub")
        if program is None:
            fail_or_skip("mosquitto_sub is missing: apt-get install mosquitto-clients")
        self._path = rig.folder / name
        with self._path.open("wb") as output:
            self._process = subprocess.Popen(
                [program, *f"-h 127.0.0.1 -p {rig.broker.port} -V mqttv5 -q 1 -t cooee/# -F".split(), "%t %r %p"],
                stdout=output,
            )
        rig.nodes.datagram(rig.nodes.now_ms, b"")
        wait_until(lambda: bool(self.of("gateway", "status")), what="the gateway's status: mosquitto_sub listens")

    def heard(self) -> list[tuple[str, bool, dict[str, Any]]]:
        """All messages so far."""
        rows = [line.split(" ", 2) for line in self._path.read_text().splitlines()]
        return [(topic, retained == "1", json.loads(payload)) for topic, retained, payload in rows]

    def of(self, device: str, kind: str) -> list[dict[str, Any]]:
        """Payloads on the topic of a device."""
        return [payload for topic, _, payload in self.heard() if topic == f"cooee/{FARM}/{device}/{kind}"]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path, count=2) as rig:
        yield rig


def _call(state: int, since_s: int) -> bytes:
    evidence = struct.pack("<Bh", 0, 42)
    return struct.pack("<BLBBB", 200, 0xBEEF, 3, 88, state) + since_s.to_bytes(3, "little") + b"\x01" + evidence


def check_calls(raised: dict[str, Any], cleared: dict[str, Any], *, raised_ms: int) -> None:
    assert raised["state"] == "raised"
    assert raised["raised_t"] == raised["t"] == raised_ms
    assert raised["version"] == "0000beef"
    assert raised["confidence"] == 88
    assert (raised["sentinel"], raised["class"]) == ("sentinel200", "class3"), "unknown to us, but carried"
    assert set(raised["why"][0]) == {"feature", "value", "unit"}
    assert cleared["state"] == "cleared"
    assert cleared["raised_t"] == raised["raised_t"], "a second of rounding must not make it another call"


def test_topics_payloads_and_retained_messages(rig: Rig) -> None:
    live = Stranger(rig, "live")
    rig.send(3).join(120)
    now = rig.nodes.now_ms
    hello = struct.pack("<HHHBHLB", 0x0100, 600, 0x0401, 0, 0, 0, 0)
    rig.nodes.datagram(now + 1000, frame(1, 2, 0, 0, kind=HELLO, body=hello))
    rig.nodes.datagram(now + 1000, frame(1, 2, 1, 0, kind=CALL, body=_call(RAISED, 0)))
    rig.nodes.datagram(now + 7_201_000, frame(1, 2, 2, 0, kind=CALL, body=_call(CLEARED, 7201)))
    wait_until(
        lambda: len(live.of("n1", "call")) == 2 and len(live.of("n2", "telemetry")) == 3,
        what="two calls and three readings",
    )

    first_ms = now - 2 * rig.nodes.step_ms
    reading = {"v": 1, "node": "n2", "inc": "00010002", "boot": 1, "seq": 0, "t": first_ms}
    assert live.of("n2", "telemetry")[0] == reading | {"soil_moisture_10cm": 0.2, "battery": 3.6}
    check_calls(*live.of("n1", "call"), raised_ms=now + 1000)
    first, booted = live.of("n1", "status")[:2]
    status = {"v": 1, "node": "n1", "t": first_ms, "state": "sleeping", "wake_interval_s": 600}
    assert first == status | {"gateway": False, "simulated": False}
    assert booted["t"] == now + 1000
    own = live.of("gateway", "status")[-1]
    assert (own["state"], own["gateway"], own["simulated"], own["wake_interval_s"]) == ("online", True, True, 1)
    named = {(node, 1, seq, inc) for node, inc in (("n1", "00010001"), ("n2", "00010002")) for seq in range(3)}
    named |= {("n1", 2, seq, "00010001") for seq in (1, 2)}
    wait_until(
        lambda: {tuple(i) for r in live.of("gateway", "receipt") for i in r["receipts"]} == named,
        what="a receipt for every reading and call",
    )
    kinds = {re.fullmatch(rf"cooee/{FARM}/(n\d|gateway|ingest)/(\w+)", topic)[2] for topic, _, _ in live.heard()}  # type: ignore[index]
    assert kinds == {"telemetry", "call", "status", "receipt", "keeper"}
    live.stop()

    late = Stranger(rig, "late")
    wait_until(lambda: len(late.heard()) >= 5, what="the retained messages")
    late.stop()
    retained = {topic.removeprefix(f"cooee/{FARM}/") for topic, kept, _ in late.heard() if kept}
    assert retained == {"n1/status", "n2/status", "gateway/status", "n1/call", "ingest/keeper"}
    assert late.of("n1", "call")[0]["state"] == "cleared", "the last call state is the one that is retained"


def test_a_broker_that_forgot_everything_is_told_the_retained_messages_again(rig: Rig) -> None:
    rig.send(1).join(120)
    rig.nodes.datagram(rig.nodes.now_ms, frame(1, 1, 1, 0, kind=CALL, body=_call(RAISED, 0)))
    rig.wait_stored()
    rig.kill("broker")
    assert not (rig.folder / "broker" / "mosquitto.db").exists(), "it had not saved anything"
    rig.start("broker")
    stranger = Stranger(rig, "after")
    wait_until(
        lambda: all(stranger.of(*what) for what in (("n1", "call"), ("n1", "status"), ("n2", "status"))),
        what="calls and statuses",
    )
    stranger.stop()
    assert rig.refused() == []


def test_status_tells_silence_return_and_the_death_of_the_gateway(rig: Rig) -> None:
    stranger = Stranger(rig, "all")
    rig.send(1).join(120)
    wait_until(lambda: bool(stranger.of("n1", "status")), what="n1 is heard")
    rig.nodes.datagram(rig.nodes.now_ms + 13 * 600_000, b"")
    wait_until(lambda: stranger.of("n1", "status")[-1]["state"] == "offline", what="n1 is silent")
    rig.nodes.now_ms += 13 * 600_000
    rig.send(1).join(120)
    wait_until(lambda: stranger.of("n1", "status")[-1]["state"] == "sleeping", what="n1 is back")
    rig.kill("gateway")
    will = {
        "v": 1,
        "node": "gateway",
        "t": 0,
        "state": "offline",
        "wake_interval_s": 1,
        "gateway": True,
        "simulated": True,
    }
    wait_until(lambda: stranger.of("gateway", "status")[-1] == will, what="the last will")
    rig.start("gateway")
    wait_until(lambda: stranger.of("gateway", "status")[-1]["state"] == "online", what="it is back")
    rig.children["gateway"].stop()
    assert rig.children["gateway"].process.returncode == 0
    wait_until(lambda: stranger.of("gateway", "status")[-1]["state"] == "offline", what="the will")
    stranger.stop()
