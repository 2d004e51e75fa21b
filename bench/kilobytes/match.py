"""How small a model is that is as accurate as LightGBM (`cooee bench kilobytes --match`).

Trees, compact boosting and low-bit nets grow rung by rung until they reach LightGBM's accuracy less SLACK on rows held
back from the training rows. The smallest of those that do is fitted to all training rows and measured once on the test
rows, where it may fall short: both accuracies are stated. Bytes as in bench.kilobytes.cli.
"""

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.base import clone
from sklearn.tree import DecisionTreeClassifier

from .data import DataSet
from .measured import cost_of, held_back
from .models import BOOSTED_CELLS, Candidate, boosting, lightgbm, net

SLACK = 0.5
"""Points of accuracy."""
LEAVES = (4, 8, 16, 32, 64, 128, 256)
BOOSTINGS = ((10, 2, 0.3), (30, 2, 0.3), (100, 2, 0.1), (100, 3, 0.1), (300, 3, 0.05), (600, 3, 0.02))
"""Trees, their depth, and the price of a byte."""
NETS = (4, 8, 16, 32, 64, 128)
"""Hidden units."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Match:
    """LightGBM and the smallest model of ours that reached it on the rows held back; accuracies on the test rows in per
    cent, ours the mean over seeds. No `model` where none reached it."""

    data: str
    peer_accuracy: float
    peer_bytes: int
    model: str = ""
    accuracy: float = 0
    bytes: int = 0

    @property
    def met(self) -> bool:
        """Whether it holds on the test rows as well."""
        return bool(self.model) and self.accuracy >= self.peer_accuracy - SLACK


def match(data: DataSet, seeds: int) -> Match:
    """The smallest model of ours at LightGBM's accuracy."""
    peer = lightgbm(len(data.train_x))
    x, held_x, y, held_y = held_back(data)
    goal = clone(peer.estimator).fit(x, y).score(held_x, held_y) - SLACK / 100
    reached: list[tuple[int, Candidate]] = []
    for ladder in ladders(data):
        for rung in ladder:
            model = rung.build(0).fit(x, y)
            score, flash = model.score(held_x, held_y), cost_of(model, held_x)[0].flash
            _log.info("%s, %s: %.2f %% of %.2f, %d B", data.name, rung.name, 100 * score, 100 * goal, flash)
            if score >= goal:
                reached.append((flash, rung))
            if score >= goal or (reached and flash >= min(size for size, _ in reached)):
                break
    whole = clone(peer.estimator).fit(data.train_x, data.train_y)
    ours = _measured(data, min(reached, key=lambda each: each[0])[1], seeds) if reached else {}
    accuracy = 100 * float(whole.score(data.test_x, data.test_y))
    return Match(data=data.name, peer_accuracy=accuracy, peer_bytes=peer.size(whole), **ours)


def ladders(data: DataSet) -> list[list[Candidate]]:
    """Candidates of each kind, from small to large."""
    rows, features = data.train_x.shape
    trees = [_tree(leaves) for leaves in LEAVES]
    boosted = [boosting(*rung) for rung in BOOSTINGS] if rows * features <= BOOSTED_CELLS else []
    return [trees, boosted, [net(hidden, 0.5, 0.5, rows, data.side) for hidden in NETS]]


def _tree(leaves: int) -> Candidate:
    return Candidate(
        name=f"tree of {leaves} leaves",
        build=lambda seed: DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=seed),
    )


def times_smaller(matches: list[Match]) -> float:
    """Geometric mean of LightGBM's bytes by ours."""
    return float(np.exp(np.mean([np.log(found.peer_bytes / found.bytes) for found in matches])))


def _measured(data: DataSet, chosen: Candidate, seeds: int) -> dict[str, Any]:
    models = [chosen.build(seed).fit(data.train_x, data.train_y) for seed in range(seeds)]
    return {
        "model": chosen.name,
        "accuracy": 100 * float(np.mean([model.score(data.test_x, data.test_y) for model in models])),
        "bytes": max(cost_of(model, data.test_x)[0].flash for model in models),
    }


def show(matches: list[Match]) -> None:
    """The table, and the mean."""
    table = Table("data", "LightGBM %", "B", "ours", "%", "flash B", "times smaller", "on test rows")
    for found in matches:
        ours = (found.model, f"{found.accuracy:.2f}", str(found.bytes), f"{found.peer_bytes / found.bytes:.0f}")
        reached = "reached" if found.met else "short"
        row = (*ours, reached) if found.model else ("none reached it", "", "", "", "")
        table.add_row(found.data, f"{found.peer_accuracy:.2f}", str(found.peer_bytes), *row)
    Console(width=140).print(table)
    for some, where in (
        ([found for found in matches if found.model], "on rows held back"),
        ([found for found in matches if found.met], "on test rows too"),
    ):
        if some:
            print(f"{times_smaller(some):.0f} times smaller, geometric mean of {len(some)} that reached it {where}")
