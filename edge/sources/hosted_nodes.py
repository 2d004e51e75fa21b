"""The nodes with board: gateway, as a link of the gateway: their frames go the way of all frames."""

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from .. import core
from ..contract.errors import CooeeError
from ..farm import Farm, Node
from ..links import Heard, ReplyAddress
from ..node.keys import Keys
from ..service import sqlite_file
from . import Inlet, Said
from .hosted_node import HostedNode, Saved

log = logging.getLogger("cooee.gateway")

FILE = "hosted.db"
SCHEMA = """CREATE TABLE IF NOT EXISTS node (
    id TEXT PRIMARY KEY, incarnation INTEGER NOT NULL, boot INTEGER NOT NULL, core BLOB NOT NULL,
    learnt TEXT NOT NULL, kept BLOB NOT NULL DEFAULT x'')"""


class NodesFile:
    """What the nodes have learnt, in an SQLite file; methods raise sqlite3.Error, as on a full disk. CooeeError when it
    cannot be used. A damaged one is set aside: its nodes begin anew."""

    def __init__(self, path: Path) -> None:
        try:
            sqlite_file.open_or_set_aside(path, self._open, log, "%(path)s was damaged: moved to %(aside)s")
        except (sqlite3.Error, OSError) as error:
            raise CooeeError(f"{path} cannot be used ({error}); free space or move the file away") from None

    def _open(self, path: Path) -> None:
        self._db = sqlite_file.connect(path)
        try:
            sqlite_file.check(self._db)
            self._db.execute(SCHEMA)
            if "kept" not in [row[1] for row in self._db.execute("PRAGMA table_info(node)")]:
                self._db.execute("ALTER TABLE node ADD COLUMN kept BLOB NOT NULL DEFAULT x''")
        except sqlite3.Error:
            self._db.close()
            raise

    def load(self, node: str) -> Saved | None:
        """A node, None when it was never saved."""
        columns = "incarnation, boot, core, learnt, kept"
        row = self._db.execute(f"SELECT {columns} FROM node WHERE id = ?", (node,)).fetchone()
        return Saved(incarnation=row[0], boot=row[1], core=row[2], values=row[3], kept=row[4]) if row else None

    def save(self, node: str, saved: Saved) -> None:
        """Puts a node on disk."""
        row = (node, saved.incarnation, saved.boot, saved.core, saved.values, saved.kept)
        self._db.execute("INSERT OR REPLACE INTO node VALUES (?, ?, ?, ?, ?, ?)", row)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()


def _time_of_day() -> int:
    return time.time_ns() // 1_000_000


class HostedNodes:
    """All such nodes of a farm. A node is on disk before its frames leave it: after a crash it does not use one
    identity for two readings."""

    where = "the gateway's own nodes"

    def __init__(
        self,
        farm: Farm,
        keys: Keys,
        file: NodesFile,
        topics: Inlet,
        uploads: Inlet,
        clock_ms: Callable[[], int] = _time_of_day,
    ) -> None:
        self._keys = keys
        self._file = file
        self._topics, self._uploads = topics, uploads
        self._now_ms = clock_ms
        self._nodes: dict[str, HostedNode] = {}
        self._described: dict[str, tuple[object, ...]] = {}
        self._unsaved: set[str] = set()
        self._disk_full = False
        self.follow(farm)

    def follow(self, farm: Farm) -> None:
        """Takes up what farm.yaml says now. CooeeError when uploads cannot be listened for."""
        wanted = {node.id: (node, farm.zone_by_id[node.zone]) for node in farm.nodes if node.board == "gateway"}
        if wanted == self._described:
            return
        for name in [name for name in self._nodes if wanted.get(name) != self._described[name]]:
            self._save(name, stopped=True)
            del self._nodes[name]
            log.info("%s: farm.yaml has changed", name)
        for name, (node, _) in wanted.items():
            if name not in self._nodes:
                self._add(farm, node)
        self._described = dict(wanted)
        readings = [reading for node, _ in wanted.values() for reading in node.readings]
        self._topics.follow({reading.topic for reading in readings if reading.topic})
        self._uploads.follow({reading.http for reading in readings if reading.http})

    def _add(self, farm: Farm, node: Node) -> None:
        hosted = HostedNode(farm, node, self._file.load(node.id) or Saved.new())
        self._keys.lend(node.id, hosted.incarnation, hosted.key)
        self._nodes[node.id] = hosted
        self._unsaved.add(node.id)

    def fileno(self) -> None:
        """Nothing to wait on: it is looked at every time."""

    def receive(self) -> list[Heard]:
        """Takes what has come in, wakes who is to wake, and hands over the frames of those that are on disk."""
        for said in (*self._topics.take(), *self._uploads.take()):
            self._hear(said)
        now_ms = self._now_ms()
        heard = []
        for name, node in self._nodes.items():
            if node.wake(now_ms):
                self._unsaved.add(name)
            if name not in self._unsaved or self._save(name):
                frames = node.transmit(now_ms)
                heard += [Heard(frame, 1000 * (now_ms // 1000), (self.where, 0)) for frame in frames]
        return heard

    def _hear(self, said: Said) -> None:
        for node in self._nodes.values():
            node.hear(said)

    def _save(self, name: str, *, stopped: bool = False) -> bool:
        try:
            self._file.save(name, self._nodes[name].save(stopped=stopped))
        except sqlite3.Error as error:
            if not self._disk_full:
                log.error("cannot keep what %s has learnt (%s): free space on the disk", name, error)
            self._disk_full = True
            return False
        self._disk_full = False
        self._unsaved.discard(name)
        return True

    def send(self, frame: bytes, _reply_to: ReplyAddress) -> None:
        """Takes a frame to its node."""
        address = core.read_head(frame).address
        for name, node in self._nodes.items():
            if node.node.address == address and node.receive(frame):
                self._unsaved.add(name)

    def close(self) -> None:
        """Saves the nodes, and stops listening."""
        for name in self._nodes:
            self._save(name, stopped=True)
        self._topics.close()
        self._uploads.close()
        self._file.close()
