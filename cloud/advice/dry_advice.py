"""What a farmer reads of a dry block: how much to water, where and by when, what rain takes off, how long the rest
lasts."""

from dataclasses import replace

from edge.farm import Zone

from ..block.water import BlockWater, Drying, Incoming, RootZone, Watering, lasts_until, watering
from ..clock import local
from ..language import quantities
from ..language.speech import listed, mark, say, say_count
from ..language.times import run_time, weekday
from .trouble import Advice, Trouble, evidence_of, joined

CANNOT_WAIT = 0.15
"""Share of the available water beyond the refill point from which a dry zone cannot wait until tomorrow."""
PLENTY = 0.5
"""A zone that has lost less than this share of what it may lose before it is watered has plenty."""
RAINS_MM_H = 0.2
"""Rain of the last hour from which it rains: the step of a tipping bucket."""
NOTHING_TO_GIVE_MM = 2.0
"""Water that is not worth starting a pump for."""


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


def too_dry(trouble: Trouble) -> Advice:
    """What to tell of a block whose sensors call for water."""
    zone, water, evidence = trouble.zone, trouble.water, evidence_of(trouble)
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
        title=joined(say(_water_title(water, hurry), **parts), _and_again(give.portions - 1)),
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
    return joined(
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
        why=joined(why, say("The other soil sensors of this block see water enough.")),
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
    return joined(used, faster, _lasts(water, until, now, drying.timezone) if until is not None else "")


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
