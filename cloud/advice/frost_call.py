"""Whether a sensor's call of frost is passed on, where a weather service says how cold the coming morning gets.

A sensor calls from what its evening shows, six hours ahead; of nights that begin alike it calls those too that do not
end in frost. A service sees what it cannot. But it may be wrong: near frost the sensor alone decides.
"""

from dataclasses import dataclass

from ..language import quantities
from ..language.speech import say
from .trouble import Advice, Trouble, evidence_of, joined

MILD_DEGC = 1.0
"""A lowest above it is no frost; chosen on the validation seasons (`cooee bench frost`)."""
DANGER_DEGC, CLOSE_DEGC, AHEAD_H = 1.0, 2.0, 1.0
"""Air so cold is near frost, and so is air so close that it freezes within so many hours as it falls."""
FELL_OVER_H = 2
"""How fast it falls is taken over so many hours."""


@dataclass(frozen=True, kw_only=True)
class ComingCold:
    """Air of a zone [degC]: the lowest since the call, of the last hour, and of the one FELL_OVER_H before, None where
    not known; and the lowest of the coming morning there as a service expects it."""

    lowest: float | None
    now: float | None
    before: float | None
    morning: float


def bears_out(cold: ComingCold, mild: float = MILD_DEGC) -> bool:
    """Whether a call of frost is to be passed on: the service expects one too, or the air is near it, or was
    since the call, or is not known."""
    if cold.morning <= mild or cold.now is None or cold.lowest is None or cold.lowest <= DANGER_DEGC:
        return True
    falls = 0.0 if cold.before is None else (cold.before - cold.now) / FELL_OVER_H
    return cold.now <= CLOSE_DEGC and cold.now - AHEAD_H * falls <= 0.0


def watch(trouble: Trouble, cold: ComingCold) -> Advice:
    """What to tell of a call that is held back."""
    return Advice(
        level="in_hand",
        deadline="today",
        title=say(
            "{block}: a sensor expects frost, your weather service does not. It is watched.", block=trouble.zone.name
        ),
        why=joined(
            say("Air is {cold}.", cold=quantities.degrees(cold.now)) if cold.now is not None else "",
            say("Until morning {lowest} is expected there.", lowest=quantities.degrees(cold.morning, 0)),
        ),
        evidence=evidence_of(trouble),
        steps=(say("You are called as soon as the air comes near frost, or the service expects it."),),
    )
