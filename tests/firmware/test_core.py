"""The core's C tests, on this computer, under the address and undefined-behaviour sanitizers."""

import random
from pathlib import Path

import pytest

from edge.core import Hello, Telemetry, encode, encode_ack
from tests.firmware.toolchain import CORE, SANITIZERS, build, run

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The core as one object file."""
    return build(tmp_path_factory.mktemp("core") / "core.o", ("gcc",), CORE, *SANITIZERS, "-r", "-Wconversion")


@pytest.mark.parametrize("test", sorted(HERE.glob("*_test.c")), ids=lambda path: path.stem)
def test_c(test: Path, core: Path, tmp_path: Path) -> None:
    run(build(tmp_path / "test", ("gcc",), [test, core], *SANITIZERS))


def test_decode_survives_any_bytes_and_accepts_only_what_encodes_to_them(core: Path, tmp_path: Path) -> None:
    program = build(tmp_path / "fuzz", ("gcc",), [HERE / "decode_fuzz.c", core], *SANITIZERS)
    rng = random.Random(20261123)
    frames = [*(rng.randbytes(rng.randrange(70)) for _ in range(20_000)), *_damaged(rng)]
    answers = run(program, stdin=b"".join(bytes([len(f)]) + f for f in frames)).decode().splitlines()
    assert len(answers) == len(frames)
    accepted = [(frame, answer) for frame, answer in zip(frames, answers, strict=True) if len(answer) > 2]
    assert all(frame.hex() == answer for frame, answer in accepted)
    assert len(accepted) >= 300


def _damaged(rng: random.Random) -> list[bytes]:
    """Sound frames, each followed by versions whose checksum fits but whose body may not."""
    hello = Hello(address=7, boot=1, sequence=0, firmware_version=1, wake_interval_s=600, channels=("battery",))
    reading = Telemetry(address=7, boot=1, sequence=5, age_s=9, raw={"soil_moisture_10cm": 2000, "battery": 3600})
    call = bytes.fromhex("12070001000200000005000000010000000150000000000300100000000000")
    frames = []
    for sound in (encode(hello), encode(reading), encode_ack(7, 1, [1, 2, 3]), call + b"\0\0"):
        frames.append(sound)
        for _ in range(2500):
            body = bytearray(sound[:-2])
            for _ in range(rng.randrange(1, 4)):
                body[rng.randrange(len(body))] = rng.choice((0, 1, 2, 3, 4, 7, 127, 128, 255, rng.randrange(256)))
            body = body[: rng.choice((len(body), len(body), rng.randrange(1, len(body) + 1)))]
            frames.append(bytes(body) + _crc(body).to_bytes(2, "little"))
    return frames


def _crc(data: bytes | bytearray) -> int:
    """CRC-16/CCITT-FALSE, bit by bit."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def test_the_checksum_is_the_published_one() -> None:
    assert _crc(b"123456789") == 0x29B1
    frame = encode_ack(513, 3, [65_540])
    assert frame[:-2].hex() == "1f01020300000000000000000104000100"
    assert frame[-2:] == _crc(frame[:-2]).to_bytes(2, "little")
