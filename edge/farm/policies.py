"""Alarm policies of a node in farm.yaml, where they are other than those that its sentinels were trained with."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field

from ..core import POLICY_FIELDS, AlarmPolicy, PolicyChange, sentinels
from .fields import Part, Seconds, one_of

Delay = Annotated[Seconds, Field(ge=0, le=7 * 86_400, multiple_of=60)]
Interval = Annotated[Seconds, Field(ge=0, le=30 * 86_400, multiple_of=60)]
Percent = Annotated[int, Field(ge=1, le=100)]


class Policy(Part):
    """What farm.yaml says of one kind of trouble; what it leaves out is as the sentinel has it. `repeat` of 0 min: a
    call is not repeated."""

    on_delay_s: Delay | None = Field(default=None, alias="on_delay")
    clear_delay_s: Delay | None = Field(default=None, alias="clear_delay")
    repeat_s: Interval | None = Field(default=None, alias="repeat")
    raise_percent: Percent | None = Field(default=None, alias="raise")
    keep_percent: Percent | None = Field(default=None, alias="keep")

    def values(self) -> dict[str, int]:
        """What it says, in minutes and per cent, by the fields of AlarmPolicy."""
        minutes = {
            "on_delay_min": self.on_delay_s,
            "clear_delay_min": self.clear_delay_s,
            "repeat_min": self.repeat_s,
        }
        said = {name: None if seconds is None else seconds // 60 for name, seconds in minutes.items()}
        said |= {"raise_percent": self.raise_percent, "keep_percent": self.keep_percent}
        return {name: value for name, value in said.items() if value is not None}

    def check(self, own: AlarmPolicy) -> None:
        """ValueError when a call would be kept only above where it is raised. (Of a `raise` below the sentinel's own
        keep the node makes both.)"""
        raised = own.raise_percent if self.raise_percent is None else self.raise_percent
        if self.keep_percent is not None and self.keep_percent > raised:
            raise ValueError(f"keep: {self.keep_percent} is more than the {raised} at which it is raised")


def policy_changes(names: Iterable[str], policies: Mapping[str, Policy]) -> tuple[PolicyChange, ...]:
    """What is changed of the policies of the sentinels with these names, by kinds of trouble. ValueError for a kind
    that none of them calls, and for a policy that cannot be."""
    run = [sentinel for sentinel in sentinels() if sentinel.name in names]
    places = {kind: (s, place) for s in run for place, kind in enumerate(s.classes) if place}
    found = []
    for kind, policy in sorted(policies.items()):
        if not places:
            raise ValueError(f"{kind}: this node runs no sentinel")
        try:
            sentinel, class_id = places[one_of(kind, places)]
            policy.check(sentinel.policies[class_id - 1])
        except ValueError as error:
            raise ValueError(f"{kind}: {error}") from None
        found += [
            PolicyChange(sentinel=sentinel.id, class_id=class_id, field=POLICY_FIELDS.index(name), value=value)
            for name, value in policy.values().items()
        ]
    return tuple(found)
