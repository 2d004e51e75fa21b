"""How much a block needs a person: the levels, worst first, each with its word and colour."""

from dataclasses import dataclass
from typing import Literal

from ..language.speech import mark, say

Level = Literal["urgent", "needs_you", "no_word", "in_hand", "fine"]


@dataclass(frozen=True, kw_only=True)
class Look:
    """`colour`: white words can be read on it (4.5 : 1), and it is seen on a white and on a black page (3 : 1)."""

    word: str
    colour: str


LEVELS: dict[Level, Look] = {
    "urgent": Look(word=mark("Urgent"), colour="#c8322a"),
    "needs_you": Look(word=mark("Needs you"), colour="#9a5b00"),
    "no_word": Look(word=mark("No word"), colour="#606976"),
    "in_hand": Look(word=mark("In hand"), colour="#2468b8"),
    "fine": Look(word=mark("Fine"), colour="#1b7a3a"),
}
"""Worst first."""


def level_word(level: Level) -> str:
    """A level in the reader's words."""
    return say(LEVELS[level].word)


def badness(level: Level) -> int:
    """For sorting: the worst is least."""
    return list(LEVELS).index(level)
