"""All sensors: which are fine, late, silent or have a faulty probe, apart from what the crops need."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from cloud.language.speech import mark, say
from cloud.sensor_state import SensorState, SensorStateName
from dashboard.cards.pieces import SENSOR_WORDS
from dashboard.cards.tables import sensor_table
from dashboard.queries.past import battery_left
from dashboard.session.long_lists import SEARCHED, counted, one_page, searched
from dashboard.session.page import farm_with_banners, reached
from edge.farm import Zone

TROUBLE_FIRST: tuple[SensorStateName, ...] = ("dead", "faulty", "suspect", "late", "never", "sleeping")
Row = tuple[Zone, SensorState]
ORDERS: dict[str, Callable[[Row], tuple[object, ...]]] = {
    mark("What needs a hand first"): lambda row: (TROUBLE_FIRST.index(row[1].state), *_block(row)),
    mark("By name"): lambda row: (counted(row[1].node.id),),
    mark("By block"): lambda row: _block(row),
    mark("Lowest battery first"): lambda row: (_volts(row[1]), counted(row[1].node.id)),
    mark("Heard longest ago first"): lambda row: (row[1].last.t if row[1].last else 0, counted(row[1].node.id)),
}


def _block(row: Row) -> tuple[object, ...]:
    return counted(row[0].name), counted(row[1].node.id)


def _volts(sensor: SensorState) -> float:
    return sensor.last.values.get("battery", 99.0) if sensor.last else 99.0


def _with_count(state: SensorStateName | None, counts: Mapping[SensorStateName, int]) -> str:
    if state is None:
        return say("All")
    word = say(SENSOR_WORDS[state][1])
    return f"{word} ({counts[state]})"


def chosen(rows: Sequence[Row]) -> list[Row]:
    """Those that the reader looks for, in the order they ask for."""
    rows = searched(rows, lambda row: f"{row[1].node.id} {row[0].name}", say("Find a sensor or a block"), key="sensors")
    order = next(iter(ORDERS))
    if len(rows) > SEARCHED:
        with st.container(horizontal=True, key="which-sensors"):
            counts = Counter(row[1].state for row in rows)
            state = st.selectbox(
                say("State"),
                [None, *(state for state in TROUBLE_FIRST if counts[state])],
                format_func=lambda state: _with_count(state, counts),
            )
            order = st.selectbox(say("Order"), list(ORDERS), format_func=say)
        rows = [row for row in rows if state in (None, row[1].state)]
    return sorted(rows, key=ORDERS[order])


@st.fragment
def show() -> None:
    """The sensors as they are now."""
    with reached():
        view = farm_with_banners()
        st.title(say("Sensors"), anchor=False)
        rows = one_page(chosen([(zone.zone, sensor) for zone in view.zones for sensor in zone.sensors]), key="sensors")
        left = battery_left(tuple(sensor.node.id for _, sensor in rows), view.now)
        st.html(sensor_table(list(rows), left, view.now, view.farm.timezone))


show()
