"""Readings of sensors that people own already, which the gateway takes over MQTT and HTTP (docs/SENSORS.md)."""

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message of another system: its MQTT topic, or the path of its upload, which begins with a slash; what it holds,
    when it came (UTC ms), and whether the broker had kept it from before."""

    where: str
    body: Any
    received_ms: int
    retained: bool = False


class Inlet(Protocol):
    """Where messages of other systems come in."""

    def follow(self, places: set[str]) -> None:
        """From now on listens for these topics or paths. CooeeError when it cannot."""

    def take(self) -> list[Said]:
        """What has come since the last time, in order."""

    def close(self) -> None:
        """Listens no longer."""
