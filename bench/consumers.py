"""What takes readings from a broker, as `cooee bench transport` measures it: our ingest, Telegraf, and a bare loop."""

import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cloud.store import open_store
from edge.contract.errors import CooeeError
from edge.service.processes import Child

from .influxd.server import running_influx
from .transport import farm_text

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
class Subject:
    """Something that takes readings from the broker: `start` with broker's port and folder, `counting` gives what
    counts all that is durable."""

    name: str
    processes: int
    start: Callable[[int, Path], Child]
    counting: Callable[[Path], AbstractContextManager[Callable[[], int]]]


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


@contextmanager
def influx() -> Iterator[str]:
    """An empty InfluxDB."""
    with tempfile.TemporaryDirectory() as folder, running_influx(INFLUXD, Path(folder)) as url:
        yield url
