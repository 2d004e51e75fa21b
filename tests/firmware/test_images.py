"""Images that were damaged or made to harm, under the sanitizers; the decoder's size."""

import random
import re
import zlib
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core import Image, ImageError
from tests.firmware.frozen_images import frozen
from tests.firmware.toolchain import AVR, CORE, INCLUDES, SANITIZERS, build, run

HERE = Path(__file__).parent
SRC = CORE[0].parent
DECODER_BYTES = 600
FLIPPED = 2500
"""Damaged versions of each frozen image."""


def signed(data: bytes) -> bytes:
    """The same image with the checksum and size that fit."""
    body = data[:1] + len(data).to_bytes(2, "little") + data[3:-4]
    return body + zlib.crc32(body).to_bytes(4, "little")


@pytest.mark.parametrize("name", frozen())
def test_old_images_are_read(name: str) -> None:
    image = Image.read(frozen()[name])
    image.check()
    assert image.data == frozen()[name]


def test_no_damage_harms(tmp_path: Path) -> None:
    """Bits flipped, bytes set, cut and lengthened, with a checksum that fits and without."""
    program = build(tmp_path / "fuzz", ("gcc",), [HERE / "image_fuzz.c", *CORE], *SANITIZERS)
    rng = random.Random(20261127)
    tried = [*frozen().values(), *(rng.randbytes(rng.randrange(80)) for _ in range(500))]
    for sound in frozen().values():
        tried += [_damaged(sound, rng) for _ in range(FLIPPED)]
    answers = run(program, stdin=b"".join(len(t).to_bytes(2, "little") + t for t in tried), timeout_s=120)
    lines = answers.decode().splitlines()
    assert len(lines) == len(tried)
    assert all(line.startswith("1") and line.endswith(" 0") for line in lines[: len(frozen())])
    statuses = Counter(line.split()[-1] for line in lines)
    assert len(statuses) == 6, f"not every refusal was seen: {statuses}"
    opened = [line for line in lines if line.startswith("1")]
    assert len(opened) > FLIPPED, "most of what is signed should come as far as the model"
    assert sum("255" in line for line in opened) > 100, "some should be no model"


def _damaged(sound: bytes, rng: random.Random) -> bytes:
    data = bytearray(sound)
    for _ in range(rng.choice((1, 1, 2, 5))):
        place = rng.randrange(len(data))
        if rng.random() < 0.5:
            data[place] ^= 1 << rng.randrange(8)
        else:
            data[place] = rng.choice((0, 1, 7, 0x0F, 0x10, 127, 128, 254, 255, rng.randrange(256)))
    end = rng.choice((len(data), len(data), len(data), rng.randrange(8, len(data))))
    cut = bytes(data[:end]) + rng.randbytes(rng.choice((0, 0, 0, 9)))
    return signed(cut) if rng.random() < 0.8 else cut


def test_a_core_for_trees_alone_refuses_the_others(tmp_path: Path) -> None:
    program = build(tmp_path / "trees", ("gcc",), [HERE / "image_fuzz.c", *CORE], *SANITIZERS, "-DCOOEE_IMAGE_SCORES=0")
    lines = run(program, stdin=b"".join(len(f).to_bytes(2, "little") + f for f in frozen().values())).decode()
    opened = {name: line[0] for name, line in zip(frozen(), lines.splitlines(), strict=True)}
    assert opened == {
        "soil": "1",
        "forest": "1",
        "linear": "0",
        "net": "0",
        "bonsai": "0",
        "boosting": "0",
        "layers": "0",
    }


@settings(max_examples=300, deadline=None)
@given(data=st.data(), name=st.sampled_from(sorted(frozen())))
def test_bytes_from_strangers_are_an_image_or_refused(data: st.DataObject, name: str) -> None:
    sound = frozen()[name]
    start = data.draw(st.integers(0, len(sound) - 5))
    strange = data.draw(st.binary(min_size=1, max_size=20))
    with suppress(ImageError):
        image = Image.read(signed(sound[:start] + strange + sound[start + len(strange) :]))
        assert image.name.isprintable()
        image.check()


def test_the_decoder_is_small(tmp_path: Path) -> None:
    """On the ATmega328P, all of huffman.c."""
    made = tmp_path / "huffman.o"
    run(*AVR, "-std=c99", *INCLUDES, "-c", SRC / "huffman.c", "-o", made)
    (text, data, bss) = map(int, re.findall(r"^\s*(\d+)\s+(\d+)\s+(\d+)", run("avr-size", made).decode(), re.M)[0])
    assert text < DECODER_BYTES
    assert data + bss == 0
