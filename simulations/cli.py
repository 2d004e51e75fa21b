"""`cooee simulate`: scenarios without a radio, from the weather to the score."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from edge.contract.errors import CooeeError
from edge.contract.kinds import kinds
from edge.pieces import CLUSTER_HELP, cluster, processes

from .nodes.energy_budget import BASELINE, NODE, SENTINEL
from .runs.bulk import RunResult, run
from .runs.record import Recorder, readme, write_events, write_failures, write_weather
from .runs.report import report
from .runs.tables import counts, heard, print_energy, print_probes, print_scores, print_table, probe_counts
from .scenarios import scenario as scenarios
from .scenarios.replicate import replicate
from .scoring.cards import COSTS, MEASURES, Card, Interval, cards, interval
from .scoring.probe_flags import ALL, PROBE_MEASURES, FaultCard, ProbeCard, either, kind_cards, probe_cards


def command(
    scenario: Annotated[str, typer.Option(help="Name of a scenario (--list) or a YAML file.")] = "season",
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.", min=0)] = 1,
    seeds: Annotated[
        int,
        typer.Option(help="How many seeds to run, from --seed on; more than one gives confidence intervals.", min=1),
    ] = 1,
    days: Annotated[int | None, typer.Option(help="Length of the season; without it, the scenario's.", min=1)] = None,
    nodes: Annotated[
        int | None, typer.Option(help="How many nodes: the scenario's farm is repeated until there are so many.", min=1)
    ] = None,
    jobs: Annotated[int, typer.Option(help="Processes to run on; the results are the same.", min=1)] = os.cpu_count()
    or 1,
    address: Annotated[str | None, typer.Option("--cluster", metavar="ADDRESS", help=CLUSTER_HELP)] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for data set (Parquet), score.json and report.html, of the first seed."),
    ] = None,
    features: Annotated[bool, typer.Option(help="Write the features too, as the nodes' C core computes them.")] = True,
    baseline: Annotated[bool, typer.Option(help="Score the best fixed thresholds beside the sentinels.")] = True,
    list_them: Annotated[bool, typer.Option("--list", help="List the scenarios that come with the program.")] = False,
) -> None:
    """Run scenarios without a radio: data set, score and report."""
    if list_them:
        print_table([("name", "what happens"), *((name, scenarios.title(name)) for name in scenarios.names())], left=2)
        return
    loaded = scenarios.load(scenario, days=days, seed=seed)
    farm, events = replicate(loaded.farm, loaded.events, nodes) if nodes else (loaded.farm, loaded.events)
    _prepare(out)
    results = []
    with (
        processes(jobs) if address is None else cluster(address) as engine,
        Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} pieces"),
            TimeElapsedColumn(),
            transient=True,
            console=Console(stderr=True),
        ) as progress,
    ):
        for number in range(seed, seed + seeds):
            sink = Recorder(with_features=features) if out and number == seed else None
            weather = scenarios.load(scenario, days=days, seed=number).weather
            results.append(
                run(
                    farm,
                    weather,
                    number,
                    events=events,
                    engine=engine,
                    baseline=baseline,
                    sink=sink,
                    out=out or Path(),
                    done=partial(_advance, progress, progress.add_task(f"seed {number}", total=None)),
                )
            )
    scored = [cards(o.troubles, o.calls, o.node_hours, o.nearly) for o in results]
    baseline_cards = [cards(o.troubles, o.baseline_calls, o.node_hours, o.nearly) for o in results] if baseline else []
    probed = [probe_cards(o.faults, o.flags, o.channel_hours) for o in results]
    doubted = [probe_cards(o.faults, either(o.flags, o.doubts), o.channel_hours) for o in results]
    broken = [kind_cards(o.faults, o.flags) for o in results]
    callers = (SENTINEL, BASELINE) if baseline else (SENTINEL,)
    typer.echo(
        f"{loaded.title}\n{len(farm.nodes):,} nodes, {loaded.weather.days} days of {loaded.weather.name} weather, "
        f"seed {seed}{f' to {seed + seeds - 1}' if seeds > 1 else ''} (simulated)"
    )
    print_scores(scored, baseline_cards)
    print_probes(probed, broken, doubted)
    print_energy(results, callers)
    if out:
        write_weather(out, loaded.weather)
        write_events(out, results[0])
        write_failures(out, events, results[0], loaded.weather.start_ms)
        line = (
            f"cooee simulate --scenario {scenario} --seed {seed} --days {loaded.weather.days} --nodes {len(farm.nodes)}"
        )
        (out / "README.md").write_text(
            readme(title=loaded.title, command=line, weather=loaded.weather.name, seed=seed, with_features=features),
            encoding="utf-8",
        )
        score = _json(scored, baseline_cards, results, callers) | {
            "probe_faulty": _probes(probed) | {"kinds": _kinds(broken), "with_doubts": _doubted(doubted)}
        }
        (out / "score.json").write_text(json.dumps(score, indent=1) + "\n", encoding="utf-8")
        page = report(
            loaded,
            results[0],
            nodes=len(farm.nodes),
            seed=seed,
            cards=scored[0],
            baseline=baseline_cards[0] if baseline_cards else None,
            probes=probed[0],
        )
        (out / "report.html").write_text(page, encoding="utf-8")
        alone = f"; all but score.json of seed {seed} alone" if seeds > 1 else ""
        typer.echo(f"\nData set, score.json and report.html are in {out}{alone}")


def _advance(progress: Progress, task: TaskID, pieces: int, of: int) -> None:
    progress.update(task, completed=pieces, total=of)


def _prepare(out: Path | None) -> None:
    if out is None:
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise CooeeError(f"{out} is not empty; name another folder with --out")
    except OSError as error:
        raise CooeeError(f"{out}: cannot be used ({error.strerror}); name another folder with --out") from None


def _json(
    scored: list[dict[str, Card]],
    baseline_cards: list[dict[str, Card]],
    results: list[RunResult],
    callers: Sequence[str],
) -> dict[str, object]:
    by_kind: dict[str, dict[str, object]] = {}
    for kind in kinds():
        by_kind[kind] = _measures(scored, kind) | _air(results, SENTINEL, kind)
        if baseline_cards:
            by_kind[kind] |= {"baseline": _measures(baseline_cards, kind) | _air(results, BASELINE, kind)}
    energy = {
        caller: {name: _written(interval(cost(o.energy, caller) for o in results)) for name, cost in COSTS.items()}
        for caller in callers
    }
    return {
        "seeds": len(results),
        "node_steps": sum(o.node_steps for o in results),
        "telemetry_bytes": sum(o.energy.bytes_of(NODE, "telemetry") for o in results),
        "kinds": by_kind,
        "energy_budget": energy,
        "heard": heard(results),
    }


def _probes(by_seed: list[dict[str, ProbeCard]]) -> dict[str, object]:
    return {
        channel: probe_counts([s[channel] for s in by_seed])
        | {name: _written(interval(measure(s[channel]) for s in by_seed)) for name, measure in PROBE_MEASURES.items()}
        for channel in by_seed[0]
    }


def _doubted(by_seed: list[dict[str, ProbeCard]]) -> dict[str, object]:
    """Of all probes, with what the page would doubt beside."""
    every = [s[ALL] for s in by_seed]
    return {
        **probe_counts(every),
        "found_within_two_days": sum(c.found_soon for c in every),
        "false_per_node_month": _written(interval(c.false_per_node_month for c in every)),
    }


def _kinds(broken: list[dict[str, FaultCard]]) -> dict[str, object]:
    return {
        kind: {
            "faults": sum(s[kind].faults for s in broken),
            "found": sum(s[kind].found for s in broken),
            "recall": _written(interval(s[kind].recall for s in broken)),
            "hours_to_flag": _written(interval(s[kind].hours_to_flag for s in broken)),
        }
        for kind in broken[0]
    }


def _air(results: list[RunResult], who: str, kind: str) -> dict[str, float]:
    """Messages of a kind of call, their bytes and their charge, of all seeds."""
    return {
        "messages": sum(o.energy.messages[who, kind] for o in results),
        "bytes": sum(o.energy.bytes_of(who, kind) for o in results),
        "mah": round(sum(o.energy.mah_of(who, kind) for o in results), 6),
    }


def _written(value: Interval | None) -> dict[str, float | None] | None:
    return None if value is None else asdict(value)


def _measures(by_seed: list[dict[str, Card]], kind: str) -> dict[str, object]:
    seed_cards = [s[kind] for s in by_seed if kind in s]
    measures = {name: interval(measure(c) for c in seed_cards) for name, measure in MEASURES.items()}
    by_zone = {
        name: sum(getattr(c.by_zone, name) for c in seed_cards)
        for name in ("troubles", "found", "calls", "grey_calls", "false_calls")
    }
    return {
        **counts(seed_cards),
        **{name: _written(value) for name, value in measures.items()},
        "by_zone": by_zone,
    }
