"""Images of sentinels on their way to a node: what is published for it, and what is looked at before (docs/SPEC.md)."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from .. import core
from ..contract.errors import CooeeError, MessageError
from ..contract.payloads import json_object
from ..farm import Node
from .settings import bytes_of, check_version

LONGEST = 8000
"""Bytes of an image: three of them fit one message to the gateway."""
SHORTEST = 21
IMAGE_ROOM = {"uno": 0, "stm32": 2048, "esp32": 2048}
"""Bytes of the longest image that a board's program takes over the air, as `cooee build` makes it."""
NONE_OVER_THE_AIR = "this board takes no sentinels over the air"


@dataclass(frozen=True, kw_only=True)
class SentinelImage:
    """An image for the sentinel with an id, and the version of the command, which rises. Without data: the node is to
    give up what it was sent."""

    id: int
    version: int
    data: bytes


def sentinel_name(kind: int) -> str:
    """The name of the sentinel whose image pieces of this kind carry."""
    return core.call_kind(kind - core.SENTINEL, 0)[0]


def version_of(data: bytes) -> int:
    """The version that an image's calls and hellos say."""
    return int.from_bytes(data[4:8], "big")


def takes_sentinels(node: Node) -> bool:
    """Whether a node's board, as `cooee build` makes its program, takes sentinels over the air. What is heard by the
    simulated radio runs on a computer, whatever its board is called."""
    return IMAGE_ROOM.get(node.board, LONGEST) > 0 or node.link in (None, "udp")


def room_in_words(node: Node) -> str:
    """What a node's board takes over the air, for people."""
    room = IMAGE_ROOM.get(node.board)
    if not takes_sentinels(node):
        return f"{node.board}: {NONE_OVER_THE_AIR}: a new one is burnt (cooee build {node.id})"
    return f"{node.board}: takes sentinels over the air" + (f", of at most {room:,} bytes" if room else "")


def dump_images(node: str, images: Mapping[str, SentinelImage]) -> bytes:
    """The payload, of images by their sentinel's name."""
    rows = {name: {"version": image.version, "image": image.data.hex()} for name, image in images.items()}
    return json.dumps({"v": 1, "node": node, "images": rows}, separators=(",", ":")).encode()


def parse_images(node: str, payload: bytes) -> list[SentinelImage]:
    """Reads a payload; MessageError says what is wrong with it. Whether the node can run an image, it says itself."""
    body = json_object(payload)
    rows = body.get("images")
    if body.get("v") != 1 or body.get("node") != node or not isinstance(rows, dict):
        raise MessageError("sentinels for a node have v 1, its node, and images")
    return [_parse(name, row) for name, row in rows.items()]


def _parse(name: str, row: object) -> SentinelImage:
    ids = {sentinel.name: sentinel.id for sentinel in core.sentinels()}
    version, digits = (row.get("version"), row.get("image")) if isinstance(row, dict) else (None, None)
    if name not in ids or type(version) is not int or not isinstance(digits, str):
        raise MessageError(f"images are version and image, by the sentinel's name: {', '.join(ids)}")
    check_version(version)
    data = bytes_of(digits, "an image")
    sound = zlib.crc32(data[:-4]) == int.from_bytes(data[-4:], "little")
    if data and not (SHORTEST <= len(data) <= LONGEST and sound):
        raise MessageError(f"an image must have its checksum and at most {LONGEST} bytes")
    return SentinelImage(id=ids[name], version=version, data=data)


def check_for(node: Node, data: bytes, what: str) -> core.Image:
    """The image, if a node can run it; CooeeError says why not. `what` names it."""
    try:
        image = core.Image.read(data)
        image.check()
    except core.ImageError as error:
        raise CooeeError(f"{what}: {error}; write it with cooee image pack") from None
    known = {sentinel.id: sentinel for sentinel in core.sentinels()}.get(-1 if image.id is None else image.id)
    if known is None:
        raise CooeeError(f"{what} is the image of {image.name}, which is no sentinel: it has no alarm policies")
    if known.name not in node.sentinels:
        raise CooeeError(f"{what} is the image of {known.name}, which {node.id} does not run: {_runs(node)}")
    if image.classes != known.classes:
        raise CooeeError(f"{what} tells {', '.join(image.classes)} apart, and {known.name} {', '.join(known.classes)}")
    needed = {c for f in core.list_features() if f.name in image.features for c in f.channels}
    if lacking := sorted(needed - set(node.channels)):
        raise CooeeError(f"{what} needs {lacking[0]}, which {node.id} does not measure")
    if len(image.data) > LONGEST:
        raise CooeeError(f"{what} has {len(image.data)} bytes, of at most {LONGEST}")
    return image


def _runs(node: Node) -> str:
    return f"it runs {', '.join(node.sentinels)}" if node.sentinels else "it runs none"
