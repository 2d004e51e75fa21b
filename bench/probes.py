"""Faulty probes: what nodes flag, and what the page doubts beside, on the test seasons: `cooee bench probes`.

Faults come by chance as they do on every simulated farm (simulations/nodes/faults.py). The rules of
edge/probe_trouble.py were chosen on the validation seasons and on real probes, which `cooee bench reality` scores.
"""

from collections import Counter
from typing import Annotated, Any, Literal

import typer

from edge.written_files import JsonFile, write_json
from simulations.runs.bulk import run
from simulations.runs.dataset import PLANS, farm
from simulations.scoring.probe_flags import ALL, either, kind_cards, probe_cards

from .bootstrap import Tally, in_words


def measure(split: Literal["validation", "test"]) -> dict[str, Any]:
    """Figures of the nodes alone and with the page, with intervals over seasons, and faults found by kind."""
    tallies = {who: Tally(unit="probe-month") for who in ("node", "node and page")}
    kinds: dict[str, Counter[str]] = {}
    for plan in (plan for plan in PLANS if plan.split == split):
        out = run(farm(plan), plan.weather(), plan.seed)
        for who, tally in tallies.items():
            flags = out.flags if who == "node" else either(out.flags, out.doubts)
            card = probe_cards(out.faults, flags, out.channel_hours)[ALL]
            tally.add(
                plan.name,
                0,
                troubles=card.faults,
                found=card.found_soon,
                calls=card.flags,
                false=card.false_flags,
                exposure=card.channel_months,
            )
            for kind, of in kind_cards(out.faults, flags).items():
                faults = of.faults if who == "node" else 0
                kinds.setdefault(kind, Counter()).update({"faults": faults, who: of.found_soon})
    return {who: tally.figures() for who, tally in tallies.items()} | {"kinds": kinds}


def command(
    split: Annotated[str, typer.Option(help="The seasons: test or validation.")] = "test",
    json_file: JsonFile = None,
) -> None:
    """Score what nodes flag as faulty, and what the page doubts beside."""
    if split not in ("validation", "test"):
        raise typer.BadParameter("test or validation", param_hint="--split")
    result = measure(split)  # type: ignore[arg-type]  # it is one of the two
    for who in ("node", "node and page"):
        f = result[who]
        typer.echo(
            f"{who:14s} found within two days {f['found']} of {f['troubles']}, {in_words(f['recall'])}; false "
            f"{f['false']}: {in_words(f['false_rate'], '.3f')} a probe-month ({f['exposure']:,.0f})"
        )
    for kind, of in result["kinds"].items():
        if of["faults"]:
            typer.echo(f"  {kind:12s} {of['faults']:4d}: {of['node']:4d} by nodes, {of['node and page']:4d} with page")
    write_json(json_file, result)


if __name__ == "__main__":
    typer.run(command)
