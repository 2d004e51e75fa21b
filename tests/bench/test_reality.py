"""Reality by folders whose truth is known by hand."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bench.bootstrap import Tally
from bench.cli import app
from bench.reality.cli import measure
from edge.contract.errors import CooeeError

COTTON = Path(__file__).parents[1] / "simulations" / "data" / "cotton2018"
SITE = '["{}"]\nlatitude = 42.4\nelevation_m = 250\nutc_offset_h = 0.0\n'


MAY = datetime(2015, 5, 1, tzinfo=UTC)


def station(folder: Path, temperature: list[float], humidity: float = 60.0, begin: datetime = MAY) -> None:
    """Hours from a midnight on, in the folder's weather."""
    (folder / "weather").mkdir(parents=True, exist_ok=True)
    lines = ["when,temperature,rel_humidity,wind_speed,pressure,rainfall,solar_radiation"]
    for hour, degc in enumerate(temperature):
        when = begin + timedelta(hours=hour)
        sun = 500 * max(0.0, np.sin((when.hour - 6) / 12 * np.pi))
        lines.append(f"{when:%Y-%m-%d %H:%M:%S},{degc},{humidity},1.0,1000,0.0,{sun:.1f}")
    (folder / "weather" / "mine.csv").write_text("\n".join(lines) + "\n")
    (folder / "weather" / "sites.toml").write_text(SITE.format("mine.csv"))


def one_frost() -> list[float]:
    """Ten days of 10 degC; in the night to 6 May it falls by 2 K an hour from 20 h on to -4 degC at 3 h, and is back at
    10 degC at 10 h."""
    hours = [10.0] * 240
    for i in range(8):
        hours[4 * 24 + 20 + i] = 10.0 - 2 * i
        hours[5 * 24 + 3 + i] = -4.0 + 2 * i
    return hours


def test_a_frost_by_hand(tmp_path: Path) -> None:
    """It passes 1 degC between 0 h and 1 h, and 0 degC after 1 h: half an hour of lead, to 10 minutes."""
    station(tmp_path, one_frost())
    frost = measure(tmp_path)["frost"]
    fixed = frost["1 degC"]
    assert (fixed["troubles"], fixed["found"], fixed["false"], fixed["in_time"]) == (1, 1, 0, 0)
    assert fixed["lead_h"]["value"] == pytest.approx(0.5, abs=0.17)
    assert fixed["exposure"] == pytest.approx(10 / 30.44, abs=0.01)
    assert {line["troubles"] for line in frost.values()} == {1}
    # At 18 h it was 10 degC and 60 %, as on every day: a wet bulb of 6.4 degC, 4 K above 0.
    assert frost["wet bulb at 18 h"]["calls"] == 0


def test_what_was_not_measured_is_no_frost(tmp_path: Path) -> None:
    """The night's hours below 0 degC are left empty; the straight line over them passes below it."""
    hours: list[float | str] = [*one_frost()]
    for hour in range(5 * 24 + 2, 5 * 24 + 5):
        hours[hour] = ""
    station(tmp_path, hours)  # type: ignore[arg-type]  # an empty cell
    assert measure(tmp_path)["frost"]["1 degC"]["troubles"] == 0


def test_two_humid_days_are_disease_weather(tmp_path: Path) -> None:
    station(tmp_path, [15.0] * 240, humidity=95.0)
    disease = measure(tmp_path)["disease"]
    assert disease["one Hutton day"]["troubles"] == 1
    assert disease["one Hutton day"]["lead_h"]["value"] == pytest.approx(24.0)
    assert "wind" not in measure(tmp_path)


def test_stress_is_what_was_measured(tmp_path: Path) -> None:
    """Measurements with mKs below 1 of the plots' files, after the first."""
    (tmp_path / "cotton").symlink_to(COTTON)
    dry = measure(tmp_path)["too_dry"]
    by_hand = [
        float(line.split()[-1])
        for path in sorted(COTTON.glob("*.sws"))
        for line in [x for x in path.read_text().splitlines() if x.startswith("2018-") and "nan" not in x.lower()][1:]
    ]
    assert {who: line["troubles"] for who, line in dry.items()} == dict.fromkeys(dry, sum(ks < 1 for ks in by_hand))
    assert dry["FAO-56 RAW, 30 cm"]["exposure"] == sum(ks >= 1 for ks in by_hand)


def test_ripening_by_hand(tmp_path: Path) -> None:
    """Ethylene passes 1 ppm 10 hours before the fruit is seen to ripen, once, and stays; the hours without a reading
    are not watched."""
    (tmp_path / "kiwifruit").mkdir()
    lines = ["time,ethylene,ripening"]
    for hour in range(400):
        ppm = "" if 100 <= hour < 110 else 0.02 if hour < 240 else 1.5
        lines.append(
            f"{datetime(2024, 5, 1, tzinfo=UTC) + timedelta(hours=hour):%Y-%m-%dT%H:%M},{ppm},{int(hour >= 250)}"
        )
    (tmp_path / "kiwifruit" / "room.csv").write_text("\n".join(lines))
    line = measure(tmp_path)["ripening"]["1 ppm"]
    assert (line["troubles"], line["found"], line["false"], line["lead_h"]["value"]) == (1, 1, 0, 10.0)
    assert line["exposure"] == pytest.approx(390 / 730.5, abs=0.01)


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("kiwifruit/a.csv", "time,ppm\n2024-01-01,1\n", "column ethylene is missing"),
        ("kiwifruit/a.csv", "time,ethylene,ripening\n2024-01-01,1,0\n2024-01-01,1,0\n", "must rise in equal steps"),
        ("weather/a.csv", "time,foo\n1,2\n", "a.csv"),
        ("weather/sites.toml", '["a.csv"]\nlat = 3\n', "with latitude and elevation_m"),
        ("soil/a.csv", "when,x\n2024-01-01 00:00:00,0.2\n2024-01-01 02:00:00,0.2\n", "plot|treatment|position"),
        ("cotton/a.par", "", "is missing"),
        ("else/a.csv", "", "has none of the folders"),
    ],
)
def test_bad_files_get_one_line(tmp_path: Path, file: str, text: str, says: str) -> None:
    (tmp_path / file).parent.mkdir()
    (tmp_path / file).write_text(text)
    with pytest.raises(CooeeError) as error:
        measure(tmp_path)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_the_command_writes_what_it_shows(tmp_path: Path) -> None:
    station(tmp_path, one_frost())
    done = CliRunner().invoke(app, ["reality", "--data", str(tmp_path), "--json", str(tmp_path / "r.json")])
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "r.json").read_text())["frost"]["1 degC"]["found"] == 1
    assert "frost: 1 places" in done.output


def test_intervals_are_as_wide_as_they_should_be() -> None:
    """100 places of one day each, half of them found: 1.96 sqrt(.25 / 100) on either side."""
    tally = Tally(unit="day")
    for place in range(100):
        tally.add(str(place), 0, troubles=1, found=place % 2, exposure=1)
    recall = tally.figures()["recall"]
    assert recall["value"] == 0.5
    assert 0.38 < recall["low"] < 0.43
    assert 0.57 < recall["high"] < 0.62
    assert tally.figures()["false_rate"] == {"value": 0.0, "low": 0.0, "high": 0.03}


def test_many_stations_in_one_night_are_one_night() -> None:
    """Ten stations that all found the frost of one night and missed that of the other say little."""
    tally = Tally(unit="night")
    for place in range(10):
        for night in range(2):
            tally.add(str(place), night, troubles=1, found=night, exposure=1)
    recall = tally.figures()["recall"]
    assert (recall["low"], recall["high"]) == (0.0, 1.0)
