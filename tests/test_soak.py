"""The soak, for seconds; and that it finds what is wrong."""

import sqlite3
from pathlib import Path

import pytest

from tests.soak import Soak, soak


def test_nothing_is_lost_or_doubled_in_a_short_soak(capsys: pytest.CaptureFixture[str]) -> None:
    assert soak(6, 4000, seed=5, steps=100, pace_s=0.04), capsys.readouterr().out
    assert "0 lost, 0 doubled" in capsys.readouterr().out


def test_a_lost_reading_and_a_wrong_time_are_found(tmp_path: Path) -> None:
    run = Soak(tmp_path, 1, steps=2, pace_s=0)
    with run.rig:
        run.rig.send(2).join(120)
        run.rig.wait_stored()
        began_ms = run.rig.nodes.now_ms - 2 * run.rig.nodes.step_ms
        run._look(began_ms)
        assert run.wrong == []
        with sqlite3.connect(tmp_path / "cooee.db") as database:
            database.execute("DELETE FROM reading WHERE node = 'n1' AND seq = 0")
            database.execute("UPDATE reading SET t = t + 1 WHERE node = 'n2' AND seq = 1")
        run._look(began_ms)
        assert run.wrong == ["boot 1: 2 lost or at another time, 1 that nobody measured so, 0 doubled"]
