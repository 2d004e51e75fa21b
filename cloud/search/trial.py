"""One candidate: what it costs on the board, and how well it decides rows that it did not learn from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from ..porting import PortError, port
from ..porting.check.boards import measure
from ..porting.ported import Ported
from .candidates import Candidate
from .rows import Folds, Rows

TIMED_ROWS = 100


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Bytes of flash and of RAM, stack included, and cycles (Cortex-M3: instructions) of the longest row."""

    flash: int
    ram: int
    cycles: int


@dataclass(frozen=True, kw_only=True)
class Target:
    """A board, and whether the model tells its confidence there."""

    board: str
    confidence: bool


@dataclass(frozen=True, kw_only=True)
class FormCost:
    """What the model, fitted to all rows, takes on the board's emulator; see Budget."""

    mode: str
    flash: int
    ram: int
    cycles: int

    def fits(self, budget: Budget) -> bool:
        """Whether it is within the budget."""
        return self.flash <= budget.flash and self.ram <= budget.ram and self.cycles <= budget.cycles


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What is known of a candidate. `scores`: shares of right rows, fold by fold, by the ported C; none while no form
    was within a budget. `refused`: why the porter does not take it."""

    candidate: str
    kind: str
    forms: tuple[FormCost, ...] = ()
    scores: tuple[float, ...] = ()
    refused: str = ""

    @property
    def accuracy(self) -> float:
        """Mean over the folds."""
        return float(np.mean(self.scores))

    @property
    def error(self) -> float:
        """Standard error of the mean over the folds."""
        return float(np.std(self.scores, ddof=1) / np.sqrt(len(self.scores))) if len(self.scores) > 1 else 0.0


def ported(
    candidate: Candidate,
    rows: Rows,
    chosen: NDArray[np.intp] | slice = slice(None),
    *,
    mode: str,
    target: Target,
    name: str = "model",
    **more: Any,
) -> Ported:
    """The candidate fitted to the chosen rows, as C; `more` are arguments of cloud.porting.port().

    Raises:
        PortError: it cannot be ported.
    """
    x, y = rows.x[chosen], rows.y[chosen]
    fitted = clone(candidate.estimator).fit(x.astype(np.float64), y)
    return port(
        fitted,
        name=name,
        mode=mode,
        board=target.board,
        confidence=target.confidence,
        votes=candidate.votes,
        feature_names=rows.names,
        rows=x,
        **more,
    )


def costs(candidate: Candidate, rows: Rows, target: Target, seed: int) -> tuple[FormCost, ...]:
    """What each form of the candidate, fitted to all rows, takes on the board, which is run on TIMED_ROWS rows; forms
    that the board does not hold are left out.

    Raises:
        PortError: it cannot be ported, or it decides otherwise on the board.
    """
    timed = rows.x[np.random.default_rng(seed).permutation(len(rows.x))[:TIMED_ROWS]]
    found = []
    for mode in candidate.modes:
        build = ported(candidate, rows, mode=mode, target=target)
        cost, classes = measure(build.program(), timed, target.board)
        if not cost.fits or len(classes) == 0:
            continue
        if (classes != build.verdicts(timed)[0]).any():
            raise PortError(f"{candidate.name} decides otherwise on {target.board}: its compiler or emulator is broken")
        found.append(FormCost(mode=mode, flash=cost.flash, ram=cost.ram + cost.stack, cycles=cost.cycles_max))
    return tuple(found)


def scores(candidate: Candidate, rows: Rows, target: Target, folds: Folds) -> tuple[float, ...]:
    """Share of right rows of every fold, by the C compiled for this computer."""
    found = []
    for fit, tried in folds:
        build = ported(candidate, rows, fit, mode="table", target=target)
        found.append(float((build.predict(rows.x[tried]) == rows.y[tried]).mean()))
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What all candidates are tried on, and under which budget."""

    rows: Rows
    split: Folds
    target: Target
    budget: Budget
    seed: int

    def know(self, trial: Trial | None) -> bool:
        """Whether nothing is left to find out."""
        return trial is not None and (bool(trial.scores) or not any(form.fits(self.budget) for form in trial.forms))

    def tried(self, given: tuple[Candidate, Trial | None]) -> Trial:
        """All that there is to know of a candidate, of which something may be known: its costs, and its scores if it
        has a form within the budget."""
        candidate, trial = given
        if trial is None:
            trial = Trial(candidate=candidate.name, kind=candidate.kind)
            try:
                trial = replace(trial, forms=costs(candidate, self.rows, self.target, self.seed))
            except PortError as error:
                trial = replace(trial, refused=str(error))
        if not self.know(trial):
            trial = replace(trial, scores=scores(candidate, self.rows, self.target, self.split))
        return trial


def as_record(trial: Trial) -> Mapping[str, Any]:
    """A trial as JSON has it."""
    return {**vars(trial), "forms": [vars(form) for form in trial.forms]}


def from_record(record: Mapping[str, Any]) -> Trial:
    """The trial of a record."""
    forms = tuple(FormCost(**form) for form in record["forms"])
    return Trial(**{**record, "forms": forms, "scores": tuple(record["scores"])})
