"""`cooee demo` as a user runs it: real broker, gateway, ingest, page; scored, and gone afterwards."""

import contextlib
import io
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

import cooee
from bench.influxd.server import VERSIONS
from cloud.store import open_store
from edge.farm import sample_farm_text
from tests.called import cooee as cli

ROOT = Path(__file__).resolve().parents[1]
DAYS = 8
HEADLESS = ("--headless", "--days", str(DAYS), "--seed")


def demo(*arguments: str, timeout: float = 600, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs `cooee demo` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "cooee", "demo", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=ROOT,
        env=os.environ | (env or {}),
        check=False,
    )


def rows(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything that was measured and called, in the order of identities; incarnations, which are random, left out."""
    db = sqlite3.connect(folder / "cooee.db")
    try:
        columns = {
            table: ", ".join(row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] != "inc")
            for table in ("reading", "call")
        }
        return {
            table: db.execute(f"SELECT {names} FROM {table} ORDER BY node, boot, seq").fetchall()
            for table, names in columns.items()
        }
    finally:
        db.close()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """A run with seed 3, and its folder."""
    folder = tmp_path_factory.mktemp("demo") / "run"
    return demo(*HEADLESS, "3", "--data", str(folder)), folder


def test_the_same_seed_gives_the_same_readings_and_calls_and_another_does_not(
    first: tuple[subprocess.CompletedProcess[str], Path], tmp_path: Path
) -> None:
    """The last on the farm that `cooee init` writes, which is the sample farm."""
    farm = tmp_path / "farm.yaml"
    assert cli("init", farm).returncode == 0
    assert farm.read_text() == sample_farm_text()
    stored = [rows(first[1])]
    for name, *options in (("again", "3"), ("other", "4", "--farm", str(farm))):
        done = demo(*HEADLESS, *options, "--data", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
        stored.append(rows(tmp_path / name))
    assert stored[0] == stored[1]
    assert stored[0] != stored[2]
    assert len(stored[0]["reading"]) == 12 * DAYS * 144


def test_the_scorecard_counts_what_is_in_the_store(first: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    done, folder = first
    assert done.returncode == 0, done.stderr
    assert "trouble" in done.stdout
    assert "connected to the broker mqtts://gateway@" in (folder / "gateway.log").read_text()
    assert "allow_anonymous false" in (folder / "broker" / "mosquitto.conf").read_text()
    table = done.stdout[done.stdout.index("  trouble") :].splitlines()
    assert max(map(len, table)) <= 80, "it fits a terminal"
    telemetry = re.search(r"telemetry +([\d,]+) +([\d,]+)", done.stdout)
    assert telemetry
    stored = rows(folder)
    assert int(telemetry[1].replace(",", "")) == len(stored["reading"]) == 12 * DAYS * 144
    calls = sum(
        int(line.split()[-2].replace(",", ""))
        for line in done.stdout.splitlines()
        if re.match(r"  (too_dry|waterlogged|ripening|frost|wind|disease) ", line)
    )
    assert calls == len(stored["call"]) > 0


@pytest.mark.parametrize("version", VERSIONS)
def test_the_demo_runs_over_influxdb(version: str, influx: Callable[[str], str], tmp_path: Path) -> None:
    url = influx(version)
    done = demo(
        "--headless",
        "--days",
        "3",
        "--seed",
        "3",
        "--data",
        str(tmp_path / "run"),
        "--store",
        f"influx={url.removeprefix('influx=')}",
    )
    assert done.returncode == 0, done.stderr
    store = open_store(url)
    assert store.counts("whately")["reading"] == 12 * 3 * 144
    store.close()


def test_ctrl_c_stops_every_process_and_removes_the_folder(tmp_path: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "cooee", "demo", "--port", "0", "--speed", "600"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if "The page is up" in line:
                break
        assert "The page is up" in "".join(said[-1:]), "".join(said)
        told = Path(process.stdout.readline().removeprefix("Messages that a farmer would get: ").rstrip())
        assert told.name == "messages.txt"
        assert told.is_file()
        children = psutil.Process(process.pid).children(recursive=True)
        assert {"mosquitto", "ingest", "gateway", "dashboard", "notify"} <= {
            word for c in children for word in map(os.path.basename, c.cmdline())
        }
        process.send_signal(signal.SIGINT)
        code = process.wait(120)
        assert code == 0, process.stdout.read()
    finally:
        process.kill()
        process.stdout.close()
    assert [c for c in children if c.is_running() and c.status() != psutil.STATUS_ZOMBIE] == []
    assert list(tmp_path.glob("cooee-*")) == []


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The only line of a refused command."""
    assert done.returncode == 2, done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    return lines[0]


def refusal(*arguments: str) -> list[str]:
    """Lines of a demo that does not even begin: called here, as Python's start costs more than all that it does."""
    said = io.StringIO()
    with pytest.raises(SystemExit) as ended, contextlib.redirect_stderr(said):
        cooee.main(["demo", *arguments])
    assert ended.value.code == 2
    return said.getvalue().splitlines()


def test_a_broken_farm_says_where(tmp_path: Path) -> None:
    farm = tmp_path / "farm.yaml"
    farm.write_text("id: x\nname: X\nlatitude: 1\nlongitude: 2\nelevation_m: high\nzones: []\nnodes: []\n")
    assert f"{farm}: line 5: elevation_m" in "\n".join(refusal("--headless", "--farm", str(farm)))


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (line,) = refusal("--port", str(port), "--days", "1")
        assert f"port {port} is in use" in line


def test_without_mosquitto_it_says_how_to_get_it() -> None:
    code = (
        "import cooee, edge.broker.process; edge.broker.process.SYSTEM_FOLDERS = '/nowhere'; "
        "cooee.main(['demo', '--headless', '--days', '1'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PATH": "/nowhere"},
        timeout=300,
        check=False,
    )
    assert "apt-get install mosquitto" in one_line(done)


def test_an_earlier_run_is_not_mixed_with_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "cooee.db").touch()
    (line,) = refusal("--headless", "--days", "1", "--data", str(tmp_path))
    assert "is not empty; name another folder with --data" in line


def test_an_unreachable_store_is_named() -> None:
    store = "influx=http://token@127.0.0.1:9/org/bucket"
    (line,) = refusal("--headless", "--days", "1", "--store", store)
    assert "127.0.0.1:9" in line
