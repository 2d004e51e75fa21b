"""What a block's sensors measure now, in a few words: its water, its air, and that nobody watches."""

from collections.abc import Iterator, Mapping
from html import escape

from cloud.advice.watching import troubles_seen_by
from cloud.block.water import BlockWater, RootZone
from cloud.language.quantities import count, degrees, gas, percent, speed
from cloud.language.speech import listed_or, mark, say
from cloud.language.times import lasting
from cloud.zone_state import ZoneState


def quiet_text(view: ZoneState) -> str:
    """That it rests, or a block's one number: the water that is left, or else what its air says."""
    if view.resting:
        return view.rest
    if view.water:
        return say("{share} of the water left", share=percent(_left(view.water.shown) / 100))
    return next(air_said(view.values), "")


def unseen(view: ZoneState, now: int) -> str:
    """What nobody watches, and since when."""
    if not view.sensors:
        return say("There is no sensor here.")
    if any(sensor.heard for sensor in view.sensors):
        troubles = listed_or(troubles_seen_by(view.blind))
        return say("No sensor here can see {troubles} now. Look yourself.", troubles=troubles)
    last = max((s.last.t for s in view.sensors if s.last), default=None)
    if last is None:
        return say("No sensor here has been heard yet. Look at the crop yourself, and check the sensors.")
    return say(
        "No sensor here has been heard for {time}. Look at the crop yourself, and check the sensors.",
        time=lasting(now - last),
    )


def air_said(values: Mapping[str, float]) -> Iterator[str]:
    """What the air of a block is like. `values`: channel -> the block's value."""
    if (ppm := values.get("ethylene")) is not None:
        yield say("Ethylene {amount}", amount=gas(ppm))
    if (air := values.get("air_temperature")) is not None:
        yield say("Air {amount}", amount=degrees(air))
    if (humidity := values.get("humidity")) is not None:
        yield say("Humidity {amount}", amount=percent(humidity / 100))
    if (gust := values.get("gust")) is not None:
        yield say("Gusts {amount}", amount=speed(gust))


def _left(water: RootZone) -> int:
    """Percent left, on the same side of the refill point as the water itself."""
    refill, left = _refill(water), round(100 * (1 - water.lost))
    return max(left, refill + 1) if water.lost < water.refill_at else min(left, refill)


def _refill(water: RootZone) -> int:
    return round(100 * (1 - water.refill_at))


def water_bar(water: BlockWater) -> str:
    """The water that is left, and where it is too little, as a picture for those who see."""
    left, refill = _left(water.shown), _refill(water.shown)
    return (
        f'<span class="cooee-bar" aria-hidden="true"><i style="width:{left}%"></i><b style="left:{refill}%"></b></span>'
    )


def water_said(water: BlockWater, *, watered: bool) -> str:
    """The block's one number, and what it is compared with."""
    shown, dry, of = water.shown, len(water.dry), len(water.places)
    left, refill = _left(shown), _refill(shown)
    if water.lacks and dry < of:
        message = (
            mark("Water for the roots in the {dry} dry of {all} places: {left} left (water again at {refill})")
            if watered
            else mark("Water for the roots in the {dry} dry of {all} places: {left} left (too dry below {refill})")
        )
    else:
        message = (
            mark("Water for the roots: {left} left (water again at {refill})")
            if watered
            else mark("Water for the roots: {left} left (too dry below {refill})")
        )
    text = say(message, dry=count(dry), all=count(of), left=percent(left / 100), refill=percent(refill / 100))
    return f'<p class="cooee-quiet">{escape(text)}</p>{water_bar(water)}'
