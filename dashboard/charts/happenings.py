"""What happened to a block, on a strip over the time of its charts: calls, what was said of them, what was written
down."""

from collections.abc import Iterator, Sequence
from html import escape

from cloud.advice.levels import LEVELS
from cloud.language.names import RECORDS, kind_in_words, record_in_words
from cloud.language.speech import mark, say
from cloud.language.times import at
from edge.contract.messages import Record

from ..cards.tables import JUDGED
from ..queries.past import PastTrouble
from .axes import Axes, Mark, drawn
from .lines import BLOCK_COLOUR
from .marks import WATER_COLOUR

CALLS, SAID = mark("Calls"), mark("Judged")
COLOURS = {
    CALLS: LEVELS["urgent"].colour,
    SAID: BLOCK_COLOUR,
    RECORDS["irrigation"]: WATER_COLOUR,
    RECORDS["rain"]: WATER_COLOUR,
}
OTHER_COLOUR = "#7a6f2a"


def happenings(
    troubles: Sequence[PastTrouble], records: Sequence[Record], since: int, until: int, timezone: str
) -> str | None:
    """A row for each sort of thing that happened from since to until, as HTML; None when nothing did."""
    axes = Axes(since=since, until=until)
    rows: dict[str, list[Mark]] = {}
    for row, what in (*_of_calls(axes, troubles, timezone), *_of_records(axes, records, timezone)):
        rows.setdefault(row, []).append(what)
    if not rows:
        return None
    shown = "".join(_row(name, marks) for name, marks in rows.items())
    return drawn(axes, "", shown, timezone, [what for marks in rows.values() for what in marks])


def _row(name: str, marks: Sequence[Mark]) -> str:
    colour = COLOURS.get(name, OTHER_COLOUR)
    dots = "".join(
        f'<i style="left:{left / 10:.1f}%;width:{(right - left) / 10:.1f}%;background:{colour}"></i>'
        for left, right, _ in marks
    )
    title = escape(say(name))
    return f'<div class="cooee-happened"><small>{title}</small><div>{dots}</div></div>'


def _of_calls(axes: Axes, troubles: Sequence[PastTrouble], timezone: str) -> Iterator[tuple[str, Mark]]:
    for trouble in troubles:
        ended = axes.until if trouble.ended is None else trouble.ended
        kind = kind_in_words(trouble.kind)
        if ended >= axes.since and trouble.began < axes.until:
            left, right = axes.x(max(trouble.began, axes.since)), axes.x(min(ended, axes.until))
            yield CALLS, (left, right, f"{kind} ({at(trouble.began, timezone)})")
    for trouble in troubles:
        said = trouble.judgement
        if said and axes.holds(said.t):
            what = say("{kind}: {what}", kind=kind_in_words(trouble.kind), what=say(JUDGED[said.verdict]))
            yield SAID, _moment(axes, said.t, what, timezone)


def _of_records(axes: Axes, records: Sequence[Record], timezone: str) -> Iterator[tuple[str, Mark]]:
    for kind, name in RECORDS.items():
        for record in records:
            if record.kind == kind and axes.holds(record.happened_t) and not record.withdrawn:
                yield name, _moment(axes, record.happened_t, record_in_words(record), timezone)


def _moment(axes: Axes, t: int, what: str, timezone: str) -> Mark:
    return axes.x(t), axes.x(t), f"{what} ({at(t, timezone)})"
