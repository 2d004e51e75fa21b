"""A quantity of a block over time: a line a sensor, the block's band, its target and its troubles. Drawn here, as a
picture under words of HTML, so that a phone has nothing to load or to compute before it is seen; a touch reads it
(touch.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from cloud.advice.levels import LEVELS
from cloud.language.quantities import count
from cloud.store import History
from edge.contract.messages import Record
from edge.farm import Zone

from ..queries.past import PastTrouble
from .axes import SIDE, Axes, box, drawn, upright
from .lines import band_shape, figures, legend, series_of, series_shapes
from .marks import (
    WATER_COLOUR,
    explained,
    is_water,
    trouble_marks,
    trouble_shapes,
    trouble_words,
    water_marks,
    water_signs,
)
from .panels import Line, Panel, target_lines
from .scales import value_labels

BAND_COLOUR = LEVELS["fine"].colour


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
    series = list(series_of(panel, sensors))
    if not series:
        return None
    bands = [history for history in block.values() if history.t] if len(sensors) > 1 and not panel.bars else []
    targets = target_lines(zone, panel)
    ends = [value for each in series for value in each.values.values()]
    ends += [panel.in_unit(value) for band in bands for value in (*band.low, *band.high)]
    ends += [line.value for line in targets] + ([0.0] if panel.bars else [])
    values, digits = value_labels(min(ends), max(ends))
    axes = Axes(since=since, until=until, low=values[0], high=values[-1])
    calls = [each for each in explained(panel, troubles) if each.began <= until and (each.ended or until) >= since]
    waters = [each for each in records if panel.depths_cm and is_water(each) and axes.holds(each.happened_t)]
    picture = [
        *_target_shapes(axes, targets),
        *trouble_shapes(axes, calls),
        *(band_shape(panel, axes, band) for band in bands),
        *(upright(axes, each.happened_t, WATER_COLOUR, "2 3") for each in waters),
        *series_shapes(axes, series, bars=panel.bars),
    ]
    words = [
        *_value_words(axes, values, digits),
        *trouble_words(axes, calls),
        *_target_words(axes, targets),
        *water_signs(axes, waters),
    ]
    marks = [*trouble_marks(axes, calls, timezone), *water_marks(axes, waters, timezone)]
    read = figures(axes, series, digits + 1, timezone)
    chart = drawn(axes, "".join(picture), "".join(words), timezone, marks, read)
    unit = escape(panel.unit_in_words())
    return f'<p class="cooee-quiet cooee-unit">{unit}</p>{chart}{legend(series, whole=bool(bands))}'


def _target_shapes(axes: Axes, lines: Sequence[Line]) -> Iterator[str]:
    """Between the first two lines all is well."""
    if len(lines) > 1:
        top, bottom = axes.y(lines[0].value), axes.y(lines[1].value)
        yield box(0, top, SIDE, bottom - top, BAND_COLOUR, 0.12)
    for line in lines:
        yield f"<path d='M0 {axes.y(line.value):.0f}h{SIDE}' stroke='{BAND_COLOUR}' stroke-dasharray='4 4'/>"


def _target_words(axes: Axes, lines: Sequence[Line]) -> Iterator[str]:
    for line in lines:
        yield f'<b class="cooee-target" style="top:{axes.y(line.value) / 10:.1f}%">{escape(line.label)}</b>'


def _value_words(axes: Axes, values: Sequence[float], digits: int) -> Iterator[str]:
    for value in values:
        text = escape(count(value, digits))
        yield f'<span class="cooee-y" style="top:{axes.y(value) / 10:.1f}%"><small>{text}</small></span>'
