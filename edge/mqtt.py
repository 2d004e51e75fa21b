"""How our services reach the broker: MQTT 5 clients and the address on the command line."""

import random

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from .contract.errors import CooeeError

BROKER = "127.0.0.1:1883"
"""Where every service looks for the broker unless --mqtt names another place."""
KEEPALIVE_S = 30
NOW = "now"
"""MQTT 5 user property: the simulated gateway's clock, UTC ms."""
FIRST_RETRY_S = 0.5
LONGEST_RETRY_S = 15.0


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of "HOST:PORT"; CooeeError for anything else."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise CooeeError(f"--mqtt {text!r}: write HOST:PORT, as in {BROKER}")
    return host, int(port)


def new_client(client_id: str, *, manual_ack: bool = False) -> paho.Client:
    """A client of ours, not connected yet. Exceptions in its callbacks are raised, not hidden."""
    return paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5, manual_ack=manual_ack)


def jittered(delay_s: float) -> float:
    """A delay spread over half to one and a half of itself, so that many clients do not come back at once."""
    return delay_s * random.uniform(0.5, 1.5)
