"""What judgements are worth (`cooee bench learn`): a simulated grower judges calls, `cooee learn` or `cooee learn
blocks` learns twice, and the truth of later weeks scores the farm as it was after each round.

Farms start with a sentinel that was taught to call too early or at too little (learn_farm.TRIALS), or with the built-in
one; where it watches soils, farm.yaml then has others than the field. Growers go to each call and judge by the truth;
one errs in every fifth judgement. Weather, soils and sensors are of years and seeds on which nothing was chosen.
"""

import itertools
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from sklearn.tree import DecisionTreeClassifier

from cloud.images.trained import read_trained
from cloud.learning.blocks import BlockLesson, Change, learn_blocks
from cloud.learning.judged import past_calls
from cloud.learning.lesson import Lesson, learn
from cloud.learning.releases import WAITING, deciding, keep_waiting, release, running, version_of
from cloud.learning.replay import Replay, replay
from cloud.learning.sentinel import Deciding
from cloud.porting import port
from cloud.store import Store, Stored, open_store
from cloud.training.candidates import rows
from cloud.training.datasets import DataSet
from cloud.training.recipes import RECIPES
from edge.board.build import RELEASED
from edge.contract.errors import CooeeError
from edge.contract.kinds import kinds
from edge.contract.messages import Judgement, JudgementVerdict
from edge.core import AlarmPolicy
from edge.scoring import HOUR_MS, MONTH_H, KindScore, fused, score
from edge.threshold_baseline import REPEAT_MIN
from edge.written_files import JsonFile, write_json
from simulations.runs.bulk import run
from simulations.runs.dataset import PLANS, SOILS
from simulations.runs.record import Recorder

from .learn_farm import DAYS, TRIALS, Grown, farm_of, grow, keep_calls, keep_readings, made

PLACES = ("de-bilt", "davis", "JFK", "de-bilt", "davis", "EWR", "LGA")
LEARNT_FROM = (("EWR", "LGA", "de-bilt", "davis"), ("de-bilt", "davis"))
"""Places of the simulated seasons to train and to validate."""
STARTS = {name: ("eager", "soils" if name == "soil" else "built in") for name in TRIALS}
"""What is wrong with farms: a sentinel that is too eager, soils of farm.yaml, or nothing."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A sentinel on the weeks that no round of learning saw, by the truth."""

    version: str
    troubles: int
    found: int
    late: int
    calls: int
    false: int
    false_per_node_month: float
    kinds: dict[str, KindScore] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Course:
    """What became of a grower's judgements: the rounds (None: too little was judged), and the farm as it was at first
    and after each round that changed it."""

    errs: float
    lessons: tuple[Lesson | BlockLesson | None, ...]
    scored: tuple[Scored, ...]


def start_eager(folder: Path, seasons: DataSet, name: str = "soil") -> None:
    """Releases a sentinel that was taught to call many hours ahead, and does so at once at half confidence."""
    (recipe,) = (each for each in RECIPES if each.name == name)
    hours = TRIALS[name].eager_h
    eager = replace(recipe, targets=tuple(replace(target, horizon_h=hours) for target in recipe.targets))
    training = [season for season in seasons.seasons(recipe.features) if season.split == "train"]
    x, y = rows(training, eager)
    for feature, high in TRIALS[name].read_high.items():
        x[:, eager.features.index(feature)] += high
    tree = DecisionTreeClassifier(max_leaf_nodes=32, min_samples_leaf=40, random_state=1).fit(x, y)
    ported = port(tree, name=name, feature_names=eager.features, class_names=eager.classes, command="cooee bench")
    built_in = read_trained(name)
    policy = AlarmPolicy(on_delay_min=0, clear_delay_min=360, repeat_min=REPEAT_MIN, raise_percent=50, keep_percent=35)
    policies = (policy,) * len(recipe.targets)
    why = {"replaces": version_of(built_in), "judged": 0, "weight": 0, "seasons": seasons.hash}
    keep_waiting(ported, built_in, policies, built_in.normals, {}, why, folder)
    (folder / WAITING / name).rename(folder / RELEASED)


def judge(store: Store, grown: Grown, since: int, until: int, errs: float, rng: np.random.Generator) -> None:
    """The grower's judgements of calls that were raised in [since, until), of all nodes of a zone at once: right where
    the zone had that trouble from the call on, wrong where it was not even close to it, and the contrary in a share
    `errs` of them. A call where it was close was neither: nothing is said of it."""
    said: list[Judgement] = []
    calls = [call.span for call in past_calls(store, grown.farm, grown.sentinel, since, until)]
    for span in fused(calls):
        soon = span.raised + kinds()[span.kind].early_h * HOUR_MS
        troubled, close = (
            any((e.zone, e.kind) == (span.zone, span.kind) and e.start <= soon and e.end > span.raised for e in some)
            for some in (grown.troubles, grown.nearly)
        )
        if close and not troubled:
            continue
        verdict: JudgementVerdict = "right" if troubled != (rng.random() < errs) else "wrong"
        said += [
            Judgement(
                farm=grown.farm.id,
                node=call.node,
                sentinel=grown.sentinel,
                kind=call.kind,
                raised_t=call.raised,
                t=call.raised + HOUR_MS,
                verdict=verdict,
            )
            for call in calls
            if (call.zone, call.kind) == (span.zone, span.kind) and span.raised <= call.raised <= span.cleared
        ]
    store.append([Stored(zone=grown.farm.node_by_id[each.node].zone, message=each) for each in said])


def scored(grown: Grown, season: Sequence[Replay], sentinel: Deciding) -> Scored:
    """The farm on the weeks after the last round."""
    since, until = grown.day(TRIALS[grown.sentinel].learn_on[-1]), grown.day(DAYS)
    spans = made(grown, season, sentinel, since, until)
    troubles = [e for e in grown.troubles if e.end > since]
    lines = score(troubles, fused(spans), grown.nearly)
    false = sum(line.false_calls for line in lines)
    months = len(grown.farm.nodes) * (until - since) / HOUR_MS / MONTH_H
    return Scored(
        version=sentinel.version,
        troubles=len(troubles),
        found=sum(line.found for line in lines),
        late=sum(line.late for line in lines),
        calls=sum(line.calls for line in lines),
        false=false,
        false_per_node_month=round(false / months, 3),
        kinds={line.kind: line for line in lines},
    )


def course(grown: Grown, seasons: DataSet, errs: float, folder: Path, way: str = "sentinel") -> Course:
    """Two rounds of learning with one grower, from the sentinel that runs in `folder`. What is learnt runs only when
    its round found it better."""
    store = open_store(f"sqlite={folder / 'cooee.db'}")
    rng, name = np.random.default_rng(1), grown.sentinel
    try:
        keep_readings(store, grown)
        season = replay(store, grown.farm, name, grown.day(0), grown.day(DAYS))
        runs = deciding(running(name, folder))
        lessons: list[Lesson | BlockLesson | None] = []
        changes: list[Change] = []
        results, since = [scored(grown, season, runs)], grown.day(0)
        for day in TRIALS[name].learn_on:
            now = grown.day(day)
            keep_calls(store, grown, made(grown, season, runs, since, now), runs.version, since)
            judge(store, grown, since, now, errs, rng)
            lesson = _round(store, grown, seasons, now, folder, way)
            lessons.append(lesson)
            if isinstance(lesson, BlockLesson) and lesson.changes:
                changes += lesson.changes
                soils = [str(zone.soil) for zone in grown.farm.zones]
                grown = replace(grown, farm=farm_of(len(soils), soils, changes, name))
                results.append(scored(grown, season, runs))
            elif isinstance(lesson, Lesson) and lesson.why_not is None:
                release(name, folder, now)
                runs = deciding(running(name, folder))
                results.append(scored(grown, season, runs))
            since = now
        return Course(errs=errs, lessons=tuple(lessons), scored=tuple(results))
    finally:
        store.close()


def _round(
    store: Store, grown: Grown, seasons: DataSet, now: int, folder: Path, way: str
) -> Lesson | BlockLesson | None:
    name, days = grown.sentinel, TRIALS[grown.sentinel].compared_days
    try:
        if way == "blocks":
            return learn_blocks(store, grown.farm, name, now=now, days=days, data=folder)
        return learn(store, grown.farm, name, lambda: seasons, now=now, days=days, data=folder)
    except CooeeError:  # too little was judged
        return None


def record_seasons(folder: Path, train: Sequence[str], validation: Sequence[str], sentinel: str = "soil") -> DataSet:
    """A planned season of each place to train and to validate, the coldest where the sentinel's farms are cold, and a
    month to test, which a data set has to have; readings are hourly."""
    trial = TRIALS[sentinel]
    for split, places in (("train", train), ("validation", validation), ("test", ("Whately",))):
        for number, place in enumerate(places):
            plans = [plan for plan in PLANS if (plan.split, plan.place) == (split, place)]
            plan = min(plans, key=lambda plan: plan.shift_degc) if trial.colder_degc else plans[0]
            season = plan.weather() if split != "test" else plan.weather().span(0, 30)
            farm = farm_of(trial.zones_to_learn, SOILS[number:], sentinel=sentinel)
            run(farm, season, plan.seed, sink=Recorder(with_features=False), out=folder / split / plan.name)
    return DataSet(folder)


def command(
    json_file: JsonFile = None,
    sentinel: Annotated[str, typer.Option(help="What learns: soil, ethylene, weather or wind.")] = "soil",
    zones: Annotated[int, typer.Option(help="Fields or stores of a farm.")] = 12,
    farms: Annotated[int, typer.Option(help="Farms, each with soils, valves and sensors of its own.")] = len(PLACES),
    learns: Annotated[list[str], typer.Option(help="By what: sentinel, blocks.")] = ["sentinel", "blocks"],  # noqa: B006 - typer copies it
) -> None:
    """What two rounds of learning are worth to growers who judge by the truth, and to those who err in a fifth."""
    courses = []
    tables = Table(
        "start", "learns", "errs", "kind", "false at first, after (of each farm)", "ratio", "troubles", "found", "late"
    )
    kinds_of = next(recipe for recipe in RECIPES if recipe.name == sentinel).classes[1:]
    with tempfile.TemporaryDirectory(prefix="cooee-learn-") as name, Console(stderr=True).status("Growing"):
        data_set = record_seasons(Path(name) / "seasons", *LEARNT_FROM, sentinel)
        first = TRIALS[sentinel].first_seed
        for start in STARTS[sentinel]:
            grown = [
                grow(zones, PLACES[i % len(PLACES)], first + i, sentinel=sentinel, wrong_soils=start == "soils")
                for i in range(farms)
            ]
            for way, errs in itertools.product(learns, (0.0, 0.2)):
                found = []
                for farm in grown:
                    folder = Path(tempfile.mkdtemp(dir=name))
                    if start == "eager":
                        start_eager(folder, data_set, sentinel)
                    found.append(course(farm, data_set, errs, folder, way))
                courses += [{"start": start, "learns": way, "farm": i, **asdict(c)} for i, c in enumerate(found)]
                for kind in kinds_of:
                    tables.add_row(start, way, f"{errs:.0%}", kind, *_summed(found, kind))
    Console().print(tables)
    write_json(json_file, courses)


def _summed(courses: Sequence[Course], kind: str) -> tuple[str, ...]:
    """Cells of a line of the table."""
    none = KindScore(kind=kind, troubles=0, calls=0, false_calls=0, leads_h=())
    ends = [tuple(scored.kinds.get(kind, none) for scored in (c.scored[0], c.scored[-1])) for c in courses]
    before, after = (sum(pair[i].false_calls for pair in ends) for i in (0, 1))
    return (
        " ".join(f"{a.false_calls}>{b.false_calls}" for a, b in ends),
        f"{after / before:.2f}" if before else "-",
        str(sum(a.troubles for a, _ in ends)),
        *(
            f"{sum(getattr(a, name) for a, _ in ends)}>{sum(getattr(b, name) for _, b in ends)}"
            for name in ("found", "late")
        ),
    )
