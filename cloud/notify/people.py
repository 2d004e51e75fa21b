"""people.toml: who is told what, when, and where. Its addresses hold passwords, so only its owner may read it, and
nothing of an address is ever logged or shown."""

import logging
import re
import tomllib
from collections.abc import Sequence
from datetime import time
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from edge.contract.errors import CooeeError
from edge.contract.kinds import kinds
from edge.edited_file import edited_text, why_unreadable
from edge.farm import Farm, Language, Units
from edge.farm.field_faults import what_is_wrong
from edge.farm.fields import Name, Seconds
from edge.farm.file_stamp import stamp_of

from ..advice.levels import LEVELS, Level
from ..language.reader import Reader, reader_of
from .channels import Channel, channels, service
from .concerns import OTHER_KINDS

log = logging.getLogger("cooee.notify")

FILE = "people.toml"
"""Its name in the data folder."""
LONGEST_S = 30 * 86_400
HOUR = r"(?:[01]\d|2[0-3]):[0-5]\d"


class PeopleError(CooeeError):
    """people.toml cannot be used."""


def _span(value: object) -> object:
    match = re.fullmatch(rf"({HOUR})-({HOUR})", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('write from and to, as in "21:00-06:30"')
    if match[1] == match[2]:
        raise ValueError("from and to are the same: write other times, or leave it out")
    return time.fromisoformat(match[1]), time.fromisoformat(match[2])


def _clock(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(HOUR, value):
        return time.fromisoformat(value)
    raise ValueError('write hours and minutes, as in "07:00"')


def _wakers() -> tuple[str, ...]:
    return tuple(kind.name for kind in kinds().values() if kind.wakes)


class Person(BaseModel):
    """Somebody to be told. `levels` ring at once, `digest` waits for `digest_at`; in `quiet` hours (the farm's time)
    only kinds in `wake_for` ring. Spans are in seconds; `repeat` None rings once; `language` and `units` None are the
    farm's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    urls: tuple[SecretStr, ...] = Field(min_length=1)
    language: Language | None = None
    units: Units | None = None
    zones: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    levels: tuple[Level, ...] = ("urgent", "needs_you", "no_word")
    digest: tuple[Level, ...] = ()
    digest_at: Annotated[time, BeforeValidator(_clock)] = time(7)
    quiet: Annotated[tuple[time, time], BeforeValidator(_span)] | None = None
    wake_for: tuple[str, ...] = Field(default_factory=_wakers)
    repeat: Seconds | None = Field(default=1800, ge=60, le=LONGEST_S)
    escalate_to: str | None = None
    escalate_after: Seconds = Field(default=1200, ge=60, le=LONGEST_S)
    snooze: Seconds = Field(default=7200, ge=60, le=LONGEST_S)

    @property
    def told_of_nothing(self) -> str:
        """The fields by which nothing ever rings this person or waits for the digest; nothing where something may."""
        if self.zones == ():
            return "zones is"
        if self.kinds == ():
            return "kinds is"
        return "" if self.levels or self.digest else "levels and digest are"

    def channels(self) -> list[Channel]:
        """Ways to reach this person."""
        return channels([url.get_secret_value() for url in self.urls])

    def reads(self, farm: Farm) -> Reader:
        """The language and the units that this person reads."""
        return reader_of(farm, self.language, self.units)

    @model_validator(mode="before")
    @classmethod
    def _never_again(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("repeat") == "never":
            return values | {"repeat": None}
        return values


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    people: tuple[Person, ...] = Field(min_length=1)


def load_people(path: Path, farm: Farm) -> tuple[Person, ...]:
    """Reads and checks people.toml; PeopleError says in one line what is wrong with it and how to mend it."""
    try:
        if path.stat().st_mode & 0o077:
            raise PeopleError(f"{path}: others can read the passwords in it: chmod 600 {path}")
        people = _File.model_validate(tomllib.loads(edited_text(path, "utf-8-sig"))).people
    except FileNotFoundError:
        raise PeopleError(f"{path}: is not there: write it as docs/NOTIFY.md shows, then chmod 600 {path}") from None
    except OSError as error:
        raise PeopleError(f"{path}: cannot be read ({error.strerror}): make it yours, with mode 600") from None
    except UnicodeDecodeError as error:
        raise PeopleError(f"{path}: cannot be read ({why_unreadable(error)})") from None
    except ValidationError as error:
        if error.errors()[0]["loc"] == ("people",):
            raise PeopleError(
                f"{path}: nobody is in it: write one [[people]] a person, as docs/NOTIFY.md shows"
            ) from None
        raise PeopleError(f"{path}: {_fault(error)}") from None
    except (ValueError, RecursionError) as error:
        why = str(error).partition(";")[0]
        raise PeopleError(f"{path}: not TOML: {why}: put every text in quotes, one [[people]] a person") from None
    _check(path, people, farm)
    return people


class PeopleFile:
    """`people` are those whom the file last named without a mistake; `channels`: the ways to reach each, by name;
    `fault`: what is wrong with the file now."""

    people: tuple[Person, ...]
    channels: dict[str, list[Channel]]
    fault: str | None = None

    def __init__(self, path: Path, farm: Farm) -> None:
        """Raises PeopleError."""
        self._path = path
        self._seen = stamp_of(path)
        self._take(load_people(path, farm))

    def refresh(self, farm: Farm) -> None:
        """Reads the file again when it has changed."""
        if (seen := stamp_of(self._path)) == self._seen:
            return
        self._seen = seen
        try:
            self._take(load_people(self._path, farm))
        except PeopleError as error:
            log.error("people are told as before: %s", error)
            self.fault = str(error)
            return
        self.fault = None
        log.info("read %s again: %d people", self._path, len(self.people))

    def _take(self, people: tuple[Person, ...]) -> None:
        self.people, self.channels = people, {person.name: person.channels() for person in people}


def _fault(error: ValidationError) -> str:
    """The first fault, without what was found: it may be a password."""
    fault = error.errors(include_input=False)[0]
    field = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in fault["loc"]).lstrip(".")
    more = "; docs/NOTIFY.md lists them" if fault["type"] == "extra_forbidden" else ""
    return f"{field}: {what_is_wrong(fault)}{more}"


def _check(path: Path, people: Sequence[Person], farm: Farm) -> None:
    names = [person.name for person in people]
    if twice := {name for name in names if names.count(name) > 1}:
        raise PeopleError(f"{path}: {min(twice)} is there twice: give each person a name of their own")
    known_kinds = [*kinds(), *OTHER_KINDS]
    levels = [level for level in LEVELS if level not in ("in_hand", "fine")]
    for person in people:
        others = [name for name in names if name != person.name]
        for field, values, known in (
            ("zones", person.zones or (), [zone.id for zone in farm.zones]),
            ("kinds", person.kinds or (), known_kinds),
            ("wake_for", person.wake_for, known_kinds),
            ("levels", person.levels, levels),
            ("digest", person.digest, levels),
            ("escalate_to", (person.escalate_to,) if person.escalate_to else (), others),
        ):
            if unknown := [value for value in values if value not in known]:
                allowed = f"one of {', '.join(known)}" if known else "somebody else in this file"
                raise PeopleError(f"{path}: {person.name}: {field}: {unknown[0]!r} is not {allowed}")
        if person.told_of_nothing and not any(other.escalate_to == person.name for other in people):
            raise PeopleError(
                f"{path}: {person.name}: {person.told_of_nothing} empty, and nobody escalates to {person.name}: "
                "nothing would ever be told; name some, or leave it out"
            )
        for number, url in enumerate(person.urls, 1):
            if service(url.get_secret_value()) is None:
                raise PeopleError(
                    f"{path}: {person.name}: urls[{number}] is no address that Apprise knows: see docs/NOTIFY.md"
                )
