"""A trouble of a zone, what is told of it, and what every sentence on troubles shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from edge.agronomy.disease_weather import Criterion
from edge.contract.messages import Call
from edge.farm import Zone

from ..block.water import BlockWater, Drying, Incoming
from ..language.speech import say, say_count
from .evidence import evidence_in_words
from .levels import Level

DRY_KIND = "too_dry"
"""The kind of trouble that soil water tells of even before a sensor calls."""

FROST_KIND = "frost"
"""The kind of trouble that a weather service has a word in."""

DISEASE_KIND = "disease"
"""The kind of trouble that published criteria follow, by crop."""

Deadline = Literal["now", "today", "tomorrow"]
"""When something must be done at the latest; ordered."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What the sensors of one zone say of one kind of trouble: its open calls, and what it measures now.

    `values`: channel name -> value in the channel's unit, of the sensors that call. `water`: the zone's, by place;
    `drying` and `incoming` are known of a dry zone. `worsening`: what the kind is drawn by moves towards it.
    `criteria`: how far the weather has run, of disease; `timezone`: the farm's, for the days that they name.
    """

    zone: Zone
    kind: str
    calls: Sequence[Call]
    now: int
    values: Mapping[str, float] = field(default_factory=dict)
    water: BlockWater | None = None
    drying: Drying | None = None
    incoming: Incoming = field(default_factory=Incoming)
    worsening: bool = False
    criteria: tuple[Criterion, ...] = ()
    timezone: str = "UTC"

    @property
    def began(self) -> int:
        """Time of the first raise, UTC ms."""
        return min(call.raised_t for call in self.calls)


@dataclass(frozen=True, kw_only=True)
class Advice:
    """One trouble of one zone in words: `title` says what, where, and what to do by when (`deadline`); `why` in one
    sentence or two; `evidence` is what the sensors decided by."""

    level: Level
    deadline: Deadline
    title: str
    why: str
    steps: tuple[str, ...]
    evidence: str = ""


def evidence_of(trouble: Trouble) -> str:
    """What decided, of the surest sensor; how many sensors agree when there are several."""
    surest = max(trouble.calls, key=lambda call: (call.confidence, call.t))
    words = [text for text in map(evidence_in_words, surest.why) if text]
    many = len(trouble.calls)
    return joined(
        say("When it was called, sensors saw: {evidence}.", evidence="; ".join(words)) if words else "",
        say_count("{count} sensor says so.", "{count} sensors say so.", many) if many > 1 else "",
    )


def joined(*sentences: str) -> str:
    """Whole sentences, one after the other."""
    return " ".join(sentence for sentence in sentences if sentence)
