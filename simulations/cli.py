"""`cooee simulate`: scenarios without a radio, from the weather to the score."""

import json
import os
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from edge.options import Cluster
from edge.pieces import cluster, processes
from edge.written_files import empty_folder, write_files

from .events import Events
from .runs.bulk import run
from .runs.record import Recorder
from .runs.report import report
from .runs.scores import Scores
from .runs.season_files import readme, write_events, write_failures, write_weather
from .runs.tables import print_energy, print_probes, print_scores, print_table
from .scenarios import scenario as scenarios
from .scenarios.replicate import replicate
from .scenarios.scenario import Scenario

PROCESSORS = os.cpu_count() or 1

ScenarioName = Annotated[str, typer.Option(help="Name of a scenario (--list) or a YAML file.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same bytes.", min=0)]
Seeds = Annotated[
    int, typer.Option(help="How many seeds to run, from --seed on; more than one gives confidence intervals.", min=1)
]
Days = Annotated[int | None, typer.Option(help="Length of the season; without it, the scenario's.", min=1)]
NodeCount = Annotated[
    int | None, typer.Option(help="How many nodes: the scenario's farm is repeated until there are so many.", min=1)
]
Jobs = Annotated[int, typer.Option(help="Processes to run on; the results are the same.", min=1)]
Out = Annotated[
    Path | None, typer.Option(help="Folder for data set (Parquet), score.json and report.html, of the first seed.")
]
WithFeatures = Annotated[bool, typer.Option(help="Write the features too, as the nodes' C core computes them.")]
WithBaseline = Annotated[bool, typer.Option(help="Score the best fixed thresholds beside the sentinels.")]
ListThem = Annotated[bool, typer.Option("--list", help="List the scenarios that come with the program.")]


def command(
    scenario: ScenarioName = "season",
    seed: Seed = 1,
    seeds: Seeds = 1,
    days: Days = None,
    nodes: NodeCount = None,
    jobs: Jobs = PROCESSORS,
    address: Cluster = None,
    out: Out = None,
    features: WithFeatures = True,
    baseline: WithBaseline = True,
    list_them: ListThem = False,
) -> None:
    """Run scenarios without a radio: data set, score and report."""
    if list_them:
        print_table([("name", "what happens"), *((name, scenarios.title(name)) for name in scenarios.names())], left=2)
        return
    loaded = scenarios.load(scenario, days=days, seed=seed)
    farm, events = replicate(loaded.farm, loaded.events, nodes) if nodes else (loaded.farm, loaded.events)
    if out:
        empty_folder(out, "--out")
    engine = processes(jobs) if address is None else cluster(address)
    with engine as pieces, _progress() as progress:
        results = [
            run(
                farm,
                scenarios.load(scenario, days=days, seed=number).weather,
                number,
                events=events,
                engine=pieces,
                baseline=baseline,
                sink=Recorder(with_features=features) if out and number == seed else None,
                out=out or Path(),
                done=partial(_advance, progress, progress.add_task(f"seed {number}", total=None)),
            )
            for number in range(seed, seed + seeds)
        ]
    scores = Scores.of(results, baseline=baseline)
    _show(loaded, scores, nodes=len(farm.nodes), seeds=range(seed, seed + seeds))
    if out:
        line = (
            f"cooee simulate --scenario {scenario} --seed {seed} --days {loaded.weather.days} --nodes {len(farm.nodes)}"
        )
        _write(out, loaded, scores, nodes=len(farm.nodes), events=events, seed=seed, features=features, command=line)
        alone = f"; all but score.json of seed {seed} alone" if seeds > 1 else ""
        typer.echo(f"\nData set, score.json and report.html are in {out}{alone}")


def _show(loaded: Scenario, scores: Scores, *, nodes: int, seeds: range) -> None:
    typer.echo(
        f"{loaded.title}\n{nodes:,} nodes, {loaded.weather.days} days of {loaded.weather.name} weather, "
        f"seed {seeds[0]}{f' to {seeds[-1]}' if len(seeds) > 1 else ''} (simulated)"
    )
    print_scores(scores.sentinels, scores.baseline)
    print_probes(scores.probes, scores.broken, scores.doubted)
    print_energy(scores.results, scores.callers)


def _write(
    out: Path,
    loaded: Scenario,
    scores: Scores,
    *,
    nodes: int,
    events: Events,
    seed: int,
    features: bool,
    command: str,
) -> None:
    """What goes beside the data set of the first seed."""
    first, weather = scores.results[0], loaded.weather
    write_weather(out, weather)
    write_events(out, first)
    write_failures(out, events, first, weather.start_ms)
    told = readme(title=loaded.title, command=command, weather=weather.name, seed=seed, with_features=features)
    page = report(
        loaded,
        first,
        nodes=nodes,
        seed=seed,
        cards=scores.sentinels[0],
        baseline=scores.baseline[0] if scores.baseline else None,
        probes=scores.probes[0],
    )
    figures = json.dumps(scores.as_json(), indent=1) + "\n"
    write_files({out / "README.md": told, out / "score.json": figures, out / "report.html": page})


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} pieces"),
        TimeElapsedColumn(),
        transient=True,
        console=Console(stderr=True),
    )


def _advance(progress: Progress, task: TaskID, pieces: int, of: int) -> None:
    progress.update(task, completed=pieces, total=of)
