"""The lines and bars of a chart: a line a sensor, the block's band, whose line is which, and what a touch reads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from cloud.language.quantities import count
from cloud.language.speech import say
from cloud.language.times import at
from cloud.store import History

from ..cards.pieces import named
from .axes import Axes, box
from .panels import Panel

SENSOR_COLOURS = ("#2f86d6", "#d9822b", "#3a9a63", "#a568c4", "#8a7f2d", "#c4608f")
"""A line a sensor, up to so many: apart for colour-blind eyes, and readable on white and on black."""
BLOCK_COLOUR = "#808893"
DASHES = ("none", "6 5", "1 6")
"""Of a panel's channels."""
GAP = 3.5
"""Points that may lack before a line is broken."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """A sensor's values of one channel, in the chart's unit."""

    sensor: str
    name: str
    colour: str
    dash: str
    values: Mapping[int, float]

    @property
    def step(self) -> int:
        """Between its points, ms."""
        return min((after - before for before, after in pairwise(self.values)), default=0)


def series_of(panel: Panel, sensors: Mapping[str, Mapping[str, History]]) -> Iterator[Series]:
    """What each sensor measured that has a line. `sensors`: sensor -> channel -> its history."""
    channels = [name for name in panel.channels if any(name in own for own in sensors.values())]
    for (sensor, own), colour in zip(sensors.items(), SENSOR_COLOURS, strict=False):
        for channel, history in own.items():
            if history.t:
                yield Series(
                    sensor=sensor,
                    name=f"{sensor}, {panel.series(channel)}" if len(channels) > 1 else sensor,
                    colour=colour,
                    dash=DASHES[channels.index(channel)],
                    values=dict(zip(history.t, map(panel.in_unit, history.mean), strict=True)),
                )


def figures(axes: Axes, series: Sequence[Series], digits: int, timezone: str) -> dict[str, object]:
    """What a touch reads: at which places and times, each series' name, colour and figures."""
    times = sorted({t for each in series for t in each.values})
    return {
        "x": [round(axes.x(t)) for t in times],
        "when": [at(t, timezone) for t in times],
        "series": [
            (
                each.name,
                each.colour,
                [count(each.values[t], digits) if t in each.values else "" for t in times],
            )
            for each in series
        ],
    }


def series_shapes(axes: Axes, series: Sequence[Series], *, bars: bool) -> Iterator[str]:
    """A line each, or bars beside each other, as SVG."""
    width = min((each.step for each in series if each.step), default=0) / len(series)
    for number, each in enumerate(series):
        if bars:
            sides = ((axes.x(t + number * width), axes.x(t + (number + 1) * width), v) for t, v in each.values.items())
            yield "".join(
                box(left, axes.y(value), max(right - left, 1), axes.y(0) - axes.y(value), each.colour, 1)
                for left, right, value in sides
                if value > 0
            )
        else:
            yield f"<path d='{_path(axes, each)}' stroke='{each.colour}' stroke-dasharray='{each.dash}'/>"


def _path(axes: Axes, series: Series) -> str:
    """A line, broken where readings lack; a point alone is a dot."""
    runs: list[list[str]] = []
    last, most = None, GAP * series.step
    for t, value in series.values.items():
        if last is None or t - last > most:
            runs.append([])
        runs[-1].append(f"{axes.x(t):.0f} {axes.y(value):.0f}")
        last = t
    return "".join(f"M{' '.join(run)}" if len(run) > 1 else f"M{run[0]}h0" for run in runs)


def band_shape(panel: Panel, axes: Axes, band: History) -> str:
    """From the lowest to the highest of all sensors, as SVG."""
    high = [f"{axes.x(t):.0f} {axes.y(panel.in_unit(v)):.0f}" for t, v in zip(band.t, band.high, strict=True)]
    low = [f"{axes.x(t):.0f} {axes.y(panel.in_unit(v)):.0f}" for t, v in zip(band.t, band.low, strict=True)]
    return f"<polygon points='{' '.join((*high, *reversed(low)))}' fill='{BLOCK_COLOUR}' fill-opacity='.22'/>"


def legend(series: Sequence[Series], *, whole: bool) -> str:
    """Whose line is which."""
    entries = [(named(sensor), colour) for sensor, colour in {each.sensor: each.colour for each in series}.items()]
    if whole:
        entries.append((escape(say("the whole block")), BLOCK_COLOUR))
    items = "".join(f'<li><i style="background:{colour}"></i>{name}</li>' for name, colour in entries)
    return f'<ul class="cooee-lines-of">{items}</ul>'
