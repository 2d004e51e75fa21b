"""What a farmer reads of troubles: plain sentences with what, where, why and what to do.

Used by the dashboard and by notifications, in the language and units of whoever is spoken to. Texts are plain text:
whoever shows them as HTML or Markdown escapes them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from edge.agronomy import soil
from edge.contract.messages import Call
from edge.farm import Zone

from .block_water import MOISTURES, BlockWater, Drying, Incoming, RootZone, Watering, lasts_until, watering
from .clock import local
from .evidence import evidence_in_words
from .language import quantities
from .language.names import kind_in_words
from .language.speech import listed, mark, say, say_count
from .language.times import run_time, weekday
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
    `drying` and `incoming` are known of a dry zone. `worsening`: what the kind is drawn by moves towards it.
    """

    zone: Zone
    kind: str
    calls: Sequence[Call]
    now: int
    values: Mapping[str, float] = field(default_factory=dict)
    water: BlockWater | None = None
    drying: Drying | None = None
    incoming: Incoming = field(default_factory=Incoming)
    worsening: bool = False

    @property
    def began(self) -> int:
        """Time of the first raise, UTC ms."""
        return min(call.raised_t for call in self.calls)


@dataclass(frozen=True, kw_only=True)
class Advice:
    """One trouble of one zone in words: `title` says what, where, and what to do by when (`deadline`); `why` in one
    sentence or two; `evidence` is what the sensors decided by."""

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
    parts = _parts(zone, water)
    return Advice(
        level="needs_you",
        deadline="tomorrow",
        title=say(
            "{block} reads dry in {dry} of {all} places, though no sensor calls: dig and look by tomorrow.", **parts
        )
        if _partly(water)
        else say("{block} reads dry, though no sensor calls: dig and look by tomorrow.", **parts),
        why=_used(zone, water.shown, None, now),
        steps=(say(_DIG), say("Moist there? Then the probes read too low: press them firmly into the soil.")),
    )


def _too_dry(trouble: Trouble) -> Advice:
    zone, water, evidence = trouble.zone, trouble.water, _evidence(trouble)
    if water is None:
        return Advice(
            level="needs_you",
            deadline="today",
            title=say("{block} is dry: water it today.", block=zone.name)
            if zone.irrigation
            else say("{block} is dry: look at the soil today.", block=zone.name),
            why=say("How much water is left is not known."),
            evidence=evidence,
            steps=(say(_DIG),),
        )
    why = _used(zone, water.shown, trouble.drying, trouble.now)
    here = [call.node for call in trouble.calls if call.node in water.places]
    calling = water.around(here) if here else water.shown
    if not water.lacks and calling.lost < PLENTY * calling.refill_at:
        return Advice(
            level="needs_you",
            deadline="tomorrow",
            title=say("{block} was dry and has had water: check that all of it got some.", block=zone.name),
            why=why,
            evidence=evidence,
            steps=(say("Walk the rows: where the soil is still dry a hand deep, water again."),),
        )
    others = [name for name in water.places if name not in here]
    alone = set(here) & set(water.dry) or (others and water.around(others).lost < PLENTY * water.shown.refill_at)
    if not water.lacks and alone:
        return _dry_spot(trouble, why, evidence)
    if not zone.irrigation:
        return _dry_without_irrigation(trouble, water, why, evidence)
    return _water_it(trouble, water, why, evidence)


def _water_it(trouble: Trouble, water: BlockWater, why: str, evidence: str) -> Advice:
    """How much to give, where, and in what portions; what has rained or was given is taken off."""
    zone, shown, came, give = trouble.zone, water.shown, trouble.incoming, to_give(trouble)
    coming, raining = quantities.depth(came.on_its_way_mm), came.last_hour_mm >= RAINS_MM_H
    if raining or give is None:
        used = quantities.depth(shown.used_mm)
        return Advice(
            level="needs_you",
            deadline="tomorrow",
            title=say(_wait_title(came, raining=raining), block=zone.name),
            why=why,
            evidence=evidence,
            steps=(
                say("{water} are on their way to the roots, which have used {used}.", water=coming, used=used),
                say("This page reckons anew with every reading."),
            ),
        )
    hurry = _cannot_wait(replace(shown, lost=shown.lost - came.on_its_way_mm / shown.capacity_mm))
    parts = _parts(zone, water) | {"amount": quantities.depth(give.portion_mm)}
    steps = [_how_to_give(zone, give, water.share)]
    if came.on_its_way_mm >= 1:
        steps.append(
            say("{water} that you gave or that fell are taken off already.", water=coming)
            if came.given
            else say("{rain} of rain are taken off already.", rain=coming)
        )
    return Advice(
        level="urgent" if hurry else "needs_you",
        deadline="today" if hurry else "tomorrow",
        title=_joined(say(_water_title(water, hurry), **parts), _and_again(give.portions - 1)),
        why=why,
        evidence=evidence,
        steps=(*steps, say("Water was given and it is still dry? Check pump, valves and filters.")),
    )


def to_give(trouble: Trouble) -> Watering | None:
    """Water to give a dry block now; None when that is not known, or not worth starting a pump for."""
    zone, water = trouble.zone, trouble.water
    net_mm = water.shown.used_mm - trouble.incoming.on_its_way_mm if water else 0.0
    return watering(zone, net_mm, water.share) if water and zone.irrigation and net_mm >= NOTHING_TO_GIVE_MM else None


def _wait_title(came: Incoming, *, raining: bool) -> str:
    if raining:
        return mark("{block} is dry, and it rains: wait, and look again when it stops.")
    if came.given:
        return mark("{block} is dry, and water was given: wait, and look again tomorrow.")
    return mark("{block} is dry, and it has rained: wait, and look again tomorrow.")


def _water_title(water: BlockWater, hurry: bool) -> str:
    if not water.lacks:
        return mark("{block} will soon be dry: water {amount} by tomorrow morning.")
    if _partly(water):
        return (
            mark("{block} is dry in {dry} of {all} places: water {amount} there today.")
            if hurry
            else mark("{block} is dry in {dry} of {all} places: water {amount} there by tomorrow morning.")
        )
    return (
        mark("{block} is dry: water {amount} today.")
        if hurry
        else mark("{block} is dry: water {amount} by tomorrow morning.")
    )


def _and_again(more: int) -> str:
    if not more:
        return ""
    return say_count(
        "Give the same again the day after.", "Give the same again on each of the {count} days after.", more
    )


def _how_to_give(zone: Zone, give: Watering, share: float) -> str:
    """Hours and volume of a portion: "26 mm on 1.2 ha is 307 m³. Run it for 6 hours 30 minutes."."""
    parts = {
        "amount": quantities.depth(give.portion_mm),
        "area": quantities.area(zone.area_ha * share),
        "volume": quantities.volume(give.volume_m3),
    }
    return _joined(
        say("{amount} on {area} is {volume}.", **parts)
        if share == 1
        else say("{amount} on {area} (the dry part) is {volume}.", **parts),
        say("Run it for {time}.", time=run_time(give.hours)) if give.hours is not None else "",
        say("The soil takes no more at once.") if give.portions > 1 else "",
    )


def _dry_without_irrigation(trouble: Trouble, water: BlockWater, why: str, evidence: str) -> Advice:
    hurry = _cannot_wait(water.shown)
    return Advice(
        level="urgent" if hurry else "needs_you",
        deadline="today" if hurry else "tomorrow",
        why=why,
        evidence=evidence,
        title=say(_save_title(water), **_parts(trouble.zone, water)),
        steps=(
            say("Cut or pull grass and weeds: they drink with the crop. Mulch bare soil."),
            say("Carry water to young plants first."),
            say(
                "About {amount} of rain would fill the soil around the roots again.",
                amount=quantities.depth(max(1, water.shown.used_mm)),
            ),
        ),
    )


def _save_title(water: BlockWater) -> str:
    if not water.lacks:
        return mark("{block} will soon be dry and has no irrigation: save what water it has.")
    if _partly(water):
        return mark("{block} is dry in {dry} of {all} places and has no irrigation: save what water it has.")
    return mark("{block} is dry and has no irrigation: save what water it has.")


def _dry_spot(trouble: Trouble, why: str, evidence: str) -> Advice:
    """The zone's other soil sensors see water enough: some plants have none, or a probe is off."""
    sensors = listed(sorted(call.node for call in trouble.calls))
    return Advice(
        level="needs_you",
        deadline="tomorrow",
        title=say(
            "{block} may be dry around {sensors}: look there by tomorrow morning.",
            block=trouble.zone.name,
            sensors=sensors,
        ),
        why=_joined(why, say("The other soil sensors of this block see water enough.")),
        evidence=evidence,
        steps=(
            say("Dig a hand deep next to {sensors}.", sensors=sensors),
            say("Dry there? Then look for a blocked line or a closed valve: the rest of the block has water.")
            if trouble.zone.irrigation
            else say("Dry there? Then carry water to young plants: the rest of the block has water."),
            say(
                "Moist there? Then the sensor is off: say here that it was a false alarm, and press the probe firmly "
                "into the soil."
            ),
        ),
    )


_DIG = mark("Dig a hand deep next to a plant: if the soil does not hold together when squeezed, it needs water.")


def _used(zone: Zone, water: RootZone, drying: Drying | None, now: int) -> str:
    """Why a block is dry: "Roots have used 48 of 100 mm. Since Tuesday it dries faster than usual. The rest lasts until
    Friday."."""
    used = say(
        "Roots have used {used} of {capacity}.",
        used=quantities.depth_alone(water.used_mm, water.capacity_mm),
        capacity=quantities.depth(water.capacity_mm),
    )
    if drying is None:
        return used
    since = drying.faster_since
    faster = (
        say("Since {day} it dries faster than usual.", day=weekday(since, drying.timezone)) if since is not None else ""
    )
    until = lasts_until(zone, water, drying, now) if water.lost < 1 else None
    return _joined(used, faster, _lasts(water, until, now, drying.timezone) if until is not None else "")


def _lasts(water: RootZone, until: int, now: int, timezone: str) -> str:
    days = (local(until, timezone).date() - local(now, timezone).date()).days
    if water.lost >= water.refill_at:
        text = (
            mark("The rest lasts until today."),
            mark("The rest lasts until tomorrow."),
            mark("The rest lasts until {day}."),
        )
    else:
        text = (
            mark("What they take easily lasts until today."),
            mark("What they take easily lasts until tomorrow."),
            mark("What they take easily lasts until {day}."),
        )
    return say(text[min(days, 2)], day=weekday(until, timezone))


def _partly(water: BlockWater) -> bool:
    """Whether it lacks water in some places and not in others."""
    return water.lacks and len(water.dry) < len(water.places)


def _parts(zone: Zone, water: BlockWater) -> dict[str, str]:
    """What the titles of a dry block name."""
    return {
        "block": zone.name,
        "dry": quantities.count(len(water.dry)),
        "all": quantities.count(len(water.places)),
    }


def _cannot_wait(water: RootZone) -> bool:
    return water.lost >= water.refill_at + CANNOT_WAIT


def _waterlogged(trouble: Trouble) -> Advice:
    zone, steps = trouble.zone, [say("Open drains and furrows. Keep machines off until it bears them.")]
    long = trouble.now - trouble.began >= ROOTS_DROWN_MS
    if zone.irrigation:
        steps.insert(0, say("Close the valves of this block and look for one that is stuck open or a broken line."))
        act = (
            mark("{block} is waterlogged: stop watering and let it drain now.")
            if long
            else mark("{block} is waterlogged: stop watering and let it drain today.")
        )
    else:
        act = (
            mark("{block} is waterlogged: let the water out now.")
            if long
            else mark("{block} is waterlogged: let the water out today.")
        )
    held = [trouble.values[name] for name in MOISTURES if name in trouble.values]
    why = say("Roots get no air.")
    if held and zone.soil:
        why = say(
            "Soil is {share} water and would hold {full} drained: roots get no air.",
            share=quantities.percent(max(held)),
            full=quantities.percent(soil(zone.soil).field_capacity),
        )
    return Advice(
        level="urgent" if long else "needs_you",
        deadline="now" if long else "today",
        evidence=_evidence(trouble),
        title=say(act, block=zone.name),
        why=why,
        steps=tuple(steps),
    )


def _ripening(trouble: Trouble) -> Advice:
    zone, ppm = trouble.zone, trouble.values.get("ethylene")
    measured = (
        say("Ethylene is {amount}.", amount=quantities.gas(ppm)) if ppm is not None else say("There is ethylene.")
    )
    why = _joined(measured, say("Fruit gives it off as it ripens and rots, and it ripens the rest."))
    if zone.store:
        return Advice(
            level="needs_you",
            title=say(
                "{block}: fruit is ripening. Ventilate now and look for ripe or rotten fruit.",
                block=zone.name,
            ),
            deadline="now",
            why=why,
            evidence=_evidence(trouble),
            steps=(
                say("Open the vents or run the fans until the figure falls."),
                say("Take out ripe and rotten fruit."),
                say("Check that the store is as cold as it should be, and sell the ripest lot first."),
            ),
        )
    return Advice(
        level="needs_you",
        title=say("{block}: fruit is ripening. Check it for picking by tomorrow.", block=zone.name),
        deadline="tomorrow",
        why=why,
        evidence=_evidence(trouble),
        steps=(say("Pick samples in several rows and test them."), say("Take out rotten and fallen fruit.")),
    )


def _frost(trouble: Trouble) -> Advice:
    zone, air = trouble.zone, trouble.values.get("air_temperature")
    why = say("How cold the air is now is not known.")
    if air is not None:
        falls = mark("Air is {cold} and falling.") if trouble.worsening else mark("Air is {cold}.")
        why = say(falls, cold=quantities.degrees(air))
    cold = quantities.degrees(1, 0)
    steps = [
        say("Cover low crops with fleece. Run wind machines or heaters if you have them, from {cold} on.", cold=cold),
        say(
            "Open blossom is hurt from about {blossom}; tomato, potato and beans from {freezing}.",
            blossom=quantities.degrees(-2, 0),
            freezing=quantities.degrees(0, 0),
        ),
    ]
    if zone.irrigation == "sprinkler":
        sprinkle = mark("Start the sprinklers before it falls below {cold}, and let them run until the ice has melted.")
        steps.insert(0, say(sprinkle, cold=cold))
    elif zone.irrigation:
        steps.insert(0, say("Moist soil keeps warmer than dry soil: water before the evening, not in the frost."))
    return Advice(
        level="urgent",
        deadline="now",
        title=say("Frost at {block}: protect it now.", block=zone.name)
        if air is not None and air <= 0.0
        else say("Frost is coming to {block}: be ready to protect it within 6 hours.", block=zone.name),
        why=why,
        evidence=_evidence(trouble),
        steps=tuple(steps),
    )


def _wind(trouble: Trouble) -> Advice:
    zone, gust = trouble.zone, trouble.values.get("gust")
    gale = gust is not None and gust >= GALE_MS
    return Advice(
        level="urgent" if gale else "needs_you",
        title=say("Strong wind at {block}: make things fast now.", block=zone.name)
        if gale
        else say("Strong wind at {block}: make things fast today.", block=zone.name),
        deadline="now" if gale else "today",
        why=say("Gusts reach {speed}.", speed=quantities.speed(gust))
        if gust is not None
        else say("Wind is not measured now."),
        evidence=_evidence(trouble),
        steps=(
            say("Close tunnels and doors, tie up what can fly, lower covers and nets."),
            say("Do not spray: it drifts. Afterwards look for broken shoots and fallen fruit."),
        ),
    )


def _disease(trouble: Trouble) -> Advice:
    title, weather, look = _DISEASES.get(trouble.zone.crop, _ANY_DISEASE)
    return Advice(
        level="needs_you",
        title=say(title, block=trouble.zone.name),
        deadline="tomorrow",
        why=say(weather, mild=quantities.degrees(10, 0)),
        evidence=_evidence(trouble),
        steps=(
            say(look),
            say("If your last spray is more than a week old or was washed off, protect the crop before the next rain."),
            say("Do not wet the leaves: water in the morning, at the ground."),
        ),
    )


def _unknown(trouble: Trouble) -> Advice:
    return Advice(
        level="needs_you",
        title=say("{block} needs a look: {kind}.", block=trouble.zone.name, kind=kind_in_words(trouble.kind)),
        deadline="today",
        why=say("This page has no more to say of it."),
        evidence=_evidence(trouble),
        steps=(say("Go and see, then tell this page whether it was right."),),
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
    mark("Weather for late blight at {block}: check the plants by tomorrow."),
    mark("Two days in a row of at least {mild} with 6 hours or more of very damp air: blight spreads in such weather."),
    mark("Look under the leaves of the lowest, dampest rows for dark patches with white edges; take them away."),
)
_SCAB = (
    mark("Weather for scab at {block}: check the plants by tomorrow."),
    mark("Leaves stayed wet long enough for scab to get in."),
    mark("Look for olive-green spots on young leaves and fruit."),
)
_ANY_DISEASE = (
    mark("Weather for leaf disease at {block}: check the plants by tomorrow."),
    mark("Mild, very damp air for many hours: fungi spread in such weather."),
    mark("Look for spots and grey or white fur on leaves and fruit, first where the air stands still."),
)
_DISEASES = {"tomato": _BLIGHT, "potato": _BLIGHT, "apple": _SCAB, "pear": _SCAB}


def _evidence(trouble: Trouble) -> str:
    """What decided, of the surest sensor; how many sensors agree when there are several."""
    surest = max(trouble.calls, key=lambda call: (call.confidence, call.t))
    words = [text for text in map(evidence_in_words, surest.why) if text]
    many = len(trouble.calls)
    return _joined(
        say("The sensors saw: {evidence}.", evidence="; ".join(words)) if words else "",
        say_count("{count} sensor says so.", "{count} sensors say so.", many) if many > 1 else "",
    )


def _joined(*sentences: str) -> str:
    """Whole sentences, one after the other."""
    return " ".join(sentence for sentence in sentences if sentence)
