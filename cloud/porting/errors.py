"""The one error of the porter."""

from edge.contract.errors import CooeeError


class PortError(CooeeError):
    """An estimator, a name or a budget that cannot be ported; the message says why and how to mend it."""
