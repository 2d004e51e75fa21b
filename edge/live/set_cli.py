"""`cooee set`: changes a node's settings in farm.yaml and sends them."""

import re
from typing import Annotated

import typer

from ..contract import topics
from ..contract.errors import CooeeError, MessageError
from ..farm import FARM_FILE, Farm, Node, load_farm, node_named
from ..farm.edit import change_node
from ..mqtt import client as mqtt
from ..mqtt.options import with_broker
from ..mqtt.retained import publish, read
from ..node.settings import Command, block_of, in_words, new_version, parse_command
from ..options import FarmOfNode

FIELDS = {"wake": "wake_interval"}
"""What `cooee set` changes, as farm.yaml calls it; points of probes are written there by hand."""
POLICY = re.compile(r"[a-z0-9_]+\.(on_delay|clear_delay|repeat|raise|keep)")
"""What it changes of the policy of a kind of trouble."""


@with_broker
def command(
    node: Annotated[str, typer.Argument(help="The node's id in farm.yaml.")],
    changes: Annotated[
        list[str] | None,
        typer.Argument(help="wake=10min, too_dry.repeat=12h; without any, it is sent what farm.yaml has."),
    ] = None,
    farm: FarmOfNode = FARM_FILE,
    *,
    server: mqtt.Server,
) -> None:
    """Changes settings of a node in farm.yaml, and sends them to it: it gets them at its next wake."""
    loaded = load_farm(farm)
    if node_named(loaded, node).board == "gateway":
        raise CooeeError(f"{node} runs on the gateway, which reads {farm} itself: change it there")
    for change in changes or ():
        name, _, value = change.partition("=")
        field = f"policies.{name}" if POLICY.fullmatch(name) else FIELDS.get(name)
        if field is None or not value:
            raise CooeeError(
                f"{change}: write wake=10min, or too_dry.repeat=12h: on_delay, clear_delay, repeat, raise or keep of a "
                "kind of trouble; a sentinel's image goes by cooee sentinel send"
            )
        value = re.sub(r"^(\d+)([a-z])", r"\1 \2", value)
        loaded = change_node(farm, node, field, value)
    try:
        typer.echo(send(server, loaded, loaded.node_by_id[node]))
    except CooeeError as error:
        if not changes:
            raise
        raise CooeeError(f"{farm} is changed, but nothing was sent: {error} The gateway sends it by itself.") from None
    typer.echo(f"It gets them at its next wake; see: cooee status {node}")


def send(server: mqtt.Server, farm: Farm, node: Node) -> str:
    """Publishes a node's settings as farm.yaml has them, retained, and returns them in words. CooeeError: no broker
    takes them."""
    topic = topics.topic(farm.id, node.id, "command")
    settings = Command(version=_next_version(node, read(server, topic)), block=block_of(farm, node))
    publish(server, topic, settings.dump(node.id))
    return f"settings {settings.version} for {node.id}: {in_words(settings.block)}"


def _next_version(node: Node, before: bytes | None) -> int:
    """Above that of the settings that were sent before, which may be of this very second or of a clock that was ahead:
    a gateway takes no others."""
    try:
        return max(new_version(), parse_command(node.id, before or b"").version + 1)
    except MessageError:
        return new_version()
