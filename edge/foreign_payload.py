"""A number and its time in what another system has sent: JSON, a form, or bare text."""

import json
import math
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from .contract.errors import MessageError
from .contract.messages import EARLIEST_MS, LATEST_MS

STEP = re.compile(r'\.?([^.\[\]"=]+)|\[(\d+)\]|\["([^"]+)"\]|\[([^=\]]+)=([^\]]+)\]')
NO_READING = {"", "unavailable", "unknown", "none", "null", "nan"}
"""What systems send while they know no value."""

Step = str | int | tuple[str, str]


@lru_cache(maxsize=1000)
def parse_path(path: str) -> tuple[Step, ...]:
    """Steps of a path such as `a.b[0].c`, `a["b.c"]` or `list[type=1].value`, which takes the first element whose type
    is 1. ValueError when it is none."""
    steps: list[Step] = []
    at = 0
    while at < len(path):
        found = STEP.match(path, at)
        if found is None or (at == 0 and path[0] == "."):
            raise ValueError(f'{path!r} is no path: write it as a.b, a[0].b, a["b.c"] or a[key=value].b')
        name, place, quoted, key, wanted = found.groups()
        steps.append((key, wanted) if key else int(place) if place else name or quoted)
        at = found.end()
    return tuple(steps)


def body_of(payload: bytes) -> Any:
    """What a payload holds: JSON, or else a text. MessageError for what is not UTF-8."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        raise MessageError("neither JSON nor text") from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def at(body: Any, path: str) -> Any:
    """What stands at a path; None when nothing does."""
    for step in parse_path(path):
        if isinstance(step, tuple):
            key, wanted = step
            rows = body if isinstance(body, list) else []
            body = next((row for row in rows if isinstance(row, dict) and str(row.get(key)) == wanted), None)
        elif isinstance(step, int):
            body = body[step] if isinstance(body, list) and step < len(body) else None
        else:
            body = body.get(step) if isinstance(body, dict) else None
    return body


def number_of(value: Any) -> float | None:
    """A finite number, also one written as text; None for no reading. MessageError for anything else."""
    if value is None or (isinstance(value, str) and value.strip().lower() in NO_READING):
        return None
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise MessageError(f"a number is needed, found {value!r:.60}")
    return number


def time_of(value: Any) -> int:
    """UTC ms of a time: seconds or milliseconds since 1970, or ISO 8601, which is UTC unless it says otherwise.
    MessageError when it is none between 2000 and 2100."""
    try:
        number = float(value)
        t = number if number >= EARLIEST_MS else 1000 * number
    except OverflowError:
        t = math.inf
    except (TypeError, ValueError):
        try:
            moment = datetime.fromisoformat(str(value))
            t = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000
        except (ValueError, OverflowError):
            raise MessageError(f"a time is needed, found {value!r:.60}") from None
    if not EARLIEST_MS <= t < LATEST_MS:
        raise MessageError(f"a time between 2000 and 2100 is needed, found {value!r:.60}")
    return round(t)
