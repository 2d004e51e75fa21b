"""What happened to a block, on a strip over the time of its charts: calls, what was said of them, what was written
down."""

from collections.abc import Iterator, Sequence
from typing import Any

import altair as alt
import pandas as pd

from cloud.language.names import RECORDS, kind_in_words, record_in_words
from cloud.language.speech import mark, say
from cloud.language.times import at
from cloud.levels import LEVELS
from edge.contract.messages import Record

from .chart_forms import forms, time_axis
from .queries import PastTrouble
from .tables import JUDGED

CALLS, SAID = mark("Calls"), mark("Judged")
COLOURS = {CALLS: LEVELS["urgent"].colour, SAID: "#808893", "irrigation": "#2f86d6", "rain": "#2f86d6"}
OTHER_COLOUR = "#7a6f2a"
ROW_PX = 34
AXIS_PX = 28


def happenings(
    troubles: Sequence[PastTrouble], records: Sequence[Record], since: int, until: int, timezone: str
) -> alt.LayerChart | alt.FacetChart | None:
    """A row for each sort of thing that happened from since to until; None when nothing did."""
    rows = [*_of_calls(troubles, since, until, timezone), *_of_records(records, since, until, timezone)]
    if not rows:
        return None
    colours = {row["row"]: row.pop("colour") for row in rows}
    frame, names = pd.DataFrame(rows), list(colours)
    base = alt.Chart().encode(
        x=time_axis("start", since, until, timezone),
        y=alt.Y("row:N", title=None, sort=names, axis=alt.Axis(labelLimit=110, ticks=False, domain=False)),
        color=alt.Color("row:N", scale=alt.Scale(domain=names, range=[colours[name] for name in names]), legend=None),
        tooltip=[
            alt.Tooltip("what:N", title=say("What")),
            alt.Tooltip("when:N", title=say("When")),
        ],
    )
    lasting = frame["end"] > frame["start"]
    look: Any = {"filled": True, "opacity": 1, "size": 110}
    layers = [  # an empty one would be a picture without a name
        *([base.mark_bar(height=14, cornerRadius=3).encode(x2="end:Q").properties(data=frame[lasting])] * any(lasting)),
        *([base.mark_point(**look).properties(data=frame[~lasting])] * (not all(lasting))),
    ]
    height = ROW_PX * len(names) + AXIS_PX
    chart: alt.LayerChart = alt.layer(*layers).properties(height=height).configure(locale=forms())
    return chart


def _of_calls(troubles: Sequence[PastTrouble], since: int, until: int, timezone: str) -> Iterator[dict[str, Any]]:
    for trouble in troubles:
        ended = until if trouble.ended is None else trouble.ended
        kind = kind_in_words(trouble.kind)
        if ended >= since and trouble.began < until:
            yield {
                "row": say(CALLS),
                "start": max(trouble.began, since),
                "end": min(max(ended, trouble.began + 1), until),
                "what": kind,
                "when": at(trouble.began, timezone),
                "colour": COLOURS[CALLS],
            }
    for trouble in troubles:
        said = trouble.judgement
        if said and since <= said.t <= until:
            word = say(JUDGED[said.verdict])
            what = say("{kind}: {what}", kind=kind_in_words(trouble.kind), what=word)
            yield _moment(say(SAID), said.t, what, COLOURS[SAID], timezone)


def _of_records(records: Sequence[Record], since: int, until: int, timezone: str) -> Iterator[dict[str, Any]]:
    for kind in RECORDS:
        for record in records:
            if record.kind == kind and since <= record.happened_t <= until and not record.withdrawn:
                colour = COLOURS.get(kind, OTHER_COLOUR)
                yield _moment(say(RECORDS[kind]), record.happened_t, record_in_words(record), colour, timezone)


def _moment(row: str, t: int, what: str, colour: str, timezone: str) -> dict[str, Any]:
    return {"row": row, "start": t, "end": t, "what": what, "when": at(t, timezone), "colour": colour}
