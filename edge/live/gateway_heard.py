"""Whether the gateway runs, by what it keeps with the broker: a node is not waited for that nobody hears."""

from ..contract import topics
from ..contract.errors import MessageError
from ..contract.messages import Status
from ..contract.payloads import parse
from ..farm import Farm
from ..mqtt import client as mqtt
from ..mqtt.retained import read


def silent_gateway(server: mqtt.Server, farm: Farm) -> str | None:
    """None where the farm's gateway runs; else what is so, and how to mend it. CooeeError: no broker says so."""
    status = topics.Topic(farm.id, farm.gateway, "status")
    try:
        said = parse(status, read(server, topics.topic(*status)) or b"")
    except MessageError:
        return f"gateway {farm.gateway} has said nothing at broker {server}: start cooee gateway"
    if isinstance(said, Status) and said.state == "offline":
        return f"gateway {farm.gateway} is offline: start cooee gateway"
    return None
