"""What judgements are worth (`cooee bench learn`): a simulated grower judges calls, `cooee learn` or `cooee learn
blocks` learns twice, and the truth of later weeks scores the farm as it was after each round.

Farms start wrong in one of two ways: with a sentinel that was taught to call four days ahead, or with the built-in one
and other soils in farm.yaml than in the field. Growers go to each call and judge by the truth; one errs in every fifth
judgement. Weather, soils and sensors are of years and seeds on which nothing was chosen.
"""

import itertools
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

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
from edge.contract.messages import Judgement
from edge.core import AlarmPolicy
from edge.scoring import HOUR_MS, MONTH_H, fused, score
from edge.threshold_baseline import REPEAT_MIN
from edge.written_files import JsonFile, write_json
from simulations.runs.bulk import run
from simulations.runs.dataset import PLANS, SOILS
from simulations.runs.record import Recorder

from .learn_farm import CROPS, DAYS, Grown, farm_of, grow, keep_calls, keep_readings, made

EAGER_H = 96
LEARN_ON = (100, 130)
"""Days of the season on which the grower calls `cooee learn`; what comes after the last is for the score alone."""
COMPARED_DAYS = 21
PLACES = ("de-bilt", "davis", "JFK", "de-bilt", "davis", "EWR", "LGA")
FIRST_SEED = 931
"""Of the farms, place by place; of a climate also its year."""
Start = Literal["eager", "soils"]
Way = Literal["sentinel", "blocks"]


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


@dataclass(frozen=True, kw_only=True)
class Course:
    """What became of a grower's judgements: the rounds (None: too little was judged), and the farm as it was at first
    and after each round that changed it."""

    errs: float
    lessons: tuple[Lesson | BlockLesson | None, ...]
    scored: tuple[Scored, ...]


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


def scored(grown: Grown, season: Sequence[Replay], sentinel: Deciding) -> Scored:
    """The farm on the weeks after the last round."""
    since, until = grown.day(LEARN_ON[-1]), grown.day(DAYS)
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
    )


def course(grown: Grown, seasons: DataSet, errs: float, folder: Path, way: Way = "sentinel") -> Course:
    """Two rounds of learning with one grower, from the sentinel that runs in `folder`. What is learnt runs only when
    its round found it better."""
    store = open_store(f"sqlite={folder / 'cooee.db'}")
    rng = np.random.default_rng(1)
    try:
        keep_readings(store, grown)
        season = replay(store, grown.farm, "soil", grown.day(0), grown.day(DAYS))
        runs = deciding(running("soil", folder))
        lessons: list[Lesson | BlockLesson | None] = []
        changes: list[Change] = []
        results, since = [scored(grown, season, runs)], grown.day(0)
        for day in LEARN_ON:
            now = grown.day(day)
            keep_calls(store, grown, made(grown, season, runs, since, now), runs.version, since)
            judge(store, grown, since, now, errs, rng)
            lesson = _round(store, grown, seasons, now, folder, way)
            lessons.append(lesson)
            if isinstance(lesson, BlockLesson) and lesson.changes:
                changes += lesson.changes
                soils = [str(zone.soil) for zone in grown.farm.zones]
                grown = replace(grown, farm=farm_of(len(soils), soils, changes))
                results.append(scored(grown, season, runs))
            elif isinstance(lesson, Lesson) and lesson.why_not is None:
                release("soil", folder, now)
                runs = deciding(running("soil", folder))
                results.append(scored(grown, season, runs))
            since = now
        return Course(errs=errs, lessons=tuple(lessons), scored=tuple(results))
    finally:
        store.close()


def _round(
    store: Store, grown: Grown, seasons: DataSet, now: int, folder: Path, way: Way
) -> Lesson | BlockLesson | None:
    try:
        if way == "blocks":
            return learn_blocks(store, grown.farm, "soil", now=now, days=COMPARED_DAYS, data=folder)
        return learn(store, grown.farm, "soil", lambda: seasons, now=now, days=COMPARED_DAYS, data=folder)
    except CooeeError:  # too little was judged
        return None


def record_seasons(folder: Path, train: Sequence[str], validation: Sequence[str]) -> DataSet:
    """The first planned seasons of some places to train and to validate, of hourly readings, and a month to test, which
    a data set has to have."""
    for split, places in (("train", train), ("validation", validation), ("test", ("Whately",))):
        for number, place in enumerate(places):
            plan = next(plan for plan in PLANS if (plan.split, plan.place) == (split, place))
            sink = Recorder(with_features=False)
            season = plan.weather() if split != "test" else plan.weather().span(0, 30)
            run(farm_of(len(CROPS), SOILS[number:]), season, plan.seed, sink=sink, out=folder / split / plan.name)
    return DataSet(folder)


def command(
    json_file: JsonFile = None,
    zones: Annotated[int, typer.Option(help="Fields of a farm.")] = 12,
    farms: Annotated[int, typer.Option(help="Farms, each with soils, valves and sensors of its own.")] = len(PLACES),
) -> None:
    """What two rounds of learning are worth to growers who judge by the truth, and to those who err in a fifth."""
    courses = []
    tables = Table(
        "start", "learns", "errs", "false at first, after (of each farm)", "ratio", "troubles", "found", "late"
    )
    with tempfile.TemporaryDirectory(prefix="cooee-learn-") as name, Console(stderr=True).status("Growing"):
        data_set = record_seasons(Path(name) / "seasons", ("EWR", "LGA", "de-bilt", "davis"), ("de-bilt", "davis"))
        starts: tuple[Start, ...] = ("eager", "soils")
        ways: tuple[Way, ...] = ("blocks", "sentinel")
        for start in starts:
            grown = [
                grow(zones, PLACES[i % len(PLACES)], FIRST_SEED + i, wrong_soils=start == "soils") for i in range(farms)
            ]
            for way, errs in itertools.product(ways, (0.0, 0.2)):
                found = []
                for farm in grown:
                    folder = Path(tempfile.mkdtemp(dir=name))
                    if start == "eager":
                        start_eager(folder, data_set)
                    found.append(course(farm, data_set, errs, folder, way))
                courses += [{"start": start, "learns": way, "farm": i, **asdict(c)} for i, c in enumerate(found)]
                tables.add_row(start, way, f"{errs:.0%}", *_summed(found))
    Console().print(tables)
    write_json(json_file, courses)


def _summed(courses: Sequence[Course]) -> tuple[str, ...]:
    """Cells of a line of the table."""
    ends = [(course.scored[0], course.scored[-1]) for course in courses]
    before, after = (sum(pair[i].false for pair in ends) for i in (0, 1))
    return (
        " ".join(f"{a.false}>{b.false}" for a, b in ends),
        f"{after / max(1, before):.2f}",
        str(sum(a.troubles for a, _ in ends)),
        *(
            f"{sum(getattr(a, name) for a, _ in ends)}>{sum(getattr(b, name) for _, b in ends)}"
            for name in ("found", "late")
        ),
    )
