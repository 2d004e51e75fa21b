"""How long a battery lasts, by what it lost over the last weeks, in words."""

from collections.abc import Sequence
from statistics import linear_regression

from edge.board.battery import charge

from ..clock import DAY_MS
from ..language.quantities import voltage
from ..language.speech import say, say_count

RESERVE = 0.05
"""Share of its charge below which a cell gives out at the next cold night."""
LOOKED_BACK_MS = 30 * DAY_MS
FEWEST_DAYS = 7
CHANGE_SOON_DAYS = 21.0
MONTH_DAYS = 30.4


def days_left(t: Sequence[int], volts: Sequence[float]) -> float | None:
    """Days until a battery is at its reserve, by the line through its charge over its daily means; None with less than
    a week of them, and for one that does not lose (a solar cell fills it)."""
    if len(t) < FEWEST_DAYS:
        return None
    days = [(moment - t[-1]) / DAY_MS for moment in t]
    slope, now = linear_regression(days, [charge(each) for each in volts])
    return max(0.0, (now - RESERVE) / -slope) if slope < 0 else None


def battery_in_words(volts: float | None, left: float | None) -> str:
    """ "good for about 5 months"; `volts`: its newest reading, `left`: days, where known."""
    if volts is None:
        return say("no reading")
    amount = voltage(volts)
    if charge(volts) <= RESERVE:
        return say("empty: change it now ({volts})", volts=amount)
    if left is None:
        return amount
    if left < CHANGE_SOON_DAYS:
        return say_count(
            "good for about {count} day: change it soon ({volts})",
            "good for about {count} days: change it soon ({volts})",
            max(1, round(left)),
            volts=amount,
        )
    if left > 12 * MONTH_DAYS:
        return say("good for more than a year ({volts})", volts=amount)
    months = max(1, round(left / MONTH_DAYS))
    return say_count(
        "good for about {count} month ({volts})", "good for about {count} months ({volts})", months, volts=amount
    )
