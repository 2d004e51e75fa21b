"""The weather generator against the station it was fitted to: `cooee bench climate`.

Statistics of generated years (simulations/weather/climate_statistics.py) beside those of the measured ones, as a table
and, with --figure, drawn. And what evenings show of the morning's lowest (bench/evenings.py), beside the
stations whose hours were measured.
"""

import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from edge.contract.errors import CooeeError
from edge.scoring import MONTH_H
from simulations.rng import stream
from simulations.weather.climate import CLIMATES, bundled, generate, generate_days, read_climate
from simulations.weather.climate_statistics import QUANTITIES, SPELLS, statistics
from simulations.weather.formats import AIRPORTS
from simulations.weather.series import Weather
from simulations.weather.ten_minutes import new_york, whately

from .evenings import HOURS, evening_shows

Floats = NDArray[np.float64]
Statistics = dict[str, Floats]

UNITS = {
    "rain": "mm/d",
    "t_min": "degC",
    "t_max": "degC",
    "rh_min": "%",
    "rh_mean": "%",
    "rh_max": "%",
    "wind": "m/s",
    "gust": "m/s",
    "radiation": "MJ/m2/d",
    "pressure": "hPa",
}
EVENING_YEARS = 10
STATION, MADE = "#333333", "#d1495b"


def command(
    climate: Annotated[
        str, typer.Option(help="Name of a climate that comes with the program, or its file.")
    ] = CLIMATES[0],
    years: Annotated[int, typer.Option(help="Years to generate.", min=2)] = 1000,
    seed: Annotated[int, typer.Option(help="Same seed, same years.", min=0)] = 1,
    figure: Annotated[Path | None, typer.Option(help="Draw them into a PNG file (needs matplotlib).")] = None,
) -> None:
    """Compare generated years with those of the station."""
    fitted = bundled(climate) if climate in CLIMATES else read_climate(Path(climate))
    made = statistics(generate_days(fitted, years, stream(seed, "bench climate")))
    typer.echo(f"{fitted.source}: station | {years} generated years")
    for line in table(fitted.station, made):
        typer.echo(line)
    began = time.perf_counter()
    generate(fitted, seed)
    typer.echo(f"a year in 10-minute steps: {time.perf_counter() - began:.2f} s")
    for line in evening_table(
        {"Whately": [whately()], "New York": [new_york(airport) for airport in AIRPORTS]}
        | {f"generated, {EVENING_YEARS} years": [generate(fitted, seed + year) for year in range(EVENING_YEARS)]}
    ):
        typer.echo(line)
    if figure:
        try:
            plot(fitted.station, made, figure, fitted.source)
        except OSError as error:
            raise CooeeError(f"{figure}: cannot be written ({error.strerror})") from None


def evening_table(places: dict[str, list[Weather]]) -> list[str]:
    """Lines of a Markdown table of what evenings show, by place and hour."""
    lines = [
        "| cool nights of | at | nights | fall to come, spread, left open, degC | lowest with temperature | "
        "fall to come with the fall of 3 h, with dryness |",
        "|---|---|---|---|---|---|",
    ]
    for hour in HOURS:
        for place, weathers in places.items():
            s = evening_shows(weathers, hour)
            lines.append(
                f"| {place} | {hour % 24}:00 | {s['nights']} | {s['fall']:.2f}, {s['spread']:.2f}, {s['open']:.2f} | "
                f"{s['with_temperature']:.2f} | {s['with_fall']:.2f}, {s['with_dryness']:.2f} |"
            )
    return lines


def table(station: Statistics, made: Statistics) -> list[str]:
    """Lines of a Markdown table."""
    lines = ["| | station | generated |", "|---|---|---|"]

    def row(what: str, of: Floats, generated: Floats, digits: int) -> None:
        cells = (", ".join(f"{v:.{digits}f}" for v in np.atleast_1d(values)) for values in (of, generated))
        lines.append(f"| {what} | {' | '.join(cells)} |")

    for i, name in enumerate(QUANTITIES):

        def year(s: Statistics, i: int = i) -> Floats:
            months = [np.sqrt((s[kind][i] ** 2).mean()) for kind in ("spread", "spread_of_months")]
            return np.array([s["mean"][i].mean(), *months, s["spread_of_years"][i]])

        row(f"{name}, {UNITS[name]}: mean, spread of days, of months, of years", year(station), year(made), 2)
    for i, least in enumerate(("0.1", "1")):
        row(f"wet days ({least} mm), share", station["wet_share"][i].mean(), made["wet_share"][i].mean(), 3)
    days = ", ".join(map(str, SPELLS))
    for i, least in enumerate(("0.1", "1")):
        for kind in ("wet", "dry"):
            row(
                f"{kind} spells a year ({least} mm) of at least {days} days",
                station[f"{kind}_spells"][i],
                made[f"{kind}_spells"][i],
                2,
            )
    row("frost nights a month", station["frost_nights"], made["frost_nights"], 1)
    row("their spread from year to year", station["frost_spread"], made["frost_spread"], 1)
    row(f"spells of frost nights a year of at least {days} days", station["frost_spells"], made["frost_spells"], 2)
    row(
        f"spells of summer days (25 degC) a year of at least {days} days",
        station["summer_spells"],
        made["summer_spells"],
        2,
    )
    row("year's most rain mm, lowest and highest degC, gust m/s, least hPa", station["extremes"], made["extremes"], 1)
    for i, name in enumerate(QUANTITIES):
        row(
            f"{name}: correlation with the day before, winter to autumn",
            station["next_day"][:, i],
            made["next_day"][:, i],
            2,
        )
    off = made["together"] - station["together"]
    return [
        *lines,
        f"| correlations of all of them by season, off by (RMS, most) | | {np.sqrt((off**2).mean()):.3f}, "
        f"{np.abs(off).max():.2f} |",
    ]


def plot(station: Statistics, made: Statistics, path: Path, source: str) -> None:
    """Six panels: means and spreads by month, spells, frost nights, correlations."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    drawn, panels = pyplot.subplots(2, 3, figsize=(12, 6.6), layout="constrained")
    _by_month(panels, station, "station", STATION, aside=-0.12)
    _by_month(panels, made, "generated", MADE, aside=0.12)
    panels[0, 0].set(title="Lowest and highest temperature of a day, and spread", ylabel="degC")
    panels[0, 1].set(title="Rain of a month, and spread from year to year", ylabel="mm")
    panels[0, 2].set(title="Spells a year of at least so many days (0.1 mm)", yscale="log", xlabel="days")
    panels[1, 0].set(title="Frost nights a month, and spread from year to year")
    for panel in (panels[0, 0], panels[0, 1], panels[1, 0]):
        panel.set_xticks(np.arange(12), list("JFMAMJJASOND"))
    for i, name in enumerate(QUANTITIES):
        panels[1, 1].scatter(
            station["spread_of_months"][i], made["spread_of_months"][i], s=14, label=name, color=f"C{i}"
        )
        panels[1, 2].scatter(station["next_day"][:, i], made["next_day"][:, i], s=26, color=f"C{i}", marker="s")
    panels[1, 2].scatter(station["together"], made["together"], s=5, color="#999999", zorder=0)
    panels[1, 1].set(
        title="Spread of a month's mean from year to year",
        xlabel="station",
        ylabel="generated",
        xscale="log",
        yscale="log",
    )
    panels[1, 2].set(title="Correlations: next day (squares), together (dots)", xlabel="station", ylabel="generated")
    for panel in (panels[1, 1], panels[1, 2]):
        panel.plot(panel.get_xlim(), panel.get_xlim(), color="#bbbbbb", lw=0.8, zorder=0)
    panels[1, 1].minorticks_off()
    for panel in panels.flat:
        panel.title.set_fontsize(9)
        if panel.get_legend_handles_labels()[0]:
            panel.legend(fontsize=7)
    drawn.suptitle(f"Generator against station: {source}", fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn.savefig(path, dpi=90)
    pyplot.close(drawn)


def _by_month(panels: Any, s: Statistics, who: str, colour: str, *, aside: float) -> None:
    """Temperature, rain and frost by month, and spells; `aside`: so many months, for one to stand beside the other."""
    style: dict[str, Any] = {"color": colour, "ms": 4, "lw": 1}
    months = np.arange(12) + aside
    for name, marker in (("t_min", "v"), ("t_max", "^")):
        i = QUANTITIES.index(name)
        panels[0, 0].errorbar(months, s["mean"][i], s["spread"][i], fmt=marker, label=f"{who}, {name}", **style)
    i, days = QUANTITIES.index("rain"), MONTH_H / 24
    panels[0, 1].errorbar(months, s["mean"][i] * days, s["spread_of_months"][i] * days, fmt="o", label=who, **style)
    for kind, dashes in (("wet", "-"), ("dry", "--")):
        panels[0, 2].plot(
            SPELLS, s[f"{kind}_spells"][0], dashes, color=colour, marker="o", ms=4, label=f"{who}, {kind}"
        )
    panels[1, 0].errorbar(months, s["frost_nights"], s["frost_spread"], fmt="o", label=who, **style)
