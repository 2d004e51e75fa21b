"""`cooee sentinel`: sends a sentinel's image to a node, or takes it back."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer

from .. import core
from ..contract import topics
from ..contract.errors import CooeeError, MessageError
from ..farm import FARM_FILE, Farm, Node, load_farm, node_named
from ..mqtt import client as mqtt
from ..mqtt import retained
from ..mqtt.options import with_broker
from ..node.sentinel_images import (
    NONE_OVER_THE_AIR,
    SentinelImage,
    check_for,
    dump_images,
    parse_images,
    sentinel_name,
    takes_sentinels,
)
from ..node.settings import new_version
from ..options import FarmOfNode

app = typer.Typer(no_args_is_help=True)
NodeArgument = Annotated[str, typer.Argument(help="The node's id in farm.yaml.")]
FarmFile = FarmOfNode
Anyway = Annotated[
    bool, typer.Option("--anyway", help="The board's program was compiled for it (docs/FIRMWARE.md, COOEE_IMAGE_ROOM).")
]


@app.command("send")
@with_broker
def send_command(
    node: NodeArgument,
    files: Annotated[list[Path], typer.Argument(metavar="FILE.image...", help="What `cooee image pack` wrote.")],
    farm: FarmFile = FARM_FILE,
    anyway: Anyway = False,
    *,
    server: mqtt.Server,
) -> None:
    """Sends a node new sentinels over the air: it checks them before it lets them decide."""
    loaded = load_farm(farm)
    for line in send(server, loaded, _node_that_takes(loaded, node, anyway), [_read(file) for file in files]):
        typer.echo(line)
    typer.echo(f"It gets them piece by piece, from its next wake on; see: cooee status {node}")


@app.command()
@with_broker
def revert(
    node: NodeArgument,
    sentinel: Annotated[str, typer.Argument(help="soil, ethylene, weather or wind.")],
    farm: FarmFile = FARM_FILE,
    *,
    server: mqtt.Server,
) -> None:
    """Lets a node give up the sentinel that it was sent last, for the one before."""
    loaded = load_farm(farm)
    ids = {each.name: each.id for each in core.sentinels()}
    if sentinel not in ids:
        raise CooeeError(f"there is no sentinel {sentinel!r}: {', '.join(ids)}")
    _add(
        server,
        loaded,
        node_named(loaded, node),
        lambda version: [SentinelImage(id=ids[sentinel], version=version, data=b"")],
    )
    typer.echo(f"{node} gives up the {sentinel} sentinel that it was sent last; see: cooee status {node}")


def send(server: mqtt.Server, farm: Farm, node: Node, images: Iterable[tuple[str, bytes]]) -> list[str]:
    """Publishes images, (what they are called, bytes), for a node, and returns what they are in words. CooeeError: the
    node cannot run one, or no broker takes them."""
    looked_at = [check_for(node, data, what) for what, data in images]
    _add(
        server,
        farm,
        node,
        lambda version: [SentinelImage(id=each.id or 0, version=version, data=each.data) for each in looked_at],
    )
    return [f"{each.name} {each.version:08x} for {node.id}: {len(each.data)} bytes" for each in looked_at]


def _add(server: mqtt.Server, farm: Farm, node: Node, new: Callable[[int], Iterable[SentinelImage]]) -> None:
    """Publishes images beside those that are retained for the node's other sentinels."""
    topic = topics.topic(farm.id, node.id, "sentinel")
    try:
        before = parse_images(node.id, retained.read(server, topic) or dump_images(node.id, {}))
    except MessageError:
        before = []
    version = max([new_version(), *(image.version + 1 for image in before)])
    images = {image.id: image for image in (*before, *new(version))}
    retained.publish(server, topic, dump_images(node.id, {sentinel_name(core.SENTINEL + i): images[i] for i in images}))


def _node_that_takes(farm: Farm, name: str, anyway: bool) -> Node:
    node = node_named(farm, name)
    if not takes_sentinels(node) and not anyway:
        raise CooeeError(f"{name} is an {node.board}: {NONE_OVER_THE_AIR}; burn it: cooee build {name}")
    if node.link == "lorawan":
        raise CooeeError(f"{name} is heard over lorawan, where it may be answered too seldom for an image")
    return node


def _read(file: Path) -> tuple[str, bytes]:
    try:
        return str(file), file.read_bytes()
    except OSError as error:
        raise CooeeError(f"{file}: {error.strerror}") from None
