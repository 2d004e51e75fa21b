"""Settings of a node, from farm.yaml to the block that travels to it in pieces (docs/SPEC.md, "Values in pieces")."""

import json
import struct
import time
import zlib
from dataclasses import dataclass
from datetime import date

from .calibration import raw_points
from .commission import site_of
from .contract.channels import channel, channels
from .contract.errors import CooeeError, MessageError
from .contract.messages import json_object
from .core import PIECE_MAX, Piece
from .farm import Farm, Node
from .outbox import YEAR_2000_S

FORMAT = 1
HEAD = struct.Struct("<BHB4HBB")
POINT = struct.Struct("<Hh")
LONGEST = 120
"""Bytes that a node has room for."""
LARGEST_VERSION = 2**32 - 1


@dataclass(frozen=True, kw_only=True)
class Command:
    """What is published for a node: a block, and its version, which rises."""

    version: int
    block: bytes

    def dump(self, node: str) -> bytes:
        """The payload."""
        body = {"v": 1, "node": node, "version": self.version, "settings": self.block.hex()}
        return json.dumps(body, separators=(",", ":")).encode()


def parse_command(node: str, payload: bytes) -> Command:
    """Reads a payload; MessageError says what is wrong with it."""
    body = json_object(payload)
    version, digits = body.get("version"), body.get("settings")
    if body.get("v") != 1 or body.get("node") != node or type(version) is not int or not isinstance(digits, str):
        raise MessageError("a command has v 1, its node, a version and settings")
    if not 0 < version <= LARGEST_VERSION:
        raise MessageError(f"version must be 1 to {LARGEST_VERSION}, found {version}")
    try:
        block = bytes.fromhex(digits)
    except ValueError:
        raise MessageError("settings must be hexadecimal digits") from None
    if not HEAD.size + 4 <= len(block) <= LONGEST or zlib.crc32(block[:-4]) != int.from_bytes(block[-4:], "little"):
        raise MessageError("settings must be a block with its checksum")
    return Command(version=version, block=block)


def block_of(farm: Farm, node: Node) -> bytes:
    """The settings that farm.yaml has for a node; CooeeError when they do not fit a block."""
    points = [(channel(name).id, raw_points(name, given)) for name, given in sorted(node.calibration.items())]
    parts = [
        HEAD.pack(
            FORMAT, node.wake_interval_s, 1, *site_of(farm.zone_by_id[node.zone], date.today()).soil(), 0, len(points)
        )
    ]
    for number, rows in points:
        parts += [bytes([number, len(rows)]), *(POINT.pack(*row) for row in rows)]
    body = b"".join(parts)
    block = body + zlib.crc32(body).to_bytes(4, "little")
    if len(block) > LONGEST:
        raise CooeeError(f"node {node.id!r}: its settings take {len(block)} bytes of {LONGEST}; give fewer points")
    return block


def new_version() -> int:
    """A version above all that were made before: the time of day in seconds since 2000."""
    return int(time.time()) - YEAR_2000_S


def piece_of(
    kind: int, version: int, data: bytes, offset: int, *, address: int, incarnation: int, boot: int, seq: int
) -> Piece:
    """The part of a value from `offset` on that one frame holds."""
    return Piece(
        address=address,
        incarnation=incarnation,
        boot=boot,
        sequence=seq,
        kind=kind,
        version=version,
        offset=offset,
        total=len(data),
        data=data[offset : offset + PIECE_MAX],
    )


def in_words(block: bytes) -> str:
    """What a block says, for people."""
    _, wake_s, _, capacity, wilting, saturation, depletion, _, count = HEAD.unpack_from(block)
    words = [
        f"wake {wake_s} s",
        f"field capacity {capacity / 1e4:g}, wilting point {wilting / 1e4:g}, saturation {saturation / 1e4:g}, "
        f"depletion {depletion / 1e3:g}",
    ]
    at = HEAD.size
    for _ in range(count):
        number, points = block[at], block[at + 1]
        rows = [POINT.unpack_from(block, at + 2 + POINT.size * i) for i in range(points)]
        at += 2 + POINT.size * points
        known = channels()[number]
        words.append(f"{known.name} {', '.join(f'{mv} mV = {raw * known.scale:.4g}' for mv, raw in rows)}")
    return "; ".join(words)
