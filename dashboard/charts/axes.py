"""A chart's place for time and values, and its picture under words of HTML."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from .scales import time_labels

SIDE = 1000
"""Of a picture, in its own unit: it is stretched to its place."""
NO_FIGURES: Mapping[str, object] = {"x": [], "when": [], "series": []}
Mark = tuple[float, float, str]
"""What happened, and from where to where on a chart, in shares of SIDE."""


@dataclass(frozen=True, kw_only=True)
class Axes:
    """A chart's time in UTC ms and its values, and where they lie."""

    since: int
    until: int
    low: float = 0.0
    high: float = 1.0

    def x(self, t: float) -> float:
        """From the left, of SIDE."""
        return SIDE * (t - self.since) / (self.until - self.since)

    def y(self, value: float) -> float:
        """From the top, of SIDE."""
        return SIDE * (self.high - value) / (self.high - self.low)

    def holds(self, t: int) -> bool:
        """Whether a time is on the chart."""
        return self.since <= t <= self.until


def drawn(
    axes: Axes,
    picture: str,
    words: str,
    timezone: str,
    marks: Sequence[Mark],
    figures: Mapping[str, object] = NO_FIGURES,
) -> str:
    """Shapes of SVG under words of HTML and the labels of time, with what a touch reads there."""
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {SIDE} {SIDE}' preserveAspectRatio='none'><style>"
        "path{fill:none;stroke-width:2;vector-effect:non-scaling-stroke;stroke-linejoin:round;stroke-linecap:round}"
        f"</style>{picture}</svg>"
    )
    times = "".join(
        f'<span class="cooee-x" style="left:{axes.x(t) / 10:.1f}%"><small>{escape(label)}</small></span>'
        for t, label in time_labels(axes.since, axes.until, timezone).items()
    )
    happened = [(round(left), round(right), text) for left, right, text in marks]
    read = escape(json.dumps({**figures, "marks": happened}, ensure_ascii=False, separators=(",", ":")))
    image = f"""<img alt="" src="data:image/svg+xml,{quote(svg, safe=" /:='.;{}")}">""" if picture else ""
    return f'<div class="cooee-axes" data-read="{read}">{times}{image}{words}</div>'


def box(left: float, top: float, width: float, height: float, colour: str, opacity: float) -> str:
    """An SVG rectangle."""
    return (
        f"<rect x='{left:.1f}' y='{top:.0f}' width='{width:.1f}' height='{height:.0f}' fill='{colour}' "
        f"fill-opacity='{opacity}'/>"
    )


def upright(axes: Axes, t: int, colour: str, dash: str = "none") -> str:
    """An SVG line at a time, over the whole height."""
    return f"<path d='M{axes.x(t):.0f} 0v{SIDE}' stroke='{colour}' stroke-dasharray='{dash}'/>"
