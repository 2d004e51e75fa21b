"""`cooee search`: which classifier is best on a board, found on a user's rows."""

import shlex
import sys
import textwrap
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from edge.contract.errors import CooeeError
from edge.options import Cluster
from edge.pieces import IN_TURN, cluster
from edge.written_files import file_to_write, folder_to_write, write_file

from ..models import image_side
from ..porting.check.boards import EMULATED, missing_tools
from ..porting.cli import name_of, write
from ..porting.errors import check_choice
from ..progress import progress
from .candidates import KINDS, Shape, candidates
from .plot import svg
from .results import Results
from .rows import Rows, read
from .search import Found, Outcome, front, search, winner
from .trial import Budget, Target, ported

COLUMNS = 80


Data = Annotated[Path, typer.Argument(help="Rows: a .csv, .parquet or .npy file.")]
Label = Annotated[str, typer.Option(help="The column that holds the class of each row.")]
Groups = Annotated[
    str | None,
    typer.Option(help="A column that says what rows belong together, such as a farm: no group is learnt and tried."),
]
Board = Annotated[str, typer.Option(help="The board to measure on: uno or cortex-m3.")]
Flash = Annotated[int, typer.Option(min=1, help="Bytes of flash that the model may add.")]
Cycles = Annotated[int, typer.Option(min=1, help="Cycles (cortex-m3: instructions) that a row may take.")]
Ram = Annotated[int, typer.Option(min=0, help="Bytes of RAM that the model may take, stack included.")]
Kinds = Annotated[list[str] | None, typer.Option(help=f"Only this kind: {', '.join(KINDS)}. May be given again.")]
Folds = Annotated[int, typer.Option(min=2, help="Parts that the rows are cross-validated in, at most.")]
Seed = Annotated[int, typer.Option(min=0, help="Of folds and of training.")]
Minutes = Annotated[
    float | None, typer.Option(min=0, help="Begin no candidate after so many minutes; call again to go on.")
]
Confidence = Annotated[
    bool, typer.Option("--confidence", help="With the confidence of each verdict, which alarm policies need.")
]
ResultFile = Annotated[
    Path | None, typer.Option(help="Where all that is found is kept; else DATA's name with .search.jsonl, here.")
]
Plot = Annotated[Path | None, typer.Option(help="Write accuracy against flash here, as .svg.", callback=file_to_write)]
PortTo = Annotated[
    Path | None, typer.Option("--port", help="Write the winner's C into this folder.", callback=folder_to_write)
]


def command(
    data: Data,
    label: Label,
    groups: Groups = None,
    board: Board = "uno",
    flash: Flash = 2048,
    cycles: Cycles = 16000,
    ram: Ram = 64,
    kind: Kinds = None,
    folds: Folds = 5,
    seed: Seed = 0,
    minutes: Minutes = None,
    confidence: Confidence = False,
    results: ResultFile = None,
    address: Cluster = None,
    plot: Plot = None,
    port_to: PortTo = None,
) -> None:
    """Searches for the best classifier that fits a board: all kinds, cross-validated, measured on its emulator."""
    _check(board, kind, plot)
    rows = read(data, label, groups)
    target, budget = Target(board=board, confidence=confidence), Budget(flash=flash, ram=ram, cycles=cycles)
    shape = Shape(rows=len(rows.x), features=len(rows.names), side=image_side(rows.x))
    of = {"rows": rows.hash, "label": label, "groups": groups, **asdict(target), "folds": folds, "seed": seed}
    with nullcontext(IN_TURN) if address is None else cluster(address) as engine, progress("candidates") as bar:
        outcome = search(
            candidates(shape, seed, tuple(name for name in KINDS if not kind or name in kind)),
            rows,
            Results(results or Path(f"{data.stem}.search.jsonl"), of),
            target=target,
            budget=budget,
            folds=folds,
            seed=seed,
            seconds=None if minutes is None else 60 * minutes,
            progress=bar,
            engine=engine,
        )
    best = _best(outcome, budget, board)
    _show(outcome, best, rows, board)
    if plot:
        _write_plot(plot, outcome, best, f"{data.name} on {board}")
    if port_to:
        _port(best, rows, target, port_to, data, of)


def _check(board: str, kind: list[str] | None, plot: Path | None) -> None:
    """Raises CooeeError for a wrong choice, and for a board whose costs cannot be measured here."""
    check_choice(board, EMULATED, "board")
    for given in kind or []:
        check_choice(given, KINDS, "kind")
    if plot and plot.suffix.lower() != ".svg":
        raise CooeeError(f"--plot {plot} must end in .svg")
    if missing := missing_tools(board):
        raise CooeeError(f"costs on {board} cannot be measured: {missing}")


def _best(outcome: Outcome, budget: Budget, board: str) -> Found:
    if outcome.found:
        return winner(outcome.found)
    raise CooeeError(
        f"no candidate is within {budget.flash} B, {budget.ram} B of RAM and {budget.cycles} {_counts(board)}: "
        f"{_left(outcome)}"
    )


def _port(best: Found, rows: Rows, target: Target, folder: Path, data: Path, of: Mapping[str, Any]) -> None:
    """Writes the winner's C; `of`: what the search was of."""
    by_groups = f" by {of['groups']}" if of["groups"] else ""
    built = ported(
        best.candidate,
        rows,
        mode=best.form.mode,
        name=name_of(data),
        target=target,
        labels=rows.y,
        measured=True,
        provenance={
            "data": f"{data.name}, rows {rows.hash}, label {of['label']}",
            "accuracy": f"{_accuracy(best)} %, cross-validated{by_groups}",
            **({"scales": f"the node multiplies and rounds, {rows.scaled}"} if rows.scaled else {}),
        },
        command="cooee " + shlex.join(["search", *sys.argv[2:]]),
    )
    for path in write(built, folder):
        typer.echo(path)
    typer.echo(_wrapped(str(built.cost)))


def _show(outcome: Outcome, best: Found, rows: Rows, board: str) -> None:
    table = Table("", "model", box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("accuracy %", "flash B", "RAM B", _counts(board)):
        table.add_column(title, justify="right")
    shown = front(outcome.found)
    for each in shown if best in shown else [*shown, best]:
        form = each.form
        sizes = (str(form.flash), str(form.ram), str(form.cycles))
        table.add_row("*" if each is best else "", each.name, _accuracy(each), *sizes)
    Console(width=COLUMNS).print(table)
    typer.echo(_wrapped(f"{best.name} (*) is the smallest within one standard error (±) of the most accurate."))
    typer.echo(f"Always naming the commonest class is right on {100 * rows.commonest:.1f} %.")
    if rows.scaled:
        typer.echo(_wrapped(f"The node multiplies and rounds, {rows.scaled}."))
    typer.echo(_wrapped(_left(outcome)))


def _wrapped(text: str) -> str:
    return textwrap.fill(text, COLUMNS, break_on_hyphens=False)


def _accuracy(found: Found) -> str:
    return f"{100 * found.trial.accuracy:.1f} ± {100 * found.trial.error:.1f}"


def _counts(board: str) -> str:
    return EMULATED[board].counts


def _left(outcome: Outcome) -> str:
    fitting = len({each.candidate.key for each in outcome.found})
    parts = [f"{fitting} candidates fit", f"{outcome.beyond} do not"]
    if outcome.refused:
        parts.append(f"{len(outcome.refused)} cannot be ported ({outcome.refused[0]})")
    if outcome.untried:
        parts.append(f"{outcome.untried} had no time (call again to go on)")
    return ", ".join(parts) + "."


def _write_plot(plot: Path, outcome: Outcome, best: Found, title: str) -> None:
    write_file(plot, svg(outcome.found, front(outcome.found), best, title))
    typer.echo(plot)
