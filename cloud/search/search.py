"""search(): tries candidates within a time; of what it found, the front and the winner."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from edge.pieces import IN_TURN, Engine

from .candidates import Candidate
from .results import Results
from .rows import Rows
from .trial import Budget, Conditions, FormCost, Target, Trial


@dataclass(frozen=True, kw_only=True)
class Found:
    """A form of a candidate that is within the budget, with its cross-validated accuracy."""

    candidate: Candidate
    form: FormCost
    trial: Trial

    @property
    def name(self) -> str:
        """What it is, and how it is ported."""
        return self.candidate.name + (f", {self.form.mode}" if len(self.candidate.modes) > 1 else "")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """All that are within the budget; how many candidates are not, why the porter refused some, and for how many there
    was no time."""

    found: tuple[Found, ...]
    beyond: int
    refused: tuple[str, ...]
    untried: int


def search(
    tried: Sequence[Candidate],
    rows: Rows,
    results: Results,
    *,
    target: Target,
    budget: Budget,
    folds: int,
    seed: int,
    seconds: float | None,
    progress: Callable[[int, int], None],
    engine: Engine = IN_TURN,
) -> Outcome:
    """Costs of every candidate on the target, and for those that have a form within the budget the accuracy over the
    folds, tried by `engine`. What `results` knows is not done again, and what is found goes there. After `seconds` no
    candidate is begun.

    Raises:
        CooeeError: the rows cannot be divided into folds.
        PortError: a compiler or an emulator is missing or broken.
    """
    conditions = Conditions(rows=rows, split=rows.folds(folds, seed), target=target, budget=budget, seed=seed)
    end = None if seconds is None else time.monotonic() + seconds

    def begun() -> Iterator[tuple[Candidate, Trial | None]]:
        for candidate in tried:
            known = results.get(candidate.key)
            if end is not None and time.monotonic() >= end and not conditions.know(known):
                return
            yield candidate, known

    trials: list[tuple[Candidate, Trial]] = []
    progress(0, len(tried))
    for candidate, trial in zip(tried, engine.map(conditions.tried, begun()), strict=False):
        if trial != results.get(candidate.key):
            results.put(candidate.key, trial)
        trials.append((candidate, trial))
        progress(len(trials), len(tried))
    return _outcome(trials, budget, untried=len(tried) - len(trials))


def _outcome(trials: Sequence[tuple[Candidate, Trial]], budget: Budget, *, untried: int) -> Outcome:
    found = [
        Found(candidate=candidate, form=form, trial=trial)
        for candidate, trial in trials
        for form in trial.forms
        if form.fits(budget)
    ]
    refused = tuple(trial.refused for _, trial in trials if trial.refused)
    fitting = len({each.candidate.key for each in found})
    return Outcome(found=tuple(found), beyond=len(trials) - len(refused) - fitting, refused=refused, untried=untried)


def front(found: Sequence[Found]) -> list[Found]:
    """Those that no other beats or equals in accuracy, flash and cycles alike, from the smallest to the largest."""
    points = {each: (-each.trial.accuracy, each.form.flash, each.form.cycles) for each in found}
    best: dict[tuple[float, int, int], Found] = {}
    for each, point in points.items():
        if not any(
            all(theirs <= own for theirs, own in zip(other, point, strict=True)) and other != point
            for other in points.values()
        ):
            best.setdefault(point, each)
    return sorted(best.values(), key=lambda each: (each.form.flash, each.form.cycles))


def winner(found: Sequence[Found]) -> Found:
    """The smallest that is within one standard error of the most accurate (Breiman, Friedman, Olshen and Stone,
    "Classification and regression trees", 1984, section 3.4.3), of equals the fastest."""
    best = max(found, key=lambda each: (each.trial.accuracy, -each.form.flash))
    least = best.trial.accuracy - best.trial.error
    near = [each for each in found if each.trial.accuracy >= least]
    return min(near, key=lambda each: (each.form.flash, each.form.cycles, -each.trial.accuracy))
