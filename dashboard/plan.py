"""The plan of the farm, drawn in the browser: where the sensors stand, coloured by what each says."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from cloud.farm_view import FarmView
from cloud.language.quantities import converted, unit_name
from cloud.language.speech import say
from cloud.levels import LEVELS, Level

from .cards import sensor_look
from .chart_forms import forms

LEVEL_SHAPES: dict[Level, str] = {
    "fine": "circle",
    "in_hand": "square",
    "needs_you": "triangle-up",
    "urgent": "diamond",
    "no_word": "cross",
}
DRAWN = 500
"""Sensors on the plan: those of the worst blocks come first."""
NAMED_BLOCKS = 6
"""Blocks up to which the plan has room for their names; of more, a tap on a sensor tells its block."""


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
