"""Water of a block by its soil sensors: one number for the whole card, where it lacks, and what to give there.

Each soil sensor speaks for the roots around it. A block lacks water when two of them, or half of them, say so; one that
stands alone is a spot to look at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from math import ceil
from statistics import mean, median

from edge.agronomy.crops import crop, soil
from edge.farm import Zone

from ..clock import DAY_MS

IRRIGATION_EFFICIENCY = {"drip": 0.90, "sprinkler": 0.75, "flood": 0.60}
"""Share of the water given that reaches the roots (FAO Irrigation Water Management, training manual 4, annex I)."""
TOP_LAYER_M = 0.20
"""Depth the 10 cm probe stands for; the 30 cm probe stands for the rest of the root zone."""
PORTION_MM = 30.0
"""What a soil takes in one go without loss below the roots; assumed."""
SLOW_SOIL_PORTION_MM = 10.0
"""The same where water comes faster than the soil drinks it, and stands in puddles; assumed."""
MOISTURES = ("soil_moisture_10cm", "soil_moisture_30cm")


@dataclass(frozen=True, kw_only=True)
class RootZone:
    """Water in the root zone. `lost` and `refill_at` are shares (0..1) of `capacity_mm`, what roots can take between
    field capacity and wilting point."""

    capacity_mm: float
    lost: float
    refill_at: float

    @property
    def used_mm(self) -> float:
        """What the roots have used; irrigation or rain must bring as much to them to fill the soil again."""
        return self.lost * self.capacity_mm


@dataclass(frozen=True, kw_only=True)
class BlockWater:
    """A block's water by place. `places`: soil sensor -> water around it; at least one."""

    places: Mapping[str, RootZone]

    @cached_property
    def dry(self) -> tuple[str, ...]:
        """Places at or past the refill point, in order."""
        return tuple(sorted(name for name, water in self.places.items() if water.lost >= water.refill_at))

    @property
    def lacks(self) -> bool:
        """Whether the block, and not only a spot of it, is dry."""
        return len(self.dry) >= 2 or 0 < len(self.places) <= 2 * len(self.dry)

    @property
    def share(self) -> float:
        """Share of its places that lack water; all of them when none does, as dryness then comes to all."""
        return len(self.dry) / len(self.places) if self.lacks else 1.0

    @cached_property
    def shown(self) -> RootZone:
        """The block's one number: the mean of the places that lack water, or else the median of all, which is above the
        refill point then as fewer than half of them are not."""
        if self.lacks:
            return self.around(self.dry)
        any_place = next(iter(self.places.values()))
        return replace(any_place, lost=median(water.lost for water in self.places.values()))

    def around(self, names: Sequence[str]) -> RootZone:
        """Mean of some places."""
        chosen = [self.places[name] for name in names]
        return replace(chosen[0], lost=mean(water.lost for water in chosen))


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """Water that came to a block lately, mm: rain of the last hour, and what of all rain and irrigation its probes have
    not felt yet. `given`: somebody wrote down that some of it was irrigation."""

    last_hour_mm: float = 0.0
    on_its_way_mm: float = 0.0
    given: bool = False


@dataclass(frozen=True, kw_only=True)
class Drying:
    """How fast a block dries: the time (UTC ms) since which it does so faster than usual, and its usual loss
    [m3/m3 a day]. `timezone`: the farm's, for the days that are named."""

    faster_since: int | None
    loss_a_day: float | None
    timezone: str = "UTC"


@dataclass(frozen=True, kw_only=True)
class Watering:
    """Water to give: `portions` times `portion_mm`, `hours` each (None: the block's flow is not known), `volume_m3`
    each."""

    portions: int
    portion_mm: float
    hours: float | None
    volume_m3: float


def soil_water(zone: Zone, values: Mapping[str, float], now: int) -> RootZone | None:
    """Root-zone water from soil moistures [m3/m3] by channel name; None for a store or without such a value.

    Available water TAW = 1000 (field capacity - wilting point) Zr (FAO-56 eq. 82);
    depletion = 1000 (field capacity - moisture) Zr.
    """
    probes = [values[name] for name in MOISTURES if name in values]
    if zone.soil is None or not probes:
        return None
    texture, roots_m = soil(zone.soil), root_depth_m(zone, now)
    top = min(1.0, TOP_LAYER_M / roots_m)
    moisture = top * probes[0] + (1 - top) * probes[-1]
    span = texture.field_capacity - texture.wilting_point
    lost = min(max((texture.field_capacity - moisture) / span, 0.0), 1.0)
    return RootZone(capacity_mm=1000 * span * roots_m, lost=lost, refill_at=crop(zone.crop).p)


def block_water(zone: Zone, values: Mapping[str, Mapping[str, float]], now: int) -> BlockWater | None:
    """A block's water from the newest values of its sensors (sensor -> channel -> value); None: none measures it."""
    places = {name: water for name, of in values.items() if (water := soil_water(zone, of, now)) is not None}
    return BlockWater(places=places) if places else None


def root_depth_m(zone: Zone, now: int) -> float:
    """Rooting depth of the zone's crop today; after the harvest, which ends its last stage, of the next crop, as its
    nodes reckon it."""
    return _root_depth_m(zone.crop, zone.planted, now // DAY_MS)


@lru_cache(maxsize=1000)
def _root_depth_m(crop_name: str, planted: str | None, day: int) -> float:
    """`day`: since 1970."""
    plant = crop(crop_name)
    return plant.root_depth_m(plant.days_after_planting(date(1970, 1, 1) + timedelta(days=day), planted))


def watering(zone: Zone, net_mm: float, share: float) -> Watering:
    """How to bring `net_mm` to the roots of a share of a block, in portions that its soil takes."""
    gross = max(1.0, net_mm / IRRIGATION_EFFICIENCY.get(zone.irrigation or "", 1.0))
    puddles = zone.soil and zone.flow_mm_h and zone.flow_mm_h > soil(zone.soil).ksat_mm_h
    portions = ceil(gross / (SLOW_SOIL_PORTION_MM if puddles else PORTION_MM))
    each = gross / portions
    return Watering(
        portions=portions,
        portion_mm=each,
        hours=each / zone.flow_mm_h if zone.flow_mm_h else None,
        volume_m3=10 * each * share * zone.area_ha,
    )


def drying_faster_since(t: Sequence[int], moisture: Sequence[float]) -> int | None:
    """Start of the last days in a row (at most 6) on which soil moisture, given as daily means, fell at least 1.3 times
    as fast as usual (median of the days on which it fell); None when yesterday was ordinary or few days are known."""
    usual = usual_loss(moisture)
    if usual is None:
        return None
    fast = [before - after >= 1.3 * usual for before, after in pairwise(moisture)]
    run = fast[::-1].index(False) if False in fast else len(fast)
    return t[-run] if 0 < run <= 6 else None


def usual_loss(moisture: Sequence[float]) -> float | None:
    """Median fall of soil moisture [m3/m3 a day] over the days, of daily means, on which it fell; None with too few."""
    falls = [before - after for before, after in pairwise(moisture) if before > after]
    return median(falls) if len(falls) >= 4 else None


def lasts_until(zone: Zone, water: RootZone, drying: Drying | None, now: int) -> int | None:
    """Time (UTC ms) at which a block comes, at its usual pace, to its refill point; once past that, to the end of what
    roots can take. None when that is not known or more than six days away."""
    if drying is None or drying.loss_a_day is None:
        return None
    goal = water.refill_at if water.lost < water.refill_at else 1.0
    days = (goal - water.lost) * water.capacity_mm / (1000 * root_depth_m(zone, now) * drying.loss_a_day)
    return None if days >= 6 else now + round(days * DAY_MS)
