"""Pieces of the page as HTML: text from outside is escaped here, and every colour comes with a word and a sign."""

from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from cloud.advice.levels import Level, badness, level_word
from cloud.language.speech import mark, say
from cloud.sensor_state import SensorState, SensorStateName
from cloud.zone_state import ZoneState

SENSOR_WORDS: dict[SensorStateName, tuple[Level, str]] = {
    "sleeping": ("fine", mark("Working")),
    "late": ("no_word", mark("Late")),
    "dead": ("no_word", mark("Silent")),
    "never": ("no_word", mark("Not heard yet")),
    "faulty": ("needs_you", mark("Probe faulty")),
    "suspect": ("no_word", mark("Look at the probe")),
}
"""How a sensor's state looks and reads. `sleeping` is well: it rests between readings. It is not called fine, which the
crop beside it may not be."""


def named(text: str) -> str:
    """A name that somebody gave, whichever way its script runs."""
    return f"<bdi>{escape(text)}</bdi>"


def pill(level: Level, word: str | None = None) -> str:
    """A state with its colour, sign and word."""
    return f'<span class="cooee-pill {level}">{escape(word or level_word(level))}</span>'


def sign(level: Level) -> str:
    """The sign of a state, for beside its word."""
    return f'<span class="cooee-sign {level}"></span>'


def banner(text: str) -> str:
    """A calm note across the page."""
    return f'<div class="cooee-banner" role="note">{escape(text)}</div>'


def quiet_line(text: str) -> str:
    """A sentence that stands back; a command in it stands between backticks."""
    return f"<p class='cooee-quiet'>{escape(text).replace('`', '')}</p>"


def zone_word(view: ZoneState) -> str:
    """The word for a zone's state."""
    if view.resting and view.level == "fine":
        return say("Resting")
    partly = view.level == "no_word" and any(sensor.heard for sensor in view.sensors)
    return say("Not all seen") if partly else level_word(view.level)


def sensor_look(view: ZoneState, sensor: SensorState) -> tuple[Level, str]:
    """What a sensor says: the worst trouble that it calls for, or its own state."""
    if sensor.state != "sleeping":
        level, word = SENSOR_WORDS[sensor.state]
        return level, say(word)
    called = [t.level for t in view.troubles if any(call.node == sensor.node.id for call in t.trouble.calls)]
    level = min(called, key=badness, default="fine")
    return level, level_word(level)


def history_address(zone: str, asked: Mapping[str, str]) -> str:
    """Of a block's History, for a link; `asked`: what the reader asked for."""
    return escape("./zone?" + urlencode({"zone": zone, **asked}))
