"""Rectangles of the map, in metres, and where they lie in one another as CSS."""

from collections.abc import Iterable
from dataclasses import dataclass

LEAST_SIDE = 2.75
"""Of a block as it is drawn, rem: large enough for a finger."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle in metres east and north of the farm's corner."""

    west: float
    south: float
    east: float
    north: float

    @property
    def width(self) -> float:
        """Metres."""
        return self.east - self.west

    @property
    def height(self) -> float:
        """Metres."""
        return self.north - self.south

    def grown(self, metres: float) -> "Box":
        """With so much more on every side."""
        return Box(
            west=self.west - metres, south=self.south - metres, east=self.east + metres, north=self.north + metres
        )

    def share(self, east: float, north: float) -> tuple[float, float]:
        """How far from its left and its top a point lies, as shares of its sides."""
        return (east - self.west) / self.width, (self.north - north) / self.height

    def place(self, east: float, north: float) -> str:
        """Where a point lies in it, as CSS."""
        left, top = self.share(east, north)
        return f"left:{100 * left:.2f}%;top:{100 * top:.2f}%"

    def style(self, inner: "Box") -> str:
        """Where a block lies in it, as CSS: at its edge, too, with room for a finger."""
        left, top = self.share(inner.west, inner.north)
        width, height = 100 * inner.width / self.width, 100 * inner.height / self.height
        return (
            f"left:min({100 * left:.2f}%,100% - {LEAST_SIDE}rem);top:min({100 * top:.2f}%,100% - {LEAST_SIDE}rem);"
            f"width:{width:.2f}%;height:{height:.2f}%"
        )


def around(points: Iterable[tuple[float, float]]) -> Box:
    """The smallest rectangle around points."""
    east, north = zip(*points, strict=True)
    return Box(west=min(east), south=min(north), east=max(east), north=max(north))
