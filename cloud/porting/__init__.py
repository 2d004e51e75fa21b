"""Ports fitted scikit-learn classifiers to C that decides exactly as Python does."""

from .errors import PortError
from .port import port
from .ported import Ported

__all__ = ["PortError", "Ported", "port"]
