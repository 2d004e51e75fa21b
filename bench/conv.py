"""Convolution of raw windows beside features and trees, on gases that others measured over fruit: `cooee bench conv`.

Every fruit (or recording) is told by models that have seen none of it, and every fold and seed is a fit of its own. The
configurations were written down before; nothing is chosen on what is measured. Costs are of the C of one model fitted
to all, samples handed over one by one: convolution says a class after each, trees once a window, and what keeps their
features counts with them.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import balanced_accuracy_score
from sklearn.tree import DecisionTreeClassifier

from cloud.models import SeparableConvClassifier
from cloud.porting import port
from cloud.porting.check.boards import EMULATED, Cost, Program, measure
from cloud.porting.errors import check_choice
from cloud.progress import progress
from edge.written_files import JsonFile, write_json

from .conv_data import SAMPLES, SERIES, Series, features

STEPS, BATCH = 800, 32
TIMED_WINDOWS = 40
FEATURES_C = Path(__file__).with_name("conv_features.c")


@dataclass(frozen=True, kw_only=True)
class Way:
    """A model by its seed for so many training rows, and whether it gets features instead of windows."""

    build: Callable[[int, Series], Any]
    featured: bool

    def rows(self, series: Series) -> NDArray[np.int16]:
        """What the model gets."""
        return features(series.windows, series.channels) if self.featured else series.windows


@dataclass(frozen=True, kw_only=True)
class Row:
    """A way on a series: per cent of the windows, and the mean of the classes' per cents, each as mean and standard
    deviation over seeds; costs by board, of which `agreement` is the least share of windows with Python's class."""

    series: str
    way: str
    accuracy: float
    spread: float
    balanced: float
    balanced_spread: float
    costs: dict[str, Cost]
    agreement: float | None


def _convolution(seed: int, series: Series) -> Any:
    epochs = max(1, round(STEPS * BATCH / len(series.windows)))
    return SeparableConvClassifier(series.channels, batch=BATCH, epochs=epochs, random_state=seed)


WAYS = {
    "convolution": Way(build=_convolution, featured=False),
    "features, tree": Way(build=lambda seed, _: DecisionTreeClassifier(max_depth=6, random_state=seed), featured=True),
    "features, forest of 10": Way(
        build=lambda seed, _: RandomForestClassifier(10, max_depth=6, random_state=seed), featured=True
    ),
    "always the commonest": Way(build=lambda seed, _: DummyClassifier(), featured=True),
}


def run(names: list[str], seeds: int) -> list[Row]:
    """All rows; PortError when a compiler or an emulator is missing."""
    loaded = [SERIES[name]() for name in names]
    fits = sum(len(np.unique(series.fold)) * seeds * len(WAYS) for series in loaded)
    with progress("fits") as done:
        counted = iter(range(1, fits + 1))
        return [
            _row(series, name, way, seeds, lambda: done(next(counted), fits))
            for series in loaded
            for name, way in WAYS.items()
        ]


def _row(series: Series, name: str, way: Way, seeds: int, fitted: Callable[[], None]) -> Row:
    rows, shares = way.rows(series), []
    for seed in range(seeds):
        found = np.empty_like(series.classes)
        for fold in np.unique(series.fold):
            test = series.fold == fold
            found[test] = way.build(seed, series).fit(rows[~test], series.classes[~test]).predict(rows[test])
            fitted()
        shares.append(
            (100 * float((found == series.classes).mean()), 100 * balanced_accuracy_score(series.classes, found))
        )
    spreads = np.std(shares, axis=0, ddof=1) if seeds > 1 else np.zeros(2)
    model = way.build(0, series).fit(rows, series.classes)
    costs = (
        {} if isinstance(model, DummyClassifier) else {board: _cost(series, way, model, board) for board in EMULATED}
    )
    return Row(
        series=f"{series.name}: {series.asked}",
        way=name,
        accuracy=float(np.mean(shares, axis=0)[0]),
        spread=float(spreads[0]),
        balanced=float(np.mean(shares, axis=0)[1]),
        balanced_spread=float(spreads[1]),
        costs={board: cost for board, (cost, _) in costs.items()},
        agreement=min((share for _, share in costs.values()), default=None),
    )


def _cost(series: Series, way: Way, model: Any, board: str) -> tuple[Cost, float]:
    """What a sample costs on a board, and the share of windows with Python's class."""
    picked = np.linspace(0, len(series.windows) - 1, TIMED_WINDOWS).astype(int)
    ported = port(model, name="model", confidence=False)
    program = _with_features(ported.program(), series) if way.featured else ported.program()
    cost, found = measure(program, series.windows[picked], board)
    return cost, float((model.classes_[found] == model.predict(way.rows(series)[picked])).mean())


def _with_features(program: Program, series: Series) -> Program:
    """A model of features as a program that takes samples."""
    declared = f'#include "{program.header}"\n\nuint8_t features_sample(const int16_t *sample);\n'
    return replace(
        program,
        files={**program.files, "features.h": declared, FEATURES_C.name: FEATURES_C.read_text(encoding="utf-8")},
        header="features.h",
        flags=(f"-DCHANNELS={series.channels}", f"-DSAMPLES={SAMPLES}", f"-DPREDICT={program.predict}"),
        predict="features_sample",
        features=series.channels,
        calls=SAMPLES,
    )


def command(
    json_file: JsonFile = None,
    series: Annotated[
        list[str] | None, typer.Option(help="pineapple or smellnet; may be given again. Default: both.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds each way is fitted with.")] = 5,
) -> None:
    """Measure convolution of raw windows against features and trees, on measured gases over fruit."""
    for name in series or []:
        check_choice(name, SERIES, "series")
    rows = run(series or list(SERIES), seeds)
    write_json(json_file, {"rows": [asdict(row) for row in rows]})
    table = Table(
        "series",
        "way",
        "accuracy %",
        "balanced %",
        "board",
        "flash B",
        "RAM B",
        "stack B",
        "a sample",
        "at most",
        "as Python %",
    )
    for row in rows:
        said = (
            row.series,
            row.way,
            f"{row.accuracy:.1f} ± {row.spread:.1f}",
            f"{row.balanced:.1f} ± {row.balanced_spread:.1f}",
        )
        if row.agreement is None:
            table.add_row(*said)
        for i, (board, cost) in enumerate(row.costs.items()):
            sizes = (board, *map(str, (cost.flash, cost.ram, cost.stack)), f"{cost.cycles:.0f}", str(cost.cycles_max))
            table.add_row(*(said if i == 0 else ("",) * 4), *sizes, f"{100 * (row.agreement or 0):.1f}")
    Console(width=160).print(table)
