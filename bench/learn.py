"""What judgements are worth (`cooee bench learn`): a simulated grower judges calls, `cooee learn` learns twice, and the
truth of later weeks scores every sentinel that ran.

The farm starts with a sentinel that is too eager: it was taught to call four days ahead. Growers go to each call and
judge by the truth; one errs in every fifth judgement.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.tree import DecisionTreeClassifier

from cloud.clock import DAY_MS
from cloud.images.trained import read_trained
from cloud.learning.judged import past_calls
from cloud.learning.lesson import Lesson, learn
from cloud.learning.releases import WAITING, deciding, keep_waiting, release, running, version_of
from cloud.learning.replay import replay
from cloud.learning.sentinel import Deciding
from cloud.learning.shadow import calls_of
from cloud.porting import port
from cloud.store import Store, Stored, open_store
from cloud.training.candidates import rows
from cloud.training.datasets import DataSet
from cloud.training.recipes import RECIPES
from edge.build import RELEASED
from edge.contract.channels import MISSING, channels
from edge.contract.kinds import kinds
from edge.contract.messages import Call, CallState, Judgement, Reading
from edge.core import AlarmPolicy, sentinels
from edge.farm import Farm
from edge.scoring import HOUR_MS, MONTH_H, CallSpan, Episode, fused, score, spells
from edge.threshold_baseline import REPEAT_MIN
from simulations.field.season import Field
from simulations.runs.bulk import run
from simulations.runs.dataset import PLANS, SOILS
from simulations.runs.record import Recorder
from simulations.weather.ten_minutes import new_york

CROPS = ("tomato", "potato", "lettuce", "maize", "sweet_pepper", "bean", "onion", "apple")
EAGER_H = 96
NODES_A_ZONE, WAKE_S = 2, 3600
FIRST_DAY, DAYS = (4, 1), 210
LEARN_ON = (100, 130)
"""Days of the season on which the grower calls `cooee learn`; what comes after the last is for the score alone."""
COMPARED_DAYS = 21
AT_ONCE = 5000


@dataclass(frozen=True, kw_only=True)
class Grown:
    """A season of a farm: the farm as its farm.yaml says it, readings int16 (nodes, steps, channels) at `t` UTC ms, its
    troubles, and when zones were close to one."""

    farm: Farm
    t: NDArray[np.int64] = field(repr=False)
    readings: NDArray[np.int16] = field(repr=False)
    troubles: list[Episode] = field(repr=False)
    nearly: list[Episode] = field(repr=False)

    def day(self, number: int) -> int:
        """UTC ms of the beginning of a day."""
        return int(self.t[0]) + number * DAY_MS


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A sentinel on the weeks that no round of learning saw, by the truth."""

    version: str
    troubles: int
    found: int
    calls: int
    false: int
    false_per_node_month: float


@dataclass(frozen=True, kw_only=True)
class Course:
    """What became of a grower's judgements: the rounds, and the sentinels that ran, the built-in one first."""

    errs: float
    lessons: tuple[Lesson, ...]
    scored: tuple[Scored, ...]


def farm_of(zones: int, soils: Sequence[str]) -> Farm:
    """A farm of fields, half of them irrigated, with soil probes that wake every hour."""
    fields = [
        {
            "id": f"field-{i}",
            "name": f"Field {i}",
            "crop": CROPS[i % len(CROPS)],
            "soil": soils[i % len(soils)],
            "area_ha": 1,
            "irrigation": "drip" if i % 2 else None,
        }
        for i in range(zones)
    ]
    nodes = [
        {
            "id": f"node-{i + 1}",
            "address": i + 1,
            "zone": f"field-{i // NODES_A_ZONE}",
            "position": (0, 0),
            "sensors": ["soil_probe"],
            "wake_interval": f"{WAKE_S // 60} min",
        }
        for i in range(zones * NODES_A_ZONE)
    ]
    place = {"latitude": 40.7, "longitude": -74, "elevation_m": 5}
    return Farm.model_validate({"id": "learning", "name": "Learning farm", "zones": fields, "nodes": nodes, **place})


def grow(zones: int, station: str, seed: int) -> Grown:
    """A season on sandy loam; probes go in with the crop and come out with it."""
    farm = farm_of(zones, SOILS)
    season = Field(farm, new_york(station).season(*FIRST_DAY, DAYS), seed)
    every = WAKE_S * 1000 // int(season.t[1] - season.t[0])
    readings = np.ascontiguousarray(season.sense(farm.nodes)[0][:, ::every])
    day = np.arange(readings.shape[1]) * WAKE_S * 1000 // DAY_MS
    for row in range(len(farm.nodes)):
        readings[row, ~season.in_ground[row // NODES_A_ZONE][day]] = MISSING
    soil_kinds = next(s for s in sentinels() if s.name == "soil").classes[1:]
    troubles, nearly = (
        [
            Episode(zone=zone.id, kind=kind, start=start, end=end)
            for row, zone in enumerate(farm.zones)
            for kind in soil_kinds
            for start, end in spells(happens[kind][row], season.t, kinds()[kind].gap_h)
        ]
        for happens in (season.truth, season.nearly)
    )
    return Grown(farm=farm, t=season.t[::every], readings=readings, troubles=troubles, nearly=nearly)


def start_eager(folder: Path, seasons: DataSet) -> None:
    """Releases a soil sentinel that was taught to call EAGER_H hours ahead, and does so at once at half confidence."""
    (recipe,) = (each for each in RECIPES if each.name == "soil")
    eager = replace(recipe, targets=tuple(replace(target, horizon_h=EAGER_H) for target in recipe.targets))
    training = [season for season in seasons.seasons(recipe.features) if season.split == "train"]
    tree = DecisionTreeClassifier(max_leaf_nodes=32, min_samples_leaf=40, random_state=1).fit(*rows(training, eager))
    ported = port(tree, name="soil", feature_names=eager.features, class_names=eager.classes, command="cooee bench")
    built_in = read_trained("soil")
    policy = AlarmPolicy(on_delay_min=0, clear_delay_min=360, repeat_min=REPEAT_MIN, raise_percent=50, keep_percent=35)
    policies = (policy,) * len(recipe.targets)
    why = {"replaces": version_of(built_in), "judged": 0, "weight": 0, "seasons": seasons.hash}
    keep_waiting(ported, built_in, policies, built_in.normals, {}, why, folder)
    (folder / WAITING).rename(folder / RELEASED)


def keep_readings(store: Store, grown: Grown) -> None:
    """Stores what all nodes read, as ingest would."""
    rows = _readings(grown)
    while batch := list(islice(rows, AT_ONCE)):
        store.append(batch)


def _readings(grown: Grown) -> Iterator[Stored]:
    for step, t in enumerate(grown.t.tolist()):
        for row, node in enumerate(grown.farm.nodes):
            raw = grown.readings[row, step]
            values = {c.name: value for c in channels() if (value := c.to_value(int(raw[c.id]))) is not None}
            if values:
                message = Reading(farm=grown.farm.id, node=node.id, boot=1, seq=step, t=t, values=values)
                yield Stored(zone=node.zone, message=message)


def keep_calls(store: Store, grown: Grown, sentinel: Deciding, since: int, until: int) -> None:
    """Stores the calls that nodes with this sentinel make in [since, until), as ingest would."""
    spans = [span for part in replay(store, grown.farm, "soil", since, until) for span in calls_of(sentinel, part)]
    store.append(
        [
            Stored(zone=span.zone, message=_call(grown.farm, span, sentinel.version, state, t, 2 * number + cleared))
            for number, span in enumerate(spans, since // DAY_MS * 100_000)
            for cleared, (state, t) in enumerate(_states(span))
        ]
    )


def _states(span: CallSpan) -> Sequence[tuple[CallState, int]]:
    return ("raised", span.raised), ("cleared", span.cleared)


def _call(farm: Farm, span: CallSpan, version: str, state: CallState, t: int, seq: int) -> Call:
    return Call(
        farm=farm.id,
        node=span.node,
        boot=1,
        seq=seq,
        t=t,
        sentinel="soil",
        version=version,
        kind=span.kind,
        confidence=90,
        state=state,
        raised_t=span.raised,
    )


def judge(store: Store, grown: Grown, since: int, until: int, errs: float, rng: np.random.Generator) -> None:
    """The grower's judgements of calls that were raised in [since, until): right where the zone had that trouble from
    the call on, wrong where it was not even close to it, and the contrary in a share `errs` of them. A call where it
    was close was neither: nothing is said of it."""
    said = []
    for call in past_calls(store, grown.farm, "soil", since, until):
        span = call.span
        soon = span.raised + kinds()[span.kind].early_h * HOUR_MS
        troubled, close = (
            any((e.zone, e.kind) == (span.zone, span.kind) and e.start <= soon and e.end > span.raised for e in some)
            for some in (grown.troubles, grown.nearly)
        )
        if close and not troubled:
            continue
        judgement = Judgement(
            farm=grown.farm.id,
            node=span.node,
            sentinel="soil",
            kind=span.kind,
            raised_t=span.raised,
            t=span.raised + HOUR_MS,
            verdict="right" if troubled != (rng.random() < errs) else "wrong",
        )
        said.append(Stored(zone=span.zone, message=judgement))
    store.append(said)


def scored(store: Store, grown: Grown, sentinel: Deciding) -> Scored:
    """A sentinel on the weeks after the last round."""
    since, until = grown.day(LEARN_ON[-1]), grown.day(DAYS)
    spans = [span for part in replay(store, grown.farm, "soil", since, until) for span in calls_of(sentinel, part)]
    troubles = [e for e in grown.troubles if e.end > since]
    lines = score(troubles, fused(spans), grown.nearly)
    false = sum(line.false_calls for line in lines)
    months = len(grown.farm.nodes) * (until - since) / HOUR_MS / MONTH_H
    return Scored(
        version=sentinel.version,
        troubles=len(troubles),
        found=sum(line.found for line in lines),
        calls=sum(line.calls for line in lines),
        false=false,
        false_per_node_month=round(false / months, 3),
    )


def course(grown: Grown, seasons: DataSet, errs: float, folder: Path) -> Course:
    """Two rounds of learning with one grower. A new sentinel runs only when its round found it better."""
    store = open_store(f"sqlite={folder / 'cooee.db'}")
    rng = np.random.default_rng(1)
    start_eager(folder, seasons)
    try:
        keep_readings(store, grown)
        ran, lessons, since = [deciding(running("soil", folder))], [], grown.day(0)
        for day in LEARN_ON:
            now = grown.day(day)
            keep_calls(store, grown, ran[-1], since, now)
            judge(store, grown, since, now, errs, rng)
            lesson = learn(store, grown.farm, "soil", lambda: seasons, now=now, days=COMPARED_DAYS, data=folder)
            lessons.append(lesson)
            if lesson.why_not is None:
                release("soil", folder, now)
                ran.append(deciding(running("soil", folder)))
            since = now
        return Course(
            errs=errs, lessons=tuple(lessons), scored=tuple(scored(store, grown, sentinel) for sentinel in ran)
        )
    finally:
        store.close()


def record_seasons(folder: Path, each: int) -> DataSet:
    """The first planned seasons to train and to validate, of hourly readings, and a month to test, which a data set has
    to have."""
    for split, count in (("train", each), ("validation", each), ("test", 1)):
        for number, plan in enumerate([plan for plan in PLANS if plan.split == split][:count]):
            sink = Recorder(with_features=False)
            weather = plan.weather() if split != "test" else plan.weather().span(0, 30)
            run(farm_of(len(CROPS), SOILS[number:]), weather, plan.seed, sink=sink, out=folder / split / plan.name)
    return DataSet(folder)


def command(
    json_file: Annotated[Path | None, typer.Option("--json", help="File for the figures.")] = None,
    zones: Annotated[int, typer.Option(help="Fields of the farm.")] = 24,
    seeds: Annotated[int, typer.Option(help="Farms, each with soils, valves and sensors of its own.")] = 2,
) -> None:
    """What two rounds of `cooee learn` are worth to growers who judge by the truth, and to those who err in a fifth."""
    courses = []
    table = Table("farm", "errs", "sentinel", "troubles", "found", "calls", "false", "false a node-month")
    with tempfile.TemporaryDirectory(prefix="cooee-learn-") as name, Console(stderr=True).status("Growing"):
        data_set = record_seasons(Path(name) / "seasons", 2)
        for seed in range(1, seeds + 1):
            grown = grow(zones, "LGA", seed)
            for errs in (0.0, 0.2):
                folder = Path(name) / f"{seed}-{errs}"
                folder.mkdir()
                found = course(grown, data_set, errs, folder)
                courses.append({"farm": seed, **asdict(found)})
                for number, s in enumerate(found.scored):
                    what = f"learnt {number} times" if number else "built in"
                    cells = (s.troubles, s.found, s.calls, s.false, s.false_per_node_month)
                    table.add_row(str(seed), f"{errs:.0%}", what, *map(str, cells))
    Console().print(table)
    if json_file:
        json_file.write_text(json.dumps(courses, indent=2) + "\n", encoding="utf-8")
