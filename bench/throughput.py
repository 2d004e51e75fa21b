"""Durable messages a second, and processor time a message, of ingest and of peers in one run: `cooee bench transport`.

Waiting: readings wait in each one's session at the broker; measured until the store has all, from the start of the
process and, beside it, less what a start with nothing waiting takes. Processor time is that of its own processes, user
and system, less such a start: on a machine that others use it is the figure that holds. The way from the air: frames of
simulated nodes through gateway, broker and ingest.
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import psutil
import typer
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.broker import Broker
from edge.mqtt.client import new_client
from edge.service.processes import Child
from edge.written_files import JsonFile, write_json

from .bare_loop import CHANNELS
from .consumers import (
    INFLUXD,
    NODES,
    STORED_WITHIN_S,
    TELEGRAF,
    Subject,
    bare_loop,
    counting,
    influx,
    ingest,
    telegraf,
    wait_for,
)
from .influxd.server import available
from .transport import Nodes, listening_port, write_farm_keys


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was measured: messages until they were durable, of `processes` processes, in `seconds`, of which a start
    with nothing waiting takes `start_s`; `cpu_us` of processor time each (None: of several services together, not told
    apart)."""

    subject: str
    measured: str
    processes: int
    messages: int
    seconds: float
    start_s: float
    cpu_us: float | None

    def line(self) -> str:
        """A line of the table: messages a second with the start, and without it."""
        cpu = f"{self.cpu_us:7.1f} us" if self.cpu_us is not None else "         -"
        started_s = self.seconds - self.start_s
        started = f"{self.messages / started_s:9.0f}/s" if started_s > 0 else "          -"
        rates = f"{self.messages / self.seconds:9.0f}/s {started}"
        return f"{self.subject:32} {self.measured:12} {self.processes:2} {rates} {cpu}"


def publish(port: int, count: int) -> None:
    """Publishes `count` readings of 12 nodes at QoS 1, as a gateway does; returns once the broker has all."""
    client = new_client("source")
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    properties = Properties(PacketTypes.PUBLISH)
    properties.ResponseTopic = "cooee/bench/gateway/receipt"
    began = time.time_ns() // 1_000_000 - count * 100
    for i in range(count):
        seq, node = i // NODES, f"n{i % NODES + 1}"
        values = dict(zip(CHANNELS, (0.2 + i % 100 / 1000, 18.25, 21.5 + i % 50 / 100, 55.5, 3.6), strict=True))
        body = {"v": 1, "node": node, "boot": 1, "seq": seq, "t": began + seq * 1000, "inc": "0001000a", **values}
        payload = json.dumps(body, separators=(",", ":"))
        last = client.publish(f"cooee/bench/{node}/telemetry", payload, qos=1, properties=properties)
    last.wait_for_publish(STORED_WITHIN_S)
    client.disconnect()
    client.loop_stop()


def processor_s(child: Child) -> float:
    """Processor time of a process and its children, s."""
    parent = psutil.Process(child.process.pid)
    times = [process.cpu_times() for process in [parent, *parent.children(recursive=True)]]
    return float(sum(each.user + each.system for each in times))


def drain(subject: Subject, messages: int) -> Row:
    """Lets a subject take what waits for it."""
    with tempfile.TemporaryDirectory() as name, Broker(Path(name, "broker")) as broker:
        folder = Path(name)
        began = time.monotonic()
        child = subject.start(broker.port, folder)
        try:
            start_s = time.monotonic() - began
            time.sleep(1.0)
            idle_s = processor_s(child)
        finally:
            child.stop()
        publish(broker.port, messages)
        began = time.monotonic()
        child = subject.start(broker.port, folder)
        try:
            with subject.counting(folder) as count:
                wait_for(lambda: count() >= messages)
            seconds, cpu_s = time.monotonic() - began, processor_s(child) - idle_s
        finally:
            child.stop()
    return Row(
        subject=subject.name,
        measured="waiting",
        processes=subject.processes,
        messages=messages,
        seconds=seconds,
        start_s=start_s,
        cpu_us=cpu_s / messages * 1e6,
    )


def from_the_air(workers: int, steps: int) -> Row:
    """Frames of simulated nodes through gateway, broker and ingest into SQLite, until the last is stored."""
    with tempfile.TemporaryDirectory() as name, Broker(Path(name, "broker")) as broker:
        folder = Path(name)
        write_farm_keys(folder, NODES)
        url = f"sqlite={folder / 'cooee.db'}"
        subject = ingest(workers, lambda _: url, "SQLite")
        child = subject.start(broker.port, folder)
        options = ["--farm", str(folder / "farm.yaml"), "--data", name, "--mqtt", broker.address, "--listen", "0"]
        gateway = Child.cooee("gateway", *options, log=folder / "gateway.log")
        try:
            gateway.wait_ready()
            with closing(Nodes(listening_port(gateway), range(1, NODES + 1))) as nodes, counting(url) as count:
                began = time.monotonic()
                nodes.run(steps)
                wait_for(lambda: count() >= NODES * steps)
                seconds = time.monotonic() - began
        finally:
            gateway.stop()
            child.stop()
    return Row(
        subject="nodes, gateway, Cooee -> SQLite",
        measured="from the air",
        processes=workers,
        messages=NODES * steps,
        seconds=seconds,
        start_s=0.0,
        cpu_us=None,
    )


def rows(messages: int, steps: int) -> Iterator[Row]:
    """Measures one after the other."""
    yield drain(bare_loop(), messages)
    for workers in (1, 2):
        yield drain(ingest(workers, lambda folder: f"sqlite={folder / 'cooee.db'}", "SQLite"), messages)
    if INFLUXD in available():
        for workers in (1, 2):
            with influx() as url:
                yield drain(ingest(workers, lambda _, url=url: url, f"InfluxDB {INFLUXD}"), messages)  # type: ignore[misc]
        if TELEGRAF.exists():
            with influx() as url:
                yield drain(telegraf(url), messages)
    for workers in (1, 2):
        yield from_the_air(workers, steps)


def command(
    messages: Annotated[int, typer.Option(help="Readings that wait for each.")] = 60_000,
    steps: Annotated[int, typer.Option(help="Frames a node, of 12 nodes.")] = 2500,
    json_file: JsonFile = None,
) -> None:
    """Measure durable messages a second and processor time a message, of ingest, Telegraf and a bare loop."""
    found = []
    with ExitStack() as notes:
        for missing, how in (
            (INFLUXD not in available(), f"InfluxDB is left out: bench/influxd/build.sh {INFLUXD} builds it"),
            (not TELEGRAF.exists(), "Telegraf is left out: bench/telegraf/build.sh builds it"),
        ):
            if missing:
                notes.callback(typer.echo, how)
        for row in rows(messages, steps):
            found.append(row)
            typer.echo(row.line())
    write_json(json_file, {"processors": os.cpu_count(), "rows": [asdict(row) for row in found]})


if __name__ == "__main__":
    typer.run(command)
