"""Settings of a node, from farm.yaml to the block that travels to it in pieces (docs/SPEC.md, "Values in pieces")."""

import json
import struct
import time
import zlib
from dataclasses import dataclass
from datetime import date
from typing import Self

from ..contract.channels import channel, channels
from ..contract.errors import CooeeError, MessageError
from ..contract.messages import YEAR_2000_S
from ..contract.payloads import json_object
from ..core import PIECE_MAX, POLICY_FIELDS, Piece, PolicyChange, Site, sentinels
from ..farm import Farm, Node
from ..farm.calibration import raw_points
from .commission import site_of

PLAIN, WITH_CROP = 1, 2
HEAD = struct.Struct("<BHB4H")
CHANGE = struct.Struct("<H3B")
POINT = struct.Struct("<Hh")
CROP = struct.Struct("<H10B")
CRC_SIZE = 4
SHORTEST = HEAD.size + 2 + CRC_SIZE
LONGEST = 120
"""Bytes that a node has room for."""
LARGEST_VERSION = 2**32 - 1
NO_SOIL = (1, 0, 1, 1)
"""What a node without soil is given for one: none that cannot be is taken."""

Points = tuple[tuple[int, int], ...]
"""(mV, raw value), by rising mV."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a block says. `soil`: as Site.soil gives it; `points` by channel id; `crop`: day of the year of planting,
    days of four stages, Kcb * 100 at their three ends, roots in cm at planting and the greatest, hours of drainage;
    None: as the node's program has it."""

    wake_interval_s: int
    telemetry_every: int = 1
    soil: tuple[int, int, int, int]
    changes: tuple[PolicyChange, ...] = ()
    points: tuple[tuple[int, Points], ...] = ()
    crop: tuple[int, ...] | None = None

    def dump(self) -> bytes:
        """The block. CooeeError when it is too long."""
        form = PLAIN if self.crop is None else WITH_CROP
        parts = [HEAD.pack(form, self.wake_interval_s, self.telemetry_every, *self.soil), bytes([len(self.changes)])]
        parts += [CHANGE.pack(*change) for change in self.changes]
        parts += [bytes([len(self.points)])]
        for number, rows in self.points:
            parts += [bytes([number, len(rows)]), *(POINT.pack(*row) for row in rows)]
        parts += [CROP.pack(*self.crop)] if self.crop else []
        body = b"".join(parts)
        block = body + zlib.crc32(body).to_bytes(CRC_SIZE, "little")
        if len(block) > LONGEST:
            raise CooeeError(f"settings take {len(block)} bytes of {LONGEST}; give fewer points, or fewer policies")
        return block

    @classmethod
    def parse(cls, block: bytes) -> Self:
        """Reads a block; MessageError when it is none. Whether a node can use it is for the node to say."""
        if not SHORTEST <= len(block) <= LONGEST or zlib.crc32(block[:-4]) != int.from_bytes(block[-4:], "little"):
            raise MessageError("settings must be a block with its checksum")
        if block[0] not in (PLAIN, WITH_CROP):
            raise MessageError(f"settings of format {block[0]} are not known")
        try:
            return cls._parse(block[:-CRC_SIZE])
        except (struct.error, IndexError):
            raise MessageError("settings end before all that they name") from None

    @classmethod
    def _parse(cls, body: bytes) -> Self:
        form, wake_s, every, *soil = HEAD.unpack_from(body)
        count, at = body[HEAD.size], HEAD.size + 1
        changes = [PolicyChange(*CHANGE.unpack_from(body, at + CHANGE.size * i)) for i in range(count)]
        at += CHANGE.size * count
        count, at = body[at], at + 1
        points = []
        for _ in range(count):
            number, rows = body[at], body[at + 1]
            points.append((number, tuple(POINT.unpack_from(body, at + 2 + POINT.size * i) for i in range(rows))))
            at += 2 + POINT.size * rows
        return cls(
            wake_interval_s=wake_s,
            telemetry_every=every,
            soil=(soil[0], soil[1], soil[2], soil[3]),
            changes=tuple(changes),
            points=tuple(points),
            crop=CROP.unpack_from(body, at) if form == WITH_CROP else None,
        )


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
    check_version(version)
    block = bytes_of(digits, "settings")
    Settings.parse(block)
    return Command(version=version, block=block)


def check_version(version: int) -> None:
    """Raises MessageError for a version that no value can have."""
    if not 0 < version <= LARGEST_VERSION:
        raise MessageError(f"version must be 1 to {LARGEST_VERSION}, found {version}")


def bytes_of(digits: str, what: str) -> bytes:
    """Bytes from hexadecimal digits; MessageError, which names `what`, for anything else."""
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise MessageError(f"{what} must be hexadecimal digits") from None


def block_of(farm: Farm, node: Node) -> bytes:
    """The settings that farm.yaml has for a node; CooeeError when they do not fit a block. Of the crop it is told when
    one of its sentinels follows the water of the root zone."""
    zone = farm.zone_by_id[node.zone]
    site = site_of(zone, date.today())
    follows_water = any(sentinel.needs_water for sentinel in sentinels() if sentinel.name in node.sentinels)
    settings = Settings(
        wake_interval_s=node.wake_interval_s,
        soil=site.soil() if zone.soil else NO_SOIL,
        changes=node.policy_changes,
        points=tuple(
            (channel(name).id, tuple((int(mv), int(raw)) for mv, raw in raw_points(name, given)))
            for name, given in sorted(node.calibration.items())
        ),
        crop=crop_of(site) if follows_water else None,
    )
    try:
        return settings.dump()
    except CooeeError as error:
        raise CooeeError(f"node {node.id!r}: {error}") from None


def crop_of(site: Site) -> tuple[int, ...]:
    """What Settings.crop has of a site."""
    raw = site.raw()
    return (raw["planted_on"], *raw["stage_days"], *raw["kcb_e2"], *raw["root_cm"], raw["drainage_h"])


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
    settings = Settings.parse(block)
    capacity, wilting, saturation, depletion = settings.soil
    words = [f"wake {settings.wake_interval_s} s"]
    if settings.soil != NO_SOIL:
        words.append(
            f"field capacity {capacity / 1e4:g}, wilting point {wilting / 1e4:g}, saturation {saturation / 1e4:g}, "
            f"depletion {depletion / 1e3:g}"
        )
    if settings.crop:
        day, *stages = settings.crop[:5]
        kcb, (young, grown, drainage_h) = settings.crop[5:8], settings.crop[8:]
        planted = date.fromordinal(date(2000, 1, 1).toordinal() + day - 1)
        words.append(
            f"planted {planted:%m-%d}, stages {' '.join(map(str, stages))} d, "
            f"Kcb {' '.join(f'{k / 100:g}' for k in kcb)}, roots {young / 100:g} to {grown / 100:g} m, "
            f"drains in {drainage_h} h"
        )
    words += [_change_in_words(change) for change in settings.changes]
    for number, rows in settings.points:
        known = channels()[number]
        words.append(f"{known.name} {', '.join(f'{mv} mV = {raw * known.scale:.4g}' for mv, raw in rows)}")
    return "; ".join(words)


def _change_in_words(change: PolicyChange) -> str:
    kinds = {sentinel.id: sentinel.classes for sentinel in sentinels()}.get(change.sentinel, ())
    of = f"class {change.class_id} of sentinel {change.sentinel}"
    kind = kinds[change.class_id] if change.class_id < len(kinds) else of
    name, _, unit = POLICY_FIELDS[change.field].rpartition("_")
    return f"{kind}: {name.replace('_', ' ')} {change.value} {'%' if unit == 'percent' else unit}"
