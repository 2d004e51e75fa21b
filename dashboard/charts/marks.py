"""What stands on a chart beside its lines: troubles that were called, and water that somebody wrote down."""

from collections.abc import Iterator, Sequence
from html import escape

from cloud.advice.levels import LEVELS
from cloud.language.names import kind_in_words, record_in_words
from cloud.language.times import at
from edge.contract.messages import Record

from ..queries.past import PastTrouble
from .axes import SIDE, Axes, Mark, box, upright
from .panels import Panel

CALL_COLOUR = LEVELS["urgent"].colour
WATER_COLOUR = "#2f86d6"
WORD_SHARE = 0.35
"""Of a phone's chart, that the word for a trouble takes at most."""


def is_water(record: Record) -> bool:
    """Whether it brought water."""
    return record.kind in ("irrigation", "rain") and not record.withdrawn


def water_signs(axes: Axes, waters: Sequence[Record]) -> Iterator[str]:
    """Water that somebody wrote down."""
    for record in waters:
        yield f'<i class="cooee-given" style="left:{axes.x(record.happened_t) / 10:.1f}%"></i>'


def water_marks(axes: Axes, waters: Sequence[Record], timezone: str) -> Iterator[Mark]:
    """What a touch reads of water."""
    for record in waters:
        x = axes.x(record.happened_t)
        yield x, x, f"{record_in_words(record)} ({at(record.happened_t, timezone)})"


def explained(panel: Panel, troubles: Sequence[PastTrouble]) -> list[PastTrouble]:
    """Those troubles that a panel explains, by their begin."""
    kinds = {kind.name for kind in panel.kinds}
    return sorted((trouble for trouble in troubles if trouble.kind in kinds), key=lambda trouble: trouble.began)


def trouble_shapes(axes: Axes, calls: Sequence[PastTrouble]) -> Iterator[str]:
    """A trouble is a shaded time with a line where it began."""
    for trouble in calls:
        start = max(trouble.began, axes.since)
        left, right = axes.x(start), axes.x(min(trouble.ended or axes.until, axes.until))
        yield box(left, 0, right - left, SIDE, CALL_COLOUR, 0.1)
        yield upright(axes, start, CALL_COLOUR)


def trouble_words(axes: Axes, calls: Sequence[PastTrouble]) -> Iterator[str]:
    """Above the chart, where there is room for a word."""
    free, width = float("-inf"), WORD_SHARE * SIDE
    for trouble in calls:
        x = axes.x(max(trouble.began, axes.since))
        late = x > SIDE - width
        if (left := x - width if late else x) >= free:
            free = left + width
            where = f"right:{100 - x / 10:.1f}%" if late else f"left:{x / 10:.1f}%"
            yield f'<b class="cooee-called" style="{where}">{escape(kind_in_words(trouble.kind))}</b>'


def trouble_marks(axes: Axes, calls: Sequence[PastTrouble], timezone: str) -> Iterator[Mark]:
    """What a touch reads of troubles."""
    for trouble in calls:
        text = f"{kind_in_words(trouble.kind)} ({', '.join(trouble.nodes)}; {at(trouble.began, timezone)})"
        yield axes.x(max(trouble.began, axes.since)), axes.x(min(trouble.ended or axes.until, axes.until)), text
