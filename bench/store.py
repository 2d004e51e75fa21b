"""Readings a second into each store, and how long the dashboard's questions take there: `python -m bench.store`."""

import itertools
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cloud.store import Stored, open_store
from edge.contract.channels import channels
from edge.contract.messages import Reading

from .influxd.server import available, running_influx

START_MS = 1_430_438_400_000
"""2015-05-01."""
STEP_MS = 600_000
NODES = 12
CHANNELS = channels()[:6]
"""A node has about half a dozen."""


def readings(count: int) -> list[Stored]:
    """`count` readings of 12 nodes in 3 zones, every 10 minutes; values differ from reading to reading."""
    return [
        Stored(
            zone=f"zone{i % NODES % 3}",
            message=Reading(
                farm="bench",
                node=f"n{i % NODES}",
                boot=1,
                seq=i // NODES,
                t=START_MS + i // NODES * STEP_MS,
                values={c.name: round(c.low + (c.high - c.low) * (i * 7919 % 1000) / 1000, 4) for c in CHANNELS},
            ),
        )
        for i in range(count)
    ]


@contextmanager
def address(kind: str, folder: Path) -> Iterator[str]:
    """An empty store of a kind: sqlite, or the version of an InfluxDB server."""
    if kind == "sqlite":
        yield f"sqlite={folder / 'bench.db'}"
    else:
        with running_influx(kind, folder) as url:
            yield url


def measure(name: str, url: str, source: Sequence[Stored], batch: int) -> None:
    """Prints the rate of appending `source` in batches, and the time of two questions of the dashboard."""
    store = open_store(url)
    began = time.perf_counter()
    for first in range(0, len(source), batch):
        store.append(source[first : first + batch])
    appended = time.perf_counter()
    history = store.history(
        "bench", [f"n{i}" for i in range(1, NODES, 3)], CHANNELS[0].name, START_MS, source[-1].message.t + 1, 300
    )
    drawn = time.perf_counter()
    newest = store.latest("bench")
    found = time.perf_counter()
    store.close()
    assert len(history.t) == min(300, len(source) // NODES)
    assert len(newest) == NODES
    typer.echo(
        f"{name:16} {len(source):7} rows, batch {batch:4}: {len(source) / (appended - began):7.0f} rows/s; "
        f"300 points of a zone {(drawn - appended) * 1000:3.0f} ms, newest of every node "
        f"{(found - drawn) * 1000:3.0f} ms"
    )


def command(rows: Annotated[int, typer.Option(help="Readings for each store and batch size.")] = 96_000) -> None:
    """Measure every store that this machine has: rows a second in, and queries."""
    source = readings(rows)
    for kind, batch in itertools.product(("sqlite", *available()), (500, 5000)):
        name = kind if kind == "sqlite" else f"InfluxDB {kind}"
        with tempfile.TemporaryDirectory() as folder, address(kind, Path(folder)) as url:
            measure(name, url, source, batch)


if __name__ == "__main__":
    typer.run(command)
