"""Frames of version 1, which are open: heard, and acknowledged, only where farm.yaml says `security: open`.

Their bodies are those of version 2 but for the hello, which says less.
"""

import binascii
import struct
from collections.abc import Sequence

from ..contract.errors import FrameError
from .codec import decode_plain
from .frames import FRAME_MAX, Frame

HEAD = struct.Struct("<BHHL3s")
"""Version and type, address, boot, sequence, age (s)."""
PLAIN_HEAD = struct.Struct("<BHLHL")
CRC_SIZE = 2
HELLO, ACKNOWLEDGEMENT = 0x10, 0x1F
UNSAID_IN_HELLO = bytes(8)
"""Cause of the reset, missed wakes, version of the settings, number of sentinels."""


def is_v1(data: bytes) -> bool:
    """Whether bytes from the air say that they are of version 1."""
    return bool(data) and data[0] >> 4 == 1


def decode_v1(data: bytes) -> Frame:
    """Reads a frame, of incarnation 0; FrameError for bytes that are none, with the reason."""
    if not HEAD.size + CRC_SIZE <= len(data) <= FRAME_MAX:
        raise FrameError("not a frame: the length does not fit the frame's type")
    if _crc(data[:-CRC_SIZE]) != data[-CRC_SIZE:]:
        raise FrameError("not a frame: the checksum does not match")
    kind, address, boot, sequence, age = HEAD.unpack_from(data)
    if kind >> 4 != 1:
        raise FrameError("not a frame: the frame version is not known")
    body = data[HEAD.size : -CRC_SIZE] + (UNSAID_IN_HELLO if kind == HELLO else b"")
    plain = PLAIN_HEAD.pack(kind + 0x10, address, 0, boot, sequence) + body
    return decode_plain(plain, int.from_bytes(age, "little"))


def encode_ack_v1(address: int, boot: int, sequences: Sequence[int]) -> bytes:
    """An acknowledgement of at most six frames."""
    head = HEAD.pack(ACKNOWLEDGEMENT, address, boot, 0, bytes(3))
    frame = head + struct.pack(f"<B{len(sequences)}L", len(sequences), *sequences)
    return frame + _crc(frame)


def _crc(data: bytes) -> bytes:
    """CRC-16/CCITT-FALSE, as the air has it."""
    return binascii.crc_hqx(data, 0xFFFF).to_bytes(CRC_SIZE, "little")
