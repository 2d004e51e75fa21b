"""Durable messages a second, and processor time a message, of ingest and of peers in one run: `cooee bench transport`.

Waiting: readings wait in each one's session at the broker; measured until the store has all, from the start of the
process and, beside it, less what a start with nothing waiting takes. Processor time is that of its own processes, user
and system, less such a start: on a machine that others use it is the figure that holds. The way from the air: frames of
simulated nodes through gateway, broker and ingest.
"""

import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import psutil
import typer
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from cloud.store import open_store
from edge.broker import Broker
from edge.contract.errors import CooeeError
from edge.mqtt.client import new_client
from edge.service.processes import Child
from edge.written_files import JsonFile, write_json

from .bare_loop import CHANNELS
from .influxd.server import available, running_influx
from .transport import Nodes, farm_text, listening_port, write_farm_keys

NODES = 12
INFLUXD = "2.7.12"
TELEGRAF = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "cooee", "telegraf-1.36.4")
STORED_WITHIN_S = 120.0
LOOK_S = 0.1
"""How often a store is asked what it has: each answer takes processor time from what is measured."""
TELEGRAF_CONFIG = """
[agent]
  flush_interval = "1s"
  metric_batch_size = 5000
  metric_buffer_limit = 100000
  omit_hostname = true
[[inputs.mqtt_consumer]]
  servers = ["tcp://127.0.0.1:{port}"]
  topics = ["cooee/bench/+/telemetry"]
  topic_tag = ""
  client_id = "telegraf"
  qos = 1
  persistent_session = true
  max_undelivered_messages = 5000
  data_format = "json_v2"
  [[inputs.mqtt_consumer.topic_parsing]]
    topic = "cooee/+/+/telemetry"
    tags = "_/farm/node/_"
  [[inputs.mqtt_consumer.json_v2]]
    measurement_name = "reading"
    [[inputs.mqtt_consumer.json_v2.object]]
      path = "@this"
      timestamp_key = "t"
      timestamp_format = "unix_ms"
      excluded_keys = ["v", "node", "inc"]
[[outputs.influxdb_v2]]
  urls = ["http://{host}"]
  token = "{token}"
  organization = "{org}"
  bucket = "{bucket}"
"""


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


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Something that takes readings from the broker: `start` with broker's port and folder, `counting` gives what
    counts all that is durable."""

    name: str
    processes: int
    start: Callable[[int, Path], Child]
    counting: Callable[[Path], AbstractContextManager[Callable[[], int]]]


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


def wait_for(done: Callable[[], bool]) -> None:
    """Returns once it is so; CooeeError when it takes too long."""
    deadline = time.monotonic() + STORED_WITHIN_S
    while not done():
        if time.monotonic() > deadline:
            raise CooeeError(f"not all messages are stored after {STORED_WITHIN_S:.0f} s")
        time.sleep(LOOK_S)


@contextmanager
def counting(url: str) -> Iterator[Callable[[], int]]:
    """Counts the farm's readings in a store of ours."""
    with closing(open_store(url, read_only=True)) as store:
        yield lambda: store.counts("bench")["reading"]


def ingest(workers: int, url_in: Callable[[Path], str], store: str) -> Subject:
    """Cooee's ingest, into the store at an address that may depend on the folder."""

    def start(port: int, folder: Path) -> Child:
        (folder / "farm.yaml").write_text(farm_text(NODES))
        where = ["--farm", f"{folder / 'farm.yaml'}", "--data", str(folder), "--mqtt", f"127.0.0.1:{port}"]
        more = ["--store", url_in(folder), "--workers", str(workers)]
        child = Child.cooee("ingest", *where, *more, log=folder / "ingest.log")
        child.wait_ready()
        return child

    return Subject(
        name=f"Cooee -> {store}", processes=workers, start=start, counting=lambda folder: counting(url_in(folder))
    )


def bare_loop() -> Subject:
    """paho and SQLite alone."""

    def start(port: int, folder: Path) -> Child:
        command = [sys.executable, "-P", "-m", "bench.bare_loop", str(port), str(folder / "bare.db")]
        child = Child("bare loop", command, log=folder / "bare.log")
        child.wait_ready()
        return child

    @contextmanager
    def counting(folder: Path) -> Iterator[Callable[[], int]]:
        with closing(sqlite3.connect(folder / "bare.db")) as database:
            yield lambda: int(database.execute("SELECT count(*) FROM reading").fetchone()[0])

    return Subject(name="paho + SQLite, bare", processes=1, start=start, counting=counting)


def telegraf(url: str) -> Subject:
    """Telegraf's agent, into the same InfluxDB."""
    parts = urlsplit(url.partition("=")[2])
    token, _, host = parts.netloc.rpartition("@")
    _, org, bucket = parts.path.split("/")

    def start(port: int, folder: Path) -> Child:
        text = TELEGRAF_CONFIG.format(port=port, host=host, token=unquote(token), org=org, bucket=bucket)
        (folder / "telegraf.conf").write_text(text)
        child = Child("telegraf", [str(TELEGRAF), str(folder / "telegraf.conf")], log=folder / "telegraf.log")
        wait_for(lambda: "Connected" in child.output() or child.process.poll() is not None)
        child.check()
        return child

    return Subject(name=f"Telegraf -> InfluxDB {INFLUXD}", processes=1, start=start, counting=lambda _: counting(url))


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


@contextmanager
def influx() -> Iterator[str]:
    """An empty InfluxDB."""
    with tempfile.TemporaryDirectory() as folder, running_influx(INFLUXD, Path(folder)) as url:
        yield url


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
