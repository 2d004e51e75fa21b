"""A board swapped under the same id began its boot count and sequences anew: of its first 60 readings 20 reached the
store, and of another's 1,000 none, without a line of log."""

import sqlite3
from pathlib import Path

import pytest

from bench.transport import Nodes, enrolled
from tests.transport.rig import Rig, wait_until


@pytest.mark.parametrize("readings", [60, 1000])
def test_every_reading_of_both_boards_is_stored(tmp_path: Path, readings: int) -> None:
    with Rig(tmp_path, count=1) as rig:
        rig.nodes.run(readings)
        swapped = Nodes(rig.port, range(1, 2), board=1, now_ms=rig.nodes.now_ms)
        swapped.run(readings)
        swapped.close()
        wait_until(lambda: rig.count() >= 2 * readings, what="every reading of both boards")
        with sqlite3.connect(f"file:{rig.folder / 'cooee.db'}?mode=ro", uri=True) as db:
            rows = sorted(db.execute("SELECT inc, seq FROM reading WHERE node = 'n1' AND zone = 'block' AND boot = 1"))
        assert rows == [(enrolled(1, board).incarnation, seq) for board in (0, 1) for seq in range(readings)]
        assert rig.refused() == []
