"""A quantity of a block over time, drawn in the browser: a line a sensor, the block's band, its target and its
troubles."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import altair as alt
import pandas as pd
from altair.utils.schemapi import debug_mode

from cloud.language.names import kind_in_words, record_in_words
from cloud.language.quantities import below_ground, converted, unit_name
from cloud.language.speech import mark, say
from cloud.language.times import at
from cloud.levels import LEVELS
from cloud.store import History
from edge.agronomy import crop, soil
from edge.contract.kinds import Kind, kinds
from edge.contract.messages import Record
from edge.farm import Zone

from .chart_forms import forms, time_axis
from .queries import PastTrouble

SENSOR_COLOURS = ("#2f86d6", "#d9822b", "#3a9a63", "#a568c4", "#8a7f2d", "#c4608f")
"""A line a sensor, up to so many: apart for colour-blind eyes, and readable on white and on black."""
BLOCK_COLOUR = "#808893"
DASHES = ([1, 0], [6, 3])
"""Of a panel's channels."""
CALL_COLOUR = LEVELS["urgent"].colour
BAND_COLOUR = LEVELS["fine"].colour
WATER_COLOUR = "#2f86d6"
INKS = {False: {"call": CALL_COLOUR, "band": BAND_COLOUR}, True: {"call": "#ff8a80", "band": "#5cc98a"}}
"""Of words, by whether the page is dark: at least 4.5 to 1 on it."""
HEIGHT = 320
WORD_SHARE = 0.35
"""Of a phone's chart, that the word for a trouble takes at most."""
GAP = 3.5
"""Points that may lack before a line is broken."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A value worth seeing on a chart, in the chart's unit."""

    value: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One chart of the zone page. `quantity`: what it draws, in the reader's unit, after its values were multiplied by
    `factor`; `per_hour` says that this must be found from the wake interval; `unit`: what its axis says, {unit} being
    the reader's. `channels`: channel -> its name in the legend, {depth} being where it sits."""

    title: str
    channels: Mapping[str, str]
    quantity: str | None = None
    unit: str = "{unit}"
    factor: float = 1.0
    bars: bool = False
    per_hour: bool = False
    depths_cm: Mapping[str, float] = field(default_factory=dict)

    def in_unit(self, value: float) -> float:
        """A value of a channel as it is drawn."""
        return converted(self.quantity, self.factor * value) if self.quantity else self.factor * value

    def unit_in_words(self) -> str:
        """What the axis says."""
        return say(self.unit, unit=unit_name(self.quantity) if self.quantity else "")

    def series(self, channel: str) -> str:
        """A channel's name in the legend."""
        return say(self.channels[channel], depth=below_ground(self.depths_cm.get(channel, 0)))

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The troubles it explains."""
        return tuple(kind for kind in kinds().values() if kind.chart in self.channels)


SOIL_DEPTHS_CM = {"soil_moisture_10cm": 10, "soil_moisture_30cm": 30, "soil_moisture_60cm": 60}
PANELS = (
    Panel(
        title=mark("Soil water"),
        unit=mark("% of the soil"),
        factor=100,
        channels=dict.fromkeys(SOIL_DEPTHS_CM, mark("{depth} deep")),
        depths_cm=SOIL_DEPTHS_CM,
    ),
    Panel(title=mark("Ethylene"), quantity="gas", channels={"ethylene": mark("Ethylene")}),
    Panel(title=mark("Air temperature"), quantity="temperature", channels={"air_temperature": mark("Air")}),
    Panel(title=mark("Humidity"), unit="%", channels={"humidity": mark("Humidity")}),
    Panel(title=mark("Wind"), quantity="speed", channels={"wind": mark("Mean"), "gust": mark("Gusts")}),
    Panel(
        title=mark("Rain"),
        quantity="depth",
        unit=mark("{unit} per hour"),
        channels={"rain": mark("Rain")},
        bars=True,
        per_hour=True,
    ),
    Panel(title=mark("Solar radiation"), unit="W/m²", channels={"solar_radiation": mark("Radiation")}),
    Panel(title=mark("Soil temperature"), quantity="temperature", channels={"soil_temperature": mark("Soil")}),
)


def target_lines(zone: Zone, panel: Panel) -> tuple[Line, ...]:
    """What a panel's values are compared with: soil water with full, refill and wilting point (FAO-56 eq. 82, 83)."""
    if panel.depths_cm and zone.soil:
        texture, plant = soil(zone.soil), crop(zone.crop)
        span = texture.field_capacity - texture.wilting_point
        return (
            Line(value=100 * texture.field_capacity, label=say("full")),
            Line(
                value=100 * (texture.field_capacity - plant.p * span),
                label=say("water again") if zone.irrigation else say("too dry"),
            ),
            Line(value=100 * texture.wilting_point, label=say("wilting")),
        )
    return tuple(
        Line(value=panel.in_unit(kind.chart_line), label=kind_in_words(kind.name))
        for kind in panel.kinds
        if kind.chart_line is not None
    )


@debug_mode(False)
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
    *,
    dark: bool = False,
) -> alt.LayerChart | alt.FacetChart | None:
    """A panel over [since, until) in the farm's time; None with nothing to draw. `block`: channel -> history of all
    sensors together; `sensors`: sensor -> channel -> its own, of those that get a line. `records` of water are marked
    where soil water is drawn. Altair checks the whole chart when it is sent, and not each piece as well."""
    lines = pd.DataFrame(
        row
        for sensor, channels in sensors.items()
        for channel, history in channels.items()
        for row in _points(panel, sensor, channel, history, timezone)
    )
    if lines.empty:
        return None
    targets = target_lines(zone, panel)
    x = time_axis("t", since, until, timezone)
    layers = [
        *_target_band(targets),
        *_trouble_layers(panel, troubles, since, until, timezone, INKS[dark]["call"]),
        *(_water_layers(records, since, until, timezone) if panel.depths_cm else ()),
        *_line_layers(panel, lines, _band(panel, block) if len(sensors) > 1 else pd.DataFrame(), x),
        *_target_layers(targets, since, INKS[dark]["band"]),
    ]
    chart: alt.LayerChart = alt.layer(*layers).properties(height=HEIGHT).configure(locale=forms())
    return chart


def _points(panel: Panel, sensor: str, channel: str, history: History, timezone: str) -> Iterator[dict[str, Any]]:
    """Rows of a line; where readings lack it is broken."""
    step = min((after - before for before, after in pairwise(history.t)), default=0)
    row = {"sensor": sensor, "series": panel.series(channel)}
    last: int | None = None
    for t, mean in zip(history.t, history.mean, strict=True):
        if last is not None and t - last > GAP * step:
            yield row | {"t": last + step, "mean": None, "when": ""}
        yield row | {"t": t, "mean": panel.in_unit(mean), "when": at(t, timezone)}
        last = t


def _band(panel: Panel, block: Mapping[str, History]) -> pd.DataFrame:
    return pd.DataFrame(
        {"t": t, "series": series, "low": panel.in_unit(low), "high": panel.in_unit(high)}
        for series, history in ((panel.series(channel), history) for channel, history in block.items())
        for t, low, high in zip(history.t, history.low, history.high, strict=True)
    )


def _line_layers(panel: Panel, lines: pd.DataFrame, band: pd.DataFrame, x: alt.X) -> list[alt.Chart]:
    """The block's band, and upon it a line a sensor; its colour says which, its dashes which channel."""
    names, series, unit = sorted(set(lines["sensor"])), list(dict.fromkeys(lines["series"])), panel.unit_in_words()
    whole = say("the whole block")
    range_ = [*SENSOR_COLOURS[: len(names)], BLOCK_COLOUR]
    scale = alt.Scale(domain=[*names, whole] if len(band) else names, range=range_ if len(band) else range_[:-1])
    legend = alt.Legend(orient="bottom", title=None, columns=3, symbolOpacity=1, symbolStrokeWidth=3)
    y = alt.Y("mean:Q", title=unit, scale=alt.Scale(zero=panel.bars))
    tooltip = [
        alt.Tooltip("when:N", title=say("Time")),
        alt.Tooltip("sensor:N", title=say("Sensor")),
        alt.Tooltip("series:N", title=say("Measured")),
        alt.Tooltip("mean:Q", title=unit, format=".3~g"),
    ]
    base = alt.Chart(lines).encode(x=x, y=y, color=alt.Color("sensor:N", scale=scale, legend=legend), tooltip=tooltip)
    if panel.bars:
        return [base.mark_bar()]
    dash = alt.StrokeDash(
        "series:N",
        scale=alt.Scale(domain=series, range=[list(dash) for dash in DASHES[: len(series)]]),
        legend=None,
    )
    drawn = [base.mark_line(strokeWidth=2).encode(strokeDash=dash)]
    if len(band):
        shade = alt.Chart(band.assign(sensor=whole)).mark_area(opacity=0.22)
        colour = alt.Color("sensor:N", scale=scale, legend=legend)
        drawn.insert(0, shade.encode(x=x, y=alt.Y("low:Q", title=unit), y2="high:Q", detail="series:N", color=colour))
    return drawn


def _target_band(lines: Sequence[Line]) -> list[alt.Chart]:
    """Between the first two lines all is well."""
    if len(lines) < 2:
        return []
    rows = pd.DataFrame([{"top": lines[0].value, "bottom": lines[1].value}])
    return [alt.Chart(rows).mark_rect(opacity=0.12, color=BAND_COLOUR).encode(y="bottom:Q", y2="top:Q")]


def _target_layers(lines: Sequence[Line], since: int, ink: str) -> list[alt.Chart]:
    if not lines:
        return []
    rows = pd.DataFrame([{"value": line.value, "label": line.label, "t": since} for line in lines])
    look: Any = {"color": ink, "fontSize": 12, "fontWeight": "bold"}
    return [
        alt.Chart(rows).mark_rule(strokeDash=[4, 4], color=BAND_COLOUR).encode(y="value:Q"),
        alt.Chart(rows).mark_text(align="left", dx=4, dy=-7, **look).encode(x="t:Q", y="value:Q", text="label:N"),
    ]


def _water_layers(records: Sequence[Record], since: int, until: int, timezone: str) -> list[alt.Chart]:
    """Water that somebody wrote down."""
    rows = pd.DataFrame(
        {"t": r.happened_t, "what": record_in_words(r), "when": at(r.happened_t, timezone)}
        for r in records
        if r.kind in ("irrigation", "rain") and since <= r.happened_t <= until and not r.withdrawn
    )
    if rows.empty:
        return []
    tooltip = [alt.Tooltip("what:N", title=say("What")), alt.Tooltip("when:N", title=say("When"))]
    base = alt.Chart(rows).encode(x="t:Q", tooltip=tooltip)
    return [
        base.mark_rule(color=WATER_COLOUR, strokeWidth=1.5, strokeDash=[2, 3]),
        base.mark_point(color=WATER_COLOUR, filled=True, opacity=1, size=120, shape="triangle-down").encode(
            y=alt.value(7)
        ),
    ]


def _trouble_layers(
    panel: Panel, troubles: Sequence[PastTrouble], since: int, until: int, timezone: str, ink: str
) -> list[alt.Chart]:
    """A trouble is a shaded time with a line where it began, and above the chart its word where there is room."""
    rows: list[dict[str, Any]] = []
    explained, free, width = {kind.name for kind in panel.kinds}, float("-inf"), WORD_SHARE * (until - since)
    for trouble in sorted(troubles, key=lambda trouble: trouble.began):
        start, end = max(trouble.began, since), min(trouble.ended or until, until)
        if trouble.kind not in explained or end < since or start > until:
            continue
        late = start > until - width
        left = start - width if late else start
        word = kind_in_words(trouble.kind)
        rows.append(
            {
                "start": start,
                "end": end,
                "trouble": word,
                "word": word if left >= free else "",
                "sensors": ", ".join(trouble.nodes),
                "when": at(trouble.began, timezone),
                "late": late,
            }
        )
        if left >= free:
            free = left + width
    if not rows:
        return []
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x="start:Q",
        tooltip=[
            alt.Tooltip("trouble:N", title=say("Called")),
            alt.Tooltip("sensors:N", title=say("Sensors")),
            alt.Tooltip("when:N", title=say("Began")),
        ],
    )
    words = base.encode(y=alt.value(-5), text="word:N")
    look: Any = {"baseline": "bottom", "color": ink, "fontWeight": "bold", "fontSize": 13}
    return [
        base.mark_rect(opacity=0.10, color=CALL_COLOUR).encode(x2="end:Q"),
        base.mark_rule(color=CALL_COLOUR, strokeWidth=2),
        words.transform_filter("!datum.late").mark_text(align="left", **look),
        words.transform_filter("datum.late").mark_text(align="right", **look),
    ]
