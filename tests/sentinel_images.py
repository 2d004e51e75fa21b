"""Images of soil sentinels that are easily told apart by what they call."""

import zlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cloud.images import pack_sentinel, read_trained
from cloud.porting.model.trees import Leaf, Split
from edge.core import AlarmPolicy

WARM = 1500
"""Temperature, in hundredths of a degree, above which a block is too dry to these sentinels."""


def soil_image(version: int, feature: str = "soil_temperature") -> bytes:
    """A soil sentinel of a version that calls a block too dry, at once, when it is warm there."""

    def verdicts(rows: NDArray[np.int16]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        warm = rows[:, 0] > WARM
        return warm.astype(np.uint8), np.where(warm, 95, 90).astype(np.uint8)

    at_once = AlarmPolicy(on_delay_min=0, clear_delay_min=0, repeat_min=0, raise_percent=80, keep_percent=50)
    trained = replace(
        read_trained("soil"),
        hash=version.to_bytes(4, "big") + bytes(4),
        features=(feature,),
        normals=(1200,),
        policies=(at_once, at_once),
        tree=Split(0, WARM, Leaf(((0, 90),)), Leaf(((1, 95),))),
        verdicts=verdicts,
    )
    return pack_sentinel(trained).image.data


def spoilt(image: bytes, change: Callable[[bytearray], None]) -> bytes:
    """An image with something changed, under a checksum that fits again."""
    body = bytearray(image[:-4])
    change(body)
    return bytes(body) + zlib.crc32(body).to_bytes(4, "little")


def _other_abi(body: bytearray) -> None:
    body[0] ^= 1


def _other_sentinel(body: bytearray) -> None:
    body[3] = 2


def _other_feature(body: bytearray) -> None:
    body[17] = 40  # of a channel that soil probes have not


def _other_verdict(body: bytearray) -> None:
    at = int.from_bytes(body[15:17], "little")
    body[at - 1] ^= 0xFF


REFUSED: dict[str, tuple[Callable[[bytearray], None], str]] = {
    "another version of images": (_other_abi, "another version"),
    "another sentinel": (_other_sentinel, "does not run such a sentinel"),
    "another node's probes": (_other_feature, "lacks what its features need"),
    "golden rows": (_other_verdict, "golden rows come out otherwise"),
}
"""What a node refuses, and what it says."""
