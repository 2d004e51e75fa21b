"""`--farm /dev/full`, a pipe or 2 GB were read for ever, or until memory was full."""

import os
from pathlib import Path

import pytest

from cloud.notify.people import PeopleError, load_people
from cooee import main
from edge.farm import load_farm, parse_farm, sample_farm_text
from edge.farm.map import MapError, read_geojson

FARM = parse_farm(sample_farm_text(), source="sample")


@pytest.fixture(params=["device", "pipe", "2 GB"])
def endless(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A file and what is said of it."""
    path = tmp_path / "given"
    if request.param == "device":
        return Path("/dev/full"), "it is a device or a pipe"
    if request.param == "pipe":
        os.mkfifo(path, 0o600)
        return path, "it is a device or a pipe"
    path.touch(0o600)
    os.truncate(path, 2 << 30)
    return path, "it is larger than any file of a farm, 10 MB at most"


def test_a_farm(endless: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    path, words = endless
    with pytest.raises(SystemExit) as ended:
        main(["power", "node", "--farm", str(path)])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert words in said
    assert said.count("\n") == 1


def test_a_map(endless: tuple[Path, str]) -> None:
    path, words = endless
    with pytest.raises(MapError, match=words):
        read_geojson(path, FARM)


def test_people(endless: tuple[Path, str]) -> None:
    path, words = endless
    with pytest.raises(PeopleError, match="others can read" if path.is_char_device() else words):
        load_people(path, FARM)


def test_10_mb_are_read(tmp_path: Path) -> None:
    text = sample_farm_text()
    (tmp_path / "farm.yaml").write_text(text + "#" * (10_000_000 - len(text.encode())))
    assert load_farm(tmp_path / "farm.yaml") == FARM
