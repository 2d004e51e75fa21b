"""`cooee init`: a farm.yaml that loads, and nothing overwritten."""

from pathlib import Path

from edge.agronomy.crops import crops, soils
from edge.farm import load_farm, parse_farm, sample_farm_text
from tests.called import cooee


def test_it_writes_a_farm_that_loads(tmp_path: Path) -> None:
    farm = tmp_path / "farm.yaml"
    done = cooee("init", farm)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Wrote {farm}" in done.stdout
    assert load_farm(farm) == parse_farm(sample_farm_text(), source="sample farm")


def test_it_overwrites_no_farm(tmp_path: Path) -> None:
    farm = tmp_path / "farm.yaml"
    farm.write_text("mine")
    done = cooee("init", farm)
    assert (done.returncode, done.stderr) == (
        2,
        f"cooee: {farm} is there already; name another file, or move it away\n",
    )
    assert farm.read_text() == "mine"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    farm = tmp_path / "none" / "farm.yaml"
    done = cooee("init", farm)
    why = "cannot be written (No such file or directory): mend that, or name another place"
    assert (done.returncode, done.stderr) == (2, f"cooee: {farm}: {why}\n")


def test_it_names_what_a_farm_may_grow(tmp_path: Path) -> None:
    done = cooee("init", "--crops")
    named, textures = done.stdout.splitlines()
    assert set(named.removeprefix("crops: ").split(", ")) == set(crops())
    assert set(textures.removeprefix("soils: ").split(", ")) == set(soils())
