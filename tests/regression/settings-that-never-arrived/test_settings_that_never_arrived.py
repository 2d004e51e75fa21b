"""A node with more readings than its radio may send took no settings and said what it says of itself after all of them:
it could never be told to wake less often."""

import numpy as np

from edge.contract.channels import channel, channels
from edge.core import SETTINGS, Hello, NodeConfig, Nodes, Telemetry, Wanted, decode, encode
from edge.node.settings import NO_SOIL, Settings, piece_of

WAKE_S = 600


def test_a_node_whose_outbox_is_full_of_readings_takes_settings_and_says_so_first() -> None:
    raw = np.full((1, len(channels())), -32768, dtype=np.int16)
    raw[0, channel("air_temperature").id] = 2000
    node = Nodes([NodeConfig(address=1, boot=1, wake_interval_s=WAKE_S, channels=("air_temperature",))], 4)
    for wake in range(10):
        node.wake(wake * WAKE_S, raw)
    assert [type(decode(data)) for _, data in node.transmit(wake * WAKE_S)] == [Hello, Telemetry, Telemetry, Telemetry]
    block = Settings(wake_interval_s=3600, soil=NO_SOIL).dump()
    for sequence, offset in enumerate(range(0, len(block), 18), 1):
        piece = piece_of(SETTINGS, 7, block, offset, address=1, incarnation=1, boot=1, seq=sequence)
        assert node.receive(encode(piece))
    node.requeue()
    hello, answer, *readings = [decode(data) for _, data in node.transmit((wake + 1) * WAKE_S)]
    assert isinstance(hello, Hello)
    assert isinstance(answer, Wanted)
    assert (hello.settings_version, hello.wake_interval_s, answer.state) == (7, 3600, "kept")
    assert [reading.sequence for reading in readings] == [9, 10], "the newest, and one made way for the answer"
