"""What the fields of farm.yaml are made of."""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, FiniteFloat

from .contract.topics import IDENTIFIER

UNITS_S = {"s": 1, "min": 60, "h": 3600}
MOST_CORNERS = 1000


def _seconds(value: object) -> object:
    match = re.fullmatch(r"(\d+) ?(s|min|h)", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("write a whole number and a unit, as in 30 s, 10 min or 1 h")
    return int(match[1]) * UNITS_S[match[2]]


def _identifier(value: str) -> str:
    if not IDENTIFIER.fullmatch(value):
        raise ValueError("write 1 to 32 of a-z, 0-9, _ and -, beginning with a letter or digit")
    return value


def _month_day(value: str) -> str:
    if not re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", value):
        raise ValueError("write month and day, as in 04-15")
    return value


def _ring(corners: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    if not 3 <= len(set(corners)) <= len(corners) <= MOST_CORNERS:
        raise ValueError(f"write 3 to {MOST_CORNERS} corners as [metres east, metres north]")
    return corners


Ring = Annotated[tuple[tuple[FiniteFloat, FiniteFloat], ...], AfterValidator(_ring)]
"""Corners of an area in order: metres east and north of the farm's corner."""
Identifier = Annotated[str, BeforeValidator(lambda v: _identifier(v) if isinstance(v, str) else v)]
Seconds = Annotated[int, BeforeValidator(_seconds)]
MonthDay = Annotated[str, AfterValidator(_month_day)]
"""A span of time, written as in "30 s", "10 min" or "1 h"."""


class Part(BaseModel):
    """A mapping of farm.yaml: no field that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def one_of(value: str, allowed: Iterable[str]) -> str:
    """The value, when it is allowed; ValueError says what is."""
    allowed = list(allowed)
    if value not in allowed:
        raise ValueError(f"must be one of {', '.join(allowed)}")
    return value


def check_unique(what: str, values: Sequence[object]) -> None:
    """ValueError when a value is there twice."""
    twice = next((v for v in values if values.count(v) > 1), None)
    if twice is not None:
        raise ValueError(f"{what} {twice!r} is used twice")
