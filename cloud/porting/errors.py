"""The one error of the porter."""

from collections.abc import Iterable, Sequence
from typing import Any

from edge.contract.errors import CooeeError


class PortError(CooeeError):
    """An estimator, a name or a budget that cannot be ported; the message says why and how to mend it."""


def check_choice(value: str, allowed: Iterable[str], what: str) -> None:
    """Raises PortError for a value that is not allowed; `what` is what it is chosen for."""
    if value not in allowed:
        raise PortError(f"{what} {value!r} is unknown; choose from {', '.join(allowed)}")


def check_several(kind: str, classes: Sequence[Any]) -> None:
    """Raises PortError for a classifier of that kind that was trained on a single class."""
    if len(classes) == 1:
        raise PortError(
            f"{kind} was trained on a single class, {classes[0]}, and decides nothing: train on two or more"
        )
