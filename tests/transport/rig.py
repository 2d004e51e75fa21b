"""The whole way as real processes on loopback: simulated nodes, gateway, mosquitto, ingest, store."""

import contextlib
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np
import paho.mqtt.client as paho
import psutil

from bench.transport import START_MS, Nodes, farm_text, write_farm_keys
from cloud.store import open_store
from edge.broker import Broker
from edge.contract.channels import MISSING, channel_names
from edge.contract.messages import Status
from edge.core import Nodes as CoreNodes
from edge.links.radio import TIME
from edge.mqtt.client import new_client
from edge.service.processes import Child
from edge.service.quarantine import read_tallies

FARM = "bench"
Row = tuple[str, int, int, int]


PATIENCE_S = 60.0
"""How long something may take on a machine with much else to do."""


def wait_until(condition: Callable[[], bool], *, what: str, within_s: float = PATIENCE_S) -> None:
    """Returns once `condition()` holds; AssertionError when it does not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.05)


def free_udp_port() -> int:
    """A free port below the ephemeral ones, so that nobody takes it while the gateway is down."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Rig:
    """Broker, ingest and gateway for a farm of `count` nodes. Each can be killed and started again."""

    def __init__(
        self,
        folder: Path,
        *,
        count: int = 4,
        store: str | None = None,
        gateway_data: Path | None = None,
        workers: int = 1,
        options: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`options`: more for `ingest` or `gateway`."""
        self.options = options or {}
        self.workers = workers
        self.folder = folder
        self.farm = folder / "farm.yaml"
        self.farm.write_text(farm_text(count))
        self.gateway_data = gateway_data or folder
        write_farm_keys(self.gateway_data, count, boards=2)
        self.store_url = store or f"sqlite={folder / 'cooee.db'}"
        self.broker = Broker(folder / "broker")
        self.port = free_udp_port()
        self.nodes = Nodes(self.port, range(1, count + 1))
        self.children: dict[str, Child] = {}

    def start(self, name: str) -> None:
        """Starts `broker`, `ingest` or `gateway` and waits until it is ready."""
        if name == "broker":
            self.broker.start()
            return
        options = ["--farm", str(self.farm), "--mqtt", self.broker.address, *self.options.get(name, ())]
        if name == "ingest":
            options += ["--data", str(self.folder), "--store", self.store_url, "--workers", str(self.workers)]
        else:
            options += ["--data", str(self.gateway_data), "--listen", str(self.port)]
        self.children[name] = Child.cooee(name, *options, log=self.folder / f"{name}.log")
        self.children[name].wait_ready()

    def kill(self, name: str) -> None:
        """SIGKILL, by process id."""
        if name == "broker":
            assert self.broker.pid
            os.kill(self.broker.pid, signal.SIGKILL)
            self.broker.stop()
        else:
            self.children[name].process.kill()
            self.children[name].process.wait()

    def worker_pids(self) -> list[int]:
        """Process ids of the workers of ingest that live now."""
        return [child.pid for child in psutil.Process(self.children["ingest"].process.pid).children()]

    def log(self, name: str) -> str:
        """What a process has said."""
        return (self.folder / f"{name}.log").read_text()

    def send(self, steps: int, *, pace_s: float = 0.0) -> threading.Thread:
        """Lets every node send `steps` frames, in a thread that ends once all are acknowledged."""
        thread = threading.Thread(target=self.nodes.run, args=(steps,), kwargs={"pace_s": pace_s}, daemon=True)
        thread.start()
        return thread

    def expected(self) -> list[Row]:
        """(node, boot, seq, t) of every reading ever measured."""
        nodes = self.nodes
        return sorted(
            (f"n{a}", nodes.boot, seq, START_MS + (seq + 1) * nodes.step_ms)
            for a in nodes.addresses
            for seq in range(nodes.sequence)
        )

    def stored(self) -> list[Row]:
        """(node, boot, seq, t) of every row of the embedded store."""
        with sqlite3.connect(f"file:{self.folder / 'cooee.db'}?mode=ro", uri=True) as db:
            return sorted(db.execute("SELECT node, boot, seq, t FROM reading"))

    def count(self) -> int:
        """Readings in the store."""
        store = open_store(self.store_url, read_only=True)
        try:
            return store.counts(FARM)["reading"]
        finally:
            store.close()

    def statuses(self) -> list[Status]:
        """The newest status of each device in the store."""
        with contextlib.closing(open_store(self.store_url, read_only=True)) as store:
            return list(store.statuses(FARM))

    def refused(self) -> list[str]:
        """Kinds of what ingest has put in quarantine."""
        return [tally.kind for tally in read_tallies(self.folder / "quarantine.db")]

    def cooee(self, name: str, *words: str) -> str:
        """What a command about a node says."""
        where = ["--data", str(self.folder)] if name == "status" else ["--mqtt", self.broker.address]
        command = [sys.executable, "-m", "cooee", name, *words, "--farm", str(self.farm), *where]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert run.returncode == 0, run.stderr
        return run.stdout

    def talk(self, node: CoreNodes, now_s: int, reading: Mapping[str, int] | None = None, most: int = 100) -> None:
        """A wake of the node, and what it and the gateway have to say: at most so many frames to the node."""
        row = np.full((1, len(channel_names())), MISSING, dtype=np.int16)
        for name, raw in (reading or {"battery": 3300}).items():
            row[0, channel_names().index(name)] = raw
        node.wake(now_s, row)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as air:
            air.settimeout(1)
            while most > 0 and (up := node.transmit(now_s)):
                for _, data in up:
                    air.sendto(TIME.pack(START_MS + 1000 * now_s) + data, ("127.0.0.1", self.port))
                try:
                    while most > 0 and node.outbox_used()[0]:
                        node.receive(air.recv(256))
                        most -= 1
                        for _, data in node.transmit(now_s):
                            air.sendto(TIME.pack(START_MS + 1000 * now_s) + data, ("127.0.0.1", self.port))
                except TimeoutError:
                    continue

    def wait_stored(self, within_s: float = 120) -> None:
        """Returns once every reading measured is in the store."""
        total = self.nodes.sequence * len(self.nodes.addresses)
        wait_until(lambda: self.count() >= total, within_s=within_s, what=f"{total} readings in the store")

    @contextmanager
    def stranger(self) -> Iterator[paho.Client]:
        """A client that is none of ours, connected."""
        client = new_client("stranger")
        client.max_inflight_messages_set(1000)
        client.connect("127.0.0.1", self.broker.port)
        client.loop_start()
        try:
            yield client
        finally:
            client.disconnect()
            client.loop_stop()

    def __enter__(self) -> Self:
        for name in ("broker", "ingest", "gateway"):
            self.start(name)
        return self

    def __exit__(self, *_: object) -> None:
        for child in self.children.values():
            child.stop()
        self.broker.stop()
        self.nodes.close()
