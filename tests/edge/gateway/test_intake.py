"""Frames into the outbox, from real datagrams: dedupe, event time, acknowledgements, refusals, node status."""

import binascii
import contextlib
import json
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.transport import START_MS, Nodes, acknowledged, enrolled, farm_text, frame, write_farm_keys
from edge import core
from edge.contract.errors import CooeeError
from edge.contract.messages import Identity
from edge.farm import parse_farm
from edge.gateway import refused_frames
from edge.gateway.intake import Intake
from edge.gateway.outbox import Outbox
from edge.gateway.outbox_readers import read_channels
from edge.gateway.outbox_schema import NodeState
from edge.links import Heard
from edge.links.radio import SimulatedRadio
from edge.node.keys import Keys
from edge.service.quarantine import Quarantine

NOW = START_MS
MINUTE = 60_000


class Desk:
    """An intake with a real radio, outbox and quarantine; `hear` sends a datagram and lets the intake take it."""

    def __init__(self, folder: Path, security: str = "sealed", farm: str = farm_text(2)) -> None:
        self.folder = folder
        self.radio = SimulatedRadio()
        self.outbox = Outbox(folder / "outbox.db")
        self.quarantine = Quarantine(folder / "quarantine.db")
        write_farm_keys(folder, 2)
        self.farm = parse_farm(farm + f"security: {security}\n", source="farm.yaml")
        self.intake = Intake(self.farm, Keys(folder), self.radio, self.outbox, self.quarantine)
        self.nodes = Nodes(self.radio.port, range(1, 3))

    def hear(self, content: bytes, *, at: int = NOW) -> list[NodeState]:
        self.nodes.datagram(at, content)
        return self.intake.take(self.radio.receive(10, 2))

    def acknowledged(self) -> list[tuple[int, int, int]]:
        """(address, boot, sequence) that were acknowledged since the last look."""
        return [identity for answer in self.answers() for identity in acknowledged(answer)]

    def answers(self) -> list[bytes]:
        """What the gateway has sent since the last look."""
        answers: list[bytes] = []
        with contextlib.suppress(BlockingIOError):
            while True:
                answers.append(self.nodes.socket.recv(256))
        return answers

    def waiting(self) -> list[dict[str, Any]]:
        return [json.loads(m.payload) for m in self.outbox.waiting(0, 100)]

    def tallies(self) -> dict[str, int]:
        self.intake.write_refused()
        return {t.kind: t.count for t in self.quarantine.tallies()}

    def close(self) -> None:
        self.nodes.close()
        self.radio.close()
        self.outbox.close()
        self.quarantine.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.close()


def n1(sequence: int, board: int = 0) -> Identity:
    return Identity("n1", 1, sequence, enrolled(1, board).incarnation)


def call_body(state: int, since_s: int) -> bytes:
    return struct.pack("<BLBBB", 0, 1, 1, 88, state) + since_s.to_bytes(3, "little") + b"\x00"


def test_event_time_is_received_less_age_and_a_frame_sent_again_keeps_it(desk: Desk) -> None:
    desk.hear(frame(1, 1, 0, 30), at=NOW)
    desk.hear(frame(1, 1, 0, 700), at=NOW + 668_500)
    assert [m["t"] for m in desk.waiting()] == [NOW - 30_000]
    assert desk.acknowledged() == [(1, 1, 0), (1, 1, 0)], "the node waits for an answer to what it sent again, too"


def test_an_acknowledgement_says_the_day(desk: Desk) -> None:
    day_ms = 86_400_000
    midnight = NOW - NOW % day_ms
    desk.hear(frame(1, 1, 1, 0), at=midnight - 1)
    desk.hear(frame(1, 1, 2, 0), at=midnight)
    days = [core.read_head(answer).age_s for answer in desk.answers()]
    assert days == [midnight // day_ms - 10_957 - 1, midnight // day_ms - 10_957], "since 2000"


NOW_TYPE, EARLIER_TYPE = 8 | 1, 4 | 1
"""Telemetry that says its boot's clock instead of its age: the present one, or an earlier one."""


def test_what_an_earlier_boot_measured_is_dated_by_that_boots_clock(desk: Desk) -> None:
    day_s = 86_400
    desk.hear(frame(1, 1, 1, 5 * day_s, kind=NOW_TYPE), at=NOW)
    desk.hear(frame(1, 2, 1, 40, kind=NOW_TYPE), at=NOW + 9 * MINUTE)
    desk.hear(frame(1, 1, 2, 5 * day_s + 120, kind=EARLIER_TYPE), at=NOW + 10 * MINUTE)
    desk.hear(frame(1, 1, 3, 5 * day_s - 30, kind=EARLIER_TYPE), at=NOW + 10 * MINUTE)
    assert [(m["boot"], m["seq"], m["t"] - NOW) for m in desk.waiting()] == [
        (1, 1, 0),
        (2, 1, 9 * MINUTE),
        (1, 2, 2 * MINUTE),
        (1, 3, -30_000),
    ]
    assert desk.acknowledged()[-2:] == [(1, 1, 2), (1, 1, 3)]


def test_a_frame_keeps_its_identity_and_time_whatever_tells_its_time(desk: Desk) -> None:
    desk.hear(frame(1, 1, 1, 7, kind=NOW_TYPE), at=NOW)
    desk.hear(frame(1, 1, 1, 7, kind=EARLIER_TYPE), at=NOW + MINUTE)
    desk.hear(frame(1, 1, 1, 90), at=NOW + MINUTE)
    desk.hear(frame(1, 1, 1, 7, kind=NOW_TYPE), at=NOW + MINUTE)  # somebody says it again
    desk.hear(frame(1, 1, 2, 17, kind=EARLIER_TYPE), at=NOW + MINUTE)
    assert [(m["seq"], m["t"] - NOW) for m in desk.waiting()] == [(1, 0), (2, 10_000)]
    assert desk.tallies() == {}


def test_a_nodes_clock_goes_round_after_194_days(desk: Desk) -> None:
    desk.hear(frame(1, 1, 1, 2**24 - 10, kind=NOW_TYPE), at=NOW)
    desk.hear(frame(1, 1, 2, 20, kind=EARLIER_TYPE), at=NOW + MINUTE)
    assert [m["t"] - NOW for m in desk.waiting()] == [0, 30_000]


def test_nothing_dates_a_boot_that_was_never_heard(desk: Desk) -> None:
    desk.hear(frame(1, 2, 1, 7, kind=NOW_TYPE), at=NOW)
    desk.hear(frame(1, 1, 1, 7, kind=EARLIER_TYPE), at=NOW)
    assert [m["boot"] for m in desk.waiting()] == [2]
    assert desk.tallies() == {"time": 1}
    assert desk.acknowledged() == [(1, 2, 1), (1, 1, 1)], "its node need not keep it either"


def test_a_hello_that_somebody_sends_again_moves_no_clock(desk: Desk) -> None:
    hello = core.Hello(
        address=1, incarnation=enrolled(1).incarnation, boot=1, sequence=0, time="now", clock_s=0,
        firmware_version=1, wake_interval_s=600, channels=("battery",),
    )  # fmt: skip
    desk.hear(core.encode(hello, enrolled(1).key), at=NOW)
    desk.hear(core.encode(hello, enrolled(1).key), at=NOW + 30 * MINUTE)
    desk.hear(frame(1, 1, 1, 20, kind=EARLIER_TYPE), at=NOW + 40 * MINUTE)
    assert [m["t"] - NOW for m in desk.waiting()] == [20_000]


def test_a_frame_sent_again_after_its_receipt_is_not_published_again(desk: Desk) -> None:
    desk.hear(frame(1, 1, 0, 0))
    with desk.outbox.transaction():
        desk.outbox.settle([n1(0)])
    desk.hear(frame(1, 1, 0, 60), at=NOW + MINUTE)
    assert desk.waiting() == []
    assert desk.acknowledged() == [(1, 1, 0), (1, 1, 0)]


def test_frames_measured_in_the_same_second_get_times_of_their_own(desk: Desk) -> None:
    for sequence in range(3):
        desk.hear(frame(1, 1, sequence, 10))
    desk.hear(frame(2, 1, 0, 10))
    assert [m["t"] - NOW + 10_000 for m in desk.waiting()] == [0, 1, 2, 0]


def test_an_identity_used_twice_is_quarantined_not_stored(desk: Desk) -> None:
    desk.hear(frame(1, 1, 0, 0))
    desk.hear(frame(1, 1, 0, 0, body=struct.pack("<HHh", 1, 0, 999)))
    assert len(desk.waiting()) == 1
    assert desk.tallies() == {"identity used twice": 1}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (frame(1, 1, 0, 0)[:-1], "seal"),
        (frame(1, 1, 0, 0)[:5], "frame"),
        (frame(1, 1, 0, 0) + b"\0", "seal"),
        (b"\x31" + frame(1, 1, 0, 0)[1:], "frame"),
        (b"\x22" + frame(1, 1, 0, 0)[1:], "seal"),
        (frame(1, 1, 0, 0, kind=15, body=b"\x01\0\0\0\0"), "reflected"),
        (frame(1, 1, 0, 0, board=1), "unknown incarnation"),
        (frame(1, 1, 0, 0)[:16] + frame(2, 1, 0, 0)[16:], "seal"),
        (frame(17, 1, 0, 0), "unknown address"),
        (frame(1, 1, 0, 0, kind=7, body=b""), "frame"),
        (bytes(range(200)), "frame"),
    ],
    ids=range(11),
)
def test_what_is_no_frame_of_ours_is_quarantined_and_not_acknowledged(desk: Desk, content: bytes, kind: str) -> None:
    desk.hear(content)
    desk.hear(frame(1, 1, 0, 0))
    assert desk.tallies() == {kind: 1}
    assert desk.quarantine.newest()[0].refused.content == content.hex().encode()
    assert desk.acknowledged() == [(1, 1, 0)]


def test_every_bit_flip_is_found(desk: Desk) -> None:
    good = frame(1, 1, 0, 0)
    for bit in range(8 * len(good)):
        broken = bytearray(good)
        broken[bit // 8] ^= 1 << bit % 8
        desk.hear(bytes(broken))
    assert desk.waiting() == []
    assert desk.acknowledged() == []


def test_an_unknown_address_is_logged_once(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    for sequence in range(20):
        desk.hear(frame(17, 1, sequence, 0))
    assert [r.getMessage() for r in caplog.records] == [
        "quarantined, unknown address (radio): address 17 is not in farm.yaml"
    ]
    assert desk.tallies() == {"unknown address": 20}


@pytest.mark.parametrize(
    "datagram",
    [b"", b"1234567", struct.pack("<q", -1) + b"x", struct.pack("<q", 2**62)],
    ids=["empty", "short", "negative", "far"],
)
def test_a_datagram_without_a_plausible_time_moves_no_clock(desk: Desk, datagram: bytes) -> None:
    desk.nodes.socket.send(datagram)
    desk.intake.take(desk.radio.receive(10, 2))
    assert desk.tallies() == {"datagram": 1}
    assert desk.intake.now_ms() is None


def test_an_age_before_the_year_2000_is_refused(desk: Desk) -> None:
    desk.hear(frame(1, 1, 0, 16_777_215), at=946_684_800_000 + MINUTE)
    assert desk.tallies() == {"time": 1}
    assert desk.acknowledged() == []


def test_a_bare_time_moves_the_clock_and_never_back(desk: Desk) -> None:
    desk.hear(b"", at=NOW)
    desk.hear(b"", at=NOW - MINUTE)
    assert desk.intake.now_ms() == NOW


@pytest.mark.parametrize(("drift_s", "same"), [(0, True), (2, True), (59, True), (3000, False)])
def test_a_call_keeps_its_raise_through_repeat_and_clearing(desk: Desk, drift_s: int, same: bool) -> None:
    desk.hear(frame(1, 1, 0, 0, kind=2, body=call_body(0, 0)), at=NOW)
    desk.hear(frame(1, 1, 1, 0, kind=2, body=call_body(1, 3600 + drift_s)), at=NOW + 60 * MINUTE)
    desk.hear(frame(1, 1, 2, 0, kind=2, body=call_body(2, 7200)), at=NOW + 120 * MINUTE)
    raised, repeated, cleared = desk.waiting()
    assert raised["raised_t"] == NOW
    assert (repeated["raised_t"] == NOW) is same
    assert cleared["raised_t"] == NOW
    desk.hear(frame(1, 1, 3, 0, kind=2, body=call_body(0, 0)), at=NOW + 600 * MINUTE)
    assert desk.waiting()[-1]["raised_t"] == NOW + 600 * MINUTE


def test_a_node_is_said_to_be_there_when_first_heard_booted_silent_and_back(desk: Desk) -> None:
    hello = struct.pack("<HHHBHLB", 1, 300, 1, 0, 0, 0, 0)
    assert [n.state for n in desk.hear(frame(1, 1, 0, 0))] == ["sleeping"]
    assert desk.hear(frame(1, 1, 1, 0), at=NOW + MINUTE) == []
    (booted,) = desk.hear(frame(1, 2, 0, 0, kind=0, body=hello), at=NOW + 2 * MINUTE)
    assert (booted.boot, booted.wake_interval_s, booted.state_t) == (2, 300, NOW + 2 * MINUTE)
    assert desk.acknowledged() == [(1, 1, 0), (1, 1, 1), (1, 2, 0)]
    desk.hear(b"", at=NOW + 60 * MINUTE)
    assert desk.intake.check_silence() == []
    desk.hear(b"", at=NOW + 64 * MINUTE)
    assert [n.state for n in desk.intake.check_silence()] == ["offline"]
    assert desk.intake.check_silence() == []
    assert [n.state for n in desk.hear(frame(1, 2, 1, 0), at=NOW + 70 * MINUTE)] == ["sleeping"]
    assert desk.outbox.nodes()["n1"].seen_t == NOW + 70 * MINUTE


def test_a_port_in_use_is_named() -> None:
    radio = SimulatedRadio()
    with pytest.raises(CooeeError, match=f"UDP port {radio.port} on 127.0.0.1: Address already in use"):
        SimulatedRadio(radio.port)
    radio.close()


def test_answers_are_numbered_upwards_also_by_a_gateway_that_lost_its_disk(tmp_path: Path) -> None:
    numbers = []
    for start, folder in enumerate(("one", "one", "two")):
        (tmp_path / folder).mkdir(exist_ok=True)
        desk = Desk(tmp_path / folder)
        for sequence in range(3):
            desk.hear(frame(1, 1, 3 * start + sequence, 0))
            numbers += [core.read_head(answer).sequence for answer in desk.answers()]
        desk.close()
    first, second, other = numbers[:3], numbers[3:6], numbers[6:]
    assert first + second == list(range(first[0], first[0] + 6))
    assert abs(other[0] - first[0]) < 60, "by the time of day, which runs ahead of one answer a second"


def test_what_a_node_hears_is_not_taken_when_it_comes_back(desk: Desk) -> None:
    desk.hear(frame(1, 1, 0, 0))
    (answer,) = desk.answers()
    desk.hear(answer)
    desk.hear(b"\x21" + answer[1:])
    assert desk.tallies() == {"reflected": 1, "seal": 1}


def test_a_frame_of_another_node_is_refused_under_ones_own_address(desk: Desk) -> None:
    of_n2 = frame(2, 1, 0, 0)
    desk.hear(of_n2[:1] + b"\x01\0" + of_n2[3:])
    assert desk.tallies() == {"unknown incarnation": 1}
    assert desk.waiting() == []


def v1_frame(kind: int, body: bytes) -> bytes:
    data = struct.pack("<BHHL3s", 0x10 | kind, 1, 1, 5, bytes(3)) + body
    return data + binascii.crc_hqx(data, 0xFFFF).to_bytes(2, "little")


def test_version_1_is_heard_and_answered_on_an_open_farm_alone(desk: Desk, tmp_path: Path) -> None:
    old = v1_frame(1, struct.pack("<HHh", 1, 0, 2345))
    desk.hear(old)
    assert desk.tallies() == {"open frame": 1}
    assert desk.answers() == []
    (tmp_path / "open").mkdir()
    open_desk = Desk(tmp_path / "open", security="open")
    open_desk.hear(old)
    (reading,) = open_desk.waiting()
    assert reading == {"v": 1, "node": "n1", "boot": 1, "seq": 5, "t": NOW, "soil_moisture_10cm": 0.2345}
    assert open_desk.answers() == [core.encode_ack_v1(1, 1, [5])]
    assert open_desk.hear(v1_frame(0, struct.pack("<HHH", 1, 300, 1))) == []
    assert open_desk.outbox.nodes()["n1"].wake_interval_s == 300
    open_desk.close()


def test_an_open_farm_hears_enrolled_nodes_and_others(tmp_path: Path) -> None:
    desk = Desk(tmp_path, security="open")
    stranger = core.Telemetry(address=2, incarnation=77, boot=1, sequence=0, raw={"battery": 3000})
    desk.hear(core.encode(stranger))
    desk.hear(frame(2, 1, 0, 0))
    assert [(m["node"], m["inc"]) for m in desk.waiting()] == [("n2", "0000004d"), ("n2", "00010002")]
    assert desk.tallies() == {}
    desk.close()


def test_two_boards_of_a_node_are_told_apart(desk: Desk, tmp_path: Path) -> None:
    write_farm_keys(tmp_path, 2, boards=2)
    desk.hear(frame(1, 7, 0, 0))
    (swapped,) = desk.hear(frame(1, 1, 0, 0, board=1), at=NOW + MINUTE)
    assert (swapped.inc, swapped.boot, swapped.state_t) == (enrolled(1, 1).incarnation, 1, NOW + MINUTE)
    assert desk.hear(frame(1, 7, 1, 60), at=NOW + MINUTE) == [], "what the old board held is no start of a node"
    assert desk.intake.nodes["n1"].inc == enrolled(1, 1).incarnation
    assert [(m["inc"], m["boot"]) for m in desk.waiting()] == [("00010001", 7), ("00020001", 1), ("00010001", 7)]


def test_a_node_that_comes_over_another_link_is_named_once_and_taken(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    node = desk.intake.farm.nodes[0].model_copy(update={"link": "serial"})
    desk.intake.farm = desk.intake.farm.model_copy(update={"nodes": (node, *desk.intake.farm.nodes[1:])})
    for sequence in range(3):
        desk.hear(frame(1, 1, sequence, 0), at=NOW + sequence * MINUTE)
        desk.hear(frame(2, 1, sequence, 0), at=NOW + sequence * MINUTE)
    assert [record.getMessage() for record in caplog.records] == [
        "n1 came over udp, farm.yaml says link: serial; it is taken all the same"
    ]
    assert len(desk.waiting()) == 6
    assert {state.node: state.link for state in desk.outbox.nodes().values()} == {"n1": "udp", "n2": "udp"}


def test_a_node_that_measures_other_than_farm_yaml_says_is_named_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """The board counts rain instead, and on its third start measures what it should. What it said before comes late,
    and says nothing of it now."""
    wanted = desk.intake.farm.node_by_id["n1"].channels

    def start(board: int, boot: int, channels: tuple[str, ...], at: int) -> None:
        who = enrolled(1, board)
        hello = core.Hello(
            address=1, incarnation=who.incarnation, boot=boot, sequence=0, age_s=0,
            firmware_version=1, wake_interval_s=600, channels=channels,
        )  # fmt: skip
        desk.hear(core.encode(hello, who.key), at=at)

    for boot in (1, 2):
        start(0, boot, (*wanted[:-1], "rain"), NOW + boot)
    assert [record.getMessage() for record in caplog.records] == [
        "n1 measures rain and does not measure battery, otherwise than farm.yaml says; "
        "mend farm.yaml, or build its program anew"
    ]
    assert read_channels(desk.folder / "outbox.db")["n1"] == ",".join((*wanted[:-1], "rain"))
    start(0, 3, wanted, NOW + 3)
    start(0, 2, (*wanted[:-1], "pressure"), NOW + 4)
    assert len(caplog.records) == 1
    assert read_channels(desk.folder / "outbox.db")["n1"] == ",".join(wanted)
    desk.intake.check_sensors()
    assert len(caplog.records) == 1


def test_a_node_that_may_be_answered_seldom_gets_as_much_as_one_frame_holds(desk: Desk) -> None:
    back = ("127.0.0.1", desk.nodes.socket.getsockname()[1])

    def hear(*sequences: int) -> list[tuple[int, int, int]]:
        frames = [Heard(frame(1, 1, s, 0), NOW + s * MINUTE, back, "lorawan", 3600) for s in sequences]
        desk.intake.take(frames)
        return desk.acknowledged()

    assert hear(*range(8)) == [(1, 1, s) for s in range(6)]
    assert hear(8, 9) == []
    desk.intake._downlink._answer_after["n1"] = 0.0  # An hour later.
    assert hear(10, 8) == [(1, 1, s) for s in (6, 7, 8, 9, 10)]
    assert len(desk.waiting()) == 11


def test_nobody_speaks_as_a_node_of_the_gateway(tmp_path: Path) -> None:
    """Not even on an open farm, where whoever is not enrolled is heard."""
    desk = Desk(tmp_path, security="open")
    node = desk.intake.farm.nodes[0].model_copy(update={"board": "gateway"})
    desk.intake.farm = desk.intake.farm.model_copy(update={"nodes": (node, *desk.intake.farm.nodes[1:])})
    for address in (1, 2):
        hello = core.Hello(
            address=address,
            incarnation=7,
            boot=1,
            sequence=0,
            firmware_version=1,
            wake_interval_s=600,
            channels=("rain",),
        )
        desk.hear(core.encode(hello))
    assert set(desk.outbox.nodes()) == {"n2"}
    assert desk.tallies() == {"unknown incarnation": 1}
    desk.close()


def test_refused_frames_wait_while_another_holds_the_quarantine(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(refused_frames, "WRITTEN_EVERY_S", 0.0)
    with contextlib.closing(sqlite3.connect(desk.folder / "quarantine.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        desk.hear(b"noise")
        desk.intake.write_refused()
        desk.intake.write_refused()
        desk.hear(frame(1, 1, 0, 0))
        other.execute("ROLLBACK")
    assert [r.message for r in caplog.records if "cannot write to quarantine" in r.message] == [
        "cannot write to quarantine (database is locked): free space on the disk"
    ]
    assert desk.acknowledged() == [(1, 1, 0)], "nothing valid waits for it"
    assert desk.tallies() == {"frame": 1}


def test_marked_frames_are_tried_again_once_the_quarantine_can_be_changed(desk: Desk) -> None:
    old = frame(1, 1, 1, 60, kind=EARLIER_TYPE)
    desk.hear(old)
    assert desk.tallies() == {"time": 1}
    desk.hear(frame(1, 1, 2, 120, kind=NOW_TYPE), at=NOW + MINUTE)
    desk.quarantine.again(kinds=["time"])
    with contextlib.closing(sqlite3.connect(desk.folder / "quarantine.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert desk.intake.take_again() == []
        other.execute("ROLLBACK")
    desk.intake.take_again()
    assert [(m["seq"], m["t"]) for m in desk.waiting()] == [(2, NOW + MINUTE), (1, NOW)]
    assert desk.quarantine.newest() == []


def test_on_a_full_disk_nothing_is_acknowledged_and_nothing_is_lost(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "cooee.gateway")
    pages = desk.outbox._file.database.execute("PRAGMA page_count").fetchone()[0]
    desk.outbox._file.database.execute(f"PRAGMA max_page_count = {pages}")
    back = ("127.0.0.1", desk.nodes.socket.getsockname()[1])
    frames = [Heard(frame(1, 1, s, 0), NOW + s * MINUTE, back) for s in range(300)]
    assert desk.intake.take(frames) == []
    assert desk.intake.take(frames) == []
    assert desk.acknowledged() == []
    assert desk.waiting() == []
    assert desk.intake.stored.total() == 0
    desk.outbox._file.database.execute("PRAGMA max_page_count = 1000000")
    assert [node.node for node in desk.intake.take(frames)] == ["n1"]
    assert sorted(desk.acknowledged()) == [(1, 1, s) for s in range(300)]
    assert desk.intake.stored == {"telemetry": 300}
    assert [r.message.split(" (")[0] for r in caplog.records] == ["cannot keep frames", "frames can be kept again"]
