"""`cooee backup` and `cooee restore`: taken while ingest writes, whole or not at all, nothing overwritten."""

import gzip
import io
import resource
import tarfile
import threading
from contextlib import closing
from pathlib import Path

import pytest

import cooee
from cloud.store import open_store
from edge.contract.messages import Reading
from edge.farm import sample_farm_text
from edge.node.keys import enrol, read_keys
from edge.service.quarantine import Quarantine, Refused
from tests.cloud.store.test_sqlite import rows
from tests.full_disk import run_with_room


@pytest.fixture
def farm(tmp_path: Path) -> Path:
    """A folder with farm.yaml and data."""
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "farm.yaml").write_text(sample_farm_text())
    (folder / "data").mkdir(mode=0o700)
    enrol(folder / "data", ["tomato-1"])
    (folder / "data" / "boards").mkdir(mode=0o700)
    (folder / "data" / "boards" / "tomato-1.h").write_text("#define NODE_KEY\n")
    (folder / "data" / "ingest.lock").touch()
    with closing(Quarantine(folder / "data" / "quarantine.db")) as quarantine:
        quarantine.add([Refused(source="topic", kind="payload", reason="no JSON", content=b"{")])
    with closing(open_store(f"sqlite={folder}/data/cooee.db")) as store:
        store.append(rows(0, 5000))
    return folder


def run(command: str, file: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        cooee.main([command, str(file), "--farm", f"{folder}/farm.yaml", "--data", f"{folder}/data"])
    out, err = capsys.readouterr()
    assert (out == "") == (ended.value.code == 2)
    assert err.count("\n") == (ended.value.code == 2)
    assert isinstance(ended.value.code, int)
    return ended.value.code, out + err


def test_a_farm_comes_back_with_keys_and_quarantine(
    farm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, there = tmp_path / "farm.backup", tmp_path / "there"
    assert run("backup", file, farm, capsys) == (
        0,
        f"5 files in {file}, which only you can read: the nodes' keys are in it\n",
    )
    assert file.stat().st_mode & 0o777 == 0o600
    assert run("restore", file, there, capsys)[1] == f"farm whately: 5 files, in {there}/farm.yaml and {there}/data\n"
    paths = sorted(path.relative_to(there) for path in there.rglob("*"))
    assert [str(path) for path in paths] == [
        "data", "data/boards", "data/boards/tomato-1.h", "data/cooee.db", "data/keys.toml", "data/quarantine.db",
        "farm.yaml",
    ]  # fmt: skip
    assert {path.stat().st_mode & 0o077 for path in there.rglob("*")} == {0}
    assert read_keys(there / "data" / "keys.toml") == read_keys(farm / "data" / "keys.toml")
    assert (there / "farm.yaml").read_bytes() == (farm / "farm.yaml").read_bytes()
    with closing(Quarantine(there / "data" / "quarantine.db")) as quarantine:
        assert [entry.refused.reason for entry in quarantine.newest(9)] == ["no JSON"]
    with closing(open_store(f"sqlite={there}/data/cooee.db")) as store:
        assert store.counts("f")["reading"] == 5000
        store.append(rows(5000, 10))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["farm.backup", "here", "there"]


def test_it_is_taken_while_ingest_writes(farm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stop, kept = threading.Event(), [5000]

    def write() -> None:
        with closing(open_store(f"sqlite={farm}/data/cooee.db")) as store:
            while not stop.is_set():
                store.append(rows(kept[0], 50))
                kept[0] += 50

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while kept[0] < 5200:
            assert writer.is_alive()
        least = kept[0]
        assert run("backup", tmp_path / "b", farm, capsys)[0] == 0
    finally:
        stop.set()
        writer.join()
    assert run("restore", tmp_path / "b", tmp_path / "there", capsys)[0] == 0
    with closing(open_store(f"sqlite={tmp_path}/there/data/cooee.db")) as store:
        found = [row.message for row in store.rows("f", "reading", 0, 2**41)]
    assert least <= len(found) <= kept[0]
    assert len(found) % 50 == 0
    assert [message.seq for message in found if isinstance(message, Reading)] == list(range(len(found)))


def test_nothing_is_overwritten(farm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "b"
    run("backup", file, farm, capsys)
    assert "is there already" in run("backup", file, farm, capsys)[1]
    assert "farm.yaml is there already: restore overwrites nothing" in run("restore", file, farm, capsys)[1]
    (farm / "farm.yaml").unlink()
    assert "data is not empty: restore overwrites nothing" in run("restore", file, farm, capsys)[1]
    assert read_keys(farm / "data" / "keys.toml")


def archive(file: Path, *members: tuple[str, bytes]) -> None:
    with tarfile.open(file, "w:gz") as made:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))


def test_a_foreign_or_damaged_file_changes_nothing(
    farm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, file, there = tmp_path / "whole", tmp_path / "bad", tmp_path / "there"
    run("backup", whole, farm, capsys)
    sound = whole.read_bytes()
    cases: list[tuple[bytes, str]] = [
        (sound[: len(sound) // 2], "no whole backup"),
        (sound[:9000] + bytes([sound[9000] ^ 1]) + sound[9001:], "no whole backup"),
        (b"Dear diary", "no whole backup"),
        (b"", "no whole backup"),
        (gzip.compress(b"Dear diary" * 100), "no whole backup"),
    ]
    for content, says in cases:
        file.write_bytes(content)
        assert says in run("restore", file, there, capsys)[1]
    for name in ("../evil", "/etc/evil", "data/../../evil", "data/.ssh/x", "evil"):
        archive(file, (name, b"x"))
        assert "does not belong into one" in run("restore", file, there, capsys)[1]
    archive(file, ("farm.yaml", b"x"), ("cooee-backup.json", b'{"format": 1, "farm": "f", "files": {}}'))
    assert "not what its list says" in run("restore", file, there, capsys)[1]
    archive(file, ("farm.yaml", b"x"))
    assert "not what its list says" in run("restore", file, there, capsys)[1]
    assert "is no file" in run("restore", tmp_path / "none", there, capsys)[1]
    assert sorted(path.name for path in tmp_path.rglob("*") if "evil" in path.name) == []
    assert [path for path in there.rglob("*") if path.is_file()] == []


@pytest.mark.no_cover  # what counts lines would find no room either
@pytest.mark.parametrize("command", ["backup", "restore"])
def test_no_room_leaves_nothing(farm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    file, folder = tmp_path / "b", farm
    if command == "restore":
        run("backup", file, farm, capsys)
        folder = tmp_path / "there"
    options = str(file), "--farm", f"{folder}/farm.yaml", "--data", f"{folder}/data"
    done = run_with_room(40_000, command, *options)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "make room" in done.stderr
    left = [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_relative_to(farm)]
    assert left == ([file] if command == "restore" else [])
