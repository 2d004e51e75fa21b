"""Real InfluxDB servers on loopback for tests: 1.8 and 2.7, from the user's cache folder (build.sh) or from PATH."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.service.processes import Child

VERSIONS = ("1.8.10", "2.7.12")
USER, PASSWORD, ORG, DATABASE = "cooee", "let/me:in", "farms", "field"
TOKEN = "full-access-token=="

CONFIG_1 = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{http}"
  auth-enabled = true
  flux-enabled = true
  log-enabled = false
"""


class MissingServer(Exception):
    """There is no such InfluxDB server on this machine."""


def influxd(version: str) -> Path:
    """The program of that version; MissingServer says how to get it."""
    cached = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "cooee", f"influxd-{version}")
    if cached.exists():
        return cached
    found = shutil.which("influxd")
    if found:
        says = subprocess.run([found, "version"], capture_output=True, text=True, timeout=20).stdout
        if f"v{version[:2]}" in says and not (version[0] == "1" and "v1.8" not in says):
            return Path(found)
    raise MissingServer(f"no InfluxDB {version}: build it with bench/influxd/build.sh {version}")


def available() -> tuple[str, ...]:
    """Those of VERSIONS that this machine has."""
    return tuple(version for version in VERSIONS if _has(version))


def _has(version: str) -> bool:
    try:
        return bool(influxd(version))
    except MissingServer:
        return False


@contextmanager
def running_influx(version: str, folder: Path) -> Iterator[str]:
    """Runs a fresh server with its data in `folder`; yields its address for `open_store` (`influx=http://...`). The
    server is gone afterwards."""
    program = influxd(version)
    folder.mkdir(parents=True, exist_ok=True)
    port, rpc = _free_ports(2)
    if version.startswith("1."):
        (folder / "influxdb.conf").write_text(CONFIG_1.format(folder=folder, http=port, rpc=rpc))
        arguments = [str(program), "-config", str(folder / "influxdb.conf")]
    else:
        arguments = [
            str(program),
            "--bolt-path",
            f"{folder}/bolt",
            "--sqlite-path",
            f"{folder}/sqlite",
            "--engine-path",
            f"{folder}/engine",
            "--http-bind-address",
            f"127.0.0.1:{port}",
            "--reporting-disabled",
        ]
    server = Child(f"influxd {version}", arguments, log=folder / "influxd.log")
    try:
        _wait_healthy(server, port)
        yield _set_up_1(port) if version.startswith("1.") else _set_up_2(port)
    finally:
        server.stop()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def _wait_healthy(server: Child, port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        server.check()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _set_up_1(port: int) -> str:
    login = urllib.parse.urlencode({"u": USER, "p": PASSWORD})
    for address, query in (
        ("", f"CREATE USER {USER} WITH PASSWORD '{PASSWORD}' WITH ALL PRIVILEGES"),
        (f"?{login}", f'CREATE DATABASE "{DATABASE}"'),
    ):
        _post(f"http://127.0.0.1:{port}/query{address}", urllib.parse.urlencode({"q": query}).encode())
    return f"influx=http://{USER}:{urllib.parse.quote(PASSWORD, safe='')}@127.0.0.1:{port}/{ORG}/{DATABASE}/autogen"


def _set_up_2(port: int) -> str:
    body = {"username": USER, "password": PASSWORD, "org": ORG, "bucket": DATABASE, "token": TOKEN}
    _post(f"http://127.0.0.1:{port}/api/v2/setup", json.dumps(body).encode())
    return f"influx=http://{urllib.parse.quote(TOKEN)}@127.0.0.1:{port}/{ORG}/{DATABASE}"


def _post(address: str, body: bytes) -> None:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, data=body), timeout=30) as answer:
            says = answer.read().decode()
    except urllib.error.HTTPError as error:
        says = f"error {error.code}: {error.read().decode()}"
    if "error" in says:  # 1.8 reports a failed statement with status 200
        raise AssertionError(f"InfluxDB cannot be set up: {says}")
