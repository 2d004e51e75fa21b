"""Judgements become knowledge: a simulated grower judges calls, a new sentinel learns, and is released only if it is
better; and what is replayed from the store is what nodes had."""

import json
import shutil
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from bench.learn import Course, course, record_seasons, start_eager
from bench.learn_farm import DAYS, TRIALS, Grown, farm_of, grow, keep_readings
from cloud.learning.blocks import LEAST_WRONG, Change, learn_blocks
from cloud.learning.judged import UNJUDGED, PastCall, lessons
from cloud.learning.lesson import LEAST_TO_COMPARE, LEAST_TO_LEARN, Lesson, learn
from cloud.learning.record import releases
from cloud.learning.releases import SHADOWED, WAITING, deciding, running, version_of
from cloud.learning.replay import Replay, replay
from cloud.learning.retrain import CALL_WEIGHT, MOST_WEIGHT, call_weight
from cloud.learning.shadow import Shadow, calls_of, hold, why_not
from cloud.store import Stored, open_store
from cloud.training.datasets import DataSet
from edge.board.build import RELEASED, build, sentinels_folder
from edge.contract.errors import CooeeError
from edge.contract.messages import Status
from edge.core import Image, Nodes, call_kind, feature_names
from edge.farm import load_farm
from edge.node.commission import node_config
from edge.scoring import HOUR_MS, CallSpan
from firmware import FIRMWARE
from tests.called import cooee
from tests.firmware.toolchain import AVR, need

ZONES, PLACE, SEED = 10, "JFK", 4
LEARN_ON = TRIALS["soil"].learn_on


@pytest.fixture(scope="module")
def grown() -> Grown:
    return grow(ZONES, PLACE, SEED)


@pytest.fixture(scope="module")
def seasons_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seasons")


@pytest.fixture(scope="module")
def seasons(seasons_folder: Path) -> DataSet:
    return record_seasons(seasons_folder, ("EWR",), ("de-bilt",))


@pytest.fixture(scope="module")
def farms_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("farm")


@pytest.fixture(scope="module")
def learnt(grown: Grown, seasons: DataSet, farms_data: Path) -> Course:
    start_eager(farms_data, seasons)
    return course(grown, seasons, 0.0, farms_data)


def test_what_is_replayed_from_the_store_is_what_nodes_had(grown: Grown, tmp_path: Path) -> None:
    """Calls of the built-in sentinel by its own nodes, and by a replay of what ingest stored; one node has an alarm
    policy of its own."""
    store = open_store(f"sqlite={tmp_path / 'cooee.db'}")
    seldom = Change(
        zone="field-0", kind="too_dry", nodes=("node-1",), on_delay_min=1440, raise_percent=90, keep_percent=75
    )
    farm = farm_of(ZONES, [str(zone.soil) for zone in grown.farm.zones], [seldom])
    short = replace(
        grown, farm=farm, t=grown.t[: 100 * 24], readings=np.ascontiguousarray(grown.readings[:, : 100 * 24])
    )
    keep_readings(store, short)
    (part,) = replay(store, farm, "soil", int(short.t[0]), int(short.t[-1]) + HOUR_MS)
    replayed = {(s.node, s.kind, s.raised) for s in calls_of(deciding(running("soil", tmp_path)), part)}
    store.close()
    began = datetime.fromtimestamp(int(short.t[0]) / 1000, ZoneInfo(farm.timezone)).date()
    nodes = Nodes([node_config(farm, node, began) for node in farm.nodes])
    _, calls = nodes.run(short.readings, int(short.t[0]) // 1000, 3600)
    called = {
        (farm.nodes[c["node"]].id, call_kind(c["sentinel"], c["class"])[1], int(short.t[c["step"]]))
        for c in calls[calls["state"] == 0]
    }
    assert len(called) > 20
    assert replayed == called


def test_what_is_released_makes_a_third_fewer_false_calls(learnt: Course, seasons: DataSet, tmp_path: Path) -> None:
    """On weeks that no round saw, by the truth, of two farms; it misses fewer troubles than it saves calls."""
    start_eager(tmp_path, seasons)
    farms = learnt, course(grow(ZONES, PLACE, SEED + 1), seasons, 0.0, tmp_path)
    assert all(len(farm.scored) > 1 for farm in farms), [farm.lessons for farm in farms]
    first, last = ([farm.scored[at] for farm in farms] for at in (0, -1))
    false, false_then = (sum(farm.false for farm in scored) for scored in (first, last))
    found, found_then = (sum(farm.found for farm in scored) for scored in (first, last))
    assert false >= 12
    assert false_then <= false * 2 / 3
    assert found - found_then <= (false - false_then) / 3


def test_blocks_that_call_falsely_call_half_as_often(grown: Grown, seasons: DataSet, tmp_path: Path) -> None:
    """On the same weeks, with alarm policies for the blocks whose calls were judged wrong; no trouble is missed."""
    start_eager(tmp_path, seasons)
    first, *_, last = course(grown, seasons, 0.0, tmp_path, "blocks").scored
    assert first.false >= 6
    assert last.false <= first.false / 2
    assert last.found >= first.found


def test_blocks_without_judgements_are_left_alone_in_one_line(grown: Grown, tmp_path: Path) -> None:
    store = open_store(f"sqlite={tmp_path / 'cooee.db'}")
    with pytest.raises(CooeeError, match=f"^no block has {LEAST_WRONG} soil calls of one kind[^\\n]*$"):
        learn_blocks(store, grown.farm, "soil", now=grown.day(DAYS), days=28, data=tmp_path)
    store.close()


RUN_UP = 4
"""Hours for which the built-in soil sentinel must have decided so before it calls."""


def test_nothing_is_learnt_from_what_nobody_spoke_of(grown: Grown, tmp_path: Path) -> None:
    """The rest of a call that was wrong when somebody looked, and a call that nobody judged."""
    built_in = deciding(running("soil", tmp_path))
    well = replace(built_in, verdicts=lambda rows: (np.zeros(len(rows), np.uint8), np.full(len(rows), 99, np.uint8)))
    names = len(feature_names())
    t = np.arange(300, dtype=np.int64) * HOUR_MS
    part = Replay(nodes=grown.farm.nodes[:1], t=t, features=np.zeros((1, 300, names), np.int16))
    wrong, alone = (span(start, end, node="node-1", zone="field-0") for start, end in ((10, 100), (200, 210)))
    past = [
        PastCall(span=wrong, right=False, known=replace(wrong, cleared=20 * HOUR_MS), version=""),
        said(alone, right=None),
    ]
    found = lessons(past, [part], well)
    assert (found.call == 0).sum() == 10 + RUN_UP, "and the verdicts that raised it"
    assert (found.call == UNJUDGED).sum() == 300 - (90 + RUN_UP) - (10 + RUN_UP)
    assert (found.y == 0).all()


def test_nothing_is_learnt_from_the_the_days_of_the_comparison(learnt: Course, grown: Grown, farms_data: Path) -> None:
    """Other judgements in these days change what is said of both sentinels, and not a bit of the new one."""
    store = open_store(f"sqlite={farms_data / 'cooee.db'}", read_only=True)
    first = learnt.lessons[0]
    assert isinstance(first, Lesson)
    since = grown.day(LEARN_ON[0]) - first.days * 24 * HOUR_MS
    judged = store.judgements(grown.farm.id, grown.day(0), grown.day(LEARN_ON[0]))
    store.close()
    assert first.learnt == sum(j.raised_t < since for j in judged)
    assert first.compared == sum(j.raised_t >= since for j in judged)


def test_a_release_is_an_image_and_c_with_its_version(learnt: Course, farms_data: Path) -> None:
    (*_, newest) = releases(farms_data)
    fresh = running("soil", farms_data)
    assert newest.version == version_of(fresh) == learnt.scored[-1].version
    assert newest.replaced == learnt.scored[-2].version
    image = Image.read((farms_data / RELEASED / "soil.image").read_bytes())
    image.check()
    assert f"{image.version:08x}" == newest.version
    assert image.policies == fresh.policies


@pytest.fixture(scope="module")
def used(learnt: Course, grown: Grown, farms_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as that farm's grower has it on the first day of learning: farm.yaml, and the data folder."""
    folder = tmp_path_factory.mktemp("used")
    shutil.copytree(farms_data, folder / "data")
    fields = grown.farm.model_dump(mode="json", exclude_unset=True, by_alias=True)
    for node in fields["nodes"]:
        node["wake_interval"] = f"{node['wake_interval'] // 60} min"
    (folder / "farm.yaml").write_text(json.dumps(fields))
    clock = Status(
        farm=grown.farm.id, node=grown.farm.gateway, t=grown.day(LEARN_ON[0]), state="online", wake_interval_s=60,
        gateway=True, simulated=True,
    )  # fmt: skip
    with closing(open_store(f"sqlite={folder}/data/cooee.db")) as store:
        store.append([Stored(zone="", message=clock)])
    return folder


def learn_in(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return cooee("learn", *words, "--farm", folder / "farm.yaml", "--data", folder / "data")


def test_the_command_learns_and_says_what_of(used: Path, learnt: Course, seasons_folder: Path, tmp_path: Path) -> None:
    """It learns once more what the first round learnt, now beside the sentinel of that round."""
    first = learnt.lessons[0]
    assert isinstance(first, Lesson)
    file = tmp_path / "lesson.json"
    done = learn_in(used, "--days", first.days, "--seasons", seasons_folder, "--json", file)
    assert done.returncode == 0, done.stderr
    found, told = json.loads(file.read_text()), " ".join(done.stdout.split())
    assert f"Learnt from {first.learnt} judged calls" in told
    assert f"in which {first.compared} calls were judged" in told
    assert found["old"]["version"] == learnt.scored[-1].version
    assert found["old"]["recall"] == first.new.recall
    why = found["why_not"]
    assert (f"Not released, the old one stays: {why}." if why else "The new one is better. Release it") in told


def test_the_command_releases_what_waits(used: Path, tmp_path: Path) -> None:
    """The newest sentinel of that farm, as if it waited on a farm that has only the built-in one."""
    waiting = tmp_path / "data" / WAITING / "soil"
    shutil.copytree(used / "data" / RELEASED, waiting)
    shutil.copy(used / "farm.yaml", tmp_path)
    shutil.copy(used / "data" / "cooee.db", tmp_path / "data")
    shadowed = json.loads((waiting / SHADOWED).read_text())
    built_in = version_of(running("soil", tmp_path / "data"))
    (waiting / SHADOWED).write_text(json.dumps(shadowed | {"replaces": built_in}))
    done = learn_in(tmp_path, "release")
    assert done.returncode == 0, done.stderr
    (made,) = releases(tmp_path / "data")
    assert f"soil {made.version} replaces {built_in}" in done.stdout
    assert "puts it onto node-1, node-2" in done.stdout
    assert Image.read((tmp_path / "data" / RELEASED / "soil.image").read_bytes()).version == int(made.version, 16)


def test_the_command_writes_policies_of_blocks(used: Path) -> None:
    before = load_farm(used / "farm.yaml")
    done = learn_in(used, "blocks", "--days", 21)
    assert done.returncode == 0, done.stderr
    assert "Learnt from " in done.stdout
    assert load_farm(used / "farm.yaml") == before, "without --write nothing changes"


def test_an_uno_is_built_with_what_was_released(learnt: Course, grown: Grown, farms_data: Path, tmp_path: Path) -> None:
    need(AVR[0])
    node = grown.farm.nodes[0].model_copy(update={"board": "uno"})
    farm = grown.farm.model_copy(update={"security": "open"})
    built = build(farm, node, tmp_path, sentinels=sentinels_folder(farms_data))
    program = built.elf.read_bytes()
    assert bytes.fromhex(learnt.scored[-1].version)[::-1] in program
    assert sentinels_folder(tmp_path) == FIRMWARE / "sentinels"


def test_too_few_judgements_are_refused_in_one_line(grown: Grown, tmp_path: Path) -> None:
    store = open_store(f"sqlite={tmp_path / 'cooee.db'}")

    def asked() -> DataSet:
        raise AssertionError("no seasons are read for nothing")

    with pytest.raises(CooeeError) as refused:
        learn(store, grown.farm, "soil", asked, now=grown.day(DAYS), days=28, data=tmp_path)
    store.close()
    said = str(refused.value)
    assert f"{LEAST_TO_LEARN} before the last 28 days and {LEAST_TO_COMPARE} in them are needed, found 0 and 0" in said
    assert "\n" not in said


def test_each_judged_call_weighs_the_same_up_to_a_limit() -> None:
    assert call_weight(1) == call_weight(10) == CALL_WEIGHT
    assert 1000 * call_weight(1000) == pytest.approx(MOST_WEIGHT)


def span(start: int, end: int, kind: str = "too_dry", zone: str = "a", node: str = "n") -> CallSpan:
    return CallSpan(zone=zone, node=node, kind=kind, raised=start * HOUR_MS, cleared=end * HOUR_MS)


def said(call: CallSpan, *, right: bool | None) -> PastCall:
    return PastCall(span=call, right=right, known=call, version="")


def test_calls_are_held_against_what_was_said_of_that_kind_and_zone_then() -> None:
    past = [
        said(span(0, 10), right=True),
        said(span(20, 30), right=False),
        said(span(40, 50), right=None),
        said(span(60, 70), right=True),
    ]
    held = hold([span(5, 6), span(7, 9, node="other"), span(22, 23), span(45, 46), span(5, 6, zone="b")], past)
    assert (len(held.right), len(held.wrong), held.unjudged) == (2, 1, 2)
    assert (len(held.found), len(held.troubles)) == (1, 2)


FROST = Shadow(
    version="0",
    calls=30,
    right=10,
    wrong=18,
    unjudged=2,
    troubles=12,
    found=10,
    false_per_node_month=1.0,
    recall=0.9,
    cost=50.0,
)
DISEASE = replace(FROST, calls=14, right=10, wrong=3, unjudged=1)


def with_kinds(frost: Shadow, disease: Shadow = DISEASE) -> Shadow:
    """A sentinel of two kinds."""
    sums = {name: getattr(frost, name) + getattr(disease, name) for name in ("calls", "right", "wrong", "unjudged")}
    found = frost.found + disease.found
    return replace(frost, **sums, troubles=24, found=found, kinds={"frost": frost, "disease": disease})


OLD = with_kinds(FROST)


def test_only_a_better_sentinel_is_released() -> None:
    assert why_not(OLD, with_kinds(replace(FROST, wrong=8))) is None
    assert why_not(OLD, with_kinds(replace(FROST, wrong=8, found=9))) is None, "a slip of the judges explains one"
    for worse in (FROST, replace(FROST, wrong=8, unjudged=12), replace(FROST, wrong=16)):
        assert "that were wrong or that nobody judged" in str(why_not(OLD, with_kinds(worse)))
    assert "misses 6 troubles" in str(why_not(OLD, with_kinds(replace(FROST, wrong=8, found=4))))
    assert "it finds 70% of the simulated" in str(why_not(OLD, with_kinds(replace(FROST, wrong=8, recall=0.7))))
    assert "cost 65 with it, 50 before" in str(why_not(OLD, with_kinds(replace(FROST, wrong=8, cost=65.0))))


def test_fewer_calls_than_chance_makes_are_no_proof() -> None:
    assert "that were wrong" in str(why_not(*(with_kinds(replace(FROST, wrong=n, unjudged=0)) for n in (1, 0))))


def test_a_kind_must_not_become_worse_while_another_becomes_better() -> None:
    better = replace(FROST, wrong=2, unjudged=0)
    assert "of disease it makes 10 calls" in str(why_not(OLD, with_kinds(better, replace(DISEASE, unjudged=7))))
    assert "of disease it misses 4 troubles" in str(why_not(OLD, with_kinds(better, replace(DISEASE, found=6))))


def test_a_kind_that_nobody_judged_says_nothing_for_a_sentinel() -> None:
    silent = replace(DISEASE, right=0, wrong=0, unjudged=40, troubles=0, found=0)
    old = with_kinds(FROST, silent)
    assert "it makes 20 calls" in str(why_not(old, with_kinds(FROST, replace(silent, unjudged=0))))
    assert why_not(old, with_kinds(replace(FROST, wrong=8), silent)) is None
