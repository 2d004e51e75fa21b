"""What `cooee calibrate` reckons and refuses; tests/firmware/test_uno_calibrate.py has it on a board."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from edge.contract.channels import channel
from edge.contract.errors import CooeeError
from edge.farm import load_farm, sample_farm_text
from edge.farm.calibration import ROUGH, mv_of
from edge.live.calibrate import command, gravimetric, write


@pytest.mark.parametrize("name", ROUGH)
def test_the_rough_line_is_plausible_at_every_voltage_and_finer_than_the_converter(name: str) -> None:
    """A step of the converter is 4.9 mV, and a W/m2 on the rough line 2.8 mV."""
    (x0, y0), (x1, y1) = ROUGH[name]
    for mv in range(0, 5001, 10):
        value = channel(name).to_value(channel(name).to_raw(y0 + (mv - x0) * (y1 - y0) / (x1 - x0)))
        assert value is not None
        assert channel(name).plausible(value)
        assert mv_of(name, ROUGH[name], value) == pytest.approx(mv, abs=0.5 if channel(name).scale < 1 else 1.4)


@pytest.mark.parametrize(
    ("points", "value", "mv"),
    [
        (((1000, 0.40), (2000, 0.20), (3000, 0.05)), 0.30, 1500),
        (((1000, 0.40), (2000, 0.20), (3000, 0.05)), 0.125, 2500),
        (((1000, 0.40), (2000, 0.20), (3000, 0.05)), 0.44, 800),
        (((1000, 0.40), (2000, 0.20), (3000, 0.05)), 0.02, 3200),
        (((1000, 0.05), (2000, 0.25)), 0.30, 2250),
        (((1000, 0.40), (3000, 0.05)), 0.0, None),
    ],
)
def test_millivolts_are_those_between_and_beyond_the_points(
    points: tuple[tuple[int, float], ...], value: float, mv: float | None
) -> None:
    assert mv_of("soil_moisture_10cm", points, value) == (mv if mv is None else pytest.approx(mv))


def test_a_sample_by_weight() -> None:
    """A cylinder of 100 cm3 that holds 130 g of dry soil and 26 cm3 of water."""
    assert gravimetric(156, 130, 1.3) == pytest.approx(0.26)
    for wet, dry, bulk in ((100, 130, 1.3), (156, 0, 1.3), (156, 130, 130)):
        with pytest.raises(CooeeError, match="cannot be"):
            gravimetric(wet, dry, bulk)


def test_points_that_cannot_be_leave_farm_yaml_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "farm.yaml"
    path.write_text(sample_farm_text())
    node = load_farm(path).node_by_id["tomato-1"]
    with pytest.raises(CooeeError, match="write a share, not a percentage"):
        write(path, node, "soil_moisture_10cm", ((1310, 31), (2480, 9)))
    with pytest.raises(CooeeError, match="the water must rise with every voltage"):
        write(path, node, "soil_moisture_10cm", ((1310, 0.3), (2000, 0.1), (2480, 0.2)))
    assert path.read_text() == sample_farm_text()
    farm = write(path, node, "soil_moisture_10cm", ((2480, 0.09), (1310, 0.31)))
    assert farm.node_by_id["tomato-1"].calibration == {"soil_moisture_10cm": ((1310, 0.31), (2480, 0.09))}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tomato-weather"], "tomato-weather has no probe to calibrate"),
        (
            ["tomato-1", "--channel", "ethylene"],
            "has soil_moisture_10cm, soil_moisture_30cm to calibrate, not ethylene",
        ),
        (["store-3", "--point", "400"], "write MV=VALUE, as in 2480=0.09"),
        (["store-3", "--point", "400=nan"], "write MV=VALUE, as in 2480=0.09"),
        (["store-3", "--port", "/dev/nowhere"], "/dev/nowhere is not there"),
        (["store-3", "--mqtt", "127.0.0.1:1"], "no broker there"),
        (["store-3", "--point", "400=0", "--point", "390=5"], "in clean air, and a higher"),
    ],
)
def test_what_is_wrong_is_one_clear_line(words: list[str], message: str, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(command)
    (tmp_path / "farm.yaml").write_text(sample_farm_text())
    options = ["--farm", str(tmp_path / "farm.yaml"), "--data", str(tmp_path / "data")]
    done = CliRunner().invoke(app, [*words, *options])
    assert isinstance(done.exception, CooeeError)
    assert message in str(done.exception)
    assert (tmp_path / "farm.yaml").read_text() == sample_farm_text()
