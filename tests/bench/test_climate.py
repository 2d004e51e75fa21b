"""`cooee bench climate` writes what it promises."""

from pathlib import Path

import pytest

from bench import climate

from .pictures import pixels_of


def test_station_and_generator_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    climate.command(years=20, seed=1, figure=tmp_path / "climate.png")
    printed = capsys.readouterr().out
    assert "| t_min, degC: mean, spread of days, of months, of years | 6.08, 3.71, 1.70, 0.73 | " in printed
    assert pixels_of(tmp_path / "climate.png", climate.STATION) >= 200
    assert pixels_of(tmp_path / "climate.png", climate.MADE) >= 200
