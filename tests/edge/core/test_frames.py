"""Frames: the bytes of docs/SPEC.md, both ways."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.channels import channel_names
from edge.contract.errors import FrameError, SealError
from edge.contract.messages import FAULTS
from edge.core import (
    ACKNOWLEDGED_MAX,
    FRAME_MAX,
    NODE_CHANNELS,
    Ack,
    CallFrame,
    Evidence,
    Frame,
    Hello,
    Telemetry,
    call_kind,
    decode,
    decode_v1,
    encode,
    encode_ack_v1,
    encode_plain,
    feature_names,
    read_head,
    seal,
    sentinels,
)
from firmware import FIRMWARE

HEAD: dict[str, Any] = {
    "address": 0x0201,
    "incarnation": 0xF3F2F1F0,
    "boot": 0x0403,
    "sequence": 0x08070605,
    "age_s": 0x0B0A09,
}
CALL: dict[str, Any] = {
    "sentinel": 2,
    "version": 0xDEADBEEF,
    "class_id": 1,
    "confidence": 87,
    "state": "repeated",
    "since_s": 0x030201,
    "why": (Evidence(feature=7, raw=-2), Evidence(feature=200, raw=32767)),
}
SAID_CALL = "02 efbeadde 01 57 01 010203 02 07feff c8ff7f"
SAID_HEAD = "0102 f0f1f2f3 0304 05060708 090a0b"
KEY = bytes(range(0x40, 0x50))

# Frozen: a node in the field sends these bytes for years. The last bytes are the seal of the body before them.
SAMPLES: list[tuple[Frame, str, str]] = [
    (
        Hello(
            **HEAD,
            firmware_version=258,
            wake_interval_s=900,
            channels=("soil_moisture_10cm", "battery"),
            reset="watchdog",
            wakes_missed=7,
            settings_version=0x04030201,
            sentinels=(0xDEADBEEF, 1),
        ),
        "20",
        "0201 8403 0104 02 0700 01020304 02 efbeadde 01000000",
    ),
    (
        Telemetry(**HEAD, raw={"soil_moisture_30cm": 2500, "air_temperature": -301}, faults=("humidity",)),
        "21",
        "1200 2000 c409 d3fe",
    ),
    (
        Telemetry(**HEAD, raw={"rain": 28}, faults=("wind", "gust"), why_faulty={"gust": "stuck"}),
        "21",
        "0001 c000 1c00 000c",
    ),
    (
        CallFrame(**HEAD, **CALL),
        "22",
        SAID_CALL,
    ),
    (Ack(**HEAD, sequences=(1, 0xFFFFFFFF)), "2f", "02 01000000 ffffffff"),
]
HEAD_V1 = HEAD | {"incarnation": 0}
SAMPLES_V1: list[tuple[Frame, str]] = [
    (
        Hello(**HEAD_V1, firmware_version=258, wake_interval_s=900, channels=("soil_moisture_10cm", "battery")),
        "10 0102 0304 05060708 090a0b 0201 8403 0104",
    ),
    (
        Telemetry(**HEAD_V1, raw={"soil_moisture_30cm": 2500, "air_temperature": -301}, faults=("humidity",)),
        "11 0102 0304 05060708 090a0b 1200 2000 c409 d3fe",
    ),
    (
        CallFrame(**HEAD_V1, **CALL),
        f"12 0102 0304 05060708 090a0b {SAID_CALL}",
    ),
]

u16, u32 = st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1)
raws = st.integers(-32767, 32767)
names = st.sampled_from(channel_names())
heads = {
    "address": st.integers(1, 65534),
    "incarnation": u32,
    "boot": u16,
    "sequence": u32,
    "age_s": st.integers(0, 2**24 - 1),
}


def _telemetry(raw: dict[str, int], faults: dict[str, str | None], head: dict[str, Any]) -> Telemetry:
    told = [name for name in channel_names() if name in raw or name in faults][-NODE_CHANNELS:]
    ordered = {name: raw[name] for name in told if name in raw}
    faulty = tuple(name for name in told if name not in raw)
    why = {name: said for name in faulty if (said := faults[name]) is not None}
    return Telemetry(**head, raw=ordered, faults=faulty, why_faulty=why)


whys = st.dictionaries(names, st.none() | st.sampled_from(FAULTS))
frames: st.SearchStrategy[Frame] = st.one_of(
    st.builds(
        Hello,
        **heads,
        firmware_version=u16,
        wake_interval_s=st.integers(1, 2**16 - 1),
        channels=st.sets(names, min_size=1).map(lambda s: tuple(n for n in channel_names() if n in s)),
        reset=st.sampled_from(["power", "brown-out", "watchdog", "button", "program"]),
        wakes_missed=u16,
        settings_version=u32,
        sentinels=st.lists(u32, max_size=3).map(tuple),
    ),
    st.builds(_telemetry, st.dictionaries(names, raws, min_size=1), whys, st.fixed_dictionaries(heads)),
    st.builds(
        CallFrame,
        **heads,
        sentinel=st.integers(0, 255),
        version=u32,
        class_id=st.integers(1, 255),
        confidence=st.integers(0, 100),
        state=st.sampled_from(["raised", "repeated", "cleared"]),
        since_s=st.integers(0, 2**24 - 1),
        why=st.lists(st.builds(Evidence, feature=st.integers(0, 255), raw=raws), max_size=3).map(tuple),
    ),
    st.builds(Ack, **heads, sequences=st.lists(u32, max_size=ACKNOWLEDGED_MAX).map(tuple)),
)


def _on_air(kind: str, body: str) -> bytes:
    head = bytes.fromhex(kind + SAID_HEAD)
    return head + seal(KEY, head, bytes.fromhex(body))


@pytest.mark.parametrize(("frame", "kind", "body"), SAMPLES, ids=lambda value: type(value).__name__)
def test_frozen_samples(frame: Frame, kind: str, body: str) -> None:
    data = _on_air(kind, body)
    assert encode(frame, KEY) == data
    assert decode(data, KEY) == frame
    head = read_head(data)
    assert head.type == int(kind, 16) & 15
    assert {name: getattr(head, name) for name in HEAD} == HEAD


def test_a_frozen_seal() -> None:
    """As Ascon-AEAD128 written anew from NIST SP 800-232 in Python seals it."""
    frame = Telemetry(**HEAD, raw={"soil_moisture_30cm": 2500, "air_temperature": -301}, faults=("humidity",))
    assert encode(frame, KEY).hex() == "210102f0f1f2f3030405060708090a0b" + "fc3bc524de9528b2eaf7f3cd73a7c390"


@given(frames, st.binary(min_size=16, max_size=16))
def test_what_is_encoded_decodes_to_the_same(frame: Frame, key: bytes) -> None:
    data = encode(frame, key)
    assert len(data) <= FRAME_MAX
    assert decode(data, key) == frame


def test_faults_have_the_numbers_of_the_core() -> None:
    table = (FIRMWARE / "include/cooee/fault.h").read_text(encoding="utf-8")
    assert ["none", *FAULTS] == [name.lower() for name in re.findall(r"^    X\((\w+),", table, re.M)]


def test_a_newer_nodes_fault_is_a_fault_without_a_reason() -> None:
    frame = decode(_on_air("21", "0001 c000 1c00 00ff"), KEY)
    assert isinstance(frame, Telemetry)
    assert (frame.faults, frame.why_faulty) == (("wind", "gust"), {})


def test_a_node_s_channels_fit_and_no_more() -> None:
    names = channel_names()
    frame = Telemetry(**HEAD, raw=dict.fromkeys(names[:NODE_CHANNELS], 1))
    assert FRAME_MAX - len(encode(frame)) in (0, 1), "as many as the longest frame holds"
    more = Telemetry(**HEAD, raw=dict.fromkeys(names[:6], 1), faults=names[6 : NODE_CHANNELS + 1])
    for frame in (more, Telemetry(**HEAD, raw=dict.fromkeys(names[: NODE_CHANNELS + 1], 1))):
        with pytest.raises(FrameError, match="too many"):
            encode(frame)


@given(frames, st.data())
def test_a_damaged_frame_is_refused(frame: Frame, data: st.DataObject) -> None:
    sound = encode(frame, KEY)
    damage = data.draw(st.integers(1, 2 ** (8 * len(sound)) - 1))
    damaged = (int.from_bytes(sound, "big") ^ damage).to_bytes(len(sound), "big")
    with pytest.raises(FrameError, match="not a frame"):
        decode(damaged, KEY)


@given(frames, st.binary(min_size=16, max_size=16))
def test_a_frame_of_another_key_is_refused(frame: Frame, key: bytes) -> None:
    if key != KEY:
        with pytest.raises(SealError, match="not one of this key"):
            decode(encode(frame, key), KEY)


@given(frames, st.data())
def test_a_truncated_or_padded_frame_is_refused(frame: Frame, data: st.DataObject) -> None:
    sound = encode(frame, KEY)
    for wrong in (sound[: data.draw(st.integers(0, len(sound) - 1))], sound + b"\0"):
        with pytest.raises(FrameError):
            decode(wrong, KEY)


@given(frames, frames)
def test_two_frames_of_a_node_never_share_a_nonce(one: Frame, other: Frame) -> None:
    """The nonce is the head: it differs wherever what is told differs, when sequences come once."""
    first, second = encode(one)[:16], encode(other)[:16]
    if first == second:
        assert (one.sequence, one.boot, one.incarnation, one.age_s) == (
            other.sequence,
            other.boot,
            other.incarnation,
            other.age_s,
        )


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("30", "0201 8403 0104 00 0000 00000000 00", "version"),
        ("2d", "0201 8403 0104 00 0000 00000000 00", "type"),
        ("20", "0201 8403 0080 00 0000 00000000 00", "channel"),
        ("20", "0201 0000 0104 00 0000 00000000 00", "range"),
        ("20", "0201 8403 0104 05 0000 00000000 00", "range"),
        ("20", "0201 8403 0104 00 0000 00000000 01", "length"),
        ("20", "0201 8403 0104 00 0000 00000000 04 00000000 00000000 00000000", "length"),
        ("20", "0201 8403 0104", "length"),
        ("21", "0000 0000", "channel"),
        ("21", "1000 1000 d3fe", "channel"),
        ("21", "1000 0000 0080", "range"),
        ("21", "1000 0000 d3fe 00", "length"),
        ("22", "02 efbeadde 00 57 01 010203 00", "range"),
        ("22", "02 efbeadde 01 65 01 010203 00", "range"),
        ("22", "02 efbeadde 01 57 03 010203 00", "range"),
        ("22", "02 efbeadde 01 57 01 010203 04 010000 010000 010000 010000", "length"),
        ("2f", "02 01000000", "length"),
    ],
)
def test_the_reason_for_a_refusal_is_told(kind: str, body: str, reason: str) -> None:
    with pytest.raises(FrameError, match=reason):
        decode(_on_air(kind, body), KEY)


def test_an_address_that_none_has_is_refused() -> None:
    for address in (b"\0\0", b"\xff\xff"):
        head = b"\x21" + address + bytes(13)
        with pytest.raises(FrameError, match="address"):
            decode(head + seal(KEY, head, bytes.fromhex("10000000d3fe")), KEY)


@pytest.mark.parametrize(
    "frame",
    [
        Telemetry(address=0, boot=0, sequence=0, raw={"battery": 1}),
        Telemetry(address=1, boot=65536, sequence=0, raw={"battery": 1}),
        Telemetry(address=1, boot=0, sequence=-1, raw={"battery": 1}),
        Telemetry(address=1, boot=0, sequence=0, incarnation=2**32, raw={"battery": 1}),
        Telemetry(address=1, boot=0, sequence=0, raw={"battery": 32768}),
        Telemetry(address=1, boot=0, sequence=0, raw={"batery": 1}),
        Telemetry(address=1, boot=0, sequence=0, raw={"battery": 1}, faults=("battery",)),
        Ack(address=1, boot=0, sequence=1, sequences=tuple(range(7))),
        CallFrame(
            address=1, boot=0, sequence=0, sentinel=0, version=0, class_id=0, confidence=0, state="raised", since_s=0
        ),
        CallFrame(
            address=1,
            boot=0,
            sequence=0,
            sentinel=0,
            version=0,
            class_id=1,
            confidence=0,
            state="raised",
            since_s=2**24,
        ),
    ],
)
def test_a_field_out_of_its_range_is_refused(frame: Frame) -> None:
    with pytest.raises(FrameError):
        encode(frame)


def _v1(text: str) -> bytes:
    body = bytes.fromhex(text)
    crc = 0xFFFF
    for byte in body:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return body + crc.to_bytes(2, "little")


@pytest.mark.parametrize(("frame", "text"), SAMPLES_V1, ids=lambda value: type(value).__name__)
def test_frozen_samples_of_version_1(frame: Frame, text: str) -> None:
    data = _v1(text)
    assert decode_v1(data) == frame
    for bit in range(8 * len(data)):
        with pytest.raises(FrameError, match="not a frame"):
            decode_v1((int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("20 0102 0304 05060708 090a0b 0201 8403 0104", "version"),
        ("13 0102 0304 05060708 090a0b 0201 8403 0104", "type"),
        ("10 ffff 0304 05060708 090a0b 0201 8403 0104", "address"),
        ("10 0102 0304 05060708 090a0b 0201 8403 0104 00", "length"),
        ("11 0102 0304 05060708 090a0b 0000 0000", "channel"),
        ("10 0102 0304 05060708", "length"),
    ],
)
def test_the_reason_for_a_refusal_of_version_1_is_told(text: str, reason: str) -> None:
    with pytest.raises(FrameError, match=reason):
        decode_v1(_v1(text))


def test_an_acknowledgement_of_version_1_is_as_it_was() -> None:
    sent = encode_ack_v1(0x0201, 0x0403, (1, 0xFFFFFFFF))
    assert sent == _v1("1f 0102 0304 00000000 000000 02 01000000 ffffffff")


def test_the_age_is_not_in_a_plain_frame() -> None:
    plain = encode_plain(SAMPLES[1][0])
    assert plain == bytes.fromhex("21" + SAID_HEAD[: -len(" 090a0b")] + SAMPLES[1][2])


def test_age_saturates() -> None:
    frame = decode(encode(Telemetry(address=1, boot=0, sequence=0, age_s=2**30, raw={"battery": 1})))
    assert frame.age_s == 16_777_215


def test_values_are_in_units() -> None:
    frame = Telemetry(address=1, boot=0, sequence=0, raw={"soil_moisture_10cm": 2345, "air_temperature": -50})
    assert frame.values == {"soil_moisture_10cm": 0.2345, "air_temperature": -0.5}


def test_evidence_is_named_with_its_unit() -> None:
    evidence = Evidence(feature=feature_names().index("dew_point"), raw=-123)
    assert (evidence.name, evidence.value, evidence.unit) == ("dew_point", -1.23, "degC")


def test_ids_of_a_newer_node_get_a_name_so_that_the_call_is_not_lost() -> None:
    assert call_kind(sentinels()[0].id, 1) == (sentinels()[0].name, sentinels()[0].classes[1])
    assert call_kind(250, 3) == ("sentinel250", "class3")
    assert call_kind(sentinels()[0].id, 99) == (sentinels()[0].name, "class99")
    assert (Evidence(feature=250, raw=7).name, Evidence(feature=250, raw=7).value) == ("feature250", 7.0)
