"""Chooses between small and fast by what each costs on the board."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ..errors import PortError
from ..model.form import Form
from ..model.trees import Node, splits
from .boards import Cost

BUDGETS = ("flash", "cycles")
KNEE = 200
"""Without a budget trees of up to so many splits become nested ifs: they then cost 1 to 3 KB of flash, three times a
table, and a tenth of its time; with more splits nested ifs outgrow an ATmega328P first."""


def choose_form(
    form: Form, trees: Sequence[Node], budget: Mapping[str, int], board: str, cost: Callable[[Form, str], Cost]
) -> Form:
    """The form that meets the budget: of those that do the fastest, or with a budget of cycles the smallest.

    Raises:
        PortError: none meets it; the message says by how much, and what would.
    """
    if not budget:
        return replace(form, mode="inline" if sum(splits(tree) for tree in trees) <= KNEE else "table")
    modes = ("inline", "table") if form.mode == "auto" else (form.mode,)
    measured = {mode: cost(replace(form, mode=mode), board) for mode in modes}
    meeting = [mode for mode, found in measured.items() if _meets(found, budget)]
    if meeting:
        best = min(meeting, key=lambda mode: measured[mode].flash if "cycles" in budget else measured[mode].cycles)
        return replace(form, mode=best)
    raise PortError(
        f"the budget cannot be met on {board}: "
        + "; ".join(_short(mode, found, budget) for mode, found in measured.items())
        + _advice(form, trees, budget, board, cost)
    )


def _meets(cost: Cost, budget: Mapping[str, int]) -> bool:
    return cost.flash <= budget.get("flash", cost.flash) and (
        "cycles" not in budget or (cost.cycles_max > 0 and cost.cycles_max <= budget["cycles"])
    )


def _short(mode: str, cost: Cost, budget: Mapping[str, int]) -> str:
    over = []
    if cost.flash > budget.get("flash", cost.flash):
        over.append(f"{cost.flash - budget['flash']} B of flash too much ({cost.flash})")
    if "cycles" in budget and not 0 < cost.cycles_max <= budget["cycles"]:
        over.append(
            f"{cost.cycles_max - budget['cycles']} {cost.counts} too many ({cost.cycles_max})"
            if cost.cycles_max > 0
            else "it is too large to run there"
        )
    return f"mode {mode} has {' and '.join(over)}"


def _advice(
    form: Form, trees: Sequence[Node], budget: Mapping[str, int], board: str, cost: Callable[[Form, str], Cost]
) -> str:
    """What would fit: fewer bits of the votes, or a smaller model by as much as is too much."""
    if not trees:
        return ". What would: fewer features, classes or hidden units, or a tree"
    for votes in ("small", "hard"):
        for mode in ("inline", "table"):
            if votes != form.votes and _meets(found := cost(replace(form, mode=mode, votes=votes), board), budget):
                return (
                    f". What would: votes='{votes}' in mode {mode} ({found.flash} B, at most {found.cycles_max} "
                    f"{found.counts}), not exact"
                )
    found = cost(replace(form, mode="table"), board)
    if "flash" in budget and found.flash > budget["flash"]:
        return f". What would: a model of about {100 * budget['flash'] // found.flash} % of its splits, in mode table"
    return ". What would: fewer or shallower trees"
