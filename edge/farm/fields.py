"""What the fields of farm.yaml are made of."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date
from typing import Annotated
from unicodedata import category

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationInfo,
    field_validator,
)

from ..contract.topics import IDENTIFIER

UNITS_S = {"s": 1, "min": 60, "h": 3600}
MOST_CORNERS = 1000
COMMON_YEAR = 2001


def _seconds(value: object) -> object:
    match = re.fullmatch(r"(\d{1,9}) ?(s|min|h)", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("write a whole number and a unit, as in 30 s, 10 min or 1 h")
    return int(match[1]) * UNITS_S[match[2]]


def _identifier(value: str) -> str:
    if not IDENTIFIER.fullmatch(value):
        raise ValueError("write 1 to 32 of a-z, 0-9, _ and -, beginning with a letter or digit")
    return value


def _month_day(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"\d\d-\d\d", value, re.ASCII):
        with suppress(ValueError):
            return f"{date.fromisoformat(f'{COMMON_YEAR}-{value}'):%m-%d}"
    raise ValueError("write month and day, as in 04-15, of a day that every year has")


def _shown(value: str) -> str:
    if not value.strip() or any(category(letter) == "Cc" for letter in value):
        raise ValueError("write letters in one line")
    return value


def _path(value: str) -> str:
    if "\0" in value:
        raise ValueError("a path has no letter \\0")
    return value


def _ring(corners: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    if not 3 <= len(set(corners)) <= len(corners) <= MOST_CORNERS:
        raise ValueError(f"write 3 to {MOST_CORNERS} corners as [metres east, metres north]")
    return corners


Metres = Annotated[FiniteFloat, Field(ge=-1e6, le=1e6)]
Ring = Annotated[tuple[tuple[Metres, Metres], ...], AfterValidator(_ring)]
"""Corners of an area in order: metres east and north of the farm's corner."""
Identifier = Annotated[str, BeforeValidator(lambda v: _identifier(v) if isinstance(v, str) else v)]
Seconds = Annotated[int, BeforeValidator(_seconds)]
"""A span of time, written as in "30 s", "10 min" or "1 h"."""
MonthDay = Annotated[str, BeforeValidator(_month_day)]
Name = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_shown)]
"""What people read."""
PlacedFile = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_path)]
"""A path, or a command."""


class Part(BaseModel):
    """A mapping of farm.yaml: no field that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _yes_is_no_number(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation in (int, float, float | None):
            raise ValueError("a number is needed")
        return value


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
