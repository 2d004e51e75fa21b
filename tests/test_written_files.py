"""Options that name a place to write to are tried before the work begins; what fails later still ends in one line."""

import errno
from pathlib import Path

import pytest

from cooee import main
from edge.contract.errors import CooeeError
from edge.farm import init
from edge.written_files import replace_file, write_files
from tests.full_disk import run_with_room

MEND = "mend that, or name another place"
NOWHERE = "/proc/nowhere"


@pytest.mark.parametrize(
    "command",
    [
        f"build tomato-1 --out {NOWHERE}",
        f"train --out {NOWHERE}",
        f"train --out new --report {NOWHERE}/report.md",
        f"bench reality --json {NOWHERE}",
        f"bench reality --json {NOWHERE}/figures.json",
        f"learn --json {NOWHERE}",
        f"search rows.csv --label state --plot {NOWHERE}.svg",
        f"search rows.csv --label state --port {NOWHERE}",
        f"port model.joblib --out {NOWHERE}",
        f"image pack soil -o {NOWHERE}",
        f"store grafana influx=http://127.0.0.1:1/a/b --folder {NOWHERE}",
    ],
)
def test_a_place_that_cannot_be_written_is_named_first(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(command.split())
    assert ended.value.code == 2
    said = capfd.readouterr().err
    assert NOWHERE in said
    assert "cannot be written" in said
    assert said.count("\n") == 1
    assert not list(tmp_path.iterdir()), "nothing was made"


@pytest.mark.parametrize(
    ("command", "said"),
    [("bench reality --json folder", "a folder is there"), ("train --out file", "a file is there")],
)
def test_a_folder_is_no_file(
    command: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match="2"):
        main(command.split())
    assert said in capfd.readouterr().err


@pytest.mark.no_cover  # what counts lines would find no room either
def test_a_full_disk_is_named_by_its_file_and_leaves_none(tmp_path: Path) -> None:
    image = tmp_path / "soil.image"
    done = run_with_room(100, "image", "pack", "soil", "-o", str(image))
    assert (done.returncode, done.stderr) == (2, f"cooee: {image}: cannot be written (File too large): {MEND}\n")
    assert not image.exists()


def test_of_several_files_none_is_left_where_one_cannot_be_written(tmp_path: Path) -> None:
    """And what was not begun stays as it was."""
    (tmp_path / "kept").mkdir()
    with pytest.raises(CooeeError, match="kept: cannot be written"):
        write_files({tmp_path / "first": "1", tmp_path / "kept": "2", tmp_path / "last": "3"})
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_file_that_cannot_be_replaced_stays_with_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "farm").mkdir()
    (tmp_path / "farm" / "yaml").touch()
    with pytest.raises(CooeeError, match="farm: cannot be written"):
        replace_file(tmp_path / "farm", "new", mode=0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["farm"]


def test_what_the_system_refuses_later_ends_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "farm.yaml")

    monkeypatch.setattr(init, "command", full)
    with pytest.raises(SystemExit, match="2"):
        main(["init", str(tmp_path / "farm.yaml")])
    assert capfd.readouterr().err == "cooee: farm.yaml: No space left on device\n"
