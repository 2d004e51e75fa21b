"""A zone's state from sensors, calls and judgements: what nobody sees is never fine, and only people put a trouble
away."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cloud.advice.levels import LEVELS, Level, badness
from cloud.sensor_state import SensorState, sensor_state
from cloud.zone_state import (
    HANDLED_FOR_MS,
    CallKey,
    Surroundings,
    ZoneState,
    call_key,
    forgotten,
    level_after,
    zone_state,
)
from edge.contract.messages import Call, Judgement, JudgementVerdict, Reading, Status
from edge.core import Sentinel, sentinels
from edge.farm import Farm, Node, parse_farm, sample_farm_text
from edge.probe_trouble import Doubted

NOW = 1_433_355_600_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
FARM: Farm = parse_farm(sample_farm_text(), source="sample farm")
ZONE = FARM.zone_by_id["tomatoes"]
PROBES = [node for node in FARM.nodes if node.zone == ZONE.id and "soil_probe" in node.sensors]
WEATHER = FARM.node_by_id["tomato-weather"]
PLAIN = {"soil_moisture_10cm": 0.18, "soil_moisture_30cm": 0.2, "battery": 3.9}

levels: st.SearchStrategy[Level] = st.sampled_from(list(LEVELS))
verdicts: st.SearchStrategy[JudgementVerdict | None] = st.sampled_from(["right", "wrong", "handled", "withdrawn", None])


def reading(node: Node, t: int = NOW, faults: tuple[str, ...] = (), boot: int = 1, **changed: float) -> Reading:
    values = {name: changed.get(name, PLAIN.get(name, 10.0)) for name in node.channels if name not in faults}
    return Reading(farm=FARM.id, node=node.id, boot=boot, seq=1, t=t, values=values, faults=faults)


def sensor(node: Node, last: Reading | None = None, *, silent_h: float = 0.0) -> SensorState:
    return sensor_state(node, last or reading(node, NOW - round(silent_h * HOUR)), None, NOW)


def call(node: Node, kind: str = "too_dry", *, hours: float = 6, boot: int = 1) -> Call:
    raised = NOW - round(hours * HOUR)
    return Call(
        farm=FARM.id, node=node.id, boot=boot, seq=1, t=raised, sentinel="soil", version="0badcafe", kind=kind,
        confidence=90, state="raised", raised_t=raised, why=(),
    )  # fmt: skip


def judgement(of: Call, verdict: JudgementVerdict, t: int = NOW) -> Judgement:
    return Judgement(
        farm=of.farm, node=of.node, sentinel=of.sentinel, kind=of.kind, raised_t=of.raised_t, t=t, verdict=verdict
    )


def state(
    sensors: Sequence[SensorState], calls: Sequence[Call] = (), said: dict[CallKey, Judgement] | None = None
) -> ZoneState:
    return zone_state(ZONE, sensors, calls, said or {}, NOW)


def test_quiet_sensors_are_fine() -> None:
    found = state([*map(sensor, PROBES), sensor(WEATHER)])
    assert (found.level, found.troubles, found.blind) == ("fine", (), ())


@pytest.mark.parametrize(
    ("silent_min", "faults", "expected"),
    [(5, (), "sleeping"), (21, (), "sleeping"), (22, (), "late"), (121, (), "late"),
     (122, (), "dead"), (5, ("soil_moisture_30cm",), "faulty"),
     (300, ("soil_moisture_30cm",), "dead")],
)  # fmt: skip
def test_a_sensor_has_one_state(silent_min: int, faults: tuple[str, ...], expected: str) -> None:
    node = PROBES[0]
    found = sensor(node, reading(node, NOW - silent_min * MINUTE, faults))
    assert found.state == expected
    assert found.heard is (silent_min < 122)
    assert sensor_state(node, None, None, NOW).state == "never"


def test_a_node_that_said_how_often_it_wakes_is_judged_by_that() -> None:
    node, slow = PROBES[0], Status(farm=FARM.id, node=PROBES[0].id, t=NOW, state="online", wake_interval_s=43_200)
    ages = {5: "sleeping", 24: "sleeping", 25: "late", 36: "late", 37: "dead"}
    assert sensor_state(node, reading(node, NOW - 5 * HOUR), None, NOW).state == "dead"
    assert {h: sensor_state(node, reading(node, NOW - h * HOUR), slow, NOW).state for h in ages} == ages


@given(st.lists(st.floats(0, 12), min_size=5, max_size=5), st.sets(st.sampled_from(range(4))))
def test_what_nobody_sees_is_never_fine(silent_h: list[float], calling: set[int]) -> None:
    nodes = [*PROBES, WEATHER]
    sensors = [sensor(node, silent_h=h) for node, h in zip(nodes, silent_h, strict=True)]
    found = state(sensors, [call(PROBES[i]) for i in sorted(calling)])
    heard = [s.node for s in sensors if s.heard]
    assert set(found.blind) == {"soil", "weather", "wind"} - {name for node in heard for name in node.sentinels}
    if not heard:
        assert found.level == "no_word"
        assert found.values == {}
    elif calling or any(s.health != "sleeping" for s in sensors):
        assert badness(found.level) <= badness(found.troubles[0].level if calling else "no_word")
        assert found.level != "fine"
    else:
        assert found.level == "fine"


@pytest.mark.parametrize("sentinel", sentinels(), ids=lambda s: str(s.name))
def test_a_sentinel_sees_with_its_own_channels_and_no_others(sentinel: Sentinel) -> None:
    node = {"soil": PROBES[0], "weather": WEATHER, "wind": WEATHER, "ethylene": FARM.node_by_id["store-1"]}[
        sentinel.name
    ]
    for broken in node.channels:
        sees = sentinel.name in sensor(node, reading(node, faults=(broken,))).watches
        assert sees is (broken not in sentinel.channels), broken


@given(levels, st.lists(verdicts, min_size=1, max_size=5))
@example("urgent", ["wrong", "handled"])
@example("urgent", ["wrong", None])
def test_only_people_put_a_trouble_away(level: Level, verdicts: list[JudgementVerdict | None]) -> None:
    said = [judgement(call(PROBES[0]), v, NOW - HOUR) if v else None for v in verdicts]
    found, _ = level_after(level, said, NOW)
    if set(verdicts) == {"wrong"}:
        assert found == "fine"
    elif {None, "right", "withdrawn"} & set(verdicts):
        assert found == level, "one call that nobody put away keeps it open"
    else:
        assert found == "in_hand"


@pytest.mark.parametrize(
    ("age", "expected"), [(0, "in_hand"), (HANDLED_FOR_MS - 1, "in_hand"), (HANDLED_FOR_MS, "urgent")]
)
def test_what_was_handled_a_day_ago_needs_a_person_again(age: int, expected: str) -> None:
    found, until = level_after("urgent", [judgement(call(PROBES[0]), "handled", NOW - age)], NOW)
    assert (found, until) == (expected, NOW - age + HANDLED_FOR_MS if expected == "in_hand" else None)


@pytest.mark.parametrize("verdict", ["wrong", "handled"])
@pytest.mark.parametrize(("age", "expected"), [(0, "in_hand"), (2 * HOUR - 1, "in_hand"), (2 * HOUR, "urgent")])
def test_a_frost_that_comes_nearer_is_never_out_of_the_way_and_asks_again(
    verdict: JudgementVerdict, age: int, expected: str
) -> None:
    frost = replace(call(WEATHER, "frost"), sentinel="weather")
    said = {call_key(frost): judgement(frost, verdict, NOW - age)}
    sensors = [*map(sensor, PROBES), sensor(WEATHER)]
    falling = zone_state(ZONE, sensors, [frost], said, NOW, Surroundings(worsening=frozenset({"frost"})))
    assert (falling.level, falling.troubles[0].asks_twice) == (expected, True)
    still = zone_state(ZONE, sensors, [frost], said, NOW)
    assert (still.level, still.troubles[0].asks_twice) == ("fine" if verdict == "wrong" else "in_hand", False)


def test_the_newest_word_on_a_trouble_is_told_and_the_worst_trouble_first() -> None:
    dry, wet = [call(node) for node in PROBES[:2]], call(PROBES[2], "waterlogged", hours=30)
    said = {call_key(c): judgement(c, "handled", NOW - i * HOUR) for i, c in enumerate(dry)}
    found = state([*map(sensor, PROBES), sensor(WEATHER)], [*dry, wet], said)
    assert [(t.trouble.kind, t.level) for t in found.troubles] == [("waterlogged", "urgent"), ("too_dry", "in_hand")]
    assert found.level == "urgent"
    assert found.troubles[1].judgement == said[call_key(dry[0])]


moistures = st.floats(0.05, 0.45)


@given(
    st.lists(st.tuples(moistures, moistures), min_size=4, max_size=4),
    st.sets(st.sampled_from(range(4))),
    st.lists(verdicts, min_size=4, max_size=4),
    st.booleans(),
)
def test_state_and_bar_never_disagree(
    water: list[tuple[float, float]], calling: set[int], said: list[JudgementVerdict | None], watered: bool
) -> None:
    """The bar is below its mark exactly when the card says dry, whatever probes read and people say."""
    sensors = [
        sensor(n, reading(n, soil_moisture_10cm=a, soil_moisture_30cm=b))
        for n, (a, b) in zip(PROBES, water, strict=True)
    ]
    calls = [call(PROBES[i]) for i in sorted(calling)]
    judged = {call_key(call(PROBES[i])): judgement(call(PROBES[i]), v) for i in sorted(calling) if (v := said[i])}
    zone = ZONE if watered else ZONE.model_copy(update={"irrigation": None})
    found = zone_state(zone, [*sensors, sensor(WEATHER)], calls, judged, NOW)
    dry = [t for t in found.troubles if t.trouble.kind == "too_dry" and t.level != "fine"]
    advices = [t.advice for t in dry] + ([found.unasked] if found.unasked else [])
    if found.water is None:
        assert calling
        assert all(said[i] == "wrong" for i in calling)
        return
    bar = found.water.shown
    below = bar.lost >= bar.refill_at
    assert below is found.water.lacks
    if below:
        assert advices, "the bar is below its mark and nothing is said of it"
        assert found.level != "fine"
    for advice in advices:
        assert f"Roots have used {bar.used_mm:.0f} of {bar.capacity_mm:.0f} mm" in advice.why.replace(
            "\N{NO-BREAK SPACE}", " "
        ), "one number a card"
        assert below is (" is dry" in advice.title or " reads dry" in advice.title), advice.title
    if found.level == "fine":
        assert not below


def test_frost_comes_before_dryness_within_a_level() -> None:
    sensors = [
        *(sensor(n, reading(n, soil_moisture_10cm=0.11, soil_moisture_30cm=0.11)) for n in PROBES),
        sensor(WEATHER),
    ]
    frost = replace(call(WEATHER, "frost"), sentinel="weather")
    found = state(sensors, [*map(call, PROBES), frost])
    assert [(t.trouble.kind, t.level) for t in found.troubles] == [("frost", "urgent"), ("too_dry", "urgent")]


def test_values_are_means_but_of_what_harms_the_most() -> None:
    a, b = WEATHER.model_copy(update={"id": "a"}), WEATHER.model_copy(update={"id": "b"})
    silent = sensor(WEATHER, reading(WEATHER, NOW - 9 * HOUR, gust=99.0, humidity=0.0))
    found = state(
        [sensor(a, reading(a, gust=4.0, humidity=60.0)), sensor(b, reading(b, gust=9.0, humidity=80.0)), silent]
    )
    assert (found.values["gust"], found.values["humidity"]) == (9.0, 70.0)


def test_a_trouble_is_measured_where_it_is_called() -> None:
    sensors = [sensor(n, reading(n, soil_moisture_30cm=0.1 + 0.02 * i)) for i, n in enumerate(PROBES)]
    (trouble,) = state(sensors, [call(PROBES[0])]).troubles
    assert trouble.trouble.values["soil_moisture_30cm"] == pytest.approx(0.10)


@pytest.mark.parametrize(("boot", "days", "expected"), [(1, 3, False), (2, 1, False), (2, 3, True)])
def test_a_call_is_forgotten_when_its_node_started_anew_and_kept_quiet(boot: int, days: int, expected: bool) -> None:
    old = call(PROBES[0], hours=24 * days)
    assert forgotten(old, reading(PROBES[0], boot=boot)) is expected
    assert not forgotten(old, None)


def test_each_level_can_be_read_and_told_apart() -> None:
    """WCAG 2.2: 4.5 : 1 for words, 3 : 1 for shapes; Streamlit's pages are white, and #0e1117 in the dark."""
    for look in LEVELS.values():
        assert _contrast(look.colour, "#ffffff") >= 4.5
        assert _contrast(look.colour, "#0e1117") >= 3
    assert all(a.word != b.word and a.colour != b.colour for a, b in combinations(LEVELS.values(), 2))


def _contrast(a: str, b: str) -> float:
    dark, light = sorted(map(_luminance, (a, b)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def doubting(node: Node, channel: str = "soil_moisture_10cm") -> SensorState:
    return sensor_state(node, reading(node), None, NOW, {channel: Doubted(why="fell", since=NOW - DAY)})


def test_a_call_by_a_doubted_probe_alone_is_only_suspected() -> None:
    """It is held back, whatever its kind's advice would be, and stands once another sensor calls too."""
    caller, other = PROBES[:2]
    held = state([doubting(caller), sensor(other)], [call(caller)])
    assert held.troubles[0].level == "no_word"
    title = "Tomato block, suspected only: too dry. Look at the probe of tomato-1 first."
    assert held.troubles[0].advice.title == title
    assert state([sensor(caller), sensor(other)], [call(caller)]).troubles[0].level == "needs_you"
    borne_out = state([doubting(caller), sensor(other)], [call(caller), call(other)])
    assert not borne_out.troubles[0].held
    assert borne_out.troubles[0].level != "no_word"


def test_other_probes_that_read_dry_bear_a_dry_call_out() -> None:
    caller, other = PROBES[:2]
    dry = sensor(other, reading(other, soil_moisture_10cm=0.08, soil_moisture_30cm=0.09))
    found = state([doubting(caller), dry], [call(caller)])
    assert not found.troubles[0].held
    assert found.water is not None
    assert found.water.lacks


def test_frost_is_never_held_back() -> None:
    """A walk for nothing costs less than a lost blossom."""
    frost = replace(call(WEATHER, "frost"), sentinel="weather")
    found = state([doubting(WEATHER, "air_temperature")], [frost])
    assert found.troubles[0].level == "urgent"


def test_a_zone_whose_only_probe_is_doubted_is_not_known() -> None:
    found = state([doubting(PROBES[0])])
    assert (found.level, found.blind) == ("no_word", ("soil",))
    assert "soil_moisture_10cm" not in found.values
    assert state([doubting(PROBES[0]), sensor(PROBES[1])]).level == "fine"


def test_a_doubt_is_less_than_silence_and_than_a_fault() -> None:
    node, doubt = PROBES[0], {"soil_moisture_10cm": Doubted(why="still", since=NOW)}
    assert sensor_state(node, reading(node), None, NOW, doubt).state == "suspect"
    assert sensor_state(node, reading(node, NOW - DAY), None, NOW, doubt).state == "dead"
    faulty = sensor_state(node, reading(node, faults=("soil_moisture_30cm",)), None, NOW, doubt)
    assert faulty.state == "faulty"
    assert [odd.channel for odd in faulty.odd] == ["soil_moisture_30cm", "soil_moisture_10cm"]
