"""The baseline that a sentinel has to beat: the best fixed threshold on one feature, through the same alarm logic.

It is what a farmer would set by hand. Training and the simulated field's scorecard find it by this one search.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .contract.channels import MISSING
from .contract.kinds import Kind, kinds
from .core import UNKNOWN, AlarmPolicy, feature_names
from .scoring import CallSpan, Episode, calls_of_verdicts, score_kind, spells

THRESHOLDS = 16
"""Values that are tried on each feature."""
ON_DELAYS_MIN, CLEAR_DELAYS_MIN, REPEAT_MIN = (0, 240), (360, 1440), 1440
CERTAIN = 100
"""A threshold is always sure, per cent."""


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """Trouble is where a feature (raw int16) is at `value` or beyond: `above` it, or below."""

    kind: str
    feature: str
    value: int
    above: bool
    on_delay_min: int
    clear_delay_min: int

    def __str__(self) -> str:
        return f"{self.feature} {'>=' if self.above else '<='} {self.value}"

    @property
    def policy(self) -> AlarmPolicy:
        """Its alarm policy."""
        return AlarmPolicy(
            on_delay_min=self.on_delay_min,
            clear_delay_min=self.clear_delay_min,
            repeat_min=REPEAT_MIN,
            raise_percent=CERTAIN,
            keep_percent=CERTAIN,
        )

    def verdicts(self, features: NDArray[np.int16]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Class (1 is trouble) and confidence in per cent, uint8 (nodes, steps), of features (nodes, steps, features of
        the core)."""
        values = features[:, :, feature_names().index(self.feature)]
        beyond = values >= self.value if self.above else values <= self.value
        classes = np.where(values == MISSING, UNKNOWN, beyond).astype(np.uint8)
        return classes, np.full(classes.shape, CERTAIN, dtype=np.uint8)

    def calls(
        self, features: NDArray[np.int16], *, zones: Sequence[str], nodes: Sequence[str], t: NDArray[np.int64]
    ) -> list[CallSpan]:
        """Calls of nodes (rows of `features`) in their zones; `t`: ms (steps,)."""
        return calls_of_verdicts(
            *self.verdicts(features), kind=self.kind, class_id=1, policy=self.policy, zones=zones, nodes=nodes, t=t
        )


@dataclass(frozen=True, kw_only=True)
class WatchedSeason:
    """One season of the nodes that watch a kind of trouble: features int16 (nodes, steps, features of the core), truth
    bool (nodes, steps) of the node's zone, and each node's zone, told apart from the zones of other seasons; `t`: ms
    (steps,)."""

    kind: str
    zones: tuple[str, ...]
    features: NDArray[np.int16] = field(repr=False)
    truth: NDArray[np.bool_] = field(repr=False)
    t: NDArray[np.int64] = field(repr=False)

    def episodes(self) -> list[Episode]:
        """Troubles in the zones of these nodes."""
        first_row = {zone: row for row, zone in reversed(list(enumerate(self.zones)))}
        return [
            Episode(zone=zone, kind=self.kind, start=start, end=end)
            for zone, row in first_row.items()
            for start, end in spells(self.truth[row], self.t, kinds()[self.kind].gap_h)
        ]


def best_threshold(kind: Kind, train: Sequence[WatchedSeason], validation: Sequence[WatchedSeason]) -> Threshold:
    """The threshold of least cost on the validation seasons, of all features of the kind's baseline, values around
    those that the training seasons have in trouble, and delays. ValueError when no training season has the trouble."""
    tried = [
        Threshold(
            kind=kind.name,
            feature=feature,
            value=value,
            above=kind.baseline_above,
            on_delay_min=on_delay,
            clear_delay_min=clear_delay,
        )
        for feature in kind.baseline
        for value in _values(kind, feature, train)
        for on_delay, clear_delay in itertools.product(ON_DELAYS_MIN, CLEAR_DELAYS_MIN)
    ]
    troubles = [episode for season in validation for episode in season.episodes()]
    return min(tried, key=lambda threshold: _cost(threshold, troubles, validation))


def _cost(threshold: Threshold, troubles: Sequence[Episode], seasons: Iterable[WatchedSeason]) -> float:
    calls = [
        call
        for season in seasons
        for call in threshold.calls(
            season.features, zones=season.zones, nodes=[str(row) for row in range(len(season.zones))], t=season.t
        )
    ]
    return score_kind(threshold.kind, troubles, calls).cost


def _values(kind: Kind, feature: str, seasons: Sequence[WatchedSeason]) -> list[int]:
    """From well outside the values that the feature has in trouble, as a call must come ahead of it, to well inside."""
    column = feature_names().index(feature)
    values = np.concatenate([season.features[:, :, column].ravel() for season in seasons])
    troubled = np.concatenate([season.truth.ravel() for season in seasons]) & (values != MISSING)
    if not troubled.any():
        raise ValueError(f"no training season has {kind.name} where {feature} is known: there is no threshold to try")
    low, high = np.quantile(values[troubled], (0.02, 0.9) if kind.baseline_above else (0.1, 0.98))
    spread = (high - low) or 1
    outside, inside = (low - spread, high + spread / 4) if kind.baseline_above else (high + spread, low - spread / 4)
    return [int(value) for value in np.unique(np.linspace(outside, inside, THRESHOLDS).round())]
