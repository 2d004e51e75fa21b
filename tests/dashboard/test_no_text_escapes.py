"""Every text on every page comes out of the catalogues: rendered in a language of brackets, nothing stands outside."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from typing import Any, get_args

import pytest
from babel.numbers import get_decimal_symbol
from google.protobuf.json_format import MessageToDict

import cloud.clock
from cloud.farm_view import keep_record
from cloud.language.reader import ENDONYMS, Reader, locale, speaking_to
from cloud.store import Store
from cloud.store.interface import History
from dashboard.answers.records import QUANTITIES
from dashboard.charts.happenings import happenings
from dashboard.charts.history_chart import history_chart
from dashboard.charts.panels import PANELS
from dashboard.queries.past import past_troubles
from dashboard.serving.snapshot import CONTENTS, INDEX, page_with_snapshot
from edge.contract.kinds import kinds
from edge.contract.messages import Call, Record, RecordKind
from edge.core import sentinels
from edge.farm import Farm, Language, Units
from tests.cloud.language.pseudo import speak_in_brackets, words_outside

from .farm_data import DAY, HOUR, MINUTE, NOW, call, clock, dry_block, fill, frost_comes, reading, stored
from .views.test_pages import PAGES, opened, say

SHOWN = {"body", "label", "options", "content", "title", "altText", "placeholder"}
"""Fields of Streamlit's elements that are seen or heard."""
BABEL = "W mm cm kg ha m m² C km h ppm V hour hours minute minutes day days ago and or"
DATES = "Apr May June Jun Mon Tue Wed Thu Fri Sat Sun"
"""Units, dates and lists are Babel's."""


VERSIONS = ("0badcafe", *(f"{sentinel.version:08x}" for sentinel in sentinels()))
"""Of sentinels, as the page "Model" names them."""


@pytest.fixture(autouse=True)
def brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    speak_in_brackets(monkeypatch)


def everything_wrong(store: Store, farm: Farm) -> None:
    """A call of each kind, judged, noted and over; silent, faulty and late sensors."""
    fill(store, farm, days=2, silent=("apple-2", "store-2"))
    rows = [*dry_block(farm, NOW - 6 * HOUR), *frost_comes(farm)]
    rows += [call(farm, "apple-1", "soil", "waterlogged", NOW - 30 * HOUR)]
    rows += [call(farm, "store-1", "ethylene", "ripening", NOW - 26 * HOUR)]
    rows += [call(farm, "tomato-weather", "weather", kind, NOW - HOUR) for kind in ("wind", "disease")]
    rows += [call(farm, "apple-weather", "weather", "wind", NOW - 3 * DAY)]
    rows += [call(farm, "apple-weather", "weather", "wind", NOW - 3 * DAY, t=NOW - 2 * DAY, state="cleared")]
    rows += [reading(farm, farm.node_by_id["apple-3"], NOW, boot=3, faults=("soil_moisture_10cm", "soil_temperature"))]
    assert {row.kind for row in rows if isinstance(row, Call)} == set(kinds())
    store.append(stored(farm, *rows))
    for kind in get_args(RecordKind):
        amount = 9.0 if kind in QUANTITIES else None
        record = Record(
            farm=farm.id, zone="tomatoes", id=kind, kind=kind, t=NOW, happened_t=NOW - 2 * DAY, amount=amount
        )
        keep_record(store, record)
        keep_record(store, replace(record, id=f"not-{kind}", withdrawn=True))


def silent(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1, silent=tuple(node.id for node in farm.nodes))
    store.append(stored(farm, clock(farm, NOW + 90 * MINUTE)))


def nothing(store: Store, farm: Farm) -> None:
    """An empty store."""


def names(farm: Farm) -> list[str]:
    """What may stand outside: what people named, languages by their own names, and units."""
    ids = [node.id for node in farm.nodes] + [zone.name for zone in farm.zones]
    return [farm.name, *ids, *ENDONYMS.values()]


def texts(node: Any) -> Iterator[str]:
    """Every text of an element and of those inside it."""
    if getattr(node, "proto", None) is not None:
        yield from _shown(MessageToDict(node.proto), seen=False)
    for child in getattr(node, "children", {}).values():
        yield from texts(child)


def _shown(value: Any, *, seen: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _shown(inner, seen=key in SHOWN)
    elif isinstance(value, list):
        for inner in value:
            yield from _shown(inner, seen=seen)
    elif seen and isinstance(value, str):
        html = re.sub(r"(?s)<(style|script)>.*?</\1>", "", value)
        yield from (
            unescape(text) for text in re.findall(r'(?:aria-(?:label|valuetext)|alt|data-label|title)="([^"]*)"', html)
        )
        yield from (unescape(text) for text in re.sub(r"<[^>]+>", "\n", html).splitlines() if text.strip())


def escaped(found: Iterator[str], farm: Farm) -> list[str]:
    return [
        text for text in found if set(words_outside(text, *names(farm), *VERSIONS)) - set(f"{BABEL} {DATES}".split())
    ]


@pytest.mark.parametrize("state", [everything_wrong, silent, nothing])
def test_no_text_of_a_page_escapes(
    store: Store, farm: Farm, state: Callable[[Store, Farm], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    state(store, farm)
    if state is silent:
        monkeypatch.setattr(cloud.clock, "STILL_S", 0.0)
    app = opened()
    for page in PAGES:
        app.switch_page(page).run()
        assert not app.exception
        found = list(texts(app._tree))
        assert len(found) > 5, page
        assert escaped(iter(found), farm) == [], page


@pytest.mark.parametrize("path", CONTENTS)
def test_no_text_of_what_is_seen_first_escapes(store: Store, farm: Farm, path: str) -> None:
    everything_wrong(store, farm)
    html = page_with_snapshot(INDEX, path, {})
    title = re.search("<title>(.*)</title>", html)
    assert title
    lines = re.findall(r'class="cooee-starting"[^>]*data-starts="([^"]*)">([^<]*)<', html)
    found = list(_shown(html[html.index("<body>") :], seen=True))
    assert len(found) > 30
    assert escaped(iter([title[1], *lines[0], *found]), farm) == []


def test_no_text_escapes_after_an_answer(store: Store, farm: Farm) -> None:
    everything_wrong(store, farm)
    app = opened()
    say(app, "apples-frost", "wrong")
    say(app, "tomatoes-too_dry", "handled")
    assert any("note" in str(field.key) for field in app.text_input)
    assert escaped(texts(app._tree), farm) == []


def test_no_text_of_what_is_written_down_escapes(store: Store, farm: Farm) -> None:
    everything_wrong(store, farm)
    app = opened("views/zone.py")
    app.selectbox[0].set_value("tomatoes").run()
    for kind in get_args(RecordKind):
        say(app, "write-tomatoes", kind)
        app.button[0].click().run()
        assert not app.exception
        assert escaped(texts(app._tree), farm) == [], kind


def test_no_text_of_a_chart_escapes(store: Store, farm: Farm) -> None:
    everything_wrong(store, farm)
    charts: list[str] = []
    troubles = past_troubles(None, NOW - 5 * DAY, NOW + 1)
    written = store.records(farm.id, 0, NOW)
    strip = happenings(troubles, written, NOW - 5 * DAY, NOW, farm.timezone)
    assert strip is not None
    charts.append(strip)
    for zone in farm.zones:
        for panel in PANELS:
            some = History(t=[NOW - HOUR, NOW], mean=[0.1, 0.2], low=[0.1, 0.1], high=[0.2, 0.3])
            block = dict.fromkeys(panel.channels, some)
            sensors = {"tomato-1": block, "tomato-2": block}
            chart = history_chart(panel, zone, block, sensors, troubles, written, NOW - 5 * DAY, NOW, farm.timezone)
            assert chart is not None
            charts.append(chart)
    found = [text for chart in charts for text in _of_chart(chart)]
    assert len(found) > 100
    assert escaped(iter(found), farm) == []


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("units", get_args(Units))
def test_charts_are_drawn_in_every_language(farm: Farm, language: Language, units: Units) -> None:
    some = History(t=[NOW - HOUR, NOW], mean=[0.1, 0.2], low=[0.1, 0.1], high=[0.2, 0.3])
    with speaking_to(Reader(language=language, units=units)):
        decimal = get_decimal_symbol(locale())
        sensors = {"tomato-1": dict.fromkeys(PANELS[0].channels, some)}
        found = history_chart(PANELS[0], farm.zones[0], {}, sensors, [], [], NOW - DAY, NOW, farm.timezone)
    assert found is not None
    figures = [text for text in _of_chart(found) if re.fullmatch(r"\d+\D\d", text)]
    assert {text[-2] for text in figures} == {decimal}


def _of_chart(chart: str) -> Iterator[str]:
    """Words and labels of a chart, and what a touch reads."""
    yield from _shown(chart, seen=True)
    for read in re.findall(r'data-read="([^"]*)"', chart):
        yield from _strings(json.loads(unescape(read)))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from [] if re.fullmatch("#[0-9a-f]{6}", value) else [value]
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)
