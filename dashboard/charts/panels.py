"""The quantities that History draws, each with its unit, its channels, and what its values are compared with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cloud.language.names import kind_in_words
from cloud.language.quantities import below_ground, converted, unit_name
from cloud.language.speech import mark, say
from edge.agronomy.crops import crop, soil
from edge.contract.kinds import Kind, kinds
from edge.farm import Zone


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
