"""Writes images: what stands before a model's bits, the names and golden rows after them, and the checksum."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edge import core
from edge.core import AlarmPolicy, Image

from ..porting.check.golden import CANDIDATES, choose, edge_rows
from ..porting.model.features import feature_type
from ..porting.model.trees import distinct_thresholds
from ..porting.ported import Ported
from .errors import PackError
from .forms import MOST_WIDTH, Model, trees_model
from .read import PER_CENT, model_of
from .stream import Stream
from .trained import HASH_BYTES, TrainedSentinel, Verdicts

ABI = 1
MAGIC = 0xC0
NO_SENTINEL = 255
MOST_CLASSES = 32
"""COOEE_IMAGE_CLASSES of the core."""
LONGEST_TEXT = 254
LEAST_GOLDEN = 3
MOST_BYTES = 0xFFFF


@dataclass(frozen=True, kw_only=True)
class SentinelPart:
    """What makes a model a sentinel: its id, its features' ids, their values when all is well, its policies."""

    id: int
    features: Sequence[int]
    normals: Sequence[int]
    policies: Sequence[AlarmPolicy]


@dataclass(frozen=True, kw_only=True)
class Packed:
    """An image, and the stream of its model."""

    image: Image
    stream: Stream


def pack_model(ported: Ported, rows: ArrayLike | None = None) -> Packed:
    """The image of an estimator that was ported with these rows, checked on its golden rows by the core.

    Raises:
        PortError: images have no form for it, or it is too large for one.
    """
    width, classes = len(ported.names.features), len(ported.names.classes)
    if width > MOST_WIDTH or classes > MOST_CLASSES:
        raise PackError(
            f"{width} features and {classes} classes are more than the {MOST_WIDTH} and {MOST_CLASSES} of an image: "
            "select features, or join classes"
        )
    model = model_of(ported, rows)
    prefix = f"{ported.names.macro}_CLASS_"
    names = [name.removeprefix(prefix).lower() for name in ported.names.class_names]
    return pack(
        model,
        ",".join([ported.name, *names]),
        bytes.fromhex(ported.model_hash)[:HASH_BYTES],
        np.asarray(ported.golden.rows).astype(np.int16),
        np.zeros(width, np.int16),
        ported.verdicts,
        classes,
        None,
    )


def pack_sentinel(sentinel: TrainedSentinel) -> Packed:
    """The image of a sentinel, checked on its golden rows by the core."""
    width = len(sentinel.features)
    return pack(
        trees_model([sentinel.tree], width, PER_CENT),
        ",".join([sentinel.name, *sentinel.classes]),
        sentinel.hash,
        edge_rows(distinct_thresholds([sentinel.tree], width), feature_type("int16"), CANDIDATES).astype(np.int16),
        np.array(sentinel.normals, np.int16),
        sentinel.verdicts,
        len(sentinel.classes),
        SentinelPart(
            id=sentinel.id,
            features=[core.feature_names().index(feature) for feature in sentinel.features],
            normals=sentinel.normals,
            policies=sentinel.policies,
        ),
    )


def pack(
    model: Model,
    text: str,
    model_hash: bytes,
    rows: NDArray[np.int16],
    base: NDArray[np.int16],
    verdicts: Verdicts,
    classes: int,
    sentinel: SentinelPart | None,
) -> Packed:
    """The image of a model of `classes` classes with this text, "name,class 0,class 1...". Golden rows are chosen of
    `rows`, shape (rows, features), and set to `base` where their class lets them; a sentinel's base is its normals.

    Raises:
        PackError: the text or the image would be too long, or the core finds other verdicts than `verdicts`.
    """
    if len(text) > LONGEST_TEXT:
        raise PackError(f"the names take {len(text)} letters, more than {LONGEST_TEXT}: shorten the classes' names")
    bits = model.stream.encoded()
    part = b"" if sentinel is None else _sentinel_bytes(sentinel)
    golden = _golden_rows(rows, base, verdicts, classes)
    about = _about(text, golden, base, verdicts, classes)
    head = struct.Struct("<BHB8sBBBH")
    start = head.size + len(part)
    size = start + len(bits) + len(about) + 4
    if size > MOST_BYTES:
        raise PackError(f"the image would have {size} bytes, more than {MOST_BYTES}: train a smaller model")
    body = (
        head.pack(
            MAGIC | ABI,
            size,
            NO_SENTINEL if sentinel is None else sentinel.id,
            model_hash,
            model.form,
            len(base),
            classes,
            start + len(bits),
        )
        + part
        + bits
        + about
    )
    image = Image.read(body + zlib.crc32(body).to_bytes(4, "little"))
    image.check()
    compare(image, verdicts, rows)
    return Packed(image=image, stream=model.stream)


def compare(image: Image, verdicts: Verdicts, rows: NDArray[np.int16]) -> None:
    """Raises PackError where an image decides otherwise than `verdicts` on a row."""
    classes, confidences = verdicts(rows)
    found = image.classify(rows)
    wrong = int(((found["class"] != classes) | (found["confidence"] != confidences)).sum())
    if wrong:
        raise PackError(
            f"{wrong} of {len(rows)} rows come out otherwise than in the ported C: the two are not of one model; "
            "train or port again, and pack again"
        )


def _sentinel_bytes(sentinel: SentinelPart) -> bytes:
    policies = b"".join(
        struct.pack("<HHHBB", p.on_delay_min, p.clear_delay_min, p.repeat_min, p.raise_percent, p.keep_percent)
        for p in sentinel.policies
    )
    return bytes(sentinel.features) + struct.pack(f"<{len(sentinel.normals)}h", *sentinel.normals) + policies


def _golden_rows(
    rows: NDArray[np.int16], base: NDArray[np.int16], verdicts: Verdicts, classes: int
) -> NDArray[np.int16]:
    """Rows of every class that is found, each as near to `base` as its class lets it."""
    found = verdicts(rows)[0]
    picked = rows[choose(found.astype(np.intp), max(classes, LEAST_GOLDEN))].copy()
    for row in picked:
        wanted = verdicts(row[None])[0]
        for i in range(len(row)):
            kept, row[i] = row[i], base[i]
            if verdicts(row[None])[0] != wanted:
                row[i] = kept
    return np.unique(picked, axis=0)


def _about(text: str, rows: NDArray[np.int16], base: NDArray[np.int16], verdicts: Verdicts, classes: int) -> bytes:
    """Names and golden rows."""
    stream, width = Stream(), len(base)
    stream.code("letters")
    stream.raw(len(text), 8)
    for letter in text.encode("ascii"):
        stream.number("letters", letter)
    stream.code("values")
    stream.raw(len(rows), 8)
    for row, class_id, percent in zip(rows, *verdicts(rows), strict=True):
        changed = np.flatnonzero(row != base)
        stream.raw(len(changed), width.bit_length())
        for i in changed.tolist():
            stream.raw(i, (width - 1).bit_length())
            stream.number("values", row[i])
        stream.raw(int(class_id), (classes - 1).bit_length())
        stream.raw(int(percent), 7)
    return stream.encoded()
