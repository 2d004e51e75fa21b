"""What a sensor does, in plain words: on the page's table, and for who stands beside it with `cooee status`."""

from .advice.probe_advice import FAULTS, odd_in_words
from .language.names import channel_in_words
from .language.speech import listed, say
from .sensor_state import SensorState


def sensor_meaning(sensor: SensorState, now: int) -> str:
    """What a sensor's state means at `now` (UTC ms), and what to do about it."""
    match sensor.state:
        case "never":
            return say(
                "Nothing has come from it yet. Switch it on and check that its address is the one in the farm file."
            )
        case "dead":
            return say(
                "It has stopped reporting: its readings say nothing of the crop now. Check battery, antenna and that "
                "it still stands."
            )
        case "late":
            return say("It should have reported by now. Often the next reading comes by itself.")
        case "faulty":
            return say(
                "It reports, but these readings cannot be true: {readings}. Check that the probe sits firmly and its "
                "cable is whole.",
                readings=listed([_fault_in_words(name, sensor.why_faulty.get(name)) for name in sensor.faults]),
            )
        case "suspect":
            return say("It reports, but something is odd: {why} Look at the probe.", why=odd_in_words(sensor.odd, now))
    return say("Reports on time and rests in between.")


def _fault_in_words(channel: str, why: str | None) -> str:
    """The faulty channel, and why where that is known."""
    if why is None:
        return channel_in_words(channel)
    return say("{reading} ({why})", reading=channel_in_words(channel), why=say(FAULTS[why]))
