"""SQLite's own troubles: other processes, damaged and foreign files, a full disk, many rows."""

import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.store import Stored, open_store, sqlite_connection, sqlite_schema
from cloud.store.sqlite_schema import SCHEMA
from edge.contract.channels import channel_names
from edge.contract.errors import StoreError, StoreUnavailable
from edge.contract.messages import Call, Reading
from edge.farm import Keep
from tests.sqlite_work import counted

T = 1_430_000_000_000
DAY = 86_400_000
ROOT = Path(__file__).parents[3]


def rows(first: int, count: int) -> list[Stored]:
    return [
        Stored(
            zone="block",
            message=Reading(
                farm="f",
                node=f"n{step % 12}",
                boot=1,
                seq=step,
                t=T + step * 1000,
                values=dict.fromkeys(channel_names(), step / 10),
            ),
        )
        for step in range(first, first + count)
    ]


def test_drawing_a_hundred_thousand_readings_visits_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """About forty steps a reading that is drawn, none for those outside the span, and hardly any for the newest."""
    with counted(monkeypatch) as work:
        store = open_store(f"sqlite={tmp_path}/field.db")
    for first in range(0, 100_000, 5000):
        store.append(rows(first, 5000))
    work.reset()
    history = store.history("f", [f"n{node}" for node in range(12)], "wind", T, T + 100_000_000, 500)
    whole = work.steps
    assert len(history.t) == 500
    assert history.mean[1] == pytest.approx(29.95)
    assert whole < 60 * 100_000
    work.reset()
    store.history("f", [f"n{node}" for node in range(12)], "wind", T, T + 10_000_000, 50)
    assert work.steps < whole / 8
    work.reset()
    store.latest("f")
    assert work.steps <= 1000


def test_the_dashboard_reads_while_ingest_writes(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="start ingest"):
        open_store(f"sqlite={tmp_path}/field.db", read_only=True)
    writer = open_store(f"sqlite={tmp_path}/new folder/50%.db")
    reader = open_store(f"sqlite={tmp_path}/new folder/50%.db", read_only=True)
    writer.append(rows(0, 10))
    assert reader.counts("f")["reading"] == 10
    writer.append(rows(10, 10))
    assert reader.counts("f")["reading"] == 20
    with pytest.raises(StoreError, match="cannot be written"):
        reader.append(rows(30, 1))


def test_a_reader_waits_for_a_store_that_ingest_has_just_begun(tmp_path: Path) -> None:
    begun = sqlite3.connect(tmp_path / "field.db")
    begun.execute("PRAGMA journal_mode = WAL")
    with pytest.raises(StoreUnavailable, match="start ingest"):
        open_store(f"sqlite={tmp_path}/field.db", read_only=True)
    begun.execute("CREATE TABLE someone_elses (x)")
    with pytest.raises(StoreError, match="schema 0") as refused:
        open_store(f"sqlite={tmp_path}/field.db", read_only=True)
    assert not isinstance(refused.value, StoreUnavailable)
    begun.close()


APPEND_AND_DIE = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from tests.cloud.store.test_sqlite import open_store, rows
store = open_store(sys.argv[1])
store.append(rows(0, 500))
os.kill(os.getpid(), 9)
"""


def test_what_append_returned_from_outlives_the_process(tmp_path: Path) -> None:
    died = subprocess.run(
        [sys.executable, "-c", APPEND_AND_DIE, f"sqlite={tmp_path}/field.db"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert died.returncode == -9, died.stderr
    store = open_store(f"sqlite={tmp_path}/field.db")
    assert store.counts("f")["reading"] == 500


def test_a_batch_with_a_bad_row_leaves_nothing(tmp_path: Path) -> None:
    store = open_store(f"sqlite={tmp_path}/field.db")
    bad = Stored(zone="block", message=Reading(farm="f", node="n1", boot=1, seq=2**70, t=T, values={"wind": 1.0}))
    with pytest.raises(StoreError) as caught:
        store.append([*rows(0, 10), bad])
    assert not isinstance(caught.value, StoreUnavailable)
    assert store.counts("f")["reading"] == 0


def test_a_locked_file_is_tried_again_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_connection, "BUSY_S", 0.1)
    store = open_store(f"sqlite={tmp_path}/field.db")
    other = sqlite3.connect(tmp_path / "field.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="another process"):
        store.append(rows(0, 1))
    other.execute("ROLLBACK")
    store.append(rows(0, 1))
    assert store.counts("f")["reading"] == 1


def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    store = open_store(f"sqlite={tmp_path}/field.db")
    store.append(rows(0, 5000))
    store.close()
    with (tmp_path / "field.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 400_000)
    with pytest.raises(StoreError, match="damaged"):
        open_store(f"sqlite={tmp_path}/field.db").append(rows(0, 10_000))


def test_a_file_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("Dear diary, today the apples were picked. " * 100)
    with pytest.raises(StoreError, match="not a SQLite file"):
        open_store(f"sqlite={notes}")
    assert notes.read_text().startswith("Dear diary")
    with pytest.raises(StoreError, match="folder"):
        open_store(f"sqlite={notes}/field.db")
    with pytest.raises(StoreError, match="folder"):
        open_store(f"sqlite={tmp_path}")


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path, read_only: bool) -> None:
    open_store(f"sqlite={tmp_path}/field.db").close()
    sqlite3.connect(tmp_path / "field.db", isolation_level=None).execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="schema 99"):
        open_store(f"sqlite={tmp_path}/field.db", read_only=read_only)


def test_a_channel_that_is_new_gets_its_column(tmp_path: Path) -> None:
    open_store(f"sqlite={tmp_path}/field.db").close()
    database = sqlite3.connect(tmp_path / "field.db", isolation_level=None)
    database.execute("ALTER TABLE reading DROP COLUMN battery")
    with pytest.raises(StoreError, match="no column for battery"):
        open_store(f"sqlite={tmp_path}/field.db", read_only=True)
    store = open_store(f"sqlite={tmp_path}/field.db")
    store.append(rows(0, 1))
    assert store.latest("f") == [("block", rows(0, 1)[0].message)]


SMALL = 3 * 1024 * 1024
FILL_DISK = """
import resource
import sys
from pathlib import Path
from cloud.store import open_store
from edge.contract.errors import StoreUnavailable
from tests.cloud.store.test_sqlite import rows

folder, limit = Path(sys.argv[1]), int(sys.argv[2])
(folder / "ballast").write_bytes(bytes(1_000_000))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
store = open_store(f"sqlite={folder}/field.db")
kept = 0
try:
    while True:
        store.append(rows(kept, 500))
        kept += 500
except StoreUnavailable as error:
    assert (limit > 0 or "disk is full" in str(error)) and "\\n" not in str(error), error
assert kept > 0 and store.counts("f")["reading"] == kept, kept
(folder / "ballast").unlink()
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.append(rows(kept, 500))
assert store.counts("f")["reading"] == kept + 500
print("kept", kept)
"""


def test_on_a_full_disk_rows_wait_and_nothing_kept_is_lost(tmp_path: Path) -> None:
    """A tmpfs; where mounting is not permitted, a limit on how large a file may grow."""
    fill = [sys.executable, "-c", FILL_DISK, str(tmp_path)]
    in_small_disk = [
        "unshare",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        f'mount -t tmpfs -o size={SMALL} tmpfs "$0" || exit 77; exec "$@"',
        str(tmp_path),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*in_small_disk, *fill, "-1"], cwd=ROOT, capture_output=True, text=True, env=environment, timeout=60
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        done = subprocess.run(
            [*fill, str(SMALL)], cwd=ROOT, capture_output=True, text=True, env=environment, timeout=60
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("kept")


def test_what_comes_under_a_known_identity_with_other_content_is_handed_back(tmp_path: Path) -> None:
    store = open_store(f"sqlite={tmp_path}/field.db")
    first, second = rows(0, 2)
    assert store.append([first, second]) == []
    other = replace(second, message=replace(second.message, t=T + 555))
    moved = replace(first, zone="elsewhere")
    assert store.append([first, other, moved, *rows(2, 2)]) == [other]
    assert store.counts("f")["reading"] == 4
    assert [reading.values["wind"] for _, reading in store.latest("f")] == [0.0, 0.1, 0.2, 0.3]
    store.close()


def test_open_calls_cost_nothing_of_the_thousands_that_were_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counted(monkeypatch) as work:
        store = open_store(f"sqlite={tmp_path}/field.db")
    raised = [
        Call(
            farm="f", node=f"n{node}", boot=1, seq=seq, t=T + seq, sentinel="soil", version="0badcafe", kind="dry",
            confidence=80, state="cleared" if seq % 2 else "raised", raised_t=T + seq // 2 * 2, why=(),
        )
        for node in range(20)
        for seq in range(1001 if node == 7 else 1000)
    ]  # fmt: skip
    store.append([Stored(zone="block", message=call) for call in reversed(raised)])
    work.reset()
    assert [(call.node, call.t) for _, call in store.open_calls("f")] == [("n7", T + 1000)]
    assert work.steps <= 1000
    store.close()


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
def test_a_store_of_an_earlier_version_is_brought_up_to_date_with_every_row(tmp_path: Path, version: int) -> None:
    path = tmp_path / "field.db"
    with sqlite3.connect(path) as db:
        db.executescript((FIRST_SCHEMA, second_schema(), third_schema(), fourth_schema(), fifth_schema())[version - 1])
    db.close()
    with pytest.raises(StoreUnavailable, match="start ingest once"):
        open_store(f"sqlite={path}", read_only=True)
    for _ in range(2):
        store = open_store(f"sqlite={path}")
        ((zone, reading),) = store.latest("f")
        assert (zone, reading) == ("block", Reading(farm="f", node="n1", boot=1, seq=4, t=T, values={"wind": 2.5}))
        ((_, call),) = store.open_calls("f")
        assert (call.inc, call.boot, call.seq, call.kind) == (0, 1, 5, "dry")
        store.close()
    store = open_store(f"sqlite={path}")
    swapped = Stored(zone="block", message=replace(reading, inc=9, t=T + 1))
    assert store.append([swapped]) == []
    assert store.counts("f") == {"reading": 2, "call": 1, "node": 0, "judgement": 0, "record": 0}
    while store.tend("f", Keep(readings_days="all", hourly_days="all"), T + 1):
        pass
    assert store.history("f", ["n1"], "wind", T - 2 * DAY, T + 2 * DAY, 1).mean == [2.5]
    store.append([Stored(zone="block", message=replace(call, seq=6, t=T - 1, state="cleared"))])
    assert store.open_calls("f") == []
    store.close()


def second_schema() -> str:
    """The first with incarnations."""
    return (
        FIRST_SCHEMA.replace(" boot INTEGER", " inc INTEGER NOT NULL DEFAULT 0, boot INTEGER")
        .replace("node, boot, seq", "node, inc, boot, seq")
        .replace(f"{T}, 1, ", f"{T}, 0, 1, ")
        .replace("user_version = 1", "user_version = 2")
    )


def third_schema() -> str:
    """The first with rollups."""
    rest = second_schema().replace("user_version = 2", "user_version = 3").partition("ALTER TABLE")
    inserts = "".join(rest[1:]).replace("INTO reading VALUES (", "INTO reading VALUES (1, ")
    return SCHEMA + inserts


def fourth_schema() -> str:
    """The third with the newest call of each alarm."""
    by_identity = "CASE WHEN new.inc = inc THEN (new.boot, new.seq) > (boot, seq) ELSE new.t > t END"
    keep_alarms = sqlite_schema.KEEP_ALARMS.replace(by_identity, "new.t > t")
    alarms = f"{sqlite_schema.ALARMS};{sqlite_schema.FILL_ALARMS};{keep_alarms};"
    return third_schema().replace("user_version = 3", "user_version = 4") + alarms


def fifth_schema() -> str:
    """The fourth with records."""
    return fourth_schema().replace("user_version = 4", "user_version = 5") + sqlite_schema.RECORDS


FIRST_SCHEMA = f"""
CREATE TABLE reading (farm TEXT NOT NULL, zone TEXT NOT NULL, node TEXT NOT NULL, t INTEGER NOT NULL,
    boot INTEGER NOT NULL, seq INTEGER NOT NULL, faults TEXT NOT NULL, UNIQUE (farm, node, boot, seq)) STRICT;
CREATE INDEX reading_of_node ON reading (farm, node, t);
CREATE INDEX reading_of_zone ON reading (farm, zone, t);
CREATE TABLE call (farm TEXT NOT NULL, zone TEXT NOT NULL, node TEXT NOT NULL, t INTEGER NOT NULL,
    boot INTEGER NOT NULL, seq INTEGER NOT NULL, sentinel TEXT NOT NULL, version TEXT NOT NULL, class TEXT NOT NULL,
    confidence INTEGER NOT NULL, state TEXT NOT NULL, raised_t INTEGER NOT NULL, why TEXT NOT NULL,
    UNIQUE (farm, node, boot, seq)) STRICT;
CREATE INDEX call_by_time ON call (farm, t);
CREATE TABLE node (farm TEXT NOT NULL, zone TEXT NOT NULL, node TEXT NOT NULL, t INTEGER NOT NULL,
    state TEXT NOT NULL, wake_interval_s INTEGER NOT NULL, gateway INTEGER NOT NULL, simulated INTEGER NOT NULL,
    UNIQUE (farm, node, t)) STRICT;
CREATE TABLE judgement (farm TEXT NOT NULL, zone TEXT NOT NULL, node TEXT NOT NULL, t INTEGER NOT NULL,
    sentinel TEXT NOT NULL, class TEXT NOT NULL, raised_t INTEGER NOT NULL, verdict TEXT NOT NULL, note TEXT NOT NULL,
    UNIQUE (farm, node, t)) STRICT;
ALTER TABLE reading ADD COLUMN wind REAL;
PRAGMA user_version = 1;
INSERT INTO reading VALUES ('f', 'block', 'n1', {T}, 1, 4, '', 2.5);
INSERT INTO call VALUES ('f', 'block', 'n1', {T}, 1, 5, 'soil', '0badcafe', 'dry', 80, 'raised', {T}, '[]');
"""
