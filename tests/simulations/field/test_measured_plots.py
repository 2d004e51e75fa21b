"""Measured plots are read whole and replayed as pyfao56 replays them."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from bench.water import measure, replay_by_pyfao56, score
from edge.contract.errors import CooeeError
from simulations.field.measured_plots import replay
from simulations.field.plot_files import read_plots

DATA = Path(__file__).parents[1] / "data"
PYFAO56_CORN_RMSE_MM = 12.8
"""What its authors state for this plot."""


def test_layered_soil_and_an_observed_canopy_as_pyfao56() -> None:
    (plot,) = read_plots(DATA / "corn2023")
    replayed, pyfao56 = replay(plot), replay_by_pyfao56(plot)
    # pyfao56 sums its layers in whole millimetres of depth.
    np.testing.assert_allclose(replayed.depletion[plot.start :], pyfao56.depletion[plot.start :], atol=0.1)
    np.testing.assert_allclose(replayed.raw[plot.start :], pyfao56.raw[plot.start :], atol=0.1)
    found = score([plot], [replayed])
    assert found.rmse_mm <= PYFAO56_CORN_RMSE_MM
    assert len(plot.measured) == 34


def test_cotton_tubes_as_pyfao56() -> None:
    result = measure(DATA / "cotton2018")
    assert [row["plot"] for row in result["rows"]] == ["p01-1", "p05-2"], "p06-1 has no measured depletion"
    assert result["measurements"] == 40
    assert result["stressed"] == 9
    assert result["rmse_mm"] == pytest.approx(result["pyfao56"]["rmse_mm"], abs=0.15)
    assert result["bias_mm"] == pytest.approx(result["pyfao56"]["bias_mm"], abs=0.15)
    assert result["balanced_accuracy"] == pytest.approx(result["pyfao56"]["balanced_accuracy"], abs=0.03)


def test_the_limits_behind_a_tube_are_those_of_all_its_rows() -> None:
    """The first measurement gives the soil; all later ones must have been made with the same."""
    plot = next(p for p in read_plots(DATA / "cotton2018") if p.name == "p01-1")
    taw = 1000 * float(((plot.layers.fc - plot.layers.wp) * np.diff(plot.layers.bottom_m, prepend=0)).sum())
    assert taw == pytest.approx(51.579 / 0.465, rel=0.005), "row of day 189: mDrmax over mfDrmax"


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("cotton2018.par", "Kcbmid,", "Kcbmiddle,", "Kcbmid is missing"),
        ("cotton2018.wth", "2018-110", "2018-111", "2018-04-20 is missing"),
        ("cotton2018.wth", "  5.43      M", "   NaN      M", "ETref is missing on 2018-108"),
        ("cotton2018.wth", " 28.80 ", " 28,80 ", "'28,80' is not a number"),
        ("irrigation.csv", "p05-2", "p99-9", "has no column p05-2"),
        ("cotton2018p01-1.sws", "2018-133 10", "2018-133 10\n", "line 10: 9 columns are needed, found 2"),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path: Path, name: str, old: str, new: str, message: str) -> None:
    folder = shutil.copytree(DATA / "cotton2018", tmp_path / "plots")
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))
    with pytest.raises(CooeeError, match=message) as error:
        read_plots(folder)
    assert name in str(error.value)


def test_a_first_measurement_at_field_capacity_still_gives_the_soil(tmp_path: Path) -> None:
    """Nothing can be divided by a share of 0.000: the rows after it, or the greatest roots, say what the soil holds."""
    folder = shutil.copytree(DATA / "cotton2018", tmp_path / "plots")
    path = folder / "cotton2018p01-1.sws"
    text = path.read_text()
    plain = next(p for p in read_plots(folder) if p.name == "p01-1")
    path.write_text(text.replace("0.180    7.286   23.996  0.270   0.216", "0.180    0.000    0.000  0.000   0.000"))
    plot = next(p for p in read_plots(folder) if p.name == "p01-1")
    np.testing.assert_allclose(plot.layers.fc - plot.layers.wp, plain.layers.fc - plain.layers.wp, rtol=0.01)
    assert replay(plot).depletion[plot.start] < replay(plain).depletion[plain.start]


def test_a_plot_with_nothing_to_score_is_left_out(tmp_path: Path) -> None:
    folder = shutil.copytree(DATA / "cotton2018", tmp_path / "plots")
    path = folder / "cotton2018p05-2.sws"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:9]) + "\n")
    assert [p.name for p in read_plots(folder)] == ["p01-1"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CooeeError, match=r"one \.par file is needed, found 0"):
        read_plots(tmp_path)
