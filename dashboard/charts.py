"""A quantity of a block over time: a line a sensor, the block's band, its target and its troubles. Drawn here, as a
picture under words of HTML, so that a phone has nothing to load or to compute before it is seen; a touch reads it
(chart_touch.py).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from urllib.parse import quote

from cloud.advice.levels import LEVELS
from cloud.language.names import kind_in_words, record_in_words
from cloud.language.quantities import count
from cloud.language.speech import say
from cloud.language.times import at
from cloud.store import History
from edge.contract.messages import Record
from edge.farm import Zone

from .cards import named
from .panels import Line, Panel, target_lines
from .queries import PastTrouble
from .scales import time_labels, value_labels

SENSOR_COLOURS = ("#2f86d6", "#d9822b", "#3a9a63", "#a568c4", "#8a7f2d", "#c4608f")
"""A line a sensor, up to so many: apart for colour-blind eyes, and readable on white and on black."""
BLOCK_COLOUR = "#808893"
DASHES = ("none", "6 5", "1 6")
"""Of a panel's channels."""
CALL_COLOUR = LEVELS["urgent"].colour
BAND_COLOUR = LEVELS["fine"].colour
WATER_COLOUR = "#2f86d6"
SIDE = 1000
"""Of a picture, in its own unit: it is stretched to its place."""
WORD_SHARE = 0.35
"""Of a phone's chart, that the word for a trouble takes at most."""
GAP = 3.5
"""Points that may lack before a line is broken."""

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


def history_chart(
    panel: Panel,
    zone: Zone,
    block: Mapping[str, History],
    sensors: Mapping[str, Mapping[str, History]],
    troubles: Sequence[PastTrouble],
    records: Sequence[Record],
    since: int,
    until: int,
    timezone: str,
) -> str | None:
    """A panel over [since, until) in the farm's time, as HTML; None with nothing to draw. `block`: channel -> history
    of all sensors together; `sensors`: sensor -> channel -> its own, of those that get a line. `records` of water are
    marked where soil water is drawn."""
    series = list(_series(panel, sensors))
    if not series:
        return None
    bands = [history for history in block.values() if history.t] if len(sensors) > 1 and not panel.bars else []
    targets = target_lines(zone, panel)
    ends = [value for each in series for value in each.values.values()]
    ends += [panel.in_unit(value) for band in bands for value in (*band.low, *band.high)]
    ends += [line.value for line in targets] + ([0.0] if panel.bars else [])
    values, digits = value_labels(min(ends), max(ends))
    axes = Axes(since=since, until=until, low=values[0], high=values[-1])
    calls = [each for each in _explained(panel, troubles) if each.began <= until and (each.ended or until) >= since]
    waters = [each for each in records if panel.depths_cm and _is_water(each) and axes.holds(each.happened_t)]
    picture = [
        *_target_shapes(axes, targets),
        *_trouble_shapes(axes, calls),
        *(_band_shape(panel, axes, band) for band in bands),
        *(_upright(axes, each.happened_t, WATER_COLOUR, "2 3") for each in waters),
        *_series_shapes(axes, series, bars=panel.bars),
    ]
    words = [
        *_value_words(axes, values, digits),
        *_trouble_words(axes, calls),
        *_target_words(axes, targets),
        *_water_signs(axes, waters),
    ]
    marks = [*_trouble_marks(axes, calls, timezone), *_water_marks(axes, waters, timezone)]
    read = _figures(axes, series, digits + 1, timezone)
    chart = drawn(axes, "".join(picture), "".join(words), timezone, marks, read)
    unit = escape(panel.unit_in_words())
    return f'<p class="cooee-quiet cooee-unit">{unit}</p>{chart}{_legend(series, whole=bool(bands))}'


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


def _series(panel: Panel, sensors: Mapping[str, Mapping[str, History]]) -> Iterator[Series]:
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


def _figures(axes: Axes, series: Sequence[Series], digits: int, timezone: str) -> dict[str, object]:
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


def _series_shapes(axes: Axes, series: Sequence[Series], *, bars: bool) -> Iterator[str]:
    width = min((each.step for each in series if each.step), default=0) / len(series)
    for number, each in enumerate(series):
        if bars:
            sides = ((axes.x(t + number * width), axes.x(t + (number + 1) * width), v) for t, v in each.values.items())
            yield "".join(
                _box(left, axes.y(value), max(right - left, 1), axes.y(0) - axes.y(value), each.colour, 1)
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


def _band_shape(panel: Panel, axes: Axes, band: History) -> str:
    high = [f"{axes.x(t):.0f} {axes.y(panel.in_unit(v)):.0f}" for t, v in zip(band.t, band.high, strict=True)]
    low = [f"{axes.x(t):.0f} {axes.y(panel.in_unit(v)):.0f}" for t, v in zip(band.t, band.low, strict=True)]
    return f"<polygon points='{' '.join((*high, *reversed(low)))}' fill='{BLOCK_COLOUR}' fill-opacity='.22'/>"


def _box(left: float, top: float, width: float, height: float, colour: str, opacity: float) -> str:
    return (
        f"<rect x='{left:.1f}' y='{top:.0f}' width='{width:.1f}' height='{height:.0f}' fill='{colour}' "
        f"fill-opacity='{opacity}'/>"
    )


def _upright(axes: Axes, t: int, colour: str, dash: str = "none") -> str:
    return f"<path d='M{axes.x(t):.0f} 0v{SIDE}' stroke='{colour}' stroke-dasharray='{dash}'/>"


def _target_shapes(axes: Axes, lines: Sequence[Line]) -> Iterator[str]:
    """Between the first two lines all is well."""
    if len(lines) > 1:
        top, bottom = axes.y(lines[0].value), axes.y(lines[1].value)
        yield _box(0, top, SIDE, bottom - top, BAND_COLOUR, 0.12)
    for line in lines:
        yield f"<path d='M0 {axes.y(line.value):.0f}h{SIDE}' stroke='{BAND_COLOUR}' stroke-dasharray='4 4'/>"


def _target_words(axes: Axes, lines: Sequence[Line]) -> Iterator[str]:
    for line in lines:
        yield f'<b class="cooee-target" style="top:{axes.y(line.value) / 10:.1f}%">{escape(line.label)}</b>'


def _value_words(axes: Axes, values: Sequence[float], digits: int) -> Iterator[str]:
    for value in values:
        text = escape(count(value, digits))
        yield f'<span class="cooee-y" style="top:{axes.y(value) / 10:.1f}%"><small>{text}</small></span>'


def _is_water(record: Record) -> bool:
    return record.kind in ("irrigation", "rain") and not record.withdrawn


def _water_signs(axes: Axes, waters: Sequence[Record]) -> Iterator[str]:
    """Water that somebody wrote down."""
    for record in waters:
        yield f'<i class="cooee-given" style="left:{axes.x(record.happened_t) / 10:.1f}%"></i>'


def _water_marks(axes: Axes, waters: Sequence[Record], timezone: str) -> Iterator[Mark]:
    for record in waters:
        x = axes.x(record.happened_t)
        yield x, x, f"{record_in_words(record)} ({at(record.happened_t, timezone)})"


def _explained(panel: Panel, troubles: Sequence[PastTrouble]) -> list[PastTrouble]:
    kinds = {kind.name for kind in panel.kinds}
    return sorted((trouble for trouble in troubles if trouble.kind in kinds), key=lambda trouble: trouble.began)


def _trouble_shapes(axes: Axes, calls: Sequence[PastTrouble]) -> Iterator[str]:
    """A trouble is a shaded time with a line where it began."""
    for trouble in calls:
        start = max(trouble.began, axes.since)
        left, right = axes.x(start), axes.x(min(trouble.ended or axes.until, axes.until))
        yield _box(left, 0, right - left, SIDE, CALL_COLOUR, 0.1)
        yield _upright(axes, start, CALL_COLOUR)


def _trouble_words(axes: Axes, calls: Sequence[PastTrouble]) -> Iterator[str]:
    """Above the chart, where there is room for a word."""
    free, width = float("-inf"), WORD_SHARE * SIDE
    for trouble in calls:
        x = axes.x(max(trouble.began, axes.since))
        late = x > SIDE - width
        if (left := x - width if late else x) >= free:
            free = left + width
            where = f"right:{100 - x / 10:.1f}%" if late else f"left:{x / 10:.1f}%"
            yield f'<b class="cooee-called" style="{where}">{escape(kind_in_words(trouble.kind))}</b>'


def _trouble_marks(axes: Axes, calls: Sequence[PastTrouble], timezone: str) -> Iterator[Mark]:
    for trouble in calls:
        text = f"{kind_in_words(trouble.kind)} ({', '.join(trouble.nodes)}; {at(trouble.began, timezone)})"
        yield axes.x(max(trouble.began, axes.since)), axes.x(min(trouble.ended or axes.until, axes.until)), text


def _legend(series: Sequence[Series], *, whole: bool) -> str:
    """Whose line is which."""
    entries = [(named(sensor), colour) for sensor, colour in {each.sensor: each.colour for each in series}.items()]
    if whole:
        entries.append((escape(say("the whole block")), BLOCK_COLOUR))
    items = "".join(f'<li><i style="background:{colour}"></i>{name}</li>' for name, colour in entries)
    return f'<ul class="cooee-lines-of">{items}</ul>'
