"""Nodes on the gateway: the same C core, through restarts, silence, steady weather and a changed farm.yaml."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cooee
from cloud.images import pack_sentinel, read_trained
from edge import core
from edge.contract.channels import MISSING, channel, channel_names
from edge.contract.errors import CooeeError
from edge.farm import parse_farm
from edge.node.commission import node_config
from edge.sources.hosted_nodes import NodesFile
from tests.edge.sources.conftest import Host, farm_of

MakeHost = Callable[[str], Host]
SOIL = [
    {"channel": "soil_moisture_10cm", "topic": "probe", "path": "shallow", "unit": "%"},
    {"channel": "soil_moisture_30cm", "topic": "probe", "path": "deep", "unit": "%"},
]


def soil(**more: Any) -> str:
    return farm_of({"readings": SOIL, **more})


def telemetry(frames: list[core.Frame]) -> list[core.Telemetry]:
    return [frame for frame in frames if isinstance(frame, core.Telemetry)]


def drying(day: float) -> dict[str, float]:
    """A loam that dries from field capacity to below the wilting point in four weeks."""
    return {"shallow": round(28 - 0.75 * day, 1), "deep": round(29 - 0.75 * day, 1)}


def days_of(host: Host, first: int, last: int) -> list[core.Frame]:
    frames: list[core.Frame] = []
    for step in range(48 * first, 48 * last):
        if step % 2 == 0:
            host.put("probe", drying(step / 48))
        frames += host.step(30)
    return frames


def test_a_drying_block_calls_as_a_node_in_it_would(host: MakeHost) -> None:
    """The frames of the hosted node are those that the core makes of the same readings."""
    own = host(soil(wake_interval="30 min"))
    frames = days_of(own, 0, 28)
    node = own.farm.nodes[0]
    readings = telemetry(frames)
    assert len(readings) == 28 * 48
    rows = np.full((1, len(readings), len(channel_names())), MISSING, dtype=np.int16)
    for i, reading in enumerate(readings):
        for name, raw in reading.raw.items():
            rows[0, i, channel(name).id] = raw
    board = core.Nodes([node_config(own.farm, node, date.today(), boot=1)], 64)
    _, calls = board.run(rows, 0, 1800)
    called = [frame for frame in frames if isinstance(frame, core.CallFrame)]
    assert [(c.kind, c.state, c.since_s) for c in called] == [
        (core.call_kind(0, row["class"])[1], ("raised", "repeated", "cleared")[row["state"]], row["since_s"])
        for row in calls
    ]
    assert called[0].kind == "too_dry"
    assert not any(reading.faults for reading in readings)


def test_a_restart_changes_nothing_but_the_process(host: MakeHost, tmp_path: Path) -> None:
    text = soil(wake_interval="30 min")
    (tmp_path / "again").mkdir()
    never, again = host(text), Host(tmp_path / "again", text)
    expected = days_of(never, 0, 28)
    found: list[core.Frame] = []
    for first in range(0, 28, 4):
        found += days_of(again, first, first + 4)
        again.nodes.close()
        again.start(text)
    again.nodes.close()
    assert [(f.boot, f.sequence, type(f)) for f in found] == [(f.boot, f.sequence, type(f)) for f in expected]
    kinds = [[(f.kind, f.state, f.since_s) for f in fs if isinstance(f, core.CallFrame)] for fs in (found, expected)]
    assert kinds[0] == kinds[1] != []
    assert [f.raw for f in telemetry(found)] == [f.raw for f in telemetry(expected)]


def test_frames_that_were_not_acknowledged_come_again_after_a_crash(host: MakeHost, tmp_path: Path) -> None:
    own = host(soil())
    own.put("probe", drying(0))
    before = own.step(1, acknowledge=False)
    assert [type(frame).__name__ for frame in before] == ["Hello", "Telemetry"]
    own.start(soil())  # Without a word to the one before, which is gone as in a crash.
    after = own.step(1)
    assert [(f.incarnation, f.boot, f.sequence, f.age_s) for f in after] == [
        (f.incarnation, f.boot, f.sequence, 60) for f in before
    ]
    assert telemetry(after)[0].raw == telemetry(before)[0].raw


def test_a_sentinel_that_was_sent_outlives_crashes_in_the_middle_and_after(host: MakeHost) -> None:
    own = host(soil())
    own.put("probe", drying(0))
    own.step(1)
    data = pack_sentinel(replace(read_trained("soil"), hash=bytes([0, 0, 0x10, 1, 0, 0, 0, 0]))).image.data
    answer = own.send_piece(data, 0, version=7)
    answer = own.send_piece(data, answer.offset, version=7)
    assert (answer.state, answer.offset) == ("wants", 36)
    own.start(soil())
    answer = own.send_piece(data, 0, version=7)
    assert (answer.state, answer.offset) == ("wants", 36), "not all of it again"
    assert own.runs() != 0x1001
    while answer.state == "wants":
        answer = own.send_piece(data, answer.offset, version=7)
    assert (answer.state, own.runs()) == ("kept", 0x1001)
    own.start(soil())
    assert own.runs() == 0x1001


def test_a_gateway_that_is_stopped_on_purpose_is_no_reset_to_a_sentinel_on_trial(host: MakeHost) -> None:
    own = host(soil())
    own.put("probe", drying(0))
    own.step(1)
    data = pack_sentinel(replace(read_trained("soil"), hash=bytes([0, 0, 0x10, 1, 0, 0, 0, 0]))).image.data
    answer = own.send_piece(data, 0, version=7)
    while answer.state == "wants":
        answer = own.send_piece(data, answer.offset, version=7)
    ran = []
    for stops in (2, 4, 0, 0):
        for _ in range(stops):
            own.nodes.close()
            own.start(soil())
            own.step()
        own.start(soil())  # Without a word to the one before, which is gone as in a crash.
        own.step()
        ran.append(own.runs() == 0x1001)
    assert ran == [True, True, True, False], "the third crash since the last stop"


def test_a_reading_that_is_not_on_disk_does_not_leave(host: MakeHost, tmp_path: Path) -> None:
    own = host(soil())
    own.put("probe", drying(0))
    with sqlite3.connect(tmp_path / "hosted.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        own.nodes._file._db.execute("PRAGMA busy_timeout = 1")
        assert own.step(1) == []
        other.execute("ROLLBACK")
    other.close()
    assert len(telemetry(own.step())) == 1


def test_a_damaged_file_is_set_aside_and_the_node_is_a_new_incarnation(host: MakeHost, tmp_path: Path) -> None:
    own = host(soil())
    own.put("probe", drying(0))
    (hello, *_) = own.step(1)
    own.nodes.close()
    (tmp_path / "hosted.db").write_bytes(b"no database" * 1000)
    own.start(soil())
    own.put("probe", drying(0))
    (again, *_) = own.step(1)
    assert again.incarnation != hello.incarnation
    assert len(list(tmp_path.glob("hosted.db.damaged-*"))) == 1


def test_a_sensor_that_sends_on_change_alone_is_neither_silent_nor_stuck(host: MakeHost) -> None:
    """A probe says the same per cent once in eleven hours for thirty days."""
    own = host(soil(wake_interval="30 min"))
    readings = []
    for step in range(30 * 48):
        if step % 22 == 0:
            own.put("probe", {"shallow": 24, "deep": 26})
        readings += telemetry(own.step(30))
    assert len(readings) == 30 * 48
    assert {reading.faults for reading in readings} == {()}
    assert {reading.values["soil_moisture_10cm"] for reading in readings} == {0.24}


def test_a_thermometer_that_says_the_same_for_days_is_stuck_all_the_same(host: MakeHost) -> None:
    own = host(farm_of({"readings": [{"channel": "air_temperature", "topic": "air", "unit": "degC"}]}))
    faulty = []
    for step in range(4 * 144):
        own.put("air", 18.3)
        faulty += [step for frame in telemetry(own.step(10)) if frame.faults]
    assert faulty[0] == pytest.approx(48 * 6, abs=3)


def test_sensors_that_are_gone_leave_a_silent_node_not_an_old_value(host: MakeHost) -> None:
    own = host(soil())
    own.put("probe", drying(0))
    readings = [frame for _ in range(24 * 6) for frame in telemetry(own.step(10))]
    assert len(readings) == 12 * 6, "carried for twelve hours"
    own.put("probe", drying(1))
    assert len(telemetry(own.step(10))) == 1


def test_one_sensor_of_two_that_is_gone_is_a_fault(host: MakeHost) -> None:
    own = host(soil())
    own.put("probe", drying(0))
    faults = []
    for _ in range(24 * 6):
        own.put("probe", {"deep": 25})
        faults += [frame.faults for frame in telemetry(own.step(10))]
    assert faults[70] == ()
    assert faults[-1] == ("soil_moisture_10cm",)


@pytest.mark.parametrize(
    ("body", "values", "words"),
    [
        ({"shallow": 0.31, "deep": 30}, {"soil_moisture_30cm": 0.3}, "write unit: m3/m3"),
        ({"shallow": 91, "deep": 30}, {"soil_moisture_30cm": 0.3}, "91 % cannot be"),
        ({"shallow": "wet", "deep": 30}, {"soil_moisture_30cm": 0.3}, "a number is needed, found 'wet'"),
        ({"shallow": "unavailable", "deep": 30}, {"soil_moisture_30cm": 0.3}, ""),
    ],
)
def test_what_cannot_be_is_no_value_and_is_said_once(
    host: MakeHost,
    caplog: pytest.LogCaptureFixture,
    body: dict[str, Any],
    values: dict[str, float],
    words: str,
) -> None:
    own = host(soil())
    for _ in range(3):
        own.put("probe", body)
        (reading,) = telemetry(own.step(10))
        assert (reading.values, reading.faults) == (values, ("soil_moisture_10cm",))
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == bool(words)
    assert all(words in line for line in said)


def test_a_retained_message_is_no_new_reading_unless_it_says_when(host: MakeHost) -> None:
    timed = [{**reading, "time": "at"} for reading in SOIL]
    own = host(farm_of({"readings": SOIL}, {"readings": timed}))
    own.put("probe", {"shallow": 24, "deep": 26, "at": own.now_ms - 3_600_000}, retained=True)
    (reading,) = telemetry(own.step(10))
    assert reading.address == 2
    own.put("probe", {"shallow": 24, "deep": 26, "at": own.now_ms - 20 * 3_600_000}, retained=True)
    assert [frame.address for frame in telemetry(own.step(640))] == [2], "it holds for twelve hours from its time"
    assert telemetry(own.step(120)) == []


def test_a_time_far_ahead_is_not_believed(host: MakeHost, caplog: pytest.LogCaptureFixture) -> None:
    own = host(farm_of({"readings": [{**reading, "time": "at"} for reading in SOIL]}))
    own.put("probe", {"shallow": 24, "deep": 26, "at": own.now_ms + 86_400_000})
    assert own.step(10) == []
    assert "1440 min ahead" in caplog.text


def test_a_clock_that_is_set_back_begins_a_new_boot(host: MakeHost) -> None:
    own = host(soil())
    own.put("probe", drying(0))
    assert telemetry(own.step(10))[0].boot == 1
    own.now_ms -= 86_400_000
    assert own.step() == []
    own.put("probe", drying(0))
    assert [frame.boot for frame in telemetry(own.step(10))] == [2]


def test_farm_yaml_may_change_while_the_nodes_run(host: MakeHost) -> None:
    own = host(soil())
    own.put("probe", drying(0))
    (hello, first) = own.step(10)
    slower = parse_farm(farm_of({"readings": SOIL, "wake_interval": "20 min"}, {"readings": SOIL}), source="farm.yaml")
    own.farm = slower
    own.nodes.follow(slower)
    own.put("probe", drying(0))
    second = own.step(10)
    assert [(f.address, type(f).__name__) for f in second] == [(2, "Hello"), (2, "Telemetry")]
    (third,) = [f for f in own.step(10) if f.address == 1]
    assert (third.boot, third.sequence) == (first.boot, first.sequence + 1), "the windows and the count go on"
    other = [*SOIL, {"channel": "soil_temperature", "topic": "probe", "path": "t", "unit": "degC"}]
    own.farm = parse_farm(farm_of({"readings": other}), source="farm.yaml")
    own.nodes.follow(own.farm)
    own.put("probe", {**drying(0), "t": 14.5})
    assert [(f.boot, type(f).__name__) for f in own.step(10)] == [(2, "Hello"), (2, "Telemetry")]
    assert own.messages.places == {"probe"}
    assert hello.incarnation == third.incarnation


def test_what_was_saved_for_another_core_is_not_taken(tmp_path: Path) -> None:
    farm = parse_farm(soil(), source="farm.yaml")
    node = core.Nodes([node_config(farm, farm.nodes[0], date.today(), boot=3)], 8)
    node.wake(100, np.full((1, len(channel_names())), MISSING, dtype=np.int16))
    state = node.save(0)
    assert core.Nodes([node_config(farm, farm.nodes[0], date.today(), boot=3)], 8).restore(0, state)
    for boot, frames, kept in ((4, 8, state), (3, 16, state), (3, 8, state[:-1]), (3, 8, b"")):
        other = core.Nodes([node_config(farm, farm.nodes[0], date.today(), boot=boot)], frames)
        assert not other.restore(0, kept)


def test_a_file_that_is_no_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CooeeError, match=r"hosted\.db cannot be used"):
        NodesFile(tmp_path / "none" / "hosted.db")


@pytest.mark.parametrize(
    ("command", "words"), [("enrol", "needs no key for it"), ("build", "there is no board to build for")]
)
def test_what_is_for_boards_says_that_there_is_none(
    command: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "farm.yaml").write_text(farm_of({"readings": SOIL}, security="open"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CooeeError, match=words):
        cooee.build_app(command)([command, "own-1"], standalone_mode=False)


def test_a_gateway_of_the_simulated_radio_has_no_such_nodes(tmp_path: Path) -> None:
    (tmp_path / "farm.yaml").write_text(farm_of({"readings": SOIL}))
    options = ["gateway", "--farm", str(tmp_path / "farm.yaml"), "--data", str(tmp_path), "--link", "udp"]
    with pytest.raises(CooeeError, match="brings its own time"):
        cooee.build_app("gateway")(options, standalone_mode=False)
