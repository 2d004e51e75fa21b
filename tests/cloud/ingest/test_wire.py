"""The wire against packets made from paho's own properties: every PUBLISH whole and in order, the rest for paho."""

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties, VariableByteIntegers

from cloud.ingest.wire import Publication, Wire, decode

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def packet(first: int, content: bytes) -> bytes:
    return bytes([first]) + bytes(VariableByteIntegers.encode(len(content))) + content


@st.composite
def publications(draw: st.DrawFn) -> tuple[bytes, Publication]:
    qos = draw(st.sampled_from([0, 1]))
    mid = draw(st.integers(1, 0xFFFF)) if qos else 0
    reply_to, now = draw(st.none() | TEXT), draw(st.none() | TEXT)
    properties = Properties(PacketTypes.PUBLISH)
    if draw(st.booleans()):
        properties.MessageExpiryInterval = draw(st.integers(0, 2**32 - 1))
        properties.PayloadFormatIndicator = 1
        properties.ContentType = "application/json"
        properties.CorrelationData = b"\0\1\2"
        properties.SubscriptionIdentifier = draw(st.integers(1, 268_435_455))
        properties.UserProperty = ("other", "now")
    if reply_to is not None:
        properties.ResponseTopic = reply_to
    if now is not None:
        properties.UserProperty = ("now", now)
    topic, payload = draw(TEXT.filter(bool)), draw(st.binary(max_size=300))
    name = topic.encode()
    content = (
        struct.pack(">H", len(name)) + name + (struct.pack(">H", mid) if qos else b"") + properties.pack() + payload
    )
    return packet(0x30 | qos << 1, content), Publication(topic, payload, qos, mid, reply_to, now)


OTHERS = st.sampled_from([packet(0xD0, b""), packet(0x40, b"\0\7\0\0"), packet(0x20, b"\1" * 200)])


@given(st.lists(publications() | OTHERS.map(lambda other: (other, None)), max_size=12), st.integers(1, 200))
def test_every_publication_comes_once_in_order_and_the_rest_is_left(
    packets: list[tuple[bytes, Publication | None]], chunk: int
) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    came: list[Publication] = []
    wire = Wire(ours, came.append)
    stream = b"".join(content for content, _ in packets)
    left = b""
    for first in range(0, len(stream), chunk):
        theirs.sendall(stream[first : first + chunk])
        while True:
            try:
                left += wire.recv(7)
            except BlockingIOError:
                break
    theirs.close()
    assert wire.recv(1) == b""
    wire.close()
    assert came == [publication for _, publication in packets if publication]
    assert left == b"".join(content for content, publication in packets if publication is None)


@given(st.integers(0, 15), publications().map(lambda made: made[0][2:]) | st.binary(max_size=60), st.integers(0, 200))
def test_whatever_is_no_publication_is_a_lost_connection(flags: int, content: bytes, cut: int) -> None:
    try:
        found = decode(flags, content[:cut])
    except ConnectionError:
        return
    assert len(found.topic.encode()) + len(found.payload) <= cut


def test_a_length_that_never_ends_is_a_lost_connection() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"\x30\xff\xff\xff\xff\xff")
        with pytest.raises(ConnectionError, match="not MQTT"):
            Wire(ours, lambda _: None).recv(1)


def test_what_the_connection_does_not_take_goes_later_whole_and_in_order() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        wire = Wire(ours, lambda _: None)
        for first in range(0, 60_000, 1000):
            wire.send(b"<%d>" % first)
            wire.acknowledge(range(first, first + 1000))
        expected = b"".join(
            b"<%d>" % first + b"".join(b"\x40\2" + struct.pack(">H", mid) for mid in range(first, first + 1000))
            for first in range(0, 60_000, 1000)
        )
        found = b""
        while len(found) < len(expected):
            found += theirs.recv(1 << 16)
            wire.flush()
        assert found == expected
