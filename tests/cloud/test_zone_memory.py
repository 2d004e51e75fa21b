"""A view that remembers its zones equals the whole reckoning, whatever changes, and reckons no zone that has not."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cloud.block.probe_watch import Doubts, ProbeWatch
from cloud.clock import Pace
from cloud.farm_view import FarmView, keep_judgement, keep_record, view_farm
from cloud.store import History, Store, open_store
from cloud.store.sqlite import SqliteStore
from cloud.zone_memory import ZoneMemory
from edge.contract.messages import Call, CallState, JudgementVerdict, Reading, Record, RecordKind, Status
from edge.farm import Farm, parse_farm, sample_farm_text
from edge.probe_trouble import Doubted
from tests.dashboard.farm_data import HOUR, MINUTE, NOW, call, clock, reading, stored

TEXT = sample_farm_text().replace(
    "[40, 50], board: uno, sensors: [sht3x, anemometer, rain_gauge, barometer]",
    "[40, 50], board: uno, sensors: [sht3x]",
)
"""The tomatoes have no rain gauge of their own."""
FARM = parse_farm(TEXT, source="farm.yaml")
Calling = tuple[str, str, str]
CALLS: tuple[Calling, ...] = (
    ("tomato-1", "soil", "too_dry"),
    ("tomato-2", "soil", "too_dry"),
    ("apple-1", "soil", "too_dry"),
    ("apple-weather", "weather", "frost"),
    ("tomato-weather", "weather", "disease_weather"),
)


class Doubting(ProbeWatch):
    """Doubts what a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.doubts: Doubts = {}

    def look(self, store: Store, farm: Farm, now: int, *, seconds: float = 0.0) -> Doubts:
        return self.doubts


class Days:
    """A farm over some hours: each step changes one thing of it."""

    def __init__(self, store: Store) -> None:
        self.store, self.farm, self.now = store, FARM, NOW
        self.probes, self.known, self.number = Doubting(), ZoneMemory(), 0
        store.append(stored(FARM, clock(FARM), *(reading(FARM, node, NOW) for node in FARM.nodes)))

    def says_so(self, message: Reading | Call) -> None:
        """A node, in a frame of its own."""
        self.number += 1
        self.store.append(stored(FARM, replace(message, seq=self.number)))

    def view(self, known: ZoneMemory | None) -> FarmView:
        return view_farm(self.farm, self.store, Pace(), self.probes, known=known)

    def passes(self, minutes: int) -> None:
        self.now += minutes * MINUTE
        self.store.append(stored(FARM, clock(FARM, self.now)))

    def reads(self, node: str, moisture: float, rain: float, *faults: str) -> None:
        of = FARM.node_by_id[node]
        said = reading(
            FARM,
            of,
            self.now,
            boot=3,
            faults=faults,
            soil_moisture_10cm=moisture,
            soil_moisture_30cm=moisture,
            rain=rain,
        )
        self.says_so(said)

    def wakes(self, node: str, seconds: int) -> None:
        status = Status(farm=FARM.id, node=node, t=self.now, state="online", wake_interval_s=seconds)
        self.store.append(stored(FARM, status))

    def calls(self, of: Calling, raised: bool) -> None:
        state: CallState = "raised" if raised else "cleared"
        self.says_so(call(FARM, *of, NOW, t=self.now, state=state))

    def says(self, zone: int, verdict: JudgementVerdict) -> None:
        for trouble in self.view(None).zones[zone].troubles:
            keep_judgement(self.store, trouble.trouble, verdict)

    def writes(self, zone: int, kind: RecordKind, back_h: int) -> None:
        self.number += 1
        happened, where = self.now - back_h * HOUR, FARM.zones[zone].id
        keep_record(
            self.store,
            Record(
                farm=FARM.id, zone=where, id=str(self.number), kind=kind, t=self.now, happened_t=happened, amount=20
            ),
        )

    def doubts(self, node: str, why: bool) -> None:
        doubted = {"soil_moisture_10cm": Doubted(why="still", since=NOW - HOUR)}
        self.probes.doubts = {node: doubted} if why else {}

    def edits(self, other: str) -> None:
        self.farm = parse_farm(TEXT.replace("crop: tomato", f"crop: {other}"), source="farm.yaml")


nodes = st.sampled_from(["tomato-1", "tomato-2", "tomato-weather", "apple-1", "apple-weather", "store-1"])
zones = st.integers(0, len(FARM.zones) - 1)
Step = Callable[[Days], None]


def step(name: str, *arguments: st.SearchStrategy[object]) -> st.SearchStrategy[Step]:
    return st.tuples(*arguments).map(lambda given: lambda days: getattr(days, name)(*given))


steps = st.one_of(
    step("passes", st.sampled_from([1, 120, 24 * 60])),
    step("reads", nodes, st.floats(0.05, 0.35), st.sampled_from([0.0, 12.0])),
    step("reads", nodes, st.just(0.2), st.just(0.0), st.just("soil_moisture_10cm")),
    step("wakes", nodes, st.sampled_from([600, 7200])),
    step("calls", st.sampled_from(CALLS), st.sampled_from([True, True, False])),
    step("says", zones, st.sampled_from(["right", "wrong", "handled", "withdrawn"])),
    step("writes", zones, st.sampled_from(["irrigation", "rain", "spray"]), st.sampled_from([0, 3, 200])),
    step("doubts", nodes, st.booleans()),
    step("edits", st.sampled_from(["tomato", "potato"])),
)


@given(st.sets(st.sampled_from(CALLS)), st.lists(steps, min_size=5, max_size=15))
def test_what_is_remembered_equals_what_is_reckoned_anew(open_calls: set[Calling], taken: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        days = Days(open_store(f"sqlite={Path(folder) / 'cooee.db'}"))
        for each in sorted(open_calls):
            days.calls(each, raised=True)
        for change in taken:
            change(days)
            assert days.view(days.known) == days.view(None)
        days.store.close()


def test_a_block_rests_once_its_season_is_over_though_no_sensor_says_a_word(tmp_path: Path) -> None:
    days = Days(open_store(f"sqlite={tmp_path / 'cooee.db'}"))
    seasons = []
    for _ in range(8):
        days.passes(30 * 24 * 60)
        assert days.view(days.known) == days.view(None)
        seasons.append(days.view(days.known).zone("tomatoes").resting)
    assert len(set(seasons)) > 1
    days.store.close()


def test_a_zone_of_which_nothing_has_changed_is_not_reckoned_again(tmp_path: Path) -> None:
    days = Days(open_store(f"sqlite={tmp_path / 'cooee.db'}"))
    before = days.view(days.known)
    days.passes(1)
    days.reads("tomato-1", 0.2, 0.0)
    after = days.view(days.known)
    anew = [zone.zone.id for zone in after.zones if zone.values is not before.zone(zone.zone.id).values]
    assert anew == ["tomatoes"]
    assert after.zone("store") == replace(before.zone("store"), now=NOW + MINUTE)
    days.store.close()


class Counting(SqliteStore):
    """Counts questions of the past."""

    asked = 0

    def history(self, farm: str, nodes: Sequence[str], channel: str, since: int, until: int, points: int) -> History:
        self.asked += 1
        return super().history(farm, nodes, channel, since, until, points)


def test_the_past_of_a_zone_that_calls_is_asked_once_a_minute(tmp_path: Path) -> None:
    store = Counting(str(tmp_path / "cooee.db"))
    days = Days(store)
    days.calls(CALLS[0], raised=True)
    days.view(days.known)
    once = store.asked
    assert once > 0
    days.view(days.known)
    assert store.asked == once
    days.passes(1)
    days.view(days.known)
    assert store.asked == 2 * once
    store.close()
