"""`cooee backup` of a store that another process holds waited for ever, said nothing and did not end on Ctrl-C."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cloud.storekeeping import backup
from edge.farm import sample_farm_text
from tests.called import cooee


def test_a_held_store_ends_the_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "BUSY_S", 0.2)
    farm, data, file = tmp_path / "farm.yaml", tmp_path / "data", tmp_path / "farm.backup"
    farm.write_text(sample_farm_text())
    data.mkdir()
    with closing(sqlite3.connect(data / "cooee.db", isolation_level=None)) as held:
        held.execute("CREATE TABLE reading (t)")
        held.execute("BEGIN EXCLUSIVE")
        said = cooee("backup", file, "--farm", farm, "--data", data)
    assert (said.returncode, said.stdout) == (2, "")
    assert "a database cannot be copied (another process holds it)" in said.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "farm.yaml"]
