"""The baseline that a sentinel has to beat: the best fixed threshold on one feature, through the same alarm logic.

It is what a farmer would set by hand. Training and the simulated field's scorecard find it by this one search.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from .contract.channels import MISSING
from .contract.kinds import Kind, kinds
from .core import UNKNOWN, AlarmPolicy, feature_names
from .scoring import CallSpan, Episode, calls_of_verdicts, fused, score_kind, spells

THRESHOLDS = 16
"""Values that are tried on each feature."""
ON_DELAYS_MIN, CLEAR_DELAYS_MIN, REPEAT_MIN = (0, 240), (360, 1440), 1440
SHORTLIST = 8
"""Values and hystereses that do best with the first delays are tried with all."""
CERTAIN, GOES_ON = 100, 50
"""Confidence beyond the value, and between it and where trouble ends, per cent."""
HYSTERESIS = (0.0, 0.1)
"""Shares of the range of values by which `keep` lies before `value`."""


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """Trouble is where a feature (raw int16) is at `value` or beyond: `above` it, or below; it goes on as far as
    `keep` (None: no further than `value`)."""

    kind: str
    feature: str
    value: int
    above: bool
    on_delay_min: int
    clear_delay_min: int
    keep: int | None = None

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
            keep_percent=GOES_ON,
        )

    def verdicts(self, features: NDArray[np.int16]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Class (1 is trouble) and confidence in per cent, uint8 (nodes, steps), of features (nodes, steps, features of
        the core)."""
        values = features[:, :, feature_names().index(self.feature)]
        ends = self.value if self.keep is None else self.keep
        beyond, held = (values >= v if self.above else values <= v for v in (self.value, ends))
        classes = np.where(values == MISSING, UNKNOWN, held).astype(np.uint8)
        return classes, np.where(held & ~beyond, GOES_ON, CERTAIN).astype(np.uint8)

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
    and `nearly` bool (nodes, steps) of the node's zone, and each node's zone, told apart from the zones of other
    seasons; `t`: ms (steps,)."""

    kind: str
    zones: tuple[str, ...]
    features: NDArray[np.int16] = field(repr=False)
    truth: NDArray[np.bool_] = field(repr=False)
    nearly: NDArray[np.bool_] = field(repr=False)
    t: NDArray[np.int64] = field(repr=False)

    def episodes(self) -> list[Episode]:
        """Troubles in the zones of these nodes."""
        return self._episodes(self.truth)

    def near_misses(self) -> list[Episode]:
        """When these zones were close to a trouble."""
        return self._episodes(self.nearly)

    def _episodes(self, happens: NDArray[np.bool_]) -> list[Episode]:
        first_row = {zone: row for row, zone in reversed(list(enumerate(self.zones)))}
        return [
            Episode(zone=zone, kind=self.kind, start=start, end=end)
            for zone, row in first_row.items()
            for start, end in spells(happens[row], self.t, kinds()[self.kind].gap_h)
        ]


def best_threshold(kind: Kind, train: Sequence[WatchedSeason], validation: Sequence[WatchedSeason]) -> Threshold:
    """The threshold of least cost on the validation seasons (or whichever are given for them), calls fused as a farmer
    sees them: of all features of the kind's baseline, values around those that the training seasons have in trouble,
    hysteresis and delays. ValueError when no training season has the trouble."""
    troubles = [episode for season in validation for episode in season.episodes()]
    nearly = [episode for season in validation for episode in season.near_misses()]

    def cost(threshold: Threshold) -> float:
        return _cost(threshold, troubles, nearly, validation)

    tried = [threshold for feature in kind.baseline for threshold in _thresholds(kind, feature, train)]
    shortlist = sorted(tried, key=cost)[:SHORTLIST]
    delays = list(itertools.product(ON_DELAYS_MIN, CLEAR_DELAYS_MIN))
    return min(
        (replace(t, on_delay_min=on, clear_delay_min=clear) for t in shortlist for on, clear in delays), key=cost
    )


def _thresholds(kind: Kind, feature: str, train: Sequence[WatchedSeason]) -> Iterator[Threshold]:
    above = kind.baseline_above != (feature in kind.baseline_reversed)
    values = _values(kind, feature, above, train)
    for value, share in itertools.product(values, HYSTERESIS):
        width = round(share * (values[-1] - values[0]))
        yield Threshold(
            kind=kind.name,
            feature=feature,
            value=value,
            keep=value - width if above else value + width,
            above=above,
            on_delay_min=ON_DELAYS_MIN[0],
            clear_delay_min=CLEAR_DELAYS_MIN[0],
        )


def _cost(
    threshold: Threshold, troubles: Sequence[Episode], nearly: Sequence[Episode], seasons: Iterable[WatchedSeason]
) -> float:
    calls = [
        call
        for season in seasons
        for call in threshold.calls(
            season.features, zones=season.zones, nodes=[str(row) for row in range(len(season.zones))], t=season.t
        )
    ]
    return score_kind(threshold.kind, troubles, fused(calls), nearly).cost


def _values(kind: Kind, feature: str, above: bool, seasons: Sequence[WatchedSeason]) -> list[int]:
    """From well outside the values that the feature has in trouble, as a call must come ahead of it, to well inside."""
    column = feature_names().index(feature)
    values = np.concatenate([season.features[:, :, column].ravel() for season in seasons])
    troubled = np.concatenate([season.truth.ravel() for season in seasons]) & (values != MISSING)
    if not troubled.any():
        raise ValueError(f"no training season has {kind.name} where {feature} is known: there is no threshold to try")
    low, high = np.quantile(values[troubled], (0.02, 0.9) if above else (0.1, 0.98))
    spread = (high - low) or 1
    outside, inside = (low - spread, high + spread / 4) if above else (high + spread, low - spread / 4)
    return [int(value) for value in np.unique(np.linspace(outside, inside, THRESHOLDS).round())]
