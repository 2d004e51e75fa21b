"""Real soil probes: what they do wrong, how much of it, and whether simulated ones do the same (`python -m
simulations.probes FILE`).

FILE is a CSV file of volumetric water content (m3/m3), a line every 2 hours, columns `plot|treatment|position`,
positions as 5E or 25W: depth in cm and side. Written for 41 probes of the US Sheep Experiment Station, Idaho, 2012-2016
(sheepweather, CC0): rangeland, no crop, nobody on call.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from edge.contract.channels import channel
from edge.contract.errors import CooeeError
from edge.edited_file import why_unreadable
from edge.spells import runs_of_true

from ..rng import stream
from .faults import SOIL_PROBES, inject_random_faults
from .sensors import install

Floats = NDArray[np.float64]

STEPS_A_DAY = 12
YEAR = 365.25
FALL, RISE_ELSEWHERE = 0.03, 0.01
"""Water does not leave soil so fast: a reading that falls by more within 2 hours, and stays there, has jumped."""
SHORTEST_DROPOUT_H = 6.0
"""A reading or two that are missing are the radio's."""
LOSS_DAYS = 2.0
"""Shorter dropouts are a contact that flickers; longer ones are a probe that is lost until somebody comes."""
GAIN_SHARE = 0.5
"""Falls and loose contacts change spans too: with this share of the spread as gain, simulated pairs differ as real ones
do."""
RESIDUAL = 0.03
"""m3/m3 that soil keeps however dry it is (loams: Carsel and Parrish 1988, 0.03 to 0.08)."""
LOOSE = 0.05
"""m3/m3 below all its neighbours, for most of its time: soil has come off."""


@dataclass(frozen=True, kw_only=True)
class Measures:
    """What can be seen of a set of probes, arrays over probes (over spells, over pairs): years; share of readings that
    are missing or below 0; sudden falls a year, and their sizes (m3/m3); short and long dropouts a year, and the days
    of all; whether a probe hangs loose; how much two of one plot and depth differ (median, m3/m3), and their spans
    (ratio of interquartile ranges, logarithm)."""

    years: Floats
    missing: Floats
    negative: Floats
    falls_a_year: Floats
    fall_size: Floats
    flickers_a_year: Floats
    losses_a_year: Floats
    dropout_days: Floats
    loose: Floats
    pair_offset: Floats
    pair_gain: Floats


def read_probes(path: Path) -> pd.DataFrame:
    """The file on an unbroken grid of 2 hours; CooeeError when it is not such a file."""
    try:
        table = pd.read_csv(path, index_col=0, parse_dates=True)
        table = table[~table.index.duplicated()]
        table = table.reindex(pd.date_range(table.index[0], table.index[-1], freq="2h")).astype(float)
    except (OSError, ValueError, TypeError, IndexError) as error:
        raise CooeeError(
            f"{path}: is no table of soil probes ({why_unreadable(error)}); a time column and columns "
            f"plot|treatment|position are needed"
        ) from None
    wrong = [name for name in table.columns if str(name).count("|") != 2]
    if wrong:
        raise CooeeError(f"{path}: column {wrong[0]!r}: write plot|treatment|position, as X1|Control|25E")
    return table


def measures(table: pd.DataFrame) -> Measures:
    """What can be seen of the probes of a table."""
    found: dict[str, list[float]] = defaultdict(list)
    for names in _of_one_plot(table.columns):
        present = table[names].notna().any(axis=1)
        for name in names:
            _add_probe(
                found,
                table[name],
                present,
                table[[n for n in _of_one_depth(table.columns, name) if n != name]].median(axis=1),
            )
    for first, second in _pairs(table.columns):
        both = table[[first, second]].dropna()
        found["pair_offset"].append(float((both[first] - both[second]).median()))
        spans = [np.subtract(*both[name].quantile([0.75, 0.25])) for name in (first, second)]
        found["pair_gain"].append(float(np.log(spans[0] / spans[1])))
    return Measures(**{f.name: np.array(found[f.name]) for f in fields(Measures)})


def fit(seen: Measures) -> dict[str, float]:
    """The figures of simulations/data/soil_probes.toml. Spreads are from quartiles, for a few probes are out of all
    bounds; a pair differs by the square root of two more than a probe does."""
    years = float(seen.years.sum())
    found = {
        "offset": _spread(seen.pair_offset) / np.sqrt(2),
        "gain": GAIN_SHARE * _spread(seen.pair_gain) / np.sqrt(2),
        "falls_a_year": len(seen.fall_size) / years,
        "falls_unequal": _unequal(seen.falls_a_year, seen.years),
        "fall_size": float(np.sqrt(np.mean(seen.fall_size**2))),
        "contacts_a_year": float(seen.loose.sum()) / years,
    }
    long = seen.dropout_days >= LOSS_DAYS
    for name, plural, rates, days in (
        ("flicker", "flickers", seen.flickers_a_year, seen.dropout_days[~long]),
        ("loss", "losses", seen.losses_a_year, seen.dropout_days[long]),
    ):
        found |= {
            f"{plural}_a_year": len(days) / years,
            f"{plural}_unequal": _unequal(rates, seen.years),
            f"{name}_days": float(np.exp(np.log(days).mean())),
            f"{name}_spread": float(np.log(days).std()),
        }
    return found


def simulated(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The same plots with simulated probes: what is true in a plot and depth is the mean of its real probes (where that
    is known, its gaps filled), and nobody mends anything."""
    made = {}
    for names in _of_one_plot(table.columns):
        for depth, own in _by_depth(names).items():
            true = table[own].clip(lower=RESIDUAL).mean(axis=1).interpolate(limit_direction="both").to_numpy()
            for name in own:
                made[name] = _simulated_probe(table[name], true, depth, seed)
    return pd.DataFrame(made, index=table.index)[list(table.columns)]


def _simulated_probe(real: "pd.Series[float]", true: Floats, depth: str, seed: int) -> Floats:
    rng = stream(seed, f"probe {real.name}")
    reading = install(true, rng)
    inject_random_faults(
        reading,
        rng,
        STEPS_A_DAY,
        channel("soil_moisture_10cm" if depth == "5" else "soil_moisture_30cm"),
        repaired_days=np.inf,
    )
    known = np.flatnonzero(real.notna().to_numpy())
    reading[: known[0]] = reading[known[-1] + 1 :] = np.nan
    return np.asarray(reading.round(3))


def _add_probe(
    found: dict[str, list[float]], values: "pd.Series[float]", present: "pd.Series[bool]", others: "pd.Series[float]"
) -> None:
    known = np.flatnonzero(values.notna().to_numpy())
    life = slice(known[0], known[-1] + 1)
    own, years = values.iloc[life], (known[-1] - known[0] + 1) / STEPS_A_DAY / YEAR
    missing = (own.isna() & present.iloc[life]).to_numpy()
    lengths = np.diff(runs_of_true(missing), axis=1).ravel() / STEPS_A_DAY
    long = lengths[lengths * 24 >= SHORTEST_DROPOUT_H]
    falls = _falls(own, others.iloc[life])
    found["years"].append(years)
    found["missing"].append(float(missing.mean()))
    found["negative"].append(float((own < 0).sum() / own.notna().sum()))
    found["falls_a_year"].append(len(falls) / years)
    found["fall_size"] += falls.tolist()
    found["losses_a_year"].append(np.count_nonzero(long >= LOSS_DAYS) / years)
    found["flickers_a_year"].append(np.count_nonzero(long < LOSS_DAYS) / years)
    found["dropout_days"] += long.tolist()
    found["loose"].append(float((own - others.iloc[life]).median() < -LOOSE))


def _falls(values: "pd.Series[float]", others: "pd.Series[float]") -> Floats:
    """Sizes of falls that stay, while other probes of the depth stand still."""
    drop = -values.diff()
    before, after = values.rolling(6).median().shift(1), values[::-1].rolling(6).median()[::-1]
    return np.asarray(drop[(drop > FALL) & (before - after > FALL) & (others.diff().abs() < RISE_ELSEWHERE)].to_numpy())


def _of_one_plot(names: Iterable[str]) -> list[list[str]]:
    plots: dict[str, list[str]] = defaultdict(list)
    for name in names:
        plots[name.split("|")[0]].append(name)
    return list(plots.values())


def _by_depth(names: Iterable[str]) -> dict[str, list[str]]:
    depths: dict[str, list[str]] = defaultdict(list)
    for name in names:
        depths[name.split("|")[2][:-1]].append(name)
    return dict(depths)


def _of_one_depth(names: Iterable[str], name: str) -> list[str]:
    """Probes of the same treatment and depth."""
    _, treatment, position = name.split("|")
    return [other for other in names if other.split("|")[1] == treatment and other.split("|")[2][:-1] == position[:-1]]


def _pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    return [pair for plot in _of_one_plot(names) for own in _by_depth(plot).values() for pair in combinations(own, 2)]


def _unequal(rates: Floats, years: Floats) -> float:
    """Variance of the probes' own rates over the square of their mean: what is left of the counts' variance without
    Poisson's."""
    mean = float((rates * years).sum() / years.sum())
    return float(max(rates.var() - mean / years.mean(), 0) / mean**2)


def _spread(values: Floats) -> float:
    """Standard deviation about nought, from the median of sizes."""
    return float(1.4826 * np.median(np.abs(values)))


def plot(real: Measures, made: Measures, path: Path) -> None:
    """Cumulative shares of probes, real and simulated, for what can be seen of each."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    panels = {
        "missing": "share of readings missing",
        "negative": "share of readings below 0",
        "falls_a_year": "sudden falls a year",
        "dropout_days": "length of a dropout, days",
        "pair_offset": "between two probes of a plot, m3/m3",
        "pair_gain": "ratio of their spans, log",
    }
    figure, axes = pyplot.subplots(2, 3, figsize=(10, 5.2), layout="constrained", sharey=True)
    for axis, (name, title) in zip(axes.ravel(), panels.items(), strict=True):
        for seen, label, colour in ((real, "real", "#0b6e4f"), (made, "simulated", "#c1292e")):
            values = np.sort(np.abs(getattr(seen, name)))
            axis.step(values, np.arange(1, len(values) + 1) / len(values), where="post", label=label, color=colour)
        axis.set(xlabel=title, ylim=(0, 1.02))
        if name in ("missing", "negative"):
            axis.set_xscale("symlog", linthresh=0.01)
        if name == "dropout_days":
            axis.set_xscale("log")
        else:
            axis.set_xlim(left=0)
    axes[0, 0].set_ylabel("share of probes")
    axes[1, 0].set_ylabel("share of dropouts, pairs")
    axes[0, 0].legend()
    figure.suptitle("41 soil probes of the US Sheep Experiment Station, 2012-2016, and as many simulated ones")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


HEAD = (
    "# Soil probes as they are: fitted to 41 of the US Sheep Experiment Station, Idaho, 2012-2016 (sheepweather, "
    "CC0); simulations/nodes/soil_probes.py.\n"
)

if __name__ == "__main__":
    root = Path(__file__).parents[2]
    table = read_probes(Path(sys.argv[1]))
    seen = measures(table)
    (root / "simulations" / "data" / SOIL_PROBES).write_text(
        HEAD + "".join(f"{name} = {float(value):.4g}\n" for name, value in fit(seen).items())
    )
    plot(seen, measures(simulated(table, seed=1)), root / "docs" / "figures" / "probes.png")
