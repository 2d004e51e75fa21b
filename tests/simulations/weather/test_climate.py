"""Generated days are like those of the station the climate was fitted to, a wrong model is found out, and 10-minute
weather keeps to its days."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from numpy.typing import NDArray
from typer.testing import CliRunner

from bench.evenings import evening_shows
from edge.contract.errors import CooeeError
from simulations.rng import stream
from simulations.scenarios.scenario import load
from simulations.time_grid import STEPS_A_DAY
from simulations.weather import climate_fit
from simulations.weather.climate import (
    CLIMATES,
    VARIABLES,
    Climate,
    bundled,
    generate,
    generate_days,
    read_climate,
    write_climate,
)
from simulations.weather.climate_fit import main
from simulations.weather.climate_statistics import MONTHS, QUANTITIES, statistics
from simulations.weather.daily import DailyWeather
from simulations.weather.formats import AIRPORTS
from simulations.weather.fragments import by_step
from simulations.weather.nights import NOON
from simulations.weather.ten_minutes import new_york, whately
from simulations.weather.whole_years import whole_years

Floats = NDArray[np.float64]
command = typer.Typer()
command.command()(main)
YEARS, STATION_YEARS = 60, 40
OF_THE_DIFFERENCE = float(np.sqrt(1 / YEARS + 1 / STATION_YEARS))
"""Standard error of a difference between the means of both, in standard deviations from year to year."""


def faults(made: dict[str, Floats], station: dict[str, Floats]) -> set[str]:
    """What of generated years is not like the station. Limits are standard errors where they are known (a spread's is
    15 % for a month, 4 % for twelve), and otherwise what seeds differ by."""
    found = set()
    days_of_month = np.array([len(m) for m in MONTHS])

    def within(name: str, off: Floats, most: float, typical: float = np.inf) -> None:
        if np.abs(off).max() > most or np.sqrt((off**2).mean()) > typical:
            found.add(name)

    means = (made["mean"] - station["mean"]) / (station["spread_of_months"] * OF_THE_DIFFERENCE)
    within("means", means, 4, 1.35)
    within("means of years", means.mean(axis=1) * np.sqrt(12), 4)
    within("spread of days", np.log(made["spread"] / station["spread"]), 0.3, 0.09)
    months = np.log(
        np.sqrt((made["spread_of_months"] ** 2).sum(axis=1) / (station["spread_of_months"] ** 2).sum(axis=1))
    )
    within("spread of months", months, 0.2)
    share = station["wet_share"]
    # Wet days come in spells: a month has a third as many independent ones as it has days.
    within(
        "wet days",
        (made["wet_share"] - share) / np.sqrt(share * (1 - share) * 3 / days_of_month) / OF_THE_DIFFERENCE,
        4,
        1.5,
    )
    for name in ("wet_spells", "dry_spells", "frost_spells"):
        often = np.maximum(station[name], 0.5)
        within(name, (made[name] - station[name]) / np.sqrt(often) / OF_THE_DIFFERENCE, 4.5)
    cold = station["frost_nights"] > 0.5
    frosts, spread, station_frosts, station_spread = (
        s[n][cold] for s in (made, station) for n in ("frost_nights", "frost_spread")
    )
    within("frost nights", (frosts - station_frosts) / station_spread / OF_THE_DIFFERENCE, 3.5, 1.6)
    within("spread of frost nights", np.log(spread / station_spread), 0.55, 0.27)
    within("next day", made["next_day"] - station["next_day"], 0.16, 0.05)
    within("together", made["together"] - station["together"], 0.15, 0.045)
    return found


def of_years(climate: Climate, seed: int) -> dict[str, Floats]:
    return statistics(generate_days(climate, YEARS, stream(seed, "test")))


def test_generated_years_are_like_the_stations() -> None:
    climate = bundled("de-bilt")
    for seed in (1, 2):
        assert not faults(of_years(climate, seed), climate.station)


@pytest.mark.parametrize("name", CLIMATES)
def test_every_climates_years_have_the_stations_means(name: str) -> None:
    """Shorter, drier records than De Bilt's: rain to a tenth, temperature to 0.3 degC, humidity to 1.5 %, radiation to
    0.5 MJ/m2/d."""
    climate = bundled(name)
    made, station = (values["mean"].mean(axis=1) for values in (of_years(climate, 1), climate.station))
    off = dict(zip(QUANTITIES, np.abs(made - station), strict=True))
    assert off["rain"] < 0.1 * station[QUANTITIES.index("rain")]
    assert max(off["t_min"], off["t_max"]) < 0.3
    assert off["rh_mean"] < 1.5
    assert off["radiation"] < 0.5


def _of(variable: str, climate: Climate) -> Floats:
    """1 where the means of a variable's quantiles are, 0 elsewhere."""
    one = np.zeros_like(climate.quantiles)
    one[VARIABLES.index(variable), :, :, 0] = 1
    return one


WRONG: dict[str, tuple[Callable[[Climate], Climate], set[str]]] = {
    "days are independent": (lambda c: replace(c, step=0 * c.step), {"next day", "spread of months"}),
    "months are too much alike": (lambda c: replace(c, slow=0 * c.slow), {"spread of months"}),
    "quantities do not go together": (
        lambda c: replace(c, noise=np.stack([np.diag(np.diag(n)) for n in c.noise])),
        {"together"},
    ),
    "rain does not come in spells": (
        lambda c: replace(c, occurrence=c.occurrence.mean(axis=0) + 0 * c.occurrence),
        {"wet_spells", "dry_spells"},
    ),
    "the wet season is the dry one": (
        lambda c: replace(c, occurrence=c.occurrence * np.array([1, -1, -1, -1, -1])),
        {"wet days"},
    ),
    "a degree too warm": (
        lambda c: replace(c, quantiles=c.quantiles + 1.0 * _of("t_min", c)),
        {"means of years", "frost nights"},
    ),
    "a fifth more rain": (lambda c: replace(c, quantiles=c.quantiles + 0.2 * _of("rain", c)), {"means of years"}),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_model_is_found_out(wrong: str) -> None:
    climate = bundled("de-bilt")
    change, expected = WRONG[wrong]
    assert expected <= faults(of_years(change(climate), 1), climate.station)


@pytest.fixture(scope="module")
def made() -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Three years of days, and by name their 10-minute steps (days, steps)."""
    climate, rng = bundled("de-bilt"), stream(1, "test")
    days, steps = [], []
    for year in range(3):
        days.append({name: values[0] for name, values in generate_days(climate, 1, rng).items()})
        steps.append(by_step(days[year], whately(), climate.latitude, rng))
    return (
        {name: np.concatenate([d[name] for d in days]) for name in days[0]},
        {name: np.concatenate([s[name] for s in steps]).reshape(-1, STEPS_A_DAY) for name in steps[0]},
    )


def test_steps_keep_to_their_days(made: tuple[dict[str, Floats], dict[str, Floats]]) -> None:
    days, steps = made
    assert steps["temperature"].max(axis=1) == pytest.approx(days["t_max"], abs=1e-6)
    nights = np.stack([steps["temperature"].ravel()[day * STEPS_A_DAY - NOON :][:STEPS_A_DAY] for day in range(1, 365)])
    assert nights.min(axis=1) == pytest.approx(days["t_min"][1:365], abs=1e-6)
    evening = days["t_min"] - steps["temperature"].min(axis=1)
    assert 0.1 < (evening > 0.1).mean() < 0.35, "at Whately the evening is the coldest of 31 % of the days"
    assert steps["humidity"].max(axis=1) == pytest.approx(days["rh_max"], abs=1e-6)
    assert steps["humidity"].min(axis=1) == pytest.approx(days["rh_min"], abs=1e-6)
    assert steps["wind"].mean(axis=1) == pytest.approx(days["wind"], abs=1e-6)
    assert steps["gust"].max(axis=1) == pytest.approx(days["gust"], abs=1e-6)
    assert steps["rain"].sum(axis=1) == pytest.approx(days["rain"], abs=1e-6)
    assert steps["radiation"].mean(axis=1) * 0.0864 == pytest.approx(days["radiation"], abs=1e-6)
    assert steps["pressure"].mean(axis=1) == pytest.approx(days["pressure"], abs=1e-6)
    humidity = np.abs(steps["humidity"].mean(axis=1) - days["rh_mean"])
    assert (humidity < 0.5).mean() > 0.93, "a course is bent only so far"
    assert humidity.mean() < 0.2


def test_an_evening_shows_as_much_of_the_morning_as_a_measured_one() -> None:
    """And no more. What is left open at midnight was 1.7 degC at De Bilt while days were joined there."""
    measured = [evening_shows(weathers, 24) for weathers in ([whately()], [new_york(a) for a in AIRPORTS])]
    for name in ("de-bilt", "davis"):
        made = evening_shows([generate(bundled(name), 40 + seed) for seed in range(3)], 24)
        assert 0.8 * min(m["open"] for m in measured) < made["open"] < 1.35 * max(m["open"] for m in measured)
        assert made["with_temperature"] > min(m["with_temperature"] for m in measured) - 0.2
        assert made["with_dryness"] > 0.2


def test_nothing_jumps_at_midnight_or_noon_and_nothing_is_out_of_bounds(
    made: tuple[dict[str, Floats], dict[str, Floats]],
) -> None:
    _, steps = made
    for name in ("temperature", "humidity", "pressure"):
        # Years follow each other here, as they do not otherwise.
        jumps = np.delete(np.abs(steps[name][1:, 0] - steps[name][:-1, -1]), [364, 729])
        most = np.quantile(np.abs(np.diff(getattr(whately(), name))), 0.99)
        assert jumps.max() <= most, name
        assert np.quantile(np.abs(steps[name][:, NOON] - steps[name][:, NOON - 1]), 0.99) <= most, name
    wind = np.abs(steps["wind"][1:, 0] - steps["wind"][:-1, -1])
    assert np.median(wind) < 2 * np.median(np.abs(np.diff(steps["wind"], axis=1)))
    assert 1 <= steps["humidity"].min() < steps["humidity"].max() <= 100
    assert (steps["gust"] >= steps["wind"]).all()
    assert min(steps[name].min() for name in ("wind", "rain", "radiation")) >= 0
    assert steps["radiation"].max() < 1361
    assert not steps["radiation"][:, :12].any(), "the sun does not shine at midnight"


def test_a_seed_is_a_year() -> None:
    one, again, other = (generate(bundled("de-bilt"), seed) for seed in (1, 1, 2))
    assert (one.name, one.days, one.utc_offset_h) == ("climate-de-bilt-1", 365, 0)
    np.testing.assert_array_equal(one.temperature, again.temperature)
    assert not np.array_equal(one.temperature, other.temperature)


def test_south_of_the_equator_january_takes_its_courses_from_july() -> None:
    here = generate_days(bundled("de-bilt"), 1, stream(1, "test"))
    there = {name: np.roll(values[0], 182) for name, values in here.items()}
    steps = by_step(there, whately(), -52.1, stream(1, "test"))
    sunny = (steps["radiation"].reshape(-1, STEPS_A_DAY) > 0).mean(axis=1) * 24
    assert sunny[:20].min() > 15, "hours, at midsummer"
    assert sunny[172:192].max() < 9


def test_a_climate_is_written_and_read(tmp_path: Path) -> None:
    climate = bundled("de-bilt")
    path = tmp_path / "mine.toml"
    write_climate(climate, path, "a test")
    again = read_climate(path)
    np.testing.assert_array_equal(again.step, climate.step)
    np.testing.assert_array_equal(again.station["together"], climate.station["together"])


def test_a_climate_is_found_again_in_what_it_generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Years of it, written as KNMI writes them, give a climate that a scenario can name and that is like them."""
    days = generate_days(bundled("de-bilt"), STATION_YEARS, stream(1, "test"))
    tenths = {"TX": "t_max", "TN": "t_min", "RH": "rain", "FG": "wind", "FXX": "gust", "PG": "pressure"}
    columns = {column: np.round(10 * days[name]) for column, name in tenths.items()}
    columns |= {
        column: days[name].round() for column, name in {"UX": "rh_max", "UN": "rh_min", "UG": "rh_mean"}.items()
    }
    columns |= {"Q": np.round(100 * days["radiation"])}
    # Leap days are left out: they are not known, and a climate does not use them.
    dates = pd.date_range("2001-01-01", periods=STATION_YEARS * 366, freq="D")
    dates = dates[~((dates.month == 2) & (dates.day == 29))][: STATION_YEARS * 365]
    table = pd.DataFrame(
        {"STN": 260, "YYYYMMDD": dates.strftime("%Y%m%d")} | {c: v.ravel().astype(int) for c, v in columns.items()}
    )
    table.to_csv(tmp_path / "record.csv", index=False)
    mine = tmp_path / "mine.toml"
    monkeypatch.setattr(climate_fit, "ROUNDS", 8)
    done = CliRunner().invoke(command, [str(tmp_path / "record.csv"), "--name", "mine", "--out", str(mine)])
    assert done.exit_code == 0, done.output
    climate = read_climate(mine)
    assert not faults(of_years(climate, 1), climate.station)
    t_min = VARIABLES.index("t_min")
    assert climate.quantiles[t_min, :, :, 0] == pytest.approx(bundled("de-bilt").quantiles[t_min, :, :, 0], abs=1.0)
    (tmp_path / "mine.yaml").write_text("title: T\nweather: {climate: mine.toml}\ndays: 3\n")
    assert load(str(tmp_path / "mine.yaml"), seed=4).weather.name == "climate-mine-4"


def test_a_record_that_is_too_short_or_lacks_something_is_refused() -> None:
    days = {name: np.arange(20 * 366.0) for name in QUANTITIES}
    daily = DailyWeather(
        name="short", first_day=date(2001, 1, 1), latitude=50, elevation_m=100, wind_height_m=10, **days
    )
    holes = np.where(np.arange(20 * 366) % 5, 1, np.nan)
    with pytest.raises(CooeeError, match="gust is missing on 20% of the days; a climate needs it on 90%"):
        whole_years(replace(daily, gust=holes))
    with pytest.raises(CooeeError, match="rain is missing on 20% of the days; a climate needs it on 98%"):
        whole_years(replace(daily, rain=holes))
    with pytest.raises(CooeeError, match="has 14 whole calendar years; a climate needs 15"):
        whole_years(
            DailyWeather(
                name="short",
                first_day=date(2001, 1, 1),
                latitude=50,
                elevation_m=100,
                wind_height_m=10,
                **{name: values[: 365 * 15] for name, values in days.items()},
            )
        )
    assert {values.shape for values in whole_years(daily).values()} == {(20, 365)}


def test_gust_pressure_and_mean_humidity_are_made_up_where_they_were_never_measured(
    caplog: pytest.LogCaptureFixture,
) -> None:
    measured = {name: np.linspace(10, 20, 15 * 366) for name in QUANTITIES} | {
        n: np.full(15 * 366, np.nan) for n in ("gust", "pressure", "rh_mean")
    }
    found = whole_years(
        DailyWeather(
            name="poor", first_day=date(2001, 1, 1), latitude=50, elevation_m=1000, wind_height_m=10, **measured
        )
    )
    assert [record.message for record in caplog.records] == [
        f"poor: {n} was not measured and is made up" for n in ("rh_mean", "gust", "pressure")
    ]
    assert found["pressure"].mean() == pytest.approx(900, abs=5), "of as high as the station stands"
    assert (found["gust"] / found["wind"]).mean() == pytest.approx(3, rel=0.05)
    assert found["rh_mean"] == pytest.approx((found["rh_min"] + found["rh_max"]) / 2)


def test_what_is_no_climate_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    write_climate(bundled("de-bilt"), path, "a test")
    good = path.read_text()
    for text, message in (
        (good.replace("memory", "memories"), "memory is missing"),
        (good.replace("latitude = 52.1", "latitude = north"), "is not a climate"),
        (
            good.replace("occurrence = [", "occurrence = [\n[0, 0, 0, 0, 0],"),
            "occurrence must be 4 x 5 numbers, found 5 x 5",
        ),
        (good.replace("  [-0.", "  [nan, 0, 0, 0, 0],\n#", 1), "occurrence must be finite"),
    ):
        path.write_text(text)
        with pytest.raises(CooeeError, match=message):
            read_climate(path)
    with pytest.raises(CooeeError, match="cannot be read"):
        read_climate(tmp_path / "none.toml")
