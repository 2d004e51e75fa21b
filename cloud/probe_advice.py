"""Probes that are faulty or seem wrong, in plain words, as troubles are in advice.py: never a crop's trouble."""

from collections.abc import Sequence

from edge.probe_trouble import Doubt

from .language.names import channel_in_words, kind_in_words
from .language.speech import listed, mark, say
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
Odd = tuple[str, str, str]
"""Sensor, channel, and what is wrong in words."""


def odd_in_words(odd: Sequence[Odd]) -> str:
    """What is wrong with each probe: "tomato-1, soil water at 10 cm: it stands still for much longer than usual."."""
    return " ".join(
        say("{sensor}, {reading}: {why}.", sensor=sensor, reading=channel_in_words(channel), why=why)
        for sensor, channel, why in odd
    )


def look_at_probes(block: str, odd: Sequence[Odd]) -> Advice:
    """What to tell of probes of a block that are faulty or seem wrong."""
    return Advice(
        level="no_word",
        deadline="tomorrow",
        title=say("{block}: look at the probe of {sensors} when you are there.", block=block, sensors=_sensors(odd)),
        why=odd_in_words(odd),
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
        why=odd_in_words(odd),
        evidence=evidence_of(trouble),
        steps=(
            say("Look at the crop and the soil there yourself: that decides."),
            say(SITS_FIRMLY),
        ),
    )


def _sensors(odd: Sequence[Odd]) -> str:
    return listed(sorted({sensor for sensor, _, _ in odd}))
