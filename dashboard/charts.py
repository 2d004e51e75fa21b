"""Charts, drawn in the browser: a quantity over time with its target band and troubles, and the plan of the farm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import altair as alt
import pandas as pd

from cloud.clock import DAY_MS, wall_ms
from cloud.farm_view import FarmView
from cloud.levels import LEVELS, Level
from cloud.store import History
from edge.agronomy import crop, soil
from edge.contract.kinds import Kind, kind_in_words, kinds
from edge.farm import Zone

from .cards import sensor_look
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
NAMED_BLOCKS = 6
"""Blocks up to which the plan has room for their names; of more, a tap on a sensor tells its block."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A value worth seeing on a chart, in the chart's unit."""

    value: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One chart of the zone page: `factor` turns the unit of its channels into `unit`, `per_hour` says that it must be
    found from the wake interval."""

    title: str
    unit: str
    channels: dict[str, str]
    factor: float = 1.0
    bars: bool = False
    per_hour: bool = False

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The troubles it explains."""
        return tuple(kind for kind in kinds().values() if kind.chart in self.channels)


PANELS = (
    Panel(
        title="Soil water",
        unit="% of the soil",
        factor=100,
        channels={"soil_moisture_10cm": "10 cm deep", "soil_moisture_30cm": "30 cm deep"},
    ),
    Panel(title="Ethylene", unit="ppm", channels={"ethylene": "Ethylene"}),
    Panel(title="Air temperature", unit="°C", channels={"air_temperature": "Air"}),
    Panel(title="Humidity", unit="%", channels={"humidity": "Humidity"}),
    Panel(title="Wind", unit="m/s", channels={"wind": "Mean", "gust": "Gusts"}),
    Panel(title="Rain", unit="mm per hour", channels={"rain": "Rain"}, bars=True, per_hour=True),
    Panel(title="Soil temperature", unit="°C", channels={"soil_temperature": "Soil"}),
)


def target_lines(zone: Zone, panel: Panel) -> tuple[Line, ...]:
    """What a panel's values are compared with: soil water with full, refill and wilting point (FAO-56 eq. 82, 83)."""
    if panel.title == "Soil water" and zone.soil:
        texture, plant = soil(zone.soil), crop(zone.crop)
        span = texture.field_capacity - texture.wilting_point
        return (
            Line(value=100 * texture.field_capacity, label="full"),
            Line(
                value=100 * (texture.field_capacity - plant.p * span),
                label="water again" if zone.irrigation else "too dry",
            ),
            Line(value=100 * texture.wilting_point, label="wilting"),
        )
    return tuple(
        Line(value=panel.factor * kind.chart_line, label=kind.words)
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
        axis=alt.Axis(labelOverlap=True, tickCount=6, format=_format(until - since)),
    )
    lines = target_lines(zone, panel)
    layers = [
        *_band(lines),
        *_series_layers(panel, frame, x),
        *_target_layers(lines, span),
        *_trouble_layers(panel, troubles, span, timezone),
    ]
    return alt.layer(*layers).properties(height=HEIGHT)


def farm_plan(view: FarmView) -> alt.LayerChart | alt.FacetChart:
    """Where the sensors stand: position in metres, colour and shape by what each says."""
    rows = [
        {
            "east": s.node.position[0],
            "north": s.node.position[1],
            "sensor": s.node.id,
            "block": z.zone.name,
            "state": word,
        }
        for z in view.zones
        for s in z.sensors
        for _, word in [sensor_look(z, s)]
    ]
    levels = {word: level for z in view.zones for s in z.sensors for level, word in [sensor_look(z, s)]}
    words = list(levels)
    sensors = [s for z in view.zones for s in z.sensors]
    axis = alt.Axis(grid=False, tickCount=5)
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("east:Q", title="metres east", axis=axis, scale=_around([s.node.position[0] for s in sensors])),
        y=alt.Y("north:Q", title="metres north", axis=axis, scale=_around([s.node.position[1] for s in sensors])),
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
        tooltip=["block", "sensor", "state"],
    )
    names = (
        alt.Chart(pd.DataFrame(rows))
        .transform_aggregate(east="mean(east)", north="max(north)", groupby=["block"])
        .mark_text(dy=-18, fontSize=13, fontWeight="bold", color="#808893")
        .encode(x="east:Q", y="north:Q", text="block:N")
    )
    crowded = len(view.zones) > NAMED_BLOCKS
    return alt.layer(points, *(() if crowded else (names,))).properties(height=260)


def _around(metres: Sequence[float]) -> alt.Scale:
    """Room for marks and names around what is drawn."""
    room = max(20.0, 0.15 * (max(metres) - min(metres)))
    return alt.Scale(domain=[min(metres) - room, max(metres) + 2 * room], nice=False)


def _frame(panel: Panel, histories: dict[str, History], timezone: str) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "t": [float(wall_ms(t, timezone)) for t in found.t],
                "series": panel.channels[name],
                "mean": found.mean,
                "low": found.low,
                "high": found.high,
            }
        )
        for name, found in histories.items()
        if found.t
    ]
    if not parts:
        return pd.DataFrame()
    frame = pd.concat(parts)
    frame[["mean", "low", "high"]] *= panel.factor
    return frame


def _series_layers(panel: Panel, frame: pd.DataFrame, x: alt.X) -> list[alt.Chart]:
    names = [name for name in panel.channels.values() if name in set(frame["series"])]
    colour = alt.Color(
        "series:N",
        scale=alt.Scale(domain=names, range=list(SERIES_COLOURS[: len(names)])),
        legend=alt.Legend(orient="bottom", title=None, symbolOpacity=1) if len(names) > 1 else None,
    )
    y = alt.Y("mean:Q", title=panel.unit, scale=alt.Scale(zero=panel.bars))
    tooltip = [
        alt.Tooltip("utcyearmonthdatehoursminutes(t):T", title="time"),
        "series",
        alt.Tooltip("mean:Q", title=panel.unit, format=".3~g"),
    ]
    base = alt.Chart(frame).encode(x=x, color=colour)
    if panel.bars:
        return [base.mark_bar().encode(y=y, tooltip=tooltip)]
    return [
        base.mark_area(opacity=0.18).encode(
            y=alt.Y("low:Q", title=panel.unit, scale=alt.Scale(zero=False)), y2="high:Q"
        ),
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
        x="start:T", tooltip=["trouble", "sensors", alt.Tooltip("utcyearmonthdatehoursminutes(start):T", title="from")]
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


def _format(span_ms: int) -> str:
    return "%H:%M" if span_ms <= 2 * DAY_MS else "%a %-d %b" if span_ms <= 8 * DAY_MS else "%-d %b"
