"""Frames: the bytes of docs/SPEC.md, both ways."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.contract.channels import channel_names
from edge.contract.errors import FrameError
from edge.core import (
    ACKNOWLEDGED_MAX,
    FRAME_MAX,
    Ack,
    CallFrame,
    Evidence,
    Frame,
    Hello,
    Telemetry,
    call_kind,
    decode,
    encode,
    encode_ack,
    feature_names,
    sentinels,
)

HEAD: dict[str, Any] = {"address": 0x0201, "boot": 0x0403, "sequence": 0x08070605, "age_s": 0x0B0A09}

# Frozen: a node in the field sends these bytes for years.
SAMPLES: list[tuple[Frame, str]] = [
    (
        Hello(**HEAD, firmware_version=258, wake_interval_s=900, channels=("soil_moisture_10cm", "battery")),
        "10 0102 0304 05060708 090a0b 0201 8403 0104",
    ),
    (
        Telemetry(**HEAD, raw={"soil_moisture_30cm": 2500, "air_temperature": -301}, faults=("humidity",)),
        "11 0102 0304 05060708 090a0b 1200 2000 c409 d3fe",
    ),
    (
        CallFrame(
            **HEAD,
            sentinel=2,
            version=0xDEADBEEF,
            class_id=1,
            confidence=87,
            state="repeated",
            since_s=0x030201,
            why=(Evidence(feature=7, raw=-2), Evidence(feature=200, raw=32767)),
        ),
        "12 0102 0304 05060708 090a0b 02 efbeadde 01 57 01 010203 02 07feff c8ff7f",
    ),
    (Ack(address=0x0201, boot=0x0403, sequences=(1, 0xFFFFFFFF)), "1f 0102 0304 00000000 000000 02 01000000 ffffffff"),
]

u16, u32 = st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1)
raws = st.integers(-32767, 32767)
names = st.sampled_from(channel_names())
heads = {"address": st.integers(1, 65534), "boot": u16, "sequence": u32, "age_s": st.integers(0, 2**24 - 1)}


def _telemetry(raw: dict[str, int], faults: set[str], head: dict[str, int]) -> Telemetry:
    ordered = {name: raw[name] for name in channel_names() if name in raw}
    return Telemetry(**head, raw=ordered, faults=tuple(n for n in channel_names() if n in faults and n not in raw))


frames: st.SearchStrategy[Frame] = st.one_of(
    st.builds(
        Hello,
        **heads,
        firmware_version=u16,
        wake_interval_s=st.integers(1, 2**16 - 1),
        channels=st.sets(names, min_size=1).map(lambda s: tuple(n for n in channel_names() if n in s)),
    ),
    st.builds(_telemetry, st.dictionaries(names, raws, min_size=1), st.sets(names), st.fixed_dictionaries(heads)),
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
    st.builds(Ack, address=heads["address"], boot=u16, sequences=st.lists(u32, max_size=ACKNOWLEDGED_MAX).map(tuple)),
)


def _crc(data: bytes) -> int:
    """CRC-16/CCITT-FALSE."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def _sealed(body: bytes) -> bytes:
    return body + _crc(body).to_bytes(2, "little")


@pytest.mark.parametrize(("frame", "text"), SAMPLES, ids=lambda value: type(value).__name__)
def test_frozen_samples(frame: Frame, text: str) -> None:
    data = _sealed(bytes.fromhex(text))
    assert encode(frame) == data
    assert decode(data) == frame


@given(frames)
def test_what_is_encoded_decodes_to_the_same(frame: Frame) -> None:
    data = encode(frame)
    assert len(data) <= FRAME_MAX
    assert decode(data) == frame


@given(frames, st.data())
def test_a_damaged_frame_is_refused(frame: Frame, data: st.DataObject) -> None:
    """Every error burst of at most 16 bits is seen by the checksum."""
    sound = bytearray(encode(frame))
    burst, shift = data.draw(st.integers(1, 2**16 - 1)), data.draw(st.integers(0, 8 * len(sound) - 17))
    damaged = (int.from_bytes(sound, "big") ^ burst << shift).to_bytes(len(sound), "big")
    with pytest.raises(FrameError, match="not a frame"):
        decode(damaged)


@given(frames, st.data())
def test_a_truncated_or_padded_frame_is_refused(frame: Frame, data: st.DataObject) -> None:
    sound = encode(frame)
    cut = data.draw(st.integers(0, len(sound) - 1))
    for wrong in (sound[:cut], _sealed(sound[:cut]), _sealed(sound[:-2] + b"\0")):
        if wrong != sound:
            with pytest.raises(FrameError):
                decode(wrong)


@settings(max_examples=500)
@given(st.binary(max_size=60), st.sampled_from([0x10, 0x11, 0x12, 0x1F, 0x13, 0x21]))
def test_bytes_with_a_sound_checksum_decode_to_what_encodes_to_them(body: bytes, kind: int) -> None:
    data = _sealed(bytes([kind]) + body)
    try:
        frame = decode(data)
    except FrameError:
        return
    assert encode(frame) == data


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("20 0102 0304 05060708 090a0b 0201 8403 0104", "version"),
        ("13 0102 0304 05060708 090a0b 0201 8403 0104", "type"),
        ("10 0000 0304 05060708 090a0b 0201 8403 0104", "address"),
        ("10 ffff 0304 05060708 090a0b 0201 8403 0104", "address"),
        ("10 0102 0304 05060708 090a0b 0201 8403 0008", "channel"),
        ("10 0102 0304 05060708 090a0b 0201 0000 0104", "range"),
        ("11 0102 0304 05060708 090a0b 0000 0000", "channel"),
        ("11 0102 0304 05060708 090a0b 1000 1000 d3fe", "channel"),
        ("11 0102 0304 05060708 090a0b 1000 0000 0080", "range"),
        ("11 0102 0304 05060708 090a0b 1000 0000 d3fe 00", "length"),
        ("12 0102 0304 05060708 090a0b 02 efbeadde 00 57 01 010203 00", "range"),
        ("12 0102 0304 05060708 090a0b 02 efbeadde 01 65 01 010203 00", "range"),
        ("12 0102 0304 05060708 090a0b 02 efbeadde 01 57 03 010203 00", "range"),
        ("12 0102 0304 05060708 090a0b 02 efbeadde 01 57 01 010203 04 010000 010000 010000 010000", "length"),
        ("1f 0102 0304 01000000 000000 00", "range"),
        ("1f 0102 0304 00000000 000000 02 01000000", "length"),
    ],
)
def test_the_reason_for_a_refusal_is_told(text: str, reason: str) -> None:
    with pytest.raises(FrameError, match=reason):
        decode(_sealed(bytes.fromhex(text)))


@pytest.mark.parametrize(
    "frame",
    [
        Telemetry(address=0, boot=0, sequence=0, raw={"battery": 1}),
        Telemetry(address=1, boot=65536, sequence=0, raw={"battery": 1}),
        Telemetry(address=1, boot=0, sequence=-1, raw={"battery": 1}),
        Telemetry(address=1, boot=0, sequence=0, raw={"battery": 32768}),
        Telemetry(address=1, boot=0, sequence=0, raw={"batery": 1}),
        Telemetry(address=1, boot=0, sequence=0, raw={"battery": 1}, faults=("battery",)),
        Ack(address=1, boot=0, sequences=tuple(range(7))),
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


def test_an_acknowledgement_names_frames() -> None:
    assert decode(encode_ack(5, 6, [7, 8])) == Ack(address=5, boot=6, sequences=(7, 8))
