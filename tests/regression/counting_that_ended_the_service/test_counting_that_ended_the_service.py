"""A gateway or a notifier with --metrics ended when quarantine or notify.db could not be read as it counted, which
without --metrics it outlived."""

import sqlite3
from contextlib import closing
from pathlib import Path

from edge.service.quarantine import Quarantine, Refused
from tests.cloud.notify.rig import Sink, person, rig


def test_a_quarantine_that_cannot_be_read_counts_nothing(tmp_path: Path) -> None:
    path = tmp_path / "quarantine.db"
    with closing(Quarantine(path)) as quarantine:
        quarantine.add([Refused(source="radio", kind="frame", reason="why", content=b"a")])
        assert quarantine.counts() == {"frame": 1}
        with closing(sqlite3.connect(path)) as another:
            another.execute("DROP TABLE tally")
        assert quarantine.counts() == {}


def test_a_notifier_whose_file_cannot_be_read_says_what_it_counted_last(tmp_path: Path) -> None:
    with closing(Sink()) as sink, rig(tmp_path, person("Anna", sink.url("anna"))) as farm:
        sink.refuses = {"anna"}
        farm.frost()
        farm.at(0)
        assert farm.notifier.count(connected=True).waiting == 1
        farm.database.run("ALTER TABLE delivery RENAME TO gone")
        farm.notifier.step()
        assert farm.notifier.count(connected=True).waiting == 1
        farm.database.run("ALTER TABLE gone RENAME TO delivery")
