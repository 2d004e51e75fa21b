"""Charts, drawn in the browser: a quantity over time with its target band and troubles, and the plan of the farm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import altair as alt
import pandas as pd

from cloud.clock import wall_ms
from cloud.farm_view import FarmView
from cloud.language.names import kind_in_words
from cloud.language.quantities import below_ground, converted, unit_name
from cloud.language.speech import mark, say
from cloud.levels import LEVELS, Level
from cloud.store import History
from edge.agronomy import crop, soil
from edge.contract.kinds import Kind, kinds
from edge.farm import Zone

from .cards import sensor_look
from .chart_forms import axis_form, forms, moment_form
from .queries import PastTrouble

SERIES_COLOURS = ("#2f86d6", "#d9822b")
"""Blue and orange: apart for colour-blind eyes, and readable on white and on black."""
CALL_COLOUR = LEVELS["urgent"].colour
BAND_COLOUR = LEVELS["fine"].colour
LEVEL_SHAPES: dict[Level, str] = {
    "fine": "circle",
    "in_hand": "square",
    "needs_you": "triangle-up",
    "urgent": "diamond",
    "no_word": "cross",
}
HEIGHT = 270
DRAWN = 500
"""Sensors on the plan: those of the worst blocks come first."""
NAMED_BLOCKS = 6
"""Blocks up to which the plan has room for their names; of more, a tap on a sensor tells its block."""


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


PANELS = (
    Panel(
        title=mark("Soil water"),
        unit=mark("% of the soil"),
        factor=100,
        channels={"soil_moisture_10cm": mark("{depth} deep"), "soil_moisture_30cm": mark("{depth} deep")},
        depths_cm={"soil_moisture_10cm": 10, "soil_moisture_30cm": 30},
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


def history_chart(
    panel: Panel,
    zone: Zone,
    histories: dict[str, History],
    troubles: Sequence[PastTrouble],
    since: int,
    until: int,
    timezone: str,
) -> alt.LayerChart | alt.FacetChart | None:
    """A panel over [since, until) in the farm's time; None with nothing to draw. `histories`: channel -> history."""
    frame = _frame(panel, histories, timezone)
    if frame.empty:
        return None
    span = [wall_ms(since, timezone), wall_ms(until, timezone)]
    x = alt.X(
        "t:T",
        title=None,
        scale=alt.Scale(type="utc", domain=[_moment(t) for t in span]),
        axis=alt.Axis(labelOverlap=True, tickCount=6, format=axis_form(until - since)),
    )
    lines = target_lines(zone, panel)
    layers = [
        *_band(lines),
        *_series_layers(panel, frame, x),
        *_target_layers(lines, span),
        *_trouble_layers(panel, troubles, span, timezone),
    ]
    chart: alt.LayerChart = alt.layer(*layers).properties(height=HEIGHT).configure(locale=forms())
    return chart


def farm_plan(view: FarmView) -> alt.LayerChart | alt.FacetChart:
    """Where the sensors stand: position in metres, colour and shape by what each says."""
    rows = [
        {
            "east": converted("distance", s.node.position[0]),
            "north": converted("distance", s.node.position[1]),
            "sensor": s.node.id,
            "block": z.zone.name,
            "state": word,
        }
        for z in view.zones
        for s in z.sensors
        for _, word in [sensor_look(z, s)]
    ][:DRAWN]
    levels = {word: level for z in view.zones for s in z.sensors for level, word in [sensor_look(z, s)]}
    words = list(levels)
    unit, axis = unit_name("distance"), alt.Axis(grid=False, tickCount=5)
    east, north = ([float(str(row[side])) for row in rows] for side in ("east", "north"))
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("east:Q", title=say("{unit} east", unit=unit), axis=axis, scale=_around(east)),
        y=alt.Y("north:Q", title=say("{unit} north", unit=unit), axis=axis, scale=_around(north)),
    )
    points = base.mark_point(filled=True, size=220, opacity=1).encode(
        color=alt.Color(
            "state:N",
            scale=alt.Scale(domain=words, range=[LEVELS[level].colour for level in levels.values()]),
            legend=alt.Legend(orient="bottom", title=None),
        ),
        shape=alt.Shape(
            "state:N", scale=alt.Scale(domain=words, range=[LEVEL_SHAPES[level] for level in levels.values()])
        ),
        tooltip=[
            alt.Tooltip("block:N", title=say("Block")),
            alt.Tooltip("sensor:N", title=say("Sensor")),
            alt.Tooltip("state:N", title=say("State")),
        ],
    )
    names = (
        alt.Chart(pd.DataFrame(rows))
        .transform_aggregate(east="mean(east)", north="max(north)", groupby=["block"])
        .mark_text(dy=-18, fontSize=13, fontWeight="bold", color="#808893")
        .encode(x="east:Q", y="north:Q", text="block:N")
    )
    crowded = len(view.zones) > NAMED_BLOCKS
    layers = alt.layer(points, *(() if crowded else (names,))).properties(height=260)
    chart: alt.LayerChart = layers.configure(locale=forms())
    return chart


def _around(metres: Sequence[float]) -> alt.Scale:
    """Room for marks and names around what is drawn."""
    room = max(20.0, 0.15 * (max(metres) - min(metres)))
    return alt.Scale(domain=[min(metres) - room, max(metres) + 2 * room], nice=False)


def _frame(panel: Panel, histories: dict[str, History], timezone: str) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "t": [float(wall_ms(t, timezone)) for t in found.t],
                "series": panel.series(name),
                "mean": list(map(panel.in_unit, found.mean)),
                "low": list(map(panel.in_unit, found.low)),
                "high": list(map(panel.in_unit, found.high)),
            }
        )
        for name, found in histories.items()
        if found.t
    ]
    if not parts:
        return pd.DataFrame()
    return pd.concat(parts)


def _series_layers(panel: Panel, frame: pd.DataFrame, x: alt.X) -> list[alt.Chart]:
    names, unit = list(dict.fromkeys(frame["series"])), panel.unit_in_words()
    colour = alt.Color(
        "series:N",
        scale=alt.Scale(domain=names, range=list(SERIES_COLOURS[: len(names)])),
        legend=alt.Legend(orient="bottom", title=None, symbolOpacity=1) if len(names) > 1 else None,
    )
    y = alt.Y("mean:Q", title=unit, scale=alt.Scale(zero=panel.bars))
    tooltip = [
        alt.Tooltip("utcyearmonthdatehoursminutes(t):T", title=say("Time"), format=moment_form()),
        alt.Tooltip("series:N", title=say("Measured")),
        alt.Tooltip("mean:Q", title=unit, format=".3~g"),
    ]
    base = alt.Chart(frame).encode(x=x, color=colour)
    if panel.bars:
        return [base.mark_bar().encode(y=y, tooltip=tooltip)]
    return [
        base.mark_area(opacity=0.18).encode(y=alt.Y("low:Q", title=unit, scale=alt.Scale(zero=False)), y2="high:Q"),
        base.mark_line(strokeWidth=2).encode(y=y, tooltip=tooltip),
    ]


def _target_layers(lines: Sequence[Line], span: list[int]) -> list[alt.Chart]:
    if not lines:
        return []
    start = float(span[0])
    rows = pd.DataFrame([{"value": line.value, "label": line.label, "t": start} for line in lines])
    return [
        alt.Chart(rows).mark_rule(strokeDash=[4, 4], color=BAND_COLOUR).encode(y="value:Q"),
        alt.Chart(rows)
        .mark_text(align="left", dx=4, dy=-7, color=BAND_COLOUR, fontSize=12, fontWeight="bold")
        .encode(x="t:T", y="value:Q", text="label:N"),
    ]


def _band(lines: Sequence[Line]) -> list[alt.Chart]:
    """Between the first two lines all is well."""
    if len(lines) < 2:
        return []
    rows = pd.DataFrame([{"top": lines[0].value, "bottom": lines[1].value}])
    return [alt.Chart(rows).mark_rect(opacity=0.12, color=BAND_COLOUR).encode(y="bottom:Q", y2="top:Q")]


def _trouble_layers(panel: Panel, troubles: Sequence[PastTrouble], span: list[int], timezone: str) -> list[alt.Chart]:
    """A trouble is a shaded time with a line and its word where it began."""
    rows, explained = [], {kind.name for kind in panel.kinds}
    for trouble in troubles:
        start, end = wall_ms(trouble.began, timezone), wall_ms(trouble.ended, timezone) if trouble.ended else span[1]
        if trouble.kind in explained and end >= span[0] and start <= span[1]:
            rows.append(
                {
                    "start": float(max(start, span[0])),
                    "end": float(min(end, span[1])),
                    "trouble": kind_in_words(trouble.kind),
                    "sensors": ", ".join(trouble.nodes),
                    "late": start > span[0] + 0.8 * (span[1] - span[0]),
                }
            )
    if not rows:
        return []
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x="start:T",
        tooltip=[
            alt.Tooltip("trouble:N", title=say("Called")),
            alt.Tooltip("sensors:N", title=say("Sensors")),
            alt.Tooltip("utcyearmonthdatehoursminutes(start):T", title=say("Began"), format=moment_form()),
        ],
    )
    word = base.encode(y=alt.value(2), text="trouble:N")
    look: Any = {"baseline": "top", "color": CALL_COLOUR, "fontWeight": "bold", "fontSize": 13}
    return [
        base.mark_rect(opacity=0.10, color=CALL_COLOUR).encode(x2="end:T"),
        base.mark_rule(color=CALL_COLOUR, strokeWidth=2),
        word.transform_filter("!datum.late").mark_text(align="left", dx=5, **look),
        word.transform_filter("datum.late").mark_text(align="right", dx=-5, **look),
    ]


def _moment(wall: int) -> alt.DateTime:
    """Wall-clock ms for a scale's domain: Streamlit's charts take no bare numbers there."""
    t = datetime.fromtimestamp(wall / 1000, UTC)
    return alt.DateTime(
        year=t.year, month=t.month, date=t.day, hours=t.hour, minutes=t.minute, seconds=t.second, utc=True
    )
