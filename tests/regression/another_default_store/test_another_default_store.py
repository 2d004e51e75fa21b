"""`cooee dashboard` without options read cooee.db, where `cooee ingest` without options writes data/cooee.db."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cloud.store import open_store


def cooee(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in the current folder, to its end."""
    command = [sys.executable, "-m", "cooee", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(("ingest_has_run", "waits"), [(False, True), (True, False)])
def test_the_dashboard_finds_what_ingest_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ingest_has_run: bool, waits: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cooee("init").returncode == 0
    if ingest_has_run:
        Path("data").mkdir()
        open_store("sqlite=data/cooee.db").close()
    with socket.create_server(("127.0.0.1", 0)) as taken:  # so that the page ends once it has looked for its store
        done = cooee("dashboard", "--no-browser", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert ("waits for it" in done.stderr) is waits
