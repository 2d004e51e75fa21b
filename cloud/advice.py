"""What a farmer reads: troubles, sensors and silence as plain sentences with what, where, why and what to do.

Used by the dashboard and by notifications. Texts are plain text: whoever shows them as HTML or Markdown escapes them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from edge.agronomy import soil
from edge.contract.kinds import kind_in_words
from edge.contract.messages import Call
from edge.farm import Zone

from .block_water import MOISTURES, BlockWater, Drying, Rain, RootZone, Watering, lasts_until, watering
from .evidence import evidence_in_words
from .levels import Level

CANNOT_WAIT = 0.15
"""Share of the available water beyond the refill point from which a dry zone cannot wait until tomorrow."""
PLENTY = 0.5
"""A zone that has lost less than this share of what it may lose before it is watered has plenty."""
RAINS_MM_H = 0.2
"""Rain of the last hour from which it rains: the step of a tipping bucket."""
NOTHING_TO_GIVE_MM = 2.0
"""Water that is not worth starting a pump for."""
GALE_MS = 17.2
"""Gusts from Beaufort 8 on break shoots and doors."""
ROOTS_DROWN_MS = 24 * 3_600_000
"""Time under water after which roots begin to die."""

DRY_KIND = "too_dry"
"""The kind of trouble that soil water tells of even before a sensor calls."""

Deadline = Literal["now", "today", "tomorrow"]
"""When something must be done at the latest; ordered."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What the sensors of one zone say of one kind of trouble: its open calls, and what it measures now.

    `values`: channel name -> value in the channel's unit, of the sensors that call. `water`: the zone's, by place;
    `drying` and `rain` are known of a dry zone. `worsening`: what the kind is drawn by moves towards it.
    """

    zone: Zone
    kind: str
    calls: Sequence[Call]
    now: int
    values: Mapping[str, float] = field(default_factory=dict)
    water: BlockWater | None = None
    drying: Drying | None = None
    rain: Rain | None = None
    worsening: bool = False

    @property
    def began(self) -> int:
        """Time of the first raise, UTC ms."""
        return min(call.raised_t for call in self.calls)


@dataclass(frozen=True, kw_only=True)
class Advice:
    """One trouble of one zone in words: `title` says what, where, and what to do by when (`deadline`); `why` in one
    sentence; `evidence` is what the sensors decided by."""

    level: Level
    deadline: Deadline
    title: str
    why: str
    steps: tuple[str, ...]
    evidence: str = ""


def advise(trouble: Trouble) -> Advice:
    """What to tell the farmer of a trouble."""
    return _ADVISERS.get(trouble.kind, _unknown)(trouble)


def dry_unasked(zone: Zone, water: BlockWater, now: int) -> Advice:
    """What to tell of a block that lacks water by its probes while no sensor calls."""
    places = _places(water)
    return Advice(
        level="needs_you",
        deadline="tomorrow",
        title=f"{zone.name} reads dry{places}, though no sensor calls: dig and look by tomorrow.",
        why=_used(zone, water.shown, None, now),
        steps=(_DIG, "Moist there? Then the probes read too low: press them firmly into the soil."),
    )


def _too_dry(trouble: Trouble) -> Advice:
    zone, water, evidence = trouble.zone, trouble.water, _evidence(trouble)
    if water is None:
        act = "water it" if zone.irrigation else "look at the soil"
        return Advice(
            level="needs_you",
            deadline="today",
            title=f"{zone.name} is dry: {act} today.",
            why="How much water is left is not known.",
            evidence=evidence,
            steps=(_DIG,),
        )
    why = _used(zone, water.shown, trouble.drying, trouble.now)
    here = [call.node for call in trouble.calls if call.node in water.places]
    calling = water.around(here) if here else water.shown
    if not water.lacks and calling.lost < PLENTY * calling.refill_at:
        return Advice(
            level="needs_you",
            deadline="tomorrow",
            title=f"{zone.name} was dry and has had water: check that all of it got some.",
            why=why,
            evidence=evidence,
            steps=("Walk the rows: where the soil is still dry a hand deep, water again.",),
        )
    others = [name for name in water.places if name not in here]
    alone = set(here) & set(water.dry) or (others and water.around(others).lost < PLENTY * water.shown.refill_at)
    if not water.lacks and alone:
        return _dry_spot(trouble, why, evidence)
    if not zone.irrigation:
        return _dry_without_irrigation(trouble, water, why, evidence)
    return _water_it(trouble, water, why, evidence)


def _water_it(trouble: Trouble, water: BlockWater, why: str, evidence: str) -> Advice:
    """How much to give, where, and in what portions; what has rained is taken off."""
    zone, shown, rain = trouble.zone, water.shown, trouble.rain or Rain(last_hour_mm=0, on_its_way_mm=0)
    dry = f"{zone.name} {'is' if water.lacks else 'will soon be'} dry{_places(water)}"
    net_mm = shown.used_mm - rain.on_its_way_mm
    if rain.last_hour_mm >= RAINS_MM_H or net_mm < NOTHING_TO_GIVE_MM:
        raining = rain.last_hour_mm >= RAINS_MM_H
        return Advice(
            level="needs_you",
            deadline="tomorrow",
            title=f"{dry}, and it {'rains: wait, and look again when it stops' if raining else 'has rained'}.",
            why=why,
            evidence=evidence,
            steps=(
                f"{rain.on_its_way_mm:.0f} mm of rain are on their way; the roots have used {shown.used_mm:.0f} mm.",
                "This page reckons anew with every reading.",
            ),
        )
    give = watering(zone, net_mm, water.share)
    hurry = shown.lost >= shown.refill_at + CANNOT_WAIT
    by = "today" if hurry else "by tomorrow morning"
    more = f", and {_times(give.portions - 1)} more, a day apart" if give.portions > 1 else ""
    there = " there" if water.share < 1 else ""
    rained = f"{rain.on_its_way_mm:.0f} mm of rain are taken off already." if rain.on_its_way_mm >= 1 else ""
    return Advice(
        level="urgent" if hurry else "needs_you",
        deadline="today" if hurry else "tomorrow",
        title=f"{dry}: water {give.portion_mm:.0f} mm{there} {by}{more}.",
        why=why,
        evidence=evidence,
        steps=(
            _how_to_give(zone, give, water.share),
            *((rained,) if rained else ()),
            "Water was given and it is still dry? Check pump, valves and filters.",
        ),
    )


def _how_to_give(zone: Zone, give: Watering, share: float) -> str:
    """Hours and volume of a portion: "26 mm by drip on 1.2 ha is 307 m³: run it for 6 h 30 min."."""
    millimetres = f"{give.portion_mm:.0f} mm"
    where = f"{_area(zone.area_ha * share)}{' (the dry part)' if share < 1 else ''}"
    run = f": run it for {_hours(give.hours)}" if give.hours is not None else ""
    once = " each time, as the soil takes no more at once" if give.portions > 1 else ""
    return f"{millimetres} by {zone.irrigation} on {where} is {_volume(give.volume_m3)}{run}{once}."


def _dry_without_irrigation(trouble: Trouble, water: BlockWater, why: str, evidence: str) -> Advice:
    zone, shown = trouble.zone, water.shown
    hurry = shown.lost >= shown.refill_at + CANNOT_WAIT
    state = "is" if water.lacks else "will soon be"
    return Advice(
        level="urgent" if hurry else "needs_you",
        deadline="today" if hurry else "tomorrow",
        why=why,
        evidence=evidence,
        title=f"{zone.name} {state} dry{_places(water)} and has no irrigation: save what water it has, from "
        f"{'today' if hurry else 'tomorrow'}.",
        steps=(
            "Cut or pull grass and weeds: they drink with the crop. Mulch bare soil.",
            "Carry water to young plants first.",
            f"About {max(1, round(shown.used_mm))} mm of rain would fill the soil around the roots again.",
        ),
    )


def _dry_spot(trouble: Trouble, why: str, evidence: str) -> Advice:
    """The zone's other soil sensors see water enough: some plants have none, or a probe is off."""
    zone, callers = trouble.zone, _callers(trouble)
    blocked = "look for a blocked line or a closed valve" if zone.irrigation else "carry water to young plants"
    return Advice(
        level="needs_you",
        deadline="tomorrow",
        title=f"{zone.name} may be dry around {callers}: look there by tomorrow morning.",
        why=f"{why} The other soil sensors of this block see water enough.",
        evidence=evidence,
        steps=(
            f"Dig a hand deep next to {callers}.",
            f"Dry there? Then {blocked}: the rest of the block has water.",
            "Moist there? Then the sensor is off: say here that it was a false alarm, and press the probe firmly into "
            "the soil.",
        ),
    )


_DIG = "Dig a hand deep next to a plant: if the soil does not hold together when squeezed, it needs water."


def _used(zone: Zone, water: RootZone, drying: Drying | None, now: int) -> str:
    """Why a block is dry: "Roots have used 48 of 100 mm, faster than usual since Tuesday; the rest lasts until
    Friday."."""
    faster = f", faster than usual since {drying.faster_since}" if drying and drying.faster_since else ""
    until = lasts_until(zone, water, drying, now)
    rest = "the rest lasts" if water.lost >= water.refill_at else "what they take easily lasts"
    lasts = f"; {rest} until {until}" if until and water.lost < 1 else ""
    return f"Roots have used {water.used_mm:.0f} of {water.capacity_mm:.0f} mm{faster}{lasts}."


def _places(water: BlockWater) -> str:
    """ " in 2 of 5 places" when not all are dry."""
    few = water.lacks and len(water.dry) < len(water.places)
    return f" in {len(water.dry)} of {len(water.places)} places" if few else ""


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
    held = [trouble.values[name] for name in MOISTURES if name in trouble.values]
    why = "Roots get no air."
    if held and zone.soil:
        full = soil(zone.soil).field_capacity
        why = f"Soil is {_percent(max(held))} water and would hold {_percent(full)} drained: roots get no air."
    return Advice(
        level="urgent" if long else "needs_you",
        deadline="now" if long else "today",
        evidence=_evidence(trouble),
        title=f"{zone.name} is waterlogged: {act} {'now' if long else 'today'}.",
        why=why,
        steps=(*source, "Open drains and furrows. Keep machines off until it bears them."),
    )


def _ripening(trouble: Trouble) -> Advice:
    zone, ppm = trouble.zone, trouble.values.get("ethylene")
    measured = f"Ethylene is {ppm:.3g} ppm" if ppm is not None else "There is ethylene"
    why = f"{measured}: fruit gives it off as it ripens and rots, and it ripens the rest."
    if zone.store:
        return Advice(
            level="needs_you",
            title=f"{zone.name}: fruit is ripening. Ventilate now and look for ripe or rotten fruit.",
            deadline="now",
            why=why,
            evidence=_evidence(trouble),
            steps=(
                "Open the vents or run the fans until the figure falls.",
                "Take out ripe and rotten fruit.",
                "Check that the store is as cold as it should be, and sell the ripest lot first.",
            ),
        )
    return Advice(
        level="needs_you",
        title=f"{zone.name}: fruit is ripening. Check it for picking by tomorrow.",
        deadline="tomorrow",
        why=why,
        evidence=_evidence(trouble),
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
    falls = " and falling" if trouble.worsening else ""
    why = f"Air is {_degrees(air)}{falls}." if air is not None else "How cold the air is now is not known."
    water = (
        ("Start the sprinklers before it falls below 1 °C, and let them run until the ice has melted.",)
        if zone.irrigation == "sprinkler"
        else ("Moist soil keeps warmer than dry soil: water before the evening, not in the frost.",)
        if zone.irrigation
        else ()
    )
    return Advice(
        level="urgent",
        deadline="now",
        title=title,
        why=why,
        evidence=_evidence(trouble),
        steps=(
            *water,
            "Cover low crops with fleece. Run wind machines or heaters if you have them, from 1 °C on.",
            "Open blossom is hurt from about -2 °C; tomato, potato and beans from 0 °C.",
        ),
    )


def _wind(trouble: Trouble) -> Advice:
    zone, gust = trouble.zone, trouble.values.get("gust")
    gale = gust is not None and gust >= GALE_MS
    why = f"Gusts reach {gust:.0f} m/s ({3.6 * gust:.0f} km/h)." if gust is not None else "Wind is not measured now."
    return Advice(
        level="urgent" if gale else "needs_you",
        title=f"Strong wind at {zone.name}: make things fast {'now' if gale else 'today'}.",
        deadline="now" if gale else "today",
        why=why,
        evidence=_evidence(trouble),
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
        deadline="tomorrow",
        why=weather,
        evidence=_evidence(trouble),
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
        deadline="today",
        why="This page has no more to say of it.",
        evidence=_evidence(trouble),
        steps=("Go and see, then tell this page whether it was right.",),
    )


_ADVISERS: dict[str, Callable[[Trouble], Advice]] = {
    DRY_KIND: _too_dry,
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


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _hours(hours: float) -> str:
    """To five minutes: "6 h 30 min"."""
    whole, minutes = divmod(max(5, 5 * round(12 * hours)), 60)
    return " ".join(part for part in (f"{whole} h" * (whole > 0), f"{minutes} min" * (minutes > 0)) if part)


def _volume(cubic_metres: float) -> str:
    """Litres up to ten cubic metres."""
    if cubic_metres >= 10:
        return f"{round(cubic_metres):,} m³".replace(",", " ")
    litres = 1000 * cubic_metres
    return f"{max(1, round(litres, -1 if litres >= 100 else 0)):,.0f} litres".replace(",", " ")


def _area(hectares: float) -> str:
    return f"{hectares:.3g} ha" if hectares >= 0.1 else f"{hectares * 10_000:.0f} m²"
