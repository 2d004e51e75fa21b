"""Models of at most two kilobytes against kNN, RBF-SVM and boosting of any size (`cooee bench kilobytes`).

For each data set and budget the configuration is the one that is best on rows held back from the training rows, of
those whose build fits, and that are fast enough. It is then fitted to all training rows with several seeds and measured
once on the test rows. Bytes are the flash that the model adds to a program, code and tables, by avr-gcc for the
ATmega328P; cycles are simavr's. Peers' bytes are what their numbers take, without code.
"""

import logging
import time
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from sklearn.base import clone

from cloud.porting import PortError
from edge.written_files import JsonFile, write_json

from ..images import tables_of
from .data import LOADERS, DataSet, MissingPackage, load
from .match import match, show
from .measured import cost_of, held_back, program_of
from .models import FEW_ROWS, KINDS, SPARE, Candidate, candidates, peers

TRIED_DRAWS, TRIED_DRAWS_OF_FEW_ROWS = 2, 4
"""Of rows held back, each with a seed of its own: few of them tell little."""
FAR_BEHIND = 0.05
"""A candidate that is so much behind the best on a draw is tried on no other."""
COST_ROWS = 5
CLOCK_HZ = 16e6
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A model on a data set: accuracy on the test rows, mean and standard deviation over seeds; the most bytes and
    cycles that a seed's build took; `tables`: how many of the bytes are constants. `budget` is 0 for peers, of any
    size, which have no cycles and no code."""

    data: str
    budget: int
    model: str
    accuracy: float
    spread: float
    bytes: int
    cycles: int
    seeds: int
    agreement: float | None = None
    tables: int = 0


def run(names: list[str], budgets: list[int], cycles: int, seeds: int, kinds: Collection[str] = KINDS) -> list[Row]:
    """All rows, ours of these kinds; a data set whose package is missing is left out with a warning."""
    rows: list[Row] = []
    for data in _loaded(names):
        for budget in budgets:
            rows += _ours(data, budget, cycles, seeds, kinds)
        rows += _peers(data)
    return rows


def _loaded(names: list[str]) -> Iterator[DataSet]:
    for name in names:
        try:
            yield load(name)
        except MissingPackage as missing:
            _log.warning("%s is left out: %s", name, missing)


def _ours(data: DataSet, budget: int, cycles: int, seeds: int, kinds: Collection[str]) -> list[Row]:
    """The chosen configuration of every kind, measured."""
    found = []
    for kind in kinds:
        tried = candidates(data, budget, cycles)[kind]
        chosen = _chosen(data, tried, budget, cycles)
        if chosen is None and tried:
            _log.warning("%s: no %s fits %d B and %d cycles", data.name, kind, budget, cycles)
        if chosen is None:
            continue
        began = time.monotonic()
        fitted = [chosen.build(seed).fit(data.train_x, data.train_y) for seed in range(seeds)]
        _log.info("%s, %s: %s, %.1f s a fit", data.name, kind, chosen.name, (time.monotonic() - began) / seeds)
        scores = [100 * float(model.score(data.test_x, data.test_y)) for model in fitted]
        costs = [cost_of(model, data.test_x) for model in fitted]
        found.append(
            Row(
                data=data.name,
                budget=budget,
                model=f"{kind}: {chosen.name}",
                accuracy=float(np.mean(scores)),
                spread=float(np.std(scores, ddof=1)) if seeds > 1 else 0.0,
                bytes=max(cost.flash for cost, _ in costs),
                cycles=max(cost.cycles_max for cost, _ in costs),
                seeds=seeds,
                agreement=min(share for _, share in costs),
                tables=max(tables_of(program_of(model)) for model in fitted),
            )
        )
    return found


def _chosen(data: DataSet, tried: list[Candidate], budget: int, cycles: int) -> Candidate | None:
    """The candidate that is best on rows held back, of those that fit the budgets of bytes and cycles; of
    equals the smallest."""
    best: _Tried | None = None
    for candidate in tried:
        found = _tried(candidate, data, budget * SPARE, cycles * SPARE, best)
        if found and (best is None or found.rank > best.rank):
            best = found
    return best.candidate if best else None


@dataclass(frozen=True, kw_only=True)
class _Tried:
    """A candidate: the shares of rows held back that it has right, draw by draw, and its flash."""

    candidate: Candidate
    scores: list[float]
    flash: int

    @property
    def rank(self) -> tuple[float, int]:
        """More is better."""
        return float(np.mean(self.scores)), -self.flash


def _tried(candidate: Candidate, data: DataSet, budget: float, cycles: float, best: _Tried | None) -> _Tried | None:
    """The candidate on every draw; None where a draw's build is beyond a budget, or its score far behind that of the
    best so far."""
    scores: list[float] = []
    flash, draws = 0, TRIED_DRAWS_OF_FEW_ROWS if len(data.train_x) < FEW_ROWS else TRIED_DRAWS
    for draw in range(draws):
        x, held_x, y, held_y = held_back(data, draw)
        model = candidate.build(draw).fit(x, y)
        cost = cost_of(model, held_x[:COST_ROWS])[0]
        flash, score = max(flash, cost.flash), float(model.score(held_x, held_y))
        _log.info(
            "%s, %s: %.2f %% of rows held back, %d B, %d cycles",
            *(data.name, candidate.name, 100 * score, cost.flash, cost.cycles_max),
        )
        if cost.flash > budget or cost.cycles_max > cycles or (best and score < best.scores[draw] - FAR_BEHIND):
            return None
        scores.append(score)
    return _Tried(candidate=candidate, scores=scores, flash=flash)


def _peers(data: DataSet) -> list[Row]:
    found = []
    for peer in peers(len(data.train_x)):
        fitted = clone(peer.estimator).fit(data.train_x[: peer.rows], data.train_y[: peer.rows])
        accuracy = 100 * float(fitted.score(data.test_x, data.test_y))
        size = peer.size(fitted)
        found.append(
            Row(data=data.name, budget=0, model=peer.name, accuracy=accuracy, spread=0, bytes=size, cycles=0, seeds=1)
        )
    return found


def command(
    json_file: JsonFile = None,
    data: Annotated[
        list[str] | None, typer.Option(help="A data set; may be given again. Default: digits. `all` for every one.")
    ] = None,
    budget: Annotated[list[int] | None, typer.Option(help="Bytes; may be given again. Default: 2048.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind of model; may be given again.")] = None,
    cycles: Annotated[int, typer.Option(help="Cycles a row, at most.")] = 32000,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds the chosen configuration is fitted with.")] = 3,
    matched: Annotated[
        bool, typer.Option("--match", help="The smallest of ours, of any size, at LightGBM's accuracy less 0.5 points.")
    ] = False,
) -> None:
    """Measure models of two kilobytes against kNN, RBF-SVM and boosting: accuracy, bytes, cycles."""
    names = list(LOADERS) if data == ["all"] else data or ["digits"]
    for name in names:
        if name not in LOADERS:
            raise PortError(f"data set {name!r} is unknown; choose from {', '.join(LOADERS)}, or all")
    for given in kind or []:
        if given not in KINDS:
            raise PortError(f"kind {given!r} is unknown; choose from {', '.join(KINDS)}")
    if matched:
        matches = [match(data, seeds) for data in _loaded(names)]
        write_json(json_file, {"matches": [asdict(match) for match in matches]})
        show(matches)
        return
    rows = run(names, budget or [2048], cycles, seeds, kind or KINDS)
    write_json(json_file, {"rows": [asdict(row) for row in rows]})
    _print(rows)


def _print(rows: list[Row]) -> None:
    table = Table(
        "data", "budget B", "model", "accuracy %", "flash B", "tables B", "cycles", "ms at 16 MHz", "as Python %"
    )
    for row in rows:
        spread = f" ± {row.spread:.2f}" if row.seeds > 1 else ""
        table.add_row(
            row.data,
            str(row.budget or ""),
            row.model,
            f"{row.accuracy:.2f}{spread}",
            str(row.bytes),
            str(row.tables or ""),
            str(row.cycles or ""),
            f"{1000 * row.cycles / CLOCK_HZ:.2f}" if row.cycles else "",
            "" if row.agreement is None else f"{100 * row.agreement:.1f}",
        )
    Console(width=140).print(table)
