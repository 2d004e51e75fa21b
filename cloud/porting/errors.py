"""The one error of the porter."""

from collections.abc import Iterable

from edge.contract.errors import CooeeError


class PortError(CooeeError):
    """An estimator, a name or a budget that cannot be ported; the message says why and how to mend it."""


def check_choice(value: str, allowed: Iterable[str], what: str) -> None:
    """Raises PortError for a value that is not allowed; `what` is what it is chosen for."""
    if value not in allowed:
        raise PortError(f"{what} {value!r} is unknown; choose from {', '.join(allowed)}")
