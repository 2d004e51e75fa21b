"""Plots of a report as SVG: a box of time and one quantity, with lines in it and bars below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WIDTH, LEFT, RIGHT, PLOT = 1000, 116, 56, 130
"""Pixels."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """Time to the right, a quantity up, in a box of PLOT height."""

    start: int
    end: int
    low: float
    high: float

    def x(self, t: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (t - self.start) / max(self.end - self.start, 1)

    def y(self, value: float) -> float:
        return PLOT - (PLOT - 14) * (value - self.low) / max(self.high - self.low, 1e-9)


def bar(axis: Axis, start: int, end: int, y: float, colour: str, *, filled: bool, says: str) -> str:
    width = max(axis.x(end) - axis.x(start), 2.0)
    look = f"fill='{colour}' opacity='.75'" if filled else f"fill='none' stroke='{colour}' stroke-width='1.5'"
    return (
        f"<rect x='{axis.x(start):.1f}' y='{y}' width='{width:.1f}' height='8' {look}>"
        f"<title>{escape(says)}, {when(start)} to {when(end)}</title></rect>"
    )


def line(axis: Axis, t: Sequence[int], values: Floats, colour: str, *, dashed: bool = False) -> str:
    points = " ".join(f"{axis.x(x):.1f},{axis.y(float(v)):.1f}" for x, v in zip(t, values, strict=True))
    dashes = "5 3" if dashed else "none"
    return f"<polyline points='{points}' fill='none' stroke='{colour}' stroke-width='1.4' stroke-dasharray='{dashes}'/>"


def rounded(value: float) -> float:
    """Up to the next half of its leading digit, for the ends of an axis; 0 below 0."""
    if value <= 0:
        return 0.0
    half = 10 ** np.floor(np.log10(value)) / 2
    return float(np.ceil(value / half) * half)


def svg(axis: Axis, body: str, height: int, unit: str, *, title: str, downwards: bool = False) -> str:
    """The box with its axes, for ears called `title`; `unit` says what goes up, or down. A narrow screen pans over
    it."""
    levels = "".join(
        f"<text x='{LEFT - 6}' y='{axis.y(v) + 4:.1f}' text-anchor='end'>{abs(v) if downwards else v:.3g}</text>"
        for v in (axis.low, (axis.low + axis.high) / 2, axis.high)
    )
    weeks = "".join(
        f"<line x1='{axis.x(x):.1f}' x2='{axis.x(x):.1f}' y1='14' y2='{PLOT}' stroke='var(--week)'/>"
        f"<text x='{axis.x(x):.1f}' y='{height + 12}' text-anchor='middle'>{when(x)[:6]}</text>"
        for x in np.linspace(axis.start, axis.end, 7).astype(int).tolist()
    )
    return (
        f"<div class='plot' role='region' tabindex='0' aria-label='{escape(title)}'>"
        f"<svg viewBox='0 0 {WIDTH} {height + 18}' role='img'><title>{escape(title)}</title><text x='{LEFT}' "
        f"y='10'>{escape(unit)}</text>{weeks}{levels}{body}</svg></div>"
    )


def when(t: int) -> str:
    return f"{datetime.fromtimestamp(t / 1000, UTC):%d %b %H:%M}"
