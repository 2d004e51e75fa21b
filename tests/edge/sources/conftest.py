"""A farm whose sensors are elsewhere, and the gateway's part that runs its nodes, on a clock of the test's own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from edge import core
from edge.broker import Broker
from edge.farm import Farm, parse_farm
from edge.node.keys import Keys
from edge.sources import Said
from edge.sources.hosted_nodes import HostedNodes, NodesFile

T = 1_795_795_200_000


def farm_of(*nodes: dict[str, Any], security: str = "sealed") -> str:
    """farm.yaml with nodes on the gateway; of each what is given here, the rest is filled in."""
    rows = [
        {"id": f"own-{i}", "address": i, "zone": "block", "position": [i, 0], "board": "gateway"}
        | {"wake_interval": "10 min"}
        | node
        for i, node in enumerate(nodes, 1)
    ]
    zone = {"id": "block", "name": "Block", "crop": "tomato", "soil": "loam", "area_ha": 1.0}
    farm = {"id": "owned", "name": "Owned", "latitude": 42.4, "longitude": -72.7, "elevation_m": 250}
    return yaml.safe_dump(farm | {"security": security, "zones": [zone], "nodes": rows})


class Messages:
    """An inlet that the test fills."""

    def __init__(self) -> None:
        self.places: set[str] = set()
        self._said: list[Said] = []

    def follow(self, places: set[str]) -> None:
        self.places = places

    def put(self, where: str, body: Any, received_ms: int, *, retained: bool = False) -> None:
        self._said.append(Said(where=where, body=body, received_ms=received_ms, retained=retained))

    def take(self) -> list[Said]:
        said, self._said = self._said, []
        return said

    def close(self) -> None:
        pass


class Host:
    """Hosted nodes of a farm. `step` lets time pass and gives the frames that came; they are acknowledged unless told
    otherwise."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder = folder
        self.now_ms = T
        self.messages = Messages()
        self.start(text)

    def start(self, text: str) -> None:
        self.farm: Farm = parse_farm(text, source="farm.yaml")
        self.keys = Keys(self.folder)
        file = NodesFile(self.folder / "hosted.db")
        self.nodes = HostedNodes(self.farm, self.keys, file, self.messages, Messages(), lambda: self.now_ms)

    def put(self, where: str, body: Any, *, retained: bool = False) -> None:
        self.messages.put(where, body, self.now_ms, retained=retained)

    def step(self, minutes: float = 0, *, acknowledge: bool = True) -> list[core.Frame]:
        self.now_ms += round(60_000 * minutes)
        frames = []
        for heard in self.nodes.receive():
            head = core.read_head(heard.frame)
            node = self.farm.node_by_address[head.address]
            key = self.keys.key(node.id, head.incarnation)
            assert key is not None
            frames.append(core.decode(heard.frame, key))
            if acknowledge:
                self._acknowledge(head, key)
        return frames

    def send_piece(self, data: bytes, offset: int, version: int) -> core.Wanted:
        """Sends the only node a piece of its first sentinel's image, and gives its answer."""
        (hosted,) = self.nodes._nodes.values()
        self.down = getattr(self, "down", 0) + 1
        names: dict[str, Any] = {"address": hosted.node.address, "incarnation": hosted.incarnation, "boot": hosted.boot}
        piece = core.Piece(
            **names,
            sequence=self.down,
            kind=core.SENTINEL,
            version=version,
            offset=offset,
            total=len(data),
            data=data[offset : offset + core.PIECE_MAX],
        )
        self.nodes.send(core.encode(piece, hosted.key), ("", 0))
        *_, answer = [frame for frame in self.step() if isinstance(frame, core.Wanted)]  # After a crash old ones too.
        return answer

    def runs(self) -> int:
        """Version of the only node's first sentinel."""
        (hosted,) = self.nodes._nodes.values()
        return hosted._core.sentinel(0, 0)

    def _acknowledge(self, head: core.Head, key: bytes) -> None:
        self.down = getattr(self, "down", 0) + 1
        ack = core.Ack(
            address=head.address,
            incarnation=head.incarnation,
            boot=head.boot,
            sequence=self.down,
            sequences=(head.sequence,),
        )
        self.nodes.send(core.encode(ack, key), ("", 0))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Callable[..., Host]]:
    """Makes a Host of a farm.yaml text."""
    with ExitStack() as stack:

        def made(text: str) -> Host:
            host = Host(tmp_path, text)
            stack.callback(lambda: host.nodes.close())
            return host

        yield made


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker
