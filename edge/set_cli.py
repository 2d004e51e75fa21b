"""`cooee set`: changes a node's settings in farm.yaml and sends them."""

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from . import mqtt
from .build import node_named
from .contract import topics
from .contract.errors import CooeeError
from .farm import FARM_FILE, Farm, Node, load_farm
from .farm_edit import change_node
from .settings import Command, block_of, in_words, new_version

FIELDS = {"wake": "wake_interval"}
"""What `cooee set` changes, as farm.yaml calls it; points of probes are written there by hand."""
ANSWER_WITHIN_S = 10.0


def command(
    node: Annotated[str, typer.Argument(help="The node's id in farm.yaml.")],
    changes: Annotated[
        list[str] | None, typer.Argument(help="wake=10min; without any, it is sent what farm.yaml has.")
    ] = None,
    farm: Annotated[Path, typer.Option(help="The farm.yaml that names the node.")] = FARM_FILE,
    address: mqtt.AddressOption = mqtt.BROKER,
    password_file: mqtt.PasswordOption = None,
    ca: mqtt.CaOption = None,
    certificate: mqtt.CertificateOption = None,
    key: mqtt.KeyOption = None,
) -> None:
    """Changes settings of a node in farm.yaml, and sends them to it: it gets them at its next wake."""
    server = mqtt.parse_server(address, password_file, ca, certificate, key)
    loaded = load_farm(farm)
    if node_named(loaded, node).board == "gateway":
        raise CooeeError(f"{node} runs on the gateway, which reads {farm} itself: change it there")
    for change in changes or ():
        name, _, value = change.partition("=")
        if name not in FIELDS or not value:
            raise CooeeError(f"{change}: write wake=10min")
        value = re.sub(r"^(\d+)([a-z])", r"\1 \2", value)
        loaded = change_node(farm, node, FIELDS[name], value)
    typer.echo(send(server, loaded, loaded.node_by_id[node]))
    typer.echo(f"It gets them at its next wake; see: cooee status {node}")


def send(server: mqtt.Server, farm: Farm, node: Node) -> str:
    """Publishes a node's settings as farm.yaml has them, retained, and returns them in words. CooeeError: no broker
    takes them."""
    settings = Command(version=new_version(), block=block_of(farm, node))
    publish(server, farm, node, settings)
    return f"settings {settings.version} for {node.id}: {in_words(settings.block)}"


def publish(server: mqtt.Server, farm: Farm, node: Node, settings: Command) -> None:
    """Publishes settings for a node, retained. CooeeError: no broker takes them."""
    client = mqtt.new_client(f"cooee-set-{farm.id}-{node.id}", server)
    refusals: list[str] = []
    client.on_connect = lambda _c, _d, _f, reason, _p: refusals.append(str(reason)) if reason.is_failure else None
    client.on_publish = lambda _c, _d, _m, reason, _p: refusals.append(str(reason)) if reason.is_failure else None
    client.connect_timeout = ANSWER_WITHIN_S
    try:
        client.connect(server.host, server.port)
        client.loop_start()
        sent = client.publish(topics.topic(farm.id, node.id, "command"), settings.dump(node.id), qos=1, retain=True)
        sent.wait_for_publish(ANSWER_WITHIN_S)
        if refusals or not sent.is_published():
            why = mqtt.explain(refusals[0]) if refusals else mqtt.silence(server)
            raise CooeeError(f"broker {server}: {why}")
    except (OSError, RuntimeError):
        raise CooeeError(f"broker {server}: {mqtt.explain(sys.exc_info()[1])}") from None
    finally:
        client.disconnect()
        client.loop_stop()
