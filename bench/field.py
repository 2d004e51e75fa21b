"""How fast the simulated field is: `cooee bench field`.

The water balance by days of 10,000 zones over 200 days, and whole seasons (180 days in 10-minute steps: zones, sensors,
faults, and each node's C core with its sentinels) of the sample farm many times over.

Cost is the processor time, user and system of all processes, from the sample farm to the outcome: copying the farm,
reading the weather, pieces, results. The interpreter's start and its imports, once and a second or so, are not in it.
Memory is the greatest resident set of this process so far plus that of its greatest child, times the number of
children; smaller seasons come first.
"""

import os
import resource
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from edge.agronomy.crops import crops, soils
from edge.contract.errors import CooeeError
from edge.farm import parse_farm, sample_farm_text
from edge.pieces import processes
from edge.written_files import JsonFile, write_json
from simulations.events import NOTHING
from simulations.field import water_balance as water
from simulations.field.soil import columns_of
from simulations.runs.bulk import run
from simulations.scenarios.replicate import MOST_NODES, replicate
from simulations.weather.ten_minutes import whately

ZONES, DAYS, SEASON_DAYS = 10_000, 200, 180
SIZES = (1_000, 10_000, 50_000)
SHORT, TIMES = 5_000, 3
"""Seasons of fewer nodes are so short that the middle of three counts."""
FIRST_MONTH, FIRST_DAY = 4, 15


def water_balance_s() -> float:
    """Seconds for the daily balance of ZONES zones of every crop and soil over DAYS days; the best of three."""
    plants = [list(crops().values())[i % len(crops())] for i in range(ZONES)]
    earths = [list(soils().values())[i % len(soils())] for i in range(ZONES)]
    ground = columns_of(plants, earths)
    rng = np.random.default_rng(1)
    rain = rng.gamma(0.5, 12.0, (DAYS, ZONES)) * (rng.random((DAYS, ZONES)) < 0.25)
    et0, none, all_wet = rng.uniform(1, 8, DAYS), np.zeros(ZONES), np.ones(ZONES)
    seconds = []
    for _ in range(3):
        state = water.initial_state(ground)
        began = time.perf_counter()
        for day in range(DAYS):
            supply = water.Supply(rain=rain[day], irrigation=none, wetted=all_wet)
            today = water.coefficients(
                ground, state, day=np.full(ZONES, day), et0=et0[day], rh_min=45.0, u2=2.0, supply=supply
            )
            water.advance_day(state, today, supply)
            water.close_surface(ground, state, today, supply)
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def season_s(nodes: int, jobs: int) -> tuple[float, float]:
    """Seconds for a season of `nodes` nodes: on the clock, and of processors."""
    taken = []
    for _ in range(TIMES if nodes < SHORT else 1):
        began, used = time.perf_counter(), _processor_s()
        farm, _ = replicate(parse_farm(sample_farm_text(), source="sample farm"), NOTHING, nodes)
        with processes(jobs) as engine:
            run(farm, whately().season(FIRST_MONTH, FIRST_DAY, SEASON_DAYS), 1, engine=engine)
        taken.append((time.perf_counter() - began, _processor_s() - used))
    return sorted(taken)[len(taken) // 2]


def _sizes(text: str) -> list[int]:
    try:
        sizes = [int(size) for size in text.split(",")]
    except ValueError:
        raise CooeeError(f"--sizes {text}: is numbers of nodes, by commas, as in {','.join(map(str, SIZES))}") from None
    for size in sizes:
        if not 1 <= size <= MOST_NODES:
            raise CooeeError(f"--sizes {text}: {size} nodes; 1 to {MOST_NODES} are allowed")
    return sizes


def _processor_s() -> float:
    """Processor time of this process and its finished children."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def peak_bytes(jobs: int) -> int:
    """Greatest memory so far, of this process and its children."""
    status = Path("/proc/self/status").read_text(encoding="ascii")  # ru_maxrss would count whoever started us too
    own = int(status.split("VmHWM:")[1].split()[0])
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return 1024 * (own + jobs * child)


def command(
    json_file: JsonFile = None,
    jobs: Annotated[int, typer.Option(help="Processes.", min=1)] = os.cpu_count() or 1,
    sizes: Annotated[str, typer.Option(help="Nodes of each season, by commas.")] = ",".join(map(str, SIZES)),
) -> None:
    """Measure the water balance and whole seasons of thousands of nodes."""
    asked = sorted(_sizes(sizes))
    result: dict[str, object] = {"water_balance_s": round(water_balance_s(), 3), "jobs": jobs}
    typer.echo(f"water balance of {ZONES:,} zones over {DAYS} days: {result['water_balance_s']} s")
    cost: dict[str, dict[str, float]] = {}
    for nodes in asked:
        seconds, processor_s = season_s(nodes, jobs)
        cost[str(nodes)] = {
            "seconds": round(seconds, 2),
            "ms_a_node": round(1000 * seconds / nodes, 3),
            "processor_ms_a_node": round(1000 * processor_s / nodes, 3),
            "peak_bytes": peak_bytes(jobs),
        }
        typer.echo(
            f"season of {SEASON_DAYS} days of {nodes:,} nodes on {jobs} processes: {seconds:.1f} s, "
            f"{1000 * seconds / nodes:.2f} ms a node "
            f"({1000 * processor_s / nodes:.2f} ms of a processor); memory so far {peak_bytes(jobs) / 1e9:.2f} GB"
        )
        if nodes == SIZES[1]:
            result |= {"season_s": round(seconds, 2)}
    each = [c["processor_ms_a_node"] for c in cost.values()]
    result |= {"peak_bytes": peak_bytes(jobs), "cost_spread": round(max(each) / min(each) - 1, 3)}
    typer.echo(f"cost of a node, dearest over cheapest size: {100 * (max(each) / min(each) - 1):+.1f} %")
    write_json(json_file, result | {"cost": cost})


if __name__ == "__main__":
    typer.run(command)
