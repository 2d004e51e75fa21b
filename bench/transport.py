"""Simulated nodes on the air: what `bench/throughput.py` measures the path with, and the tests kill its parts under.

The nodes are written here from docs/SPEC.md alone, but for the cipher, which NIST's vectors vouch for: tests drive the
gateway with frames that our codec did not make.
"""

import select
import socket
import struct
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from edge.core import seal, unseal
from edge.node.keys import KEYS_FILE, Enrolled, write_keys
from edge.service.processes import Child

START_MS = 1_430_438_400_000
"""2015-05-01."""
HEAD = struct.Struct("<BHLHL3s")
TELEMETRY = 1
SOIL_MOISTURE, BATTERY = 0x0001, 0x0400
UNACKNOWLEDGED = 192
"""Frames on the air at most: the receiver's buffer holds about 250 where the kernel allows no larger one."""
RESEND_S = 0.25


def enrolled(address: int, board: int = 0) -> Enrolled:
    """Who the node at an address is, on its first board or a later one."""
    key = struct.pack("<HH", address, board) * 4
    return Enrolled(node=f"n{address}", incarnation=board + 1 << 16 | address, key=key)


def write_farm_keys(folder: Path, nodes: int, boards: int = 1) -> None:
    """Enrols nodes at the addresses from 1 on, each with so many boards."""
    folder.mkdir(mode=0o700, exist_ok=True)
    everyone = [enrolled(address, board) for board in range(boards) for address in range(1, nodes + 1)]
    write_keys(folder / KEYS_FILE, everyone)


def frame(
    address: int,
    boot: int,
    sequence: int,
    age_s: int,
    *,
    kind: int = TELEMETRY,
    body: bytes | None = None,
    board: int = 0,
) -> bytes:
    """A sealed frame; without a body, telemetry of soil moisture and battery that the sequence decides."""
    if body is None:
        body = struct.pack("<HHhh", SOIL_MOISTURE | BATTERY, 0, 2000 + sequence % 1000, 3600)
    who = enrolled(address, board)
    head = HEAD.pack(0x20 | kind, address, who.incarnation, boot, sequence, age_s.to_bytes(3, "little"))
    return head + seal(who.key, head, body)


def acknowledged(answer: bytes, board: int = 0) -> list[tuple[int, int, int]]:
    """(address, boot, sequence) of what an acknowledgement names; nothing when it is not sealed for the node."""
    _, address, _, boot, _, _ = HEAD.unpack_from(answer)
    body = unseal(enrolled(address, board).key, answer[: HEAD.size], answer[HEAD.size :])
    return [(address, boot, sequence) for (sequence,) in struct.iter_unpack("<L", body[1:])] if body else []


@dataclass(slots=True)
class Sent:
    """A frame that waits for its acknowledgement."""

    address: int
    boot: int
    sequence: int
    measured_ms: int
    again_at: float = 0.0


@dataclass
class Nodes:
    """Simulated nodes that wake together every `step_ms`, each with a frame, and send it until it is acknowledged."""

    port: int
    addresses: range
    boot: int = 1
    board: int = 0
    step_ms: int = 600_000
    now_ms: int = START_MS
    sequence: int = 0
    transmissions: int = 0
    _waiting: dict[tuple[int, int, int], Sent] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.connect(("127.0.0.1", self.port))
        self.socket.setblocking(False)

    def run(self, steps: int, *, deadline_s: float = 120.0, pace_s: float = 0.0) -> None:
        """Sends `steps` frames a node and returns once all are acknowledged; TimeoutError when they are not in time."""
        deadline = time.monotonic() + deadline_s
        queue: deque[Sent] = deque()
        for _ in range(steps):
            self.now_ms += self.step_ms
            queue.extend(Sent(a, self.boot, self.sequence, self.now_ms) for a in self.addresses)
            self.sequence += 1
            while queue or (pace_s == 0 and len(self._waiting) >= UNACKNOWLEDGED):
                self._exchange(queue, deadline)
            if pace_s:
                self._exchange(queue, deadline)
                time.sleep(pace_s)
        while self._waiting:
            self._exchange(queue, deadline)

    def _exchange(self, queue: deque[Sent], deadline: float) -> None:
        now = time.monotonic()
        if now > deadline:
            raise TimeoutError(f"{len(self._waiting)} frames are not acknowledged")
        while queue and len(self._waiting) < UNACKNOWLEDGED:
            sent = queue.popleft()
            self._waiting[sent.address, sent.boot, sent.sequence] = sent
            self._transmit(sent, now)
        select.select([self.socket], [], [], 0.002)
        self._take_acknowledgements()
        for sent in self._waiting.values():
            if sent.again_at > now:
                break
            self._transmit(sent, now)

    def _transmit(self, sent: Sent, now: float) -> None:
        age_s = (self.now_ms - sent.measured_ms) // 1000
        self.transmissions += 1
        sent.again_at = now + RESEND_S
        self.datagram(self.now_ms, frame(sent.address, sent.boot, sent.sequence, age_s, board=self.board))

    def datagram(self, received_ms: int, content: bytes) -> None:
        """Sends one datagram of the simulated radio; like the air, it may be lost."""
        try:
            self.socket.send(struct.pack("<q", received_ms) + content)
        except OSError:
            return

    def _take_acknowledgements(self) -> None:
        while True:
            try:
                answer = self.socket.recv(256)
            except OSError:
                return
            for identity in acknowledged(answer, self.board):
                self._waiting.pop(identity, None)

    def close(self) -> None:
        """Closes the socket."""
        self.socket.close()


def farm_text(nodes: int) -> str:
    """A farm.yaml with one zone and `nodes` nodes n1, n2, ... at addresses 1, 2, ..."""
    zone = {"id": "block", "name": "Block", "crop": "tomato", "soil": "sandy_loam", "area_ha": 1.0}
    rows = [
        {
            "id": f"n{a}",
            "address": a,
            "zone": "block",
            "position": [0, a],
            "board": "uno",
            "sensors": ["soil_probe"],
            "link": "udp",
            "wake_interval": "10 min",
        }
        for a in range(1, nodes + 1)
    ]
    return yaml.safe_dump(
        {
            "id": "bench",
            "name": "Bench",
            "latitude": 42.4,
            "longitude": -72.7,
            "elevation_m": 250,
            "gateway": "gateway",
            "zones": [zone],
            "nodes": rows,
        }
    )


def listening_port(gateway: Child) -> int:
    """The port a gateway said it listens on."""
    line = next(x for x in gateway.log.read_text().splitlines() if x.startswith("listening on "))
    return int(line.rpartition(":")[2])
