"""What a weather service is worth to a farm's calls of frost: `cooee bench frost`.

Calls of the node's own C are passed on or held back by the rule that the page and the notifications go by
(cloud/advice/frost_call.py), in the simulated seasons and at measured stations. What the service says of a night is its
true lowest and an error, drawn anew for each night and the same all night, for all blocks: what a station says of its
own nights errs so too (no correlation from one night to the next, of 518 at Whately and its orchard).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import typer
from numpy.typing import NDArray

from cloud.advice.frost_call import FELL_OVER_H, MILD_DEGC, ComingCold, bears_out
from cloud.block.tonight import EVENING_H, MORNING_H, lowest_tonight
from cloud.clock import HOUR_MS
from cloud.training.evaluation import Outcome
from edge.contract.channels import MISSING, channel
from edge.contract.kinds import kinds
from edge.core import Site
from edge.scoring import MONTH_H, CallSpan, Episode, merged, score_kind, spells
from edge.written_files import JsonFile, write_json
from simulations.rng import stream
from simulations.time_grid import STEP_S

from .limits import fields, sensed
from .reality.cli import measured_stations
from .reality.node import SENTINEL, calls_at
from .reality.weather import Station, frost_at
from .tonight import STEPS_AN_HOUR, Place, hourly, lowest_of_hours

Floats = NDArray[np.float64]
CHANNELS = ("air_temperature", "humidity")
DRAWS = 8
"""Of a service's errors; counts are their means."""
SERVICES = {"service to 1.3 °C": (1.3, 0.0), "service to 2 °C": (2.0, 0.0), "that one, 5 °C too warm": (2.0, 5.0)}
"""Standard deviation and mean of its error, degC."""
CHOSEN_BY = ("service to 1.3 °C", "service to 2 °C")
LIMITS_DEGC = (0.0, 0.5, 1.0, 1.5, 2.0)
"""Of a lowest that is no frost. MILD_DEGC was the one of least cost on the validation seasons, of both services, with a
sentinel that called more; with today's they are alike."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A place with a node, in 10-minute steps from a midnight of local standard time on, at `t` (ms): air as the node
    reads it (degC) and humidity (%), the true air, all (steps,) and NaN where not known; the node's calls of frost, the
    frosts and what was nearly one; months that it was watched. Places of one `season` see the same service."""

    season: str
    air: Floats = field(repr=False)
    humidity: Floats = field(repr=False)
    true: Floats = field(repr=False)
    t: NDArray[np.int64] = field(repr=False)
    calls: Sequence[CallSpan]
    troubles: Sequence[Episode]
    nearly: Sequence[Episode]
    months: float

    def by_service(self, error: float, mean: float, draw: int) -> Floats:
        """The lowest of the night that is or comes, as a service says it at each step; NaN where nobody knows."""
        hours = lowest_of_hours(self.true)
        nights = [hours[begin : begin + 24 - EVENING_H + MORNING_H] for begin in range(EVENING_H, len(hours), 24)]
        lows = np.array([night.min() for night in nights])
        said = lows + mean + error * stream(draw, f"service {self.season}").normal(size=len(lows))
        of = np.arange(len(hours)) // 24 - (np.arange(len(hours)) % 24 < MORNING_H)
        return np.repeat(np.where(of < 0, np.nan, said[of]), STEPS_AN_HOUR)

    def by_its_nights(self) -> Floats:
        """The same as its own nights say it (cloud/block/tonight.py), in hours in which a call is open."""
        place = Place(temperature=hourly(self.air), humidity=hourly(self.humidity), lowest=np.zeros(0))
        said = np.full(len(self.t), np.nan)
        for call in self.calls:
            begin, end = (int(step) // STEPS_AN_HOUR for step in np.searchsorted(self.t, (call.raised, call.cleared)))
            for hour in range(max(begin, 1), end + 1):
                if own := lowest_tonight(place.past(hour - 1), None, "UTC", (hour - 1) * HOUR_MS):
                    said[hour * STEPS_AN_HOUR : (hour + 1) * STEPS_AN_HOUR] = own.value
        return said

    def passed_on(self, told: Floats, mild: float = MILD_DEGC) -> list[CallSpan]:
        """Its calls, each from when it is borne out; where nobody says how cold it gets, at once."""
        found = []
        for call in self.calls:
            begin, end = (int(step) for step in np.searchsorted(self.t, (call.raised, call.cleared)))
            for step in range(begin, max(end, begin + 1)):
                if np.isnan(told[step]) or bears_out(self._cold(step, told[step]), mild):
                    raised = int(self.t[step])
                    found.append(
                        CallSpan(zone=call.zone, node=call.node, kind="frost", raised=raised, cleared=call.cleared)
                    )
                    break
        return found

    def _cold(self, step: int, morning: float) -> ComingCold:
        before = step - FELL_OVER_H * STEPS_AN_HOUR
        now, then = (float(self.air[at]) if at >= 0 else np.nan for at in (step, before))
        known = None if np.isnan(now) else now
        return ComingCold(lowest=known, now=known, before=None if np.isnan(then) else then, morning=float(morning))


def simulated(split: Literal["validation", "test"]) -> Iterator[Watched]:
    """Weather nodes of the seasons of a split."""
    for plan, season in fields("frost", (split,)):
        readings = sensed(season)
        t = np.arange(len(season.t), dtype=np.int64) * STEP_S * 1000
        for row, node in enumerate(season.farm.nodes):
            zone = [each.id for each in season.farm.zones].index(node.zone)
            name, raw = f"{plan.name} {node.zone}", readings[row]
            air, humidity = (
                np.where(raw[:, c.id] == MISSING, np.nan, raw[:, c.id] * c.scale) for c in map(channel, CHANNELS)
            )
            calls = calls_at(name, raw[None], t, kind="frost", channels=node.channels, site=Site())
            troubles, nearly = (
                [Episode(zone=name, kind="frost", start=a, end=b) for a, b in spells(of, t, kinds()["frost"].gap_h)]
                for of in (season.truth["frost"][zone], season.nearly["frost"][zone])
            )
            yield Watched(
                season=plan.name,
                air=air,
                humidity=humidity,
                true=season.values(node.zone)["air_temperature"],
                t=t,
                calls=calls["frost", SENTINEL],
                troubles=troubles,
                nearly=nearly,
                months=len(t) * STEP_S / 3600 / MONTH_H,
            )


def measured(station: Station) -> Watched:
    """A measured station in its months of growth."""
    calls, troubles, nearly, months = frost_at(station)
    return Watched(
        season=station.name,
        air=station.air["air_temperature"],
        humidity=station.air["humidity"],
        true=station.air["air_temperature"],
        t=station.weather.times_ms(),
        calls=calls,
        troubles=troubles,
        nearly=nearly,
        months=months,
    )


def outcome(places: Sequence[Watched], draws: Sequence[Callable[[Watched], list[CallSpan]]]) -> Outcome:
    """Of each season the sum of all draws."""
    by_season: dict[str, list[Watched]] = {}
    for place in places:
        by_season.setdefault(place.season, []).append(place)
    return Outcome(
        kind="frost",
        seasons=tuple(
            merged("frost", [score_kind("frost", p.troubles, calls(p), p.nearly) for p in own for calls in draws])
            for own in by_season.values()
        ),
        zone_months=tuple(len(draws) * sum(p.months for p in own) for own in by_season.values()),
        blind=0,
    )


def with_service(error: float, mean: float, mild: float = MILD_DEGC) -> list[Callable[[Watched], list[CallSpan]]]:
    """What is passed on, by draws of a service's errors."""

    def drawn(draw: int) -> Callable[[Watched], list[CallSpan]]:
        return lambda place: place.passed_on(place.by_service(error, mean, draw), mild)

    return [drawn(draw) for draw in range(DRAWS)]


def figures(found: Outcome, draws: int) -> dict[str, Any]:
    """Counts a draw; and value, low and high of 95 % intervals, by drawing the seasons anew."""
    s = found.score
    counts = {"troubles": s.troubles, "found": s.found, "in_time": s.found - s.late, "grey": s.grey_calls}
    counts |= {"false": s.false_calls}
    measures: dict[str, Callable[[Outcome], float | None]] = {
        "false_a_zone_month": lambda o: o.false_per_zone_month,
        "recall": lambda o: o.score.recall,
        "lead_h": lambda o: o.score.lead_h,
    }
    return {
        **{name: round(count / draws, 1) for name, count in counts.items()},
        "cost": round(s.cost / draws, 1),
        **{
            name: [None if v is None else round(v, 2) for v in (of(found), *(found.interval(of) or ()))]
            for name, of in measures.items()
        },
    }


def rows(places: Sequence[Watched]) -> dict[str, dict[str, Any]]:
    """Figures by who says how cold it gets."""
    callers: dict[str, list[Callable[[Watched], list[CallSpan]]]] = {
        "node alone": [lambda place: list(place.calls)],
        "the block's own nights": [lambda place: place.passed_on(place.by_its_nights())],
    }
    callers |= {name: with_service(error, mean) for name, (error, mean) in SERVICES.items()}
    return {name: figures(outcome(places, draws), len(draws)) for name, draws in callers.items()}


def command(json_file: JsonFile = None) -> None:
    """Measure what a weather service is worth to calls of frost: what was chosen by, then figures."""
    validation = list(simulated("validation"))
    result: dict[str, dict[str, Any]] = {
        "validation": rows(validation),
        "test": rows(list(simulated("test"))),
        "measured": rows([measured(station) for station in measured_stations()]),
    }
    for mild in LIMITS_DEGC:
        result[f"validation, above {mild:g} degC is no frost"] = {
            name: figures(outcome(validation, with_service(*SERVICES[name], mild)), DRAWS) for name in CHOSEN_BY
        }
    for where, callers in result.items():
        for who, row in callers.items():
            typer.echo(f"{where}, {who}: {', '.join(f'{name} {value}' for name, value in row.items())}")
    write_json(json_file, result)
