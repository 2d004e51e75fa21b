"""The core's C tests, on this computer, under the address and undefined-behaviour sanitizers."""

import random
from pathlib import Path

import pytest

from edge.core import feature_names
from tests.firmware.toolchain import CORE, SANITIZERS, build, run

HERE = Path(__file__).parent
ROOM = "-DCOOEE_IMAGE_ROOM=600"
"""Images over the air too; without it the core runs on the emulated Uno (test_uno_settings.py)."""


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The core as one object file."""
    return build(tmp_path_factory.mktemp("core") / "core.o", ("gcc",), CORE, *SANITIZERS, ROOM, "-r", "-Wconversion")


@pytest.mark.parametrize("test", sorted(HERE.glob("*_test.c")), ids=lambda path: path.stem)
def test_c(test: Path, core: Path, tmp_path: Path) -> None:
    run(build(tmp_path / "test", ("gcc",), [test, core], *SANITIZERS, ROOM))


def test_decode_survives_any_bytes_and_accepts_only_what_encodes_to_them(core: Path, tmp_path: Path) -> None:
    program = build(tmp_path / "fuzz", ("gcc",), [HERE / "decode_fuzz.c", core], *SANITIZERS, ROOM)
    rng = random.Random(20261123)
    frames = [*(rng.randbytes(rng.randrange(70)) for _ in range(20_000)), *_damaged(rng)]
    answers = run(program, stdin=b"".join(bytes([len(f)]) + f for f in frames)).decode().splitlines()
    assert len(answers) == len(frames)
    accepted = [(frame, answer) for frame, answer in zip(frames, answers, strict=True) if len(answer) > 2]
    assert all(frame.hex() == answer for frame, answer in accepted)
    assert len(accepted) >= 300


def test_a_feature_that_the_program_is_built_without_needs_more_than_a_node_can_have(tmp_path: Path) -> None:
    """So node_start refuses a sentinel that has it."""
    used = "-DCOOEE_FEATURE_USED(id)=((id) == COOEE_FEATURE_GUST)"
    main = tmp_path / "main.c"
    main.write_text(
        '#include <stdio.h>\n#include "cooee/feature.h"\nint main(void)\n{\n'
        'for (uint8_t i = 0; i < COOEE_FEATURE_COUNT; i++) { printf("%u\\n", feature_channels(i)); }\n}\n'
    )
    needs = [int(line) for line in run(build(tmp_path / "needs", ("gcc",), [main, *CORE], used)).split()]
    assert [name for name, channels in zip(feature_names(), needs, strict=True) if channels != 0xFFFF] == ["gust"]


def _damaged(rng: random.Random) -> list[bytes]:
    """Sound plain frames, each followed by damaged versions."""
    head = "070001000000010005000000"
    hello, reading = "20" + head + "0100580200040000000000000000", "21" + head + "01040000d007100e"
    call, answer = "22" + head + "00010000000150000003000110ff00", "2f" + head + "020100000002000000"
    frames = []
    for sound in map(bytes.fromhex, (hello, reading, call, answer)):
        frames.append(sound)
        for _ in range(2500):
            body = bytearray(sound)
            for _ in range(rng.randrange(1, 4)):
                body[rng.randrange(len(body))] = rng.choice((0, 1, 2, 3, 4, 7, 127, 128, 255, rng.randrange(256)))
            frames.append(bytes(body[: rng.choice((len(body), len(body), rng.randrange(1, len(body) + 1)))]))
    return frames
