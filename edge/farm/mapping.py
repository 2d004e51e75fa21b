"""A line of `readings:` in farm.yaml: where a channel of a node on the gateway comes from."""

import re
from functools import cached_property
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from ..contract.channels import channel, channel_names
from ..foreign_payload import parse_path
from .fields import Part, Seconds, one_of
from .units import SPELLINGS, converted, units_of

HOUR_S = 3600
CARRY_S = {
    "soil_moisture_10cm": 12 * HOUR_S,
    "soil_moisture_30cm": 12 * HOUR_S,
    "soil_temperature": 6 * HOUR_S,
    "ethylene": HOUR_S,
    "air_temperature": 2 * HOUR_S,
    "humidity": 2 * HOUR_S,
    "wind": HOUR_S // 2,
    "gust": HOUR_S // 2,
    "rain": 24 * HOUR_S,
    "pressure": 3 * HOUR_S,
    "battery": 7 * 24 * HOUR_S,
    "solar_radiation": HOUR_S // 2,
    "soil_moisture_60cm": 12 * HOUR_S,
}
"""How long a value holds without another: sensors that send only on change keep silent that long in steady weather."""
Unit = Annotated[str, BeforeValidator(lambda unit: SPELLINGS.get(unit, unit) if isinstance(unit, str) else unit)]


def topic_filter(text: str) -> str:
    """An MQTT topic that may hold + and #; ValueError says what is wrong with it."""
    levels = text.split("/")
    wild = any(("+" in level and level != "+") or ("#" in level and level != "#") for level in levels)
    if not text or wild or "#" in levels[:-1] or "\0" in text:
        raise ValueError("in an MQTT topic + stands for a whole level, and # for all that follow, at the end alone")
    return text


class MappedReading(Part):
    """Where a channel comes from: messages of an MQTT `topic` (which may hold + and #) or uploads to an `http` path; of
    each the number at `path` (nothing: the message is the number), in `unit`, measured at the time at `time` (nothing:
    when it comes). `counter`: rain that is counted up; `carry`: how long a value holds without another."""

    channel: str
    topic: str | None = Field(default=None, min_length=1, max_length=500)
    http: str | None = None
    path: str = Field(default="", max_length=200)
    unit: Unit
    time: str | None = Field(default=None, min_length=1, max_length=200)
    counter: bool = False
    carry: Annotated[Seconds, Field(ge=60, le=30 * 24 * HOUR_S)] | None = None

    @field_validator("channel")
    @classmethod
    def _known_channel(cls, value: str) -> str:
        return one_of(value, channel_names())

    @field_validator("http")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"/[\w./-]{0,100}", value):
            raise ValueError("write a path of letters, digits, . - _ and /, as in /report")
        return value

    @field_validator("topic")
    @classmethod
    def _topic(cls, value: str | None) -> str | None:
        return value if value is None else topic_filter(value)

    @field_validator("path", "time")
    @classmethod
    def _path(cls, value: str | None) -> str | None:
        if value:
            parse_path(value)
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.unit not in units_of(self.channel):
            raise ValueError(f"unit of {self.channel}: must be one of {', '.join(units_of(self.channel))}")
        if (self.topic is None) == (self.http is None):
            raise ValueError("a reading comes from a topic or over http, not both and not neither")
        if self.http and not self.path:
            raise ValueError("an upload over http has many values: path says which one")
        if self.counter and self.channel != "rain":
            raise ValueError("counter is for rain, which gauges count up")
        return self

    @cached_property
    def carry_s(self) -> int:
        """How long a value holds without another, seconds."""
        return self.carry or CARRY_S[self.channel]

    def value(self, number: float) -> float:
        """A number that came, in the channel's unit."""
        return converted(self.channel, number, self.unit)

    def doubt(self, number: float) -> str | None:
        """Why a number can hardly be what farm.yaml says; None when it may be."""
        if self.channel.startswith("soil_moisture") and self.unit == "%" and 0 < number < 1:
            return f"{number:g} % is drier than any soil: if it is a share, write unit: m3/m3"
        if self.counter or channel(self.channel).plausible(self.value(number)):
            return None
        name = self.channel
        others = [unit for unit in units_of(name) if channel(name).plausible(converted(name, number, unit))]
        guess = f"in {' or '.join(others)}" if others else "another quantity"
        return f"{number:g} {self.unit} cannot be; is it {guess}?"
