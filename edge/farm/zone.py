"""A zone of a farm: a field with its crop and soil, or a cold store."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from ..agronomy.crops import crops, soils
from .fields import Identifier, MonthDay, Name, Part, Ring, one_of

COLD_AIR_POOLING_DEGC = 1.5
"""On clear calm nights air at crop height is colder than at the station; level open ground, assumed."""


class ColdStore(Part):
    """A cold store: its volume and the produce in it at the start of the season."""

    volume_m3: float = Field(gt=0, le=1e6)
    load_kg: float = Field(gt=0, le=1e8)


class Zone(Part):
    """A block of one crop on one soil, or a store of one crop (then without soil and irrigation). `flow_mm_h`: what its
    irrigation gives in an hour, from which the page reckons how long to run it. `outline`: its corners on the map, as
    positions of nodes are written. `irrigation_control`: waters by reckoned depletion, by a timer, or by a probe.
    `curve_number`: USDA's, for rain that runs off. Its micro-climate: how much colder than at the station it gets on
    clear calm nights, and the share of the wind that hedges, nets or windbreaks keep off."""

    id: Identifier
    name: Name
    crop: str
    soil: str | None = None
    area_ha: float = Field(gt=0, le=1e5)
    planted: MonthDay | None = None
    irrigation: Literal["drip", "sprinkler", "flood"] | None = None
    irrigation_control: Literal["depletion", "schedule", "probe"] = "depletion"
    flow_mm_h: float | None = Field(default=None, gt=0, le=200)
    outline: Ring | None = None
    curve_number: float | Literal["usual"] | None = None
    cold_air_pooling_degc: float = Field(default=COLD_AIR_POOLING_DEGC, ge=0, le=10)
    wind_shelter: float = Field(default=0.0, ge=0, le=0.9)
    store: ColdStore | None = None

    @field_validator("crop")
    @classmethod
    def _known_crop(cls, value: str) -> str:
        return one_of(value, sorted(crops()))

    @field_validator("soil")
    @classmethod
    def _known_soil(cls, value: str | None) -> str | None:
        return value if value is None else one_of(value, sorted(soils()))

    @field_validator("curve_number", mode="before")
    @classmethod
    def _curve_number(cls, value: object) -> object:
        if value is None or value == "usual" or (isinstance(value, int | float) and 30 <= value <= 100):
            return value
        raise ValueError("write usual, or a number from 30 (all rain soaks in) to 100 (none does)")

    @model_validator(mode="after")
    def _field_or_store(self) -> Self:
        if (self.soil is None) == (self.store is None):
            raise ValueError("a zone has either a soil (a field) or a store, not both and not neither")
        if self.store and self.irrigation:
            raise ValueError("a store has no irrigation")
        if self.flow_mm_h and not self.irrigation:
            raise ValueError("flow_mm_h is what irrigation gives in an hour; write irrigation too, or leave both out")
        if self.irrigation_control != "depletion" and not self.irrigation:
            raise ValueError("irrigation_control says when irrigation waters; write irrigation too, or leave both out")
        if self.store and self.curve_number is not None:
            raise ValueError("a store has no curve_number: no rain falls in it")
        if self.store and (self.cold_air_pooling_degc, self.wind_shelter) != (COLD_AIR_POOLING_DEGC, 0.0):
            raise ValueError("a store has no micro-climate: cold_air_pooling_degc and wind_shelter are for fields")
        return self
