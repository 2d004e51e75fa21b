"""Probes that are faulty or seem wrong, in plain words, as troubles are in advice.py: never a crop's trouble."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.probe_trouble import Doubt

from ..language.names import channel_in_words, kind_in_words
from ..language.speech import listed, mark, say
from ..language.times import ago
from .trouble import Advice, Trouble, evidence_of

DOUBTS: dict[Doubt, str] = {
    "fell": mark("it fell all at once, alone and faster than soil dries"),
    "still": mark("it stands still for much longer than usual"),
    "apart": mark("it goes another way than the others here"),
    "exchanged": mark("it reads as the one at the other depth should: look whether their plugs are mixed up"),
    "leapt": mark("it changed all at once, alone and by more than ever"),
}
"""Why a probe seems wrong."""
FAULTS = {
    "absent": mark("no sensor answers"),
    "crc": mark("its answers come spoilt"),
    "timeout": mark("no answer in time"),
    "open": mark("cable cut or loose"),
    "short": mark("short circuit"),
    "implausible": mark("a value that cannot be"),
    "warming_up": mark("still warming up"),
    "expired": mark("past its life"),
    "calibration": mark("its calibration is not valid"),
    "silent": mark("no reading comes from it"),
    "range": mark("a value that cannot be"),
    "stuck": mark("the value stands still"),
}
"""Why a probe is faulty: words for edge.contract.messages.FAULTS."""
SITS_FIRMLY = mark("Look whether the probe sits firmly, and whether its cable and plug are whole and dry.")


@dataclass(frozen=True, kw_only=True)
class Odd:
    """A probe that is faulty or seems wrong: its sensor and channel, what is wrong in words, and since when (UTC ms)
    where that is known."""

    sensor: str
    channel: str
    why: str
    since: int | None = None


def odd_in_words(odd: Sequence[Odd], now: int) -> str:
    """What is wrong with each probe: "tomato-1, soil water at 10 cm: it stands still for much longer than usual
    (noticed 6 hours ago)."."""
    return " ".join(_odd_in_words(each, now) for each in odd)


def _odd_in_words(odd: Odd, now: int) -> str:
    parts = {"sensor": odd.sensor, "reading": channel_in_words(odd.channel), "why": odd.why}
    if odd.since is None:
        return say("{sensor}, {reading}: {why}.", **parts)
    return say("{sensor}, {reading}: {why} (noticed {ago}).", ago=ago(odd.since, now), **parts)


def look_at_probes(block: str, odd: Sequence[Odd], now: int) -> Advice:
    """What to tell of probes of a block that are faulty or seem wrong."""
    return Advice(
        level="no_word",
        deadline="tomorrow",
        title=say("{block}: look at the probe of {sensors} when you are there.", block=block, sensors=_sensors(odd)),
        why=odd_in_words(odd, now),
        steps=(
            say(SITS_FIRMLY),
            say("Until then what it reads does not count: nothing is called of the crop by it alone."),
        ),
    )


def look_first(trouble: Trouble, odd: Sequence[Odd]) -> Advice:
    """What to tell of a call that rests on nothing but probes that seem wrong."""
    return Advice(
        level="no_word",
        deadline="today",
        title=say(
            "{block}, suspected only: {kind}. Look at the probe of {sensors} first.",
            block=trouble.zone.name,
            kind=kind_in_words(trouble.kind),
            sensors=_sensors(odd),
        ),
        why=odd_in_words(odd, trouble.now),
        evidence=evidence_of(trouble),
        steps=(
            say("Look at the crop and the soil there yourself: that decides."),
            say(SITS_FIRMLY),
        ),
    )


def _sensors(odd: Sequence[Odd]) -> str:
    return listed(sorted({each.sensor for each in odd}))
