"""What a farmer reads of troubles: plain sentences with what, where, why and what to do.

Used by the dashboard and by notifications, in the language and units of whoever is spoken to. Texts are plain text:
whoever shows them as HTML or Markdown escapes them. A dry block's are in dry_advice.py.
"""

from collections.abc import Callable

from edge.agronomy.crops import soil

from ..block.disease_criteria import cannot_be_met, criterion_in_words, not_now
from ..block.water import MOISTURES
from ..language import quantities
from ..language.names import kind_in_words
from ..language.speech import mark, say
from .dry_advice import too_dry
from .trouble import DISEASE_KIND, DRY_KIND, Advice, Trouble, evidence_of, joined

GALE_MS = 17.2
"""Gusts from Beaufort 8 on break shoots and doors."""
ROOTS_DROWN_MS = 24 * 3_600_000
"""Time under water after which roots begin to die."""


def advise(trouble: Trouble) -> Advice:
    """What to tell the farmer of a trouble."""
    return _ADVISERS.get(trouble.kind, _unknown)(trouble)


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
        evidence=evidence_of(trouble),
        title=say(act, block=zone.name),
        why=why,
        steps=tuple(steps),
    )


def _ripening(trouble: Trouble) -> Advice:
    zone, ppm = trouble.zone, trouble.values.get("ethylene")
    measured = (
        say("Ethylene is {amount}.", amount=quantities.gas(ppm)) if ppm is not None else say("There is ethylene.")
    )
    why = joined(measured, say("Fruit gives it off as it ripens and rots, and it ripens the rest."))
    if zone.store:
        return Advice(
            level="needs_you",
            title=say(
                "{block}: fruit is ripening. Ventilate now and look for ripe or rotten fruit.",
                block=zone.name,
            ),
            deadline="now",
            why=why,
            evidence=evidence_of(trouble),
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
        evidence=evidence_of(trouble),
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
        evidence=evidence_of(trouble),
        steps=tuple(steps),
    )


def _wind(trouble: Trouble) -> Advice:
    zone, gust = trouble.zone, trouble.values.get("gust")
    blew = [why.value for call in trouble.calls for why in call.why if why.feature == "gust"]
    gale = gust is not None and gust >= GALE_MS
    return Advice(
        level="urgent" if gale else "needs_you",
        title=say("Strong wind at {block}: make things fast now.", block=zone.name)
        if gale
        else say("Strong wind at {block}: make things fast today.", block=zone.name),
        deadline="now" if gale else "today",
        why=say("Gusts reach {speed}.", speed=quantities.speed(max([gust, *blew])))
        if gust is not None
        else say("Wind is not measured now."),
        evidence=evidence_of(trouble),
        steps=(
            say("Close tunnels and doors, tie up what can fly, lower covers and nets."),
            say("Do not spray: it drifts. Afterwards look for broken shoots and fallen fruit."),
        ),
    )


def _disease(trouble: Trouble) -> Advice:
    title, weather, look = _DISEASES.get(trouble.zone.crop, _ANY_DISEASE)
    run = [criterion_in_words(each, trouble.timezone, trouble.now) for each in trouble.criteria]
    if cannot_be_met(trouble.criteria):
        none, cold = not_now(trouble.zone.name)
        return Advice(level="fine", title=none, deadline="tomorrow", why=joined(cold, *run), steps=())
    return Advice(
        level="needs_you",
        title=say(title, block=trouble.zone.name),
        deadline="tomorrow",
        why=joined(say(weather, mild=quantities.degrees(10, 0)), *run),
        evidence=evidence_of(trouble),
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
        evidence=evidence_of(trouble),
        steps=(say("Go and see, then tell this page whether it was right."),),
    )


_ADVISERS: dict[str, Callable[[Trouble], Advice]] = {
    DRY_KIND: too_dry,
    "waterlogged": _waterlogged,
    "ripening": _ripening,
    "frost": _frost,
    "wind": _wind,
    DISEASE_KIND: _disease,
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
