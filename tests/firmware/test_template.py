"""The port that a new board starts from works as it stands, on this computer."""

import subprocess
from pathlib import Path

from edge.core import SERIAL_END, Ack, Hello, Telemetry, decode, encode, serial_unwrap, serial_wrap
from firmware import FIRMWARE
from tests.firmware.toolchain import CORE, DRIVERS, SANITIZERS, build


def _hear(node: subprocess.Popen[bytes], frames: int) -> list[bytes]:
    assert node.stdout
    data = b""
    while data.count(SERIAL_END) < 2 * frames:
        data += node.stdout.read(1)
    heard = [serial_unwrap(packet) for packet in data.split(SERIAL_END) if packet]
    return [frame for frame in heard if frame is not None]


def test_a_copy_of_the_template_is_a_node(tmp_path: Path) -> None:
    sources = [*CORE, *DRIVERS, *sorted((FIRMWARE / "ports/template").glob("*.c"))]
    program = build(tmp_path / "node", ("gcc",), sources, *SANITIZERS)
    for boot in (1, 2):
        with subprocess.Popen([program], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as node:
            hello, reading = map(decode, _hear(node, 2))
            assert isinstance(hello, Hello)
            assert isinstance(reading, Telemetry)
            assert hello.boot == boot
            assert set(reading.faults) == {"air_temperature", "humidity"}
            assert node.stdin
            ack = encode(Ack(address=1, boot=boot, sequence=1, sequences=(0, 1)))
            node.stdin.write(b"noise" * 40 + serial_wrap(ack))
            node.stdin.close()
            node.kill()
