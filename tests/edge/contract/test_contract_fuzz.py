"""Whatever arrives is either a message (or frame) or one clear error; what we write is read back the same."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.transport import enrolled
from bench.transport import frame as air_frame
from edge import core
from edge.contract.channels import channel_names
from edge.contract.channels import channels as all_channels
from edge.contract.errors import FrameError, MessageError
from edge.contract.messages import (
    EARLIEST_MS,
    FAULTS,
    LATEST_MS,
    Call,
    Evidence,
    Identity,
    Message,
    Reading,
    Receipt,
    Status,
)
from edge.contract.payloads import dump, parse, parse_receipt
from edge.contract.topics import UP, Topic, parse_topic, topic

names = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,31}", fullmatch=True)
channels = st.sampled_from(channel_names())
times = st.integers(EARLIEST_MS, LATEST_MS - 1)
numbers = st.floats(-1e9, 1e9)
texts = st.text(min_size=1, max_size=64)
head = {"farm": names, "node": names, "boot": st.integers(0, 2**16 - 1), "seq": st.integers(0, 2**32 - 1), "t": times}
head["inc"] = st.just(0) | st.integers(1, 2**32 - 1)
plausible = st.fixed_dictionaries({}, optional={c.name: st.floats(c.low, c.high) for c in all_channels()})
faults = st.dictionaries(channels, st.none() | st.sampled_from(FAULTS))


def _reading(faults: dict[str, str | None], **rest: Any) -> Reading:
    why = {name: said for name, said in faults.items() if said is not None}
    return Reading(faults=tuple(faults), why_faulty=why, **rest)


readings = st.builds(_reading, **head, values=plausible, faults=faults).filter(
    lambda reading: (reading.values or reading.faults) and not reading.values.keys() & set(reading.faults)
)
calls = st.builds(
    Call,
    **head,
    sentinel=texts,
    version=texts,
    kind=texts,
    confidence=st.integers(0, 100),
    state=st.sampled_from(("raised", "repeated", "cleared")),
    raised_t=times,
    why=st.lists(st.builds(Evidence, feature=texts, value=numbers, unit=texts), max_size=3).map(tuple),
)
statuses = st.builds(
    Status,
    farm=names,
    node=names,
    t=st.just(0) | times,
    state=st.sampled_from(("online", "sleeping", "offline")),
    wake_interval_s=st.integers(1, 604_799),
    gateway=st.booleans(),
    simulated=st.booleans(),
)
KIND = {Reading: "telemetry", Call: "call", Status: "status"}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([10**400, -(10**400)]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(readings | calls | statuses)
def test_a_message_is_read_back_as_it_was_written(message: Message) -> None:
    where = parse_topic(topic(message.farm, message.node, KIND[type(message)]))
    assert where
    assert parse(where, dump(message)) == message


@given(st.sampled_from(UP), st.binary(max_size=200))
def test_any_bytes_are_a_message_error(kind: str, payload: bytes) -> None:
    with pytest.raises(MessageError):
        parse(Topic("farm", "node", kind), payload)


@given(readings | calls | statuses, st.data())
@example(Reading(farm="f", node="n", boot=0, seq=0, t=EARLIEST_MS, values={"battery": 1.0}), None)
def test_a_field_of_any_other_type_or_value_never_escapes_the_checks(message: Message, data: Any) -> None:
    where = Topic(message.farm, message.node, KIND[type(message)])
    body = json.loads(dump(message))
    if data is not None:
        body[data.draw(st.sampled_from(sorted(body)) | st.text())] = data.draw(json_values)
    try:
        read = parse(where, json.dumps(body).encode())
    except MessageError:
        return
    assert parse(where, dump(read)) == read


@given(json_values)
def test_receipts_of_any_shape_are_read_or_refused(value: Any) -> None:
    for body in (
        value,
        {"receipts": value},
        {"receipts": [value]},
        {"receipts": [[value, 0, 0]]},
        {"receipts": [["n", 0, 0, value]]},
    ):
        try:
            receipt = parse_receipt(json.dumps(body).encode())
        except MessageError:
            continue
        assert parse_receipt(dump(receipt)) == receipt


@given(st.lists(st.builds(Identity, names, head["boot"], head["seq"], head["inc"])))
def test_a_receipt_is_read_back_as_it_was_written(identities: list[Identity]) -> None:
    receipt = Receipt(identities=tuple(identities))
    assert parse_receipt(dump(receipt)) == receipt


@given(st.text())
def test_any_text_is_a_topic_of_ours_or_none(text: str) -> None:
    taken = parse_topic(text)
    assert taken is None or topic(*taken) == text


addresses, ages = st.integers(1, 65534), st.integers(0, 2**24 - 1)


@given(st.binary(max_size=60))
@example(b"\x20" * 13)
def test_any_bytes_are_a_frame_error_or_a_plain_frame_that_is_written_as_them(data: bytes) -> None:
    try:
        frame = core.decode_plain(data, 0)
    except FrameError:
        return
    assert core.encode_plain(frame) == data


@given(st.binary(max_size=60), st.sampled_from([b"", b"\x10", b"\x20", b"\x21"]))
def test_any_bytes_from_the_air_are_a_frame_error(data: bytes, first: bytes) -> None:
    for read in (core.decode, core.decode_v1):
        with pytest.raises(FrameError):
            read(first + data)


@given(addresses, head["boot"], head["seq"], ages, st.integers(0, 15), st.binary(max_size=40))
def test_any_body_that_is_soundly_sealed_does_no_harm(
    address: int, boot: int, sequence: int, age_s: int, kind: int, body: bytes
) -> None:
    data = air_frame(address, boot, sequence, age_s, kind=kind, body=body)
    try:
        frame = core.decode(data, enrolled(address).key)
    except FrameError:
        return
    assert (frame.address, frame.boot) == (address, boot)
    assert core.encode(frame, enrolled(address).key) == data


@given(addresses, head["boot"], head["seq"], ages, st.integers(0, 200))
def test_a_cut_frame_is_refused(address: int, boot: int, sequence: int, age_s: int, cut: int) -> None:
    data = air_frame(address, boot, sequence, age_s)
    with pytest.raises(FrameError):
        core.decode(data[: min(cut, len(data) - 1)], enrolled(address).key)
