"""What a classifier costs on a microcontroller: our porter against micromlgen, emlearn, m2cgen and tl2cgen
(`python -m bench.mcu.cli`).

Every figure is a difference to the same program with an empty function in the model's place, from one run of avr-gcc
and simavr (ATmega328P) or another gcc and QEMU (Cortex-M3, Cortex-M0+, RISC-V). Agreement with scikit-learn and
accuracy are over every row of a data set.
"""

import json
import logging
import math
import warnings
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.progress import track

from cloud.porting import PortError, port
from cloud.porting.check.boards import EMULATED, MEASURED, UNO, Program, measure, missing_tools
from edge.written_files import JsonFile, write_json

from .models import Model, data_sets, models
from .peers import LINEAR_PEERS, NET_PEERS, TREE_PEERS, without_scaler
from .report import Row, markdown, plot

DTYPES = {"uint8_t": np.uint8, "int16_t": np.int16, "float": np.float32}
OURS = {
    "table": ("table", "exact"),
    "inline": ("inline", "exact"),
    "table, small votes": ("table", "small"),
    "inline, small votes": ("inline", "small"),
}
GEOMEAN = ("flash_vs_micromlgen", "flash_vs_emlearn", "cycles_vs_micromlgen", "cycles_vs_emlearn")
WORKERS = 2


@dataclass(frozen=True, kw_only=True)
class _Job:
    model: Model
    generator: str
    board: str
    build: Callable[[], Program]

    def run(self) -> Row:
        data, estimator = self.model.data, self.model.estimator
        row = Row(
            data=data.name, model=self.model.name, kind=self.model.kind, generator=self.generator, board=self.board
        )
        try:
            program = self.build()
            c_type = "float" if program.c_type == "double" and self.board == UNO.name else program.c_type
            rows = np.ascontiguousarray(data.x, dtype=DTYPES.get(c_type, np.float64))
            cost, found = measure(program, rows, self.board)
        except Exception as error:  # a peer may raise anything; the table says what
            return replace(row, note=f"{type(error).__name__}: {error}".splitlines()[0][:120])
        if len(found) == 0:
            return replace(row, flash=cost.flash, ram=cost.ram, note="too large to run")
        said = estimator.classes_[np.minimum(found, len(estimator.classes_) - 1)]
        return replace(
            row,
            flash=cost.flash,
            ram=cost.ram,
            stack=cost.stack,
            cycles=cost.cycles,
            fits=cost.fits,
            agreement=float((said == estimator.predict(data.x)).mean()),
            accuracy=float((said == data.y).mean()),
        )


def _jobs(model: Model, board: str) -> Iterator[_Job]:
    width = model.data.x.shape[1]

    def ours(mode: str, votes: str) -> Program:
        return port(
            model.estimator,
            name="ours",
            feature_type=model.data.feature_type,
            mode=mode,
            votes=votes,
            confidence=False,
            rows=None if model.kind == "trees" else model.data.split()[0],
        ).program()

    forms = OURS if hasattr(model.estimator, "estimators_") else {k: v for k, v in OURS.items() if v[1] == "exact"}
    for label, (mode, votes) in (forms if model.kind == "trees" else {"weights of 8 bits": ("table", "exact")}).items():
        yield _Job(model=model, generator=f"cooee {label}", board=board, build=partial(ours, mode, votes))
    peers = {"trees": TREE_PEERS, "linear": LINEAR_PEERS, "net": NET_PEERS}[model.kind]
    plain = model.estimator if model.kind == "trees" else without_scaler(model.estimator)
    for label, peer in peers.items():
        yield _Job(model=model, generator=label, board=board, build=partial(peer, plain, width))


def run(names: list[str] | None = None, begins: str = "", boards: Collection[str] = EMULATED) -> list[Row]:
    """All rows, or those of some data sets, or of models whose name begins so, on some boards."""
    warnings.simplefilter("ignore")
    chosen = [data for data in data_sets() if not names or data.name in names]
    jobs = [job for data in chosen for model in models(data, begins) for board in boards for job in _jobs(model, board)]
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(track(pool.map(_Job.run, jobs), total=len(jobs), description="models on boards"))


def geometric_means(rows: list[Row], board: str = "uno") -> dict[str, float]:
    """How many times less flash our tables and fewer cycles our nested ifs take than each peer's: trees and forests
    that both can."""
    pairs = (("flash", "cooee table"), ("cycles", "cooee inline"))
    peers = {
        "micromlgen": "micromlgen",
        "emlearn": "emlearn int16",
        "emlearn_float": "emlearn float",
        "m2cgen": "m2cgen",
        "tl2cgen": "tl2cgen",
    }
    means = {}
    for figure, ours in pairs:
        for key, peer in peers.items():
            mine, theirs = (_figures(rows, generator, board, figure) for generator in (ours, peer))
            ratios = [theirs[m] / mine[m] for m in mine if m in theirs]
            if ratios:
                means[f"{figure}_vs_{key}"] = round(math.exp(sum(map(math.log, ratios)) / len(ratios)), 2)
    return means


def _figures(rows: list[Row], generator: str, board: str, figure: str) -> dict[tuple[str, str], float]:
    return {
        (row.data, row.model): value
        for row in rows
        if row.generator == generator and row.board == board and row.kind == "trees" and (value := getattr(row, figure))
    }


def dominated(rows: list[Row]) -> list[str]:
    """Models where a peer is both smaller and faster than each exact form of ours on the same board."""
    found = []
    for ours in rows:
        if ours.generator not in ("cooee table", "cooee inline", "cooee weights of 8 bits") or not ours.cycles:
            continue
        better = [
            row.generator
            for row in rows
            if (row.data, row.model, row.board) == (ours.data, ours.model, ours.board)
            and not row.generator.startswith("cooee")
            and row.cycles
            and row.flash
            and ours.flash
            and row.flash < ours.flash
            and row.cycles < ours.cycles
        ]
        if better:
            found.append(f"{ours.data}, {ours.model}, {ours.board}: {ours.generator} by {', '.join(better)}")
    return found


def report(rows: list[Row]) -> dict[str, Any]:
    """What --json writes: ATmega328P, against micromlgen and emlearn at int16; `agreement` is the lowest of our exact
    forms over trees and forests."""
    means = geometric_means(rows)
    exact = [
        row.agreement
        for row in rows
        if row.kind == "trees" and row.generator in ("cooee table", "cooee inline") and row.agreement is not None
    ]
    return {
        "geomean": {key: means.get(key) for key in GEOMEAN},
        "agreement": min(exact, default=None),
        "rows": [asdict(row) for row in rows],
    }


def command(
    json_file: JsonFile = None,
    table: Annotated[Path | None, typer.Option(help="Write the table here, as Markdown.")] = None,
    figure: Annotated[Path | None, typer.Option(help="Write the plot here (flash against cycles).")] = None,
    data: Annotated[list[str] | None, typer.Option(help="Only this data set; may be given again.")] = None,
    model: Annotated[str, typer.Option(help="Only models whose name begins so, such as 'tree'.")] = "",
    board: Annotated[
        list[str] | None,
        typer.Option(
            help=f"A board; may be given again. Default: {', '.join(EMULATED)}; there are {', '.join(MEASURED)}."
        ),
    ] = None,
) -> None:
    """Measure our porter and its peers on emulated boards: flash, RAM, stack, cycles, agreement, accuracy."""
    logging.getLogger("matplotlib").setLevel(logging.WARNING)
    known = [each.name for each in data_sets()]
    for name in data or []:
        if name not in known:
            raise PortError(f"data set {name!r} is unknown; choose from {', '.join(known)}")
    boards = board or list(EMULATED)
    for name in boards:
        if name not in MEASURED:
            raise PortError(f"board {name!r} is unknown; choose from {', '.join(MEASURED)}")
        if missing := missing_tools(name):
            raise PortError(missing)
    rows = run(data, model, boards)
    if not rows:
        raise PortError(f"no model's name begins with {model!r}; try tree, forest, extra, logistic or net")
    write_json(json_file, report(rows))
    if table:
        table.write_text(markdown(rows))
    if figure:
        plot(rows, figure)
    typer.echo(markdown(rows))
    for name in boards:
        typer.echo(f"{name}: {json.dumps(geometric_means(rows, name))}")
    typer.echo(f"agreement: {report(rows)['agreement']}")
    for line in dominated(rows) or ["none"]:
        typer.echo(f"bigger and slower than a peer: {line}")


if __name__ == "__main__":
    typer.run(command)
