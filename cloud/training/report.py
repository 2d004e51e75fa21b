"""The report of a training run: what was learnt from what, and how it does beside the best fixed threshold."""

from collections.abc import Sequence

from .evaluation import Outcome
from .recipes import FALSE_COST, LATE_COST, MISSED_COST
from .students import Chosen, Student


def report(students: Sequence[Student], *, data_hash: str, learnt: Sequence[str], held_out: Sequence[str]) -> str:
    """Markdown."""
    lines = [
        "# How the sentinels were trained", "",
        "Written by `cooee train`; every figure is of a simulated field under real weather.", "",
        f"- Data set {data_hash}. Learnt from: {', '.join(learnt)}.",
        f"- Size, alarm policy and the opponent's threshold were chosen on: {', '.join(held_out)}. The figures below are of these seasons, so they "
        "flatter both sides alike; the demo's scorecard, on Whately 2015, is of weather that neither has seen.",
        f"- A missed trouble costs {MISSED_COST:g}, one that is called too late to act {LATE_COST:g}, a false call {FALSE_COST:g}. "
        "Of each sentinel's candidates the one of least cost was taken.",
        "- The opponent is the best fixed threshold on the one feature that suits it best, through the same alarm logic.", ""]
    for student in students:
        rows = ", ".join(f"{name} {count:,}" for name, count in student.balance.items())
        lines += [f"## {student.recipe.name}: {student.label}", "", f"Training rows: {rows}. Features: {', '.join(student.recipe.features)}.", "",
                  "| trouble | who | troubles | found | in time | calls | false | false a node and month | median lead | cost |",
                  "|---|---|---|---|---|---|---|---|---|---|"]
        for chosen in student.chosen:
            lines += [_line(chosen.kind.name, "sentinel", chosen.outcome), _line(chosen.kind.name, _opponent(chosen), chosen.threshold_outcome)]
        lines.append("")
    return "\n".join(lines)


def _opponent(chosen: Chosen) -> str:
    return f"{chosen.kind.opponent} {'>=' if chosen.kind.above else '<='} {chosen.threshold}"


def _line(kind: str, who: str, outcome: Outcome) -> str:
    s = outcome.score
    lead = "-" if s.lead_h is None else f"{s.lead_h:+.1f} h"
    return (f"| {kind} | {who} | {s.troubles} | {s.found} | {s.found - outcome.late} | {s.calls} | {s.false_calls} | "
            f"{outcome.false_per_node_month:.2f} | {lead} | {outcome.cost:g} |")
