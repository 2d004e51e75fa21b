"""`cooee sentinel send` said "sent" of a message that the broker had refused: it dropped the connection, and its yes to
the next one was taken for the answer."""

from pathlib import Path

import pytest

from edge.broker import Broker
from edge.contract.errors import CooeeError
from edge.mqtt.client import parse_server
from edge.mqtt.retained import publish, read

TOPIC = "cooee/bench/n1/sentinel"


def test_a_message_that_is_too_large_for_the_broker_is_not_said_to_be_published(tmp_path: Path) -> None:
    with Broker(tmp_path / "broker") as broker:
        server = parse_server(broker.address)
        publish(server, TOPIC, b"before")
        # Why it was refused is lost when the connection is reset before all is sent.
        with pytest.raises(CooeeError, match=r"refuses us \(packet too large\)|ended the connection"):
            publish(server, TOPIC, bytes(2_000_000))
        assert read(server, TOPIC) == b"before"
