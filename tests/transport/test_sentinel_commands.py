"""`cooee sentinel` with a real broker, a real gateway and the node's own C."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml

from bench.transport import enrolled, farm_text
from cloud.learning.releases import SHADOWED, WAITING
from cooee import main
from edge.board.build import RELEASED
from edge.board.toolchains import BUILT_IN
from edge.core import SENTINEL, Nodes, sentinels
from edge.farm import load_farm
from edge.gateway.outbox_readers import read_values
from edge.node.commission import node_config
from tests.sentinel_images import soil_image, spoilt
from tests.transport.rig import Rig, wait_until

SOIL = next(sentinel for sentinel in sentinels() if sentinel.name == "soil")
NEW = 0x1001
READING = {"battery": 3300, "soil_moisture_10cm": 2500, "soil_moisture_30cm": 2500, "soil_temperature": 2000}


def _soil_farm(path: Path, **more: object) -> None:
    farm = yaml.safe_load(farm_text(1))
    farm["nodes"][0] |= {"sensors": ["soil_probe"], **more}
    path.write_text(yaml.safe_dump(farm))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path, count=1)
    _soil_farm(rig.farm)
    rig.start("broker")
    rig.start("gateway")
    yield rig
    rig.__exit__()


def _versions_that_called(rig: Rig) -> list[str]:
    with sqlite3.connect(f"file:{rig.folder / 'outbox.db'}?mode=ro", uri=True) as db:
        rows = db.execute("SELECT payload FROM message WHERE kind = 'call' ORDER BY id").fetchall()
    return [json.loads(payload)["version"] for (payload,) in rows]


def test_an_image_goes_from_the_command_line_to_the_node_through_a_cut_and_back(
    rig: Rig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def say(*words: str) -> str:
        where = ["--data", str(rig.folder)] if words[0] == "status" else ["--mqtt", rig.broker.address]
        with pytest.raises(SystemExit) as ended:
            main([*words, "--farm", str(rig.farm), *where])
        assert ended.value.code == 0
        return capsys.readouterr().out

    farm = load_farm(rig.farm)
    config = node_config(farm, farm.nodes[0], date(2026, 5, 1), enrolled=enrolled(1))
    node = Nodes([replace(config, resend_after_s=60)])
    rig.talk(node, 600, READING)
    assert f"it runs soil {SOIL.version:08x}" in say("status", "n1")
    (tmp_path / "soil.image").write_bytes(soil_image(NEW))
    assert f"soil {NEW:08x} for n1" in say("sentinel", "send", "n1", str(tmp_path / "soil.image"))
    wait_until(lambda: bool(read_values(rig.folder / "outbox.db", "n1")), what="the gateway has it")
    rig.talk(node, 1200, READING, most=6)
    assert f"soil {NEW:08x}, {len(soil_image(NEW))} bytes; it has not taken it yet" in say("status", "n1")
    assert node.sentinel(0, 0) == SOIL.version
    rig.kill("gateway")
    node.restart(0)
    rig.start("gateway")
    for wake in range(3, 6):
        rig.talk(node, 600 * wake, READING)
    assert node.sentinel(0, 0) == NEW
    assert _versions_that_called(rig) == [f"{NEW:08x}"]
    said = say("status", "n1")
    assert f"it runs soil {NEW:08x}" in said
    assert "confirmed: it runs it" in said
    say("sentinel", "revert", "n1", "soil")
    path = rig.folder / "outbox.db"
    wait_until(lambda: not read_values(path, "n1")[SENTINEL].data, what="the gateway has it")
    rig.talk(node, 3600, READING)
    assert node.sentinel(0, 0) == SOIL.version
    assert "soil given up: confirmed" in say("status", "n1")


def test_what_a_farm_has_learnt_is_sent_at_its_release(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    rig.start("ingest")
    shutil.copytree(BUILT_IN, rig.folder / WAITING / "soil")
    shadowed = {"sentinel": "soil", "why_not": "", "replaces": f"{SOIL.version:08x}", "old": {}, "new": {}}
    (rig.folder / WAITING / "soil" / SHADOWED).write_text(json.dumps(shadowed))
    where = ["--farm", str(rig.farm), "--data", str(rig.folder), "--mqtt", rig.broker.address]
    with pytest.raises(SystemExit) as ended:
        main(["learn", "release", "--sentinel", "soil", "--send", *where])
    assert ended.value.code == 0
    assert f"soil {SOIL.version:08x} for n1" in capsys.readouterr().out
    path = rig.folder / "outbox.db"
    wait_until(lambda: bool(read_values(path, "n1")), what="the gateway has it")
    assert read_values(path, "n1")[SENTINEL].data == (rig.folder / RELEASED / "soil.image").read_bytes()


def _abi(body: bytearray) -> None:
    body[0] ^= 1


def _verdict(body: bytearray) -> None:
    body[int.from_bytes(body[15:17], "little") - 1] ^= 0xFF


@pytest.mark.parametrize(
    ("node", "data", "said"),
    [
        ({}, soil_image(NEW)[:-1], "cut short"),
        ({}, spoilt(soil_image(NEW), _abi), "another version"),
        ({}, spoilt(soil_image(NEW), _verdict), "golden row"),
        ({"sensors": ["sht3x"]}, soil_image(NEW), "which n1 does not run: it runs weather"),
        ({"sensors": ["barometer"]}, soil_image(NEW), "which n1 does not run: it runs none"),
        ({"link": "serial"}, soil_image(NEW), "this board takes no sentinels over the air; burn it: cooee build n1"),
        ({"board": "other", "link": "lorawan"}, soil_image(NEW), "answered too seldom"),
    ],
)
def test_what_a_node_cannot_run_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], node: dict[str, object], data: bytes, said: str
) -> None:
    _soil_farm(tmp_path / "farm.yaml", **node)
    (tmp_path / "soil.image").write_bytes(data)
    with pytest.raises(SystemExit) as ended:
        main(["sentinel", "send", "n1", str(tmp_path / "soil.image"), "--farm", str(tmp_path / "farm.yaml")])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_status_says_that_a_board_takes_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _soil_farm(tmp_path / "farm.yaml", link="serial")
    with pytest.raises(SystemExit) as ended:
        main(["status", "n1", "--farm", str(tmp_path / "farm.yaml"), "--data", str(tmp_path)])
    assert ended.value.code == 0
    assert "uno: this board takes no sentinels over the air" in capsys.readouterr().out
