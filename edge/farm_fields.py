"""What the fields of farm.yaml are made of."""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from .contract.topics import IDENTIFIER

UNITS_S = {"s": 1, "min": 60, "h": 3600}


def _seconds(value: object) -> object:
    match = re.fullmatch(r"(\d+) ?(s|min|h)", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("write a whole number and a unit, as in 30 s, 10 min or 1 h")
    return int(match[1]) * UNITS_S[match[2]]


def _identifier(value: str) -> str:
    if not IDENTIFIER.fullmatch(value):
        raise ValueError("write 1 to 32 of a-z, 0-9, _ and -, beginning with a letter or digit")
    return value


Identifier = Annotated[str, BeforeValidator(lambda v: _identifier(v) if isinstance(v, str) else v)]
Seconds = Annotated[int, BeforeValidator(_seconds)]
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
