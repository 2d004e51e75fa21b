"""Settings that were sent in the second of others, or after a computer's clock had been ahead, were said to be on their
way; the gateway took them for old ones and let them go without a word."""

from pathlib import Path

from edge.broker import Broker
from edge.contract import topics
from edge.live.set_cli import send
from edge.mqtt.client import parse_server
from edge.mqtt.retained import publish, read
from edge.node.settings import Command, block_of, new_version, parse_command
from tests.edge.one_node import farm_of


def test_each_is_newer_than_those_that_were_sent_before(tmp_path: Path) -> None:
    farm, another = farm_of("10 min"), farm_of("20 min")
    topic = topics.topic(farm.id, "n1", "command")
    ahead = Command(version=new_version() + 86_400, block=block_of(farm, farm.nodes[0]))
    with Broker(tmp_path / "broker") as broker:
        server = parse_server(broker.address)
        publish(server, topic, ahead.dump("n1"))
        for number, each in enumerate((another, farm), 1):
            send(server, each, each.nodes[0])
            command = parse_command("n1", read(server, topic) or b"")
            assert command == Command(version=ahead.version + number, block=block_of(each, each.nodes[0]))
