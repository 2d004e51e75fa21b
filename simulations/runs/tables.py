"""What a run prints: tables that fit a terminal of 80 columns, and read the same in a log."""

from collections.abc import Sequence
from statistics import mean

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from edge.contract.kinds import kinds

from ..nodes.energy_budget import NODE, SENTINEL
from ..scoring.cards import COSTS, MEASURES, SHARES, Card, Interval, interval
from ..scoring.probe_flags import ALL, PROBE_MEASURES, FaultCard, ProbeCard
from .bulk import RunResult

Row = tuple[str, ...]
COLUMNS = 80
COUNTED = ("recall", "precision")
"""Measures that stand beside the counts; the others have a table of their own."""
HEADS = {
    "lead_h": "lead",
    "false_per_node_month": "false/month",
    "false_share_of_time": "false time",
    "to_clear_h": "clear",
    "flaps": "flaps",
}


def print_table(rows: Sequence[Row], *, left: int = 1) -> None:
    """Columns in line, the first `left` to the left, the others to the right; a cell that has no room is broken."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="")
    for place, head in enumerate(rows[0]):
        table.add_column(head, justify="left" if place < left else "right", overflow="fold")
    for row in rows[1:]:
        table.add_row(*row)
    console = Console(width=COLUMNS, highlight=False, no_color=True, markup=False)
    with console.capture() as printed:
        console.print(Padding(table, (0, 0, 0, 2)))
    for line in printed.get().splitlines():
        typer.echo(line.rstrip())


def print_scores(scored: list[dict[str, Card]], baseline_cards: list[dict[str, Card]]) -> None:
    """A line a kind and, under it, that of the fixed threshold: what was found, then when."""
    found: list[Row] = [("trouble", "true", "found", "calls", "grey", "false", *COUNTED)]
    when: list[Row] = [("trouble", *HEADS.values())]
    for kind in kinds():
        by_caller = {
            who: [by_kind[kind] for by_kind in by_seed if kind in by_kind]
            for who, by_seed in ((kind, scored), ("  baseline", baseline_cards))
        }
        if not any(c.score.troubles or c.score.calls for seed_cards in by_caller.values() for c in seed_cards):
            continue
        for who, seed_cards in by_caller.items():
            if seed_cards:
                cells = {name: _measure(name, seed_cards) for name in MEASURES}
                found.append((who, *map(str, counts(seed_cards).values()), *(cells[name] for name in COUNTED)))
                when.append((who, *(cells[name] for name in HEADS)))
    print_table(found)
    typer.echo(
        "  grey: calls that met no trouble, but came near one; baseline: the best fixed\n"
        "  threshold" + ("; ±: half a 95 % confidence interval over seeds" if len(scored) > 1 else "") + "\n"
    )
    print_table(when)
    typer.echo(
        "  lead: median time from the first call to the onset; false/month: false calls\n"
        "  a node and month; false time: share of a node's time with a false call open;\n"
        "  clear: median time that a call outlasts its trouble; flaps: calls raised anew\n"
        "  within a day"
    )


def print_probes(
    by_seed: list[dict[str, ProbeCard]], broken: list[dict[str, FaultCard]], doubted: list[dict[str, ProbeCard]]
) -> None:
    """What nodes said of their probes: a line a channel, and one of the kinds of fault; `doubted`: cards of what the
    page would doubt beside."""
    rows: list[Row] = [("probe", "faulty", "flagged", "flags", "false", "recall", "false/month", "after")]
    for channel in by_seed[0]:
        seed_cards = [s[channel] for s in by_seed]
        counted = probe_counts(seed_cards)
        if counted["faults"] or counted["flags"]:
            cells = {name: interval(measure(c) for c in seed_cards) for name, measure in PROBE_MEASURES.items()}
            rows.append(
                (
                    channel,
                    *map(str, counted.values()),
                    *(_hours(v) if "hours" in name else _cell(v, share=name == "recall") for name, v in cells.items()),
                )
            )
    typer.echo(
        "\n  faults of probes, and what the nodes flag as faulty themselves, after how long"
        + ("" if len(rows) > 1 else ": none")
    )
    if len(rows) > 1:
        print_table(rows)
        faults = {kind: sum(s[kind].faults for s in broken) for kind in broken[0]}
        said = [f"{kind} {sum(s[kind].found for s in broken)} of {of}" for kind, of in faults.items() if of]
        for first in range(0, len(said), 4):
            typer.echo(("  flagged: " if first == 0 else "           ") + ", ".join(said[first : first + 4]))
    every = [s[ALL] for s in doubted]
    if of := sum(c.faults for c in every):
        false = _cell(interval(c.false_per_node_month for c in every))
        typer.echo(
            f"  with what the page doubts beside: {sum(c.found_soon for c in every)} of {of} within two days, "
            f"{false} false/month"
        )


def print_energy(results: list[RunResult], callers: Sequence[str]) -> None:
    """What a node puts on the air and draws with the one caller or the other."""
    typer.echo("\n  a node and day: on the air, and charge drawn; how long a full cell lasts")
    rows: list[Row] = [("caller", "on the air", "of it calls", "charge", "cell lasts")]
    for caller in callers:
        size, mah, days = (_cell(interval(cost(o.energy, caller) for o in results)) for cost in COSTS.values())
        calls = [o.energy.bytes_of(caller) / (o.energy.bytes_of(caller) + o.energy.bytes_of(NODE)) for o in results]
        rows.append((caller, f"{size} bytes", f"{100 * mean(calls):.2g}%", f"{mah} mAh", f"{days} days"))
    print_table(rows)
    lost = heard(results)
    if any(lost.values()):
        typer.echo(
            f"  frames sent again: {lost['sent_again']:,}; never heard: {lost['lost_readings']:,} readings\n"
            f"  and {lost['lost_calls']:,} frames of calls"
        )


def counts(seed_cards: list[Card]) -> dict[str, int]:
    """Troubles and calls of all seeds."""
    return {
        "troubles": sum(c.score.troubles for c in seed_cards),
        "found": sum(c.score.found for c in seed_cards),
        "calls": sum(c.score.calls for c in seed_cards),
        "grey_calls": sum(c.score.grey_calls for c in seed_cards),
        "false_calls": sum(c.score.false_calls for c in seed_cards),
    }


def heard(results: list[RunResult]) -> dict[str, int]:
    """What bad air, outages and power cuts cost: sendings of what was sent before, and what no gateway ever hears."""
    return {
        "sent_again": sum(o.energy.repeats_of(who) for o in results for who in (NODE, SENTINEL)),
        "lost_readings": sum(o.energy.lost[NODE] for o in results),
        "lost_calls": sum(o.energy.lost[SENTINEL] for o in results),
    }


def probe_counts(seed_cards: list[ProbeCard]) -> dict[str, int]:
    """Faults and flags of all seeds."""
    return {
        "faults": sum(c.faults for c in seed_cards),
        "found": sum(c.found for c in seed_cards),
        "flags": sum(c.flags for c in seed_cards),
        "false_flags": sum(c.false_flags for c in seed_cards),
    }


def _measure(name: str, seed_cards: list[Card]) -> str:
    value = interval(MEASURES[name](c) for c in seed_cards)
    if name == "lead_h":
        return "-" if value is None else f"{_hours(value, abs(value.mean))} {'late' if value.mean < 0 else 'ahead'}"
    return _hours(value) if name == "to_clear_h" else _cell(value, share=name in SHARES)


def _hours(value: Interval | None, shown: float | None = None) -> str:
    """Hours; `shown` instead of the mean."""
    if value is None:
        return "-"
    spread = f" ±{value.half_width:.1f}" if value.half_width else ""
    return f"{value.mean if shown is None else shown:.1f}{spread} h"


def _cell(value: Interval | None, *, share: bool = False) -> str:
    if value is None:
        return "-"
    factor, digits = (100, 0) if share else (1, _digits(value))
    text = f"{factor * value.mean:.{digits}f}{'%' if share else ''}"
    if not value.half_width:
        return text
    # Two or three seeds may leave a share quite open.
    return f"{text} ±{factor * value.half_width:.{digits}f}" if not share or value.half_width < 1 else f"{text} ±100"


def _digits(value: Interval) -> int:
    """After the point: none for nought and for hundreds."""
    if abs(value.mean) >= 100 or not (value.mean or value.half_width):
        return 0
    return 2 if abs(value.mean) < 1 else 1
