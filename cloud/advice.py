"""What a farmer reads: troubles, sensors and silence as plain sentences with what, where, why and what to do.

Used by the dashboard and by notifications. Texts are plain text: whoever shows them as HTML or Markdown escapes them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import pairwise
from statistics import median

from edge.agronomy import crop, soil
from edge.contract.kinds import kind_in_words
from edge.contract.messages import Call
from edge.farm import Zone

from .evidence import evidence_in_words
from .levels import Level

IRRIGATION_EFFICIENCY = {"drip": 0.90, "sprinkler": 0.75, "flood": 0.60}
"""Share of the water given that reaches the roots (FAO Irrigation Water Management, training manual 4, annex I)."""
TOP_LAYER_M = 0.20
"""Depth the 10 cm probe stands for; the 30 cm probe stands for the rest of the root zone."""
CANNOT_WAIT = 0.15
"""Share of the available water beyond the refill point from which a dry zone cannot wait until tomorrow."""
PLENTY = 0.5
"""A zone that has lost less than this share of what it may lose before it is watered has plenty."""
GALE_MS = 17.2
"""Gusts from Beaufort 8 on break shoots and doors."""
ROOTS_DROWN_MS = 24 * 3_600_000
"""Time under water after which roots begin to die."""

TELLS_DRYING = frozenset({"too_dry"})
"""Kinds whose sentence says since when the soil dries faster than usual."""

LEAP_YEAR = 2000
"""A year in which every month-day exists."""


@dataclass(frozen=True, kw_only=True)
class RootZone:
    """Water in the root zone. `lost` and `refill_at` are shares (0..1) of `capacity_mm`, what roots can take between
    field capacity and wilting point; `to_give_mm` is what irrigation must give to fill the root zone again."""

    capacity_mm: float
    lost: float
    refill_at: float
    to_give_mm: float


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What the sensors of one zone say of one kind of trouble: its open calls, and what it measures now.

    `values`: channel name -> value in the channel's unit, of the sensors that call; `elsewhere`: of the others in the
    zone. `faster_since`: weekday since which the soil dries faster than usual.
    """

    zone: Zone
    kind: str
    calls: Sequence[Call]
    now: int
    values: Mapping[str, float] = field(default_factory=dict)
    elsewhere: Mapping[str, float] = field(default_factory=dict)
    faster_since: str | None = None

    @property
    def began(self) -> int:
        """Time of the first raise, UTC ms."""
        return min(call.raised_t for call in self.calls)


@dataclass(frozen=True, kw_only=True)
class Advice:
    """One trouble of one zone in words: `title` says what, where, and what to do by when; `why` is the evidence."""

    level: Level
    title: str
    why: str
    steps: tuple[str, ...]


def soil_water(zone: Zone, values: Mapping[str, float], now: int) -> RootZone | None:
    """Root-zone water from soil moistures [m3/m3] by channel name; None for a store or without such a value.

    Available water TAW = 1000 (field capacity - wilting point) Zr (FAO-56 eq. 82);
    depletion = 1000 (field capacity - moisture) Zr.
    """
    probes = [values[name] for name in ("soil_moisture_10cm", "soil_moisture_30cm") if name in values]
    if zone.soil is None or not probes:
        return None
    texture, roots_m = soil(zone.soil), root_depth_m(zone, now)
    top = min(1.0, TOP_LAYER_M / roots_m)
    moisture = top * probes[0] + (1 - top) * probes[-1]
    capacity_mm = 1000 * (texture.field_capacity - texture.wilting_point) * roots_m
    depletion_mm = min(max(1000 * (texture.field_capacity - moisture) * roots_m, 0.0), capacity_mm)
    return RootZone(
        capacity_mm=capacity_mm,
        lost=depletion_mm / capacity_mm,
        refill_at=crop(zone.crop).p,
        to_give_mm=depletion_mm / IRRIGATION_EFFICIENCY.get(zone.irrigation or "", 1.0),
    )


def root_depth_m(zone: Zone, now: int) -> float:
    """Rooting depth of the zone's crop today."""
    plant = crop(zone.crop)
    today = datetime.fromtimestamp(now / 1000, UTC).date().replace(year=LEAP_YEAR)
    planted = date.fromisoformat(f"{LEAP_YEAR}-{zone.planted or plant.planted}")
    return plant.root_depth_m((today - planted).days % 366)


def drying_faster_since(t: Sequence[int], moisture: Sequence[float]) -> int | None:
    """Start of the last days in a row (at most 6) on which soil moisture, given as daily means, fell at least 1.3 times
    as fast as usual (median of the days on which it fell); None when yesterday was ordinary or few days are known."""
    losses = [before - after for before, after in pairwise(moisture)]
    falls = [loss for loss in losses if loss > 0]
    if len(falls) < 4:
        return None
    fast = [loss >= 1.3 * median(falls) for loss in losses]
    run = fast[::-1].index(False) if False in fast else len(fast)
    return t[-run] if 0 < run <= 6 else None


def advise(trouble: Trouble) -> Advice:
    """What to tell the farmer of a trouble."""
    return _ADVISERS.get(trouble.kind, _unknown)(trouble)


def _too_dry(trouble: Trouble) -> Advice:
    zone, water = trouble.zone, soil_water(trouble.zone, trouble.values, trouble.now)
    if water is None:
        title = f"{zone.name} is dry: " + ("water it today." if zone.irrigation else "look at the soil today.")
        return Advice(
            level="needs_you",
            title=title,
            why=_evidence(trouble),
            steps=(
                "Dig a hand deep next to a plant: if the soil does not hold together when squeezed, it needs water.",
            ),
        )
    faster = f", faster than usual since {trouble.faster_since}" if trouble.faster_since else ""
    others = soil_water(zone, trouble.elsewhere, trouble.now)
    here = f"Around {_callers(trouble)} the soil" if others and others.lost < others.refill_at else "Soil"
    why = f"{here} has lost {_percent(water.lost)} of what the roots can use{faster}. " + _evidence(trouble)
    if water.lost < PLENTY * water.refill_at:
        return Advice(
            level="needs_you",
            title=f"{zone.name} was dry and has had water: check that all of it got some.",
            why=why,
            steps=("Walk the rows: where the soil is still dry a hand deep, water again.",),
        )
    if others and others.lost < PLENTY * others.refill_at:
        return _dry_spot(trouble, others, why)
    hurry = water.lost >= water.refill_at + CANNOT_WAIT
    millimetres = f"{max(1, round(water.to_give_mm))} mm"
    if not zone.irrigation:
        return Advice(
            level="urgent" if hurry else "needs_you",
            why=why,
            title=f"{zone.name} is dry and has no irrigation: save what water it has, from "
            f"{'today' if hurry else 'tomorrow'}.",
            steps=(
                "Cut or pull grass and weeds: they drink with the crop. Mulch bare soil.",
                "Carry water to young plants first.",
                f"About {millimetres} of rain would fill the soil around the roots again.",
            ),
        )
    volume = f"{round(water.to_give_mm * zone.area_ha * 10):,} m³".replace(",", " ")
    return Advice(
        level="urgent" if hurry else "needs_you",
        why=why,
        title=f"{zone.name} is dry: water {millimetres} {'today' if hurry else 'by tomorrow morning'}.",
        steps=(
            f"{millimetres} by {zone.irrigation} on {_area(zone.area_ha)} is {volume}. That fills the soil around "
            f"the roots again.",
            "Water was given and it is still dry? Check pump, valves and filters.",
        ),
    )


def _dry_spot(trouble: Trouble, others: RootZone, why: str) -> Advice:
    """The zone's other soil sensors see water enough: some plants have none, or a probe is off."""
    zone, callers = trouble.zone, _callers(trouble)
    blocked = "look for a blocked line or a closed valve" if zone.irrigation else "carry water to young plants"
    return Advice(
        level="needs_you",
        title=f"{zone.name} may be dry around {callers}: look there by tomorrow morning.",
        why=f"{why} The other soil sensors of this block still see {_percent(1 - others.lost)} left.",
        steps=(
            f"Dig a hand deep next to {callers}.",
            f"Dry there? Then {blocked}: the rest of the block has water.",
            "Moist there? Then the sensor is off: tell this page that it was wrong, and press the probe firmly into "
            "the soil.",
        ),
    )


def _callers(trouble: Trouble) -> str:
    *most, last = sorted(call.node for call in trouble.calls)
    return f"{', '.join(most)} and {last}" if most else last


def _waterlogged(trouble: Trouble) -> Advice:
    zone = trouble.zone
    long = trouble.now - trouble.began >= ROOTS_DROWN_MS
    act = "stop watering and let it drain" if zone.irrigation else "let the water out"
    source = (
        ("Close the valves of this block and look for one that is stuck open or a broken line.",)
        if zone.irrigation
        else ()
    )
    held = [trouble.values[name] for name in ("soil_moisture_10cm", "soil_moisture_30cm") if name in trouble.values]
    why = _evidence(trouble)
    if held and zone.soil:
        full = soil(zone.soil).field_capacity
        why = f"Soil is {_percent(max(held))} water; drained, it would hold {_percent(full)}. Roots get no air. {why}"
    return Advice(
        level="urgent" if long else "needs_you",
        title=f"{zone.name} is waterlogged: {act} {'now' if long else 'today'}.",
        why=why,
        steps=(*source, "Open drains and furrows. Keep machines off until it bears them."),
    )


def _ripening(trouble: Trouble) -> Advice:
    zone, ppm = trouble.zone, trouble.values.get("ethylene")
    level = (
        f"Ethylene is {ppm:.3g} ppm: fruit gives it off as it ripens and rots, and it ripens the rest. "
        if ppm is not None
        else ""
    )
    if zone.store:
        return Advice(
            level="needs_you",
            title=f"{zone.name}: fruit is ripening. Ventilate now and look for ripe or rotten fruit.",
            why=level + _evidence(trouble),
            steps=(
                "Open the vents or run the fans until the figure falls.",
                "Take out ripe and rotten fruit.",
                "Check that the store is as cold as it should be, and sell the ripest lot first.",
            ),
        )
    return Advice(
        level="needs_you",
        title=f"{zone.name}: fruit is ripening. Check it for picking by tomorrow.",
        why=level + _evidence(trouble),
        steps=("Pick samples in several rows and test them.", "Take out rotten and fallen fruit."),
    )


def _frost(trouble: Trouble) -> Advice:
    zone, air = trouble.zone, trouble.values.get("air_temperature")
    freezing = air is not None and air <= 0.0
    title = (
        f"Frost at {zone.name}: protect it now."
        if freezing
        else f"Frost is coming to {zone.name}: be ready to protect it within 6 hours."
    )
    why = f"Air is {_degrees(air)} now. " if air is not None else ""
    water = (
        ("Start the sprinklers before it falls below 1 °C, and let them run until the ice has melted.",)
        if zone.irrigation == "sprinkler"
        else ("Moist soil keeps warmer than dry soil: water before the evening, not in the frost.",)
        if zone.irrigation
        else ()
    )
    return Advice(
        level="urgent",
        title=title,
        why=why + _evidence(trouble),
        steps=(
            *water,
            "Cover low crops with fleece. Run wind machines or heaters if you have them, from 1 °C on.",
            "Open blossom is hurt from about -2 °C; tomato, potato and beans from 0 °C.",
        ),
    )


def _wind(trouble: Trouble) -> Advice:
    zone, gust = trouble.zone, trouble.values.get("gust")
    gale = gust is not None and gust >= GALE_MS
    why = f"Gusts reach {gust:.0f} m/s ({3.6 * gust:.0f} km/h). " if gust is not None else ""
    return Advice(
        level="urgent" if gale else "needs_you",
        title=f"Strong wind at {zone.name}: make things fast {'now' if gale else 'today'}.",
        why=why + _evidence(trouble),
        steps=(
            "Close tunnels and doors, tie up what can fly, lower covers and nets.",
            "Do not spray: it drifts. Afterwards look for broken shoots and fallen fruit.",
        ),
    )


def _disease(trouble: Trouble) -> Advice:
    zone = trouble.zone
    name, weather, look = _DISEASES.get(zone.crop, _ANY_DISEASE)
    return Advice(
        level="needs_you",
        title=f"Weather for {name} at {zone.name}: check the plants by tomorrow.",
        why=f"{weather} {_evidence(trouble)}".strip(),
        steps=(
            look,
            "If your last spray is more than a week old or was washed off, protect the crop before the next rain.",
            "Do not wet the leaves: water in the morning, at the ground.",
        ),
    )


def _unknown(trouble: Trouble) -> Advice:
    return Advice(
        level="needs_you",
        title=f"{trouble.zone.name} needs a look: {kind_in_words(trouble.kind)}.",
        why=_evidence(trouble),
        steps=("Go and see, then tell this page whether it was right.",),
    )


_ADVISERS: dict[str, Callable[[Trouble], Advice]] = {
    "too_dry": _too_dry,
    "waterlogged": _waterlogged,
    "ripening": _ripening,
    "frost": _frost,
    "wind": _wind,
    "disease": _disease,
}

_BLIGHT = (
    "late blight",
    "Two days in a row of at least 10 °C with 6 hours or more of very damp air: blight spreads in such weather.",
    "Look under the leaves of the lowest, dampest rows for dark patches with white edges; take them away.",
)
_SCAB = (
    "scab",
    "Leaves stayed wet long enough for scab to get in.",
    "Look for olive-green spots on young leaves and fruit.",
)
_ANY_DISEASE = (
    "leaf disease",
    "Mild, very damp air for many hours: fungi spread in such weather.",
    "Look for spots and grey or white fur on leaves and fruit, first where the air stands still.",
)
_DISEASES = {"tomato": _BLIGHT, "potato": _BLIGHT, "apple": _SCAB, "pear": _SCAB}


def _evidence(trouble: Trouble) -> str:
    """What decided, of the surest sensor; how many sensors agree when there are several."""
    surest = max(trouble.calls, key=lambda call: (call.confidence, call.t))
    words = [text for text in map(evidence_in_words, surest.why) if text]
    said = f"The sensors saw: {'; '.join(words)}." if words else ""
    many = f"{len(trouble.calls)} sensors say so." if len(trouble.calls) > 1 else ""
    return " ".join(part for part in (said, many) if part)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _degrees(value: float) -> str:
    return f"{value:.1f} °C".replace("-0.0", "0.0")


def _area(hectares: float) -> str:
    return f"{hectares:g} ha" if hectares >= 0.1 else f"{hectares * 10_000:.0f} m²"
