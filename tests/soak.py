"""Kills and power cuts at random while readings flow, for hours: `make soak`, or `python -m tests.soak --kills 1000`.

Nodes with known readings send through gateway, broker and two workers of ingest into SQLite, which a reader reads as a
page does. Each of them is killed (SIGKILL) at random and started again. Between rounds the nodes lose their power: the
boot count rises, the sequence begins anew. After each round every reading must be in the store once, with its time.
"""

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from bench.transport import START_MS
from cloud.store import open_store
from edge.contract.errors import StoreUnavailable
from edge.service.processes import READY, Child
from tests.transport.rig import FARM, Rig, Row, wait_until

VICTIMS = ("gateway", "broker", "worker", "ingest", "reader")
NODES = 20
WORKERS = 2
STORED_WITHIN_S = 180.0


class Soak:
    """One soak in a folder; `kills` and `readings` count what was done, `wrong` says what was found."""

    def __init__(self, folder: Path, seed: int, *, steps: int, pace_s: float) -> None:
        self.rig = Rig(folder, count=NODES, workers=WORKERS)
        self.kills = dict.fromkeys(VICTIMS, 0)
        self.readings = 0
        self.wrong: list[str] = []
        self._chance = random.Random(seed)
        self._steps, self._pace_s = steps, pace_s
        self._reader: Child | None = None

    def start_reader(self) -> None:
        """Starts the reader."""
        command = [sys.executable, "-m", "tests.soak", "--read", self.rig.store_url]
        self._reader = Child("reader", command, log=self.rig.folder / "reader.log")
        self._reader.wait_ready()

    def stop_reader(self) -> None:
        """Ends the reader."""
        if self._reader:
            self._reader.stop()

    def round(self) -> None:
        """Lets every node send its readings while processes die; then looks, and cuts the nodes' power."""
        nodes = self.rig.nodes
        began_ms = nodes.now_ms
        sender = self.rig.send(self._steps, pace_s=self._pace_s)
        while True:
            sender.join(self._chance.uniform(0.05, 0.8))
            if not sender.is_alive():
                break
            self._kill(self._chance.choice(VICTIMS))
        self.readings += NODES * self._steps
        wait_until(
            lambda: self.rig.count() >= self.readings, within_s=STORED_WITHIN_S, what=f"{self.readings} readings"
        )
        self._look(began_ms)
        nodes.boot += 1
        nodes.sequence = 0

    def _kill(self, victim: str) -> None:
        self.kills[victim] += 1
        if victim == "worker":
            if pids := self.rig.worker_pids():
                os.kill(self._chance.choice(pids), signal.SIGKILL)
        elif victim == "reader":
            assert self._reader
            self._reader.process.kill()
            self._reader.process.wait()
            self.start_reader()
        else:
            self.rig.kill(victim)
            self.rig.start(victim)

    def _look(self, began_ms: int) -> None:
        """Compares what the store has of this boot with what the nodes measured."""
        nodes = self.rig.nodes
        expected: list[Row] = sorted(
            (f"n{a}", nodes.boot, seq, began_ms + (seq + 1) * nodes.step_ms)
            for a in nodes.addresses
            for seq in range(self._steps)
        )
        stored = [row for row in self.rig.stored() if row[1] == nodes.boot]
        if stored == expected:
            return
        here, there = set(stored), set(expected)
        self.wrong.append(
            f"boot {nodes.boot}: {len(there - here)} lost or at another time, {len(here - there)} that nobody "
            f"measured so, {len(stored) - len(here)} doubled"
        )


def soak(kills: int, readings: int, seed: int, *, steps: int, pace_s: float) -> bool:
    """Runs rounds until so many kills and readings are reached; prints each, and the verdict. Whether all was right."""
    with tempfile.TemporaryDirectory() as folder:
        run = Soak(Path(folder), seed, steps=steps, pace_s=pace_s)
        began = time.monotonic()
        with run.rig:
            run.start_reader()
            try:
                while (sum(run.kills.values()) < kills or run.readings < readings) and not run.wrong:
                    run.round()
                    done = (
                        f"{run.readings} readings, {sum(run.kills.values())} kills, {run.rig.nodes.boot - 1} power cuts"
                    )
                    typer.echo(f"{time.monotonic() - began:6.0f} s: {done}")
            finally:
                run.stop_reader()
            refused = run.rig.refused()
        if refused:
            run.wrong.append(f"quarantined: {', '.join(refused)}")
        by_victim = ", ".join(f"{name} {count}" for name, count in run.kills.items())
        verdict = "; ".join(run.wrong) or "0 lost, 0 doubled, every time as it was measured"
        typer.echo(f"seed {seed}: {done} ({by_victim}): {verdict}")
        return not run.wrong


def read(url: str) -> None:
    """Reads the store again and again, as a page does."""
    typer.echo(READY)
    while True:
        try:
            store = open_store(url, read_only=True)
            for _ in range(50):
                store.latest(FARM)
                store.history(FARM, ["n1", "n2"], "soil_moisture_10cm", START_MS, START_MS + 10**10, 100)
                time.sleep(0.1)
            store.close()
        except StoreUnavailable:
            time.sleep(0.1)


def command(
    kills: Annotated[int, typer.Option(help="Kills at least.")] = 1000,
    readings: Annotated[int, typer.Option(help="Readings at least.")] = 1_000_000,
    seed: Annotated[int, typer.Option(help="Of the order of kills.")] = 1,
    steps: Annotated[int, typer.Option(help="Readings a node and round.")] = 500,
    pace: Annotated[float, typer.Option(help="Seconds between the readings of a node.")] = 0.03,
    store: Annotated[str | None, typer.Option("--read", hidden=True)] = None,
) -> None:
    """Kill and cut at random, and look whether every reading is stored once with its time; exit code 1 when not."""
    if store:
        read(store)
    elif not soak(kills, readings, seed, steps=steps, pace_s=pace):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(command)
