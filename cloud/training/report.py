"""The report of a training run: what was learnt from what, and how it does beside the best fixed threshold."""

from collections.abc import Iterable, Sequence

from edge.contract.kinds import kinds

from .datasets import DataSet
from .evaluation import Outcome
from .students import Caller, Student

HEADER = (
    "| trouble | who calls | true | blind | found | in time | calls | false | false a node and month | median lead | "
    "cost |"
)


def report(students: Sequence[Student], data_set: DataSet) -> str:
    """Markdown."""
    names, known = data_set.names, kinds().values()
    lines = [
        "# How the sentinels were trained",
        "",
        "Written by `cooee train`. Every figure is of a simulated field under real weather, on farms that are not "
        "the demo's.",
        "",
        f"- Data set {data_set.hash}: {len(names['train'])} seasons to grow trees on ({', '.join(names['train'])}), "
        f"{len(names['choose'])} to "
        f"choose on ({', '.join(names['choose'])}), {len(names['test'])} for the figures alone "
        f"({', '.join(names['test'])}). A name is the weather "
        "station and year, what its temperatures were shifted by, and the seed of soils, valves and sensors.",
        "- Seasons to choose on decide on the size of a tree, its class weights and its alarm policies, and as much "
        "for its opponent: the best "
        "fixed threshold on one feature, through the same alarm logic. Their figures flatter both; those of the test "
        "seasons flatter neither.",
        f"- Costs: a missed trouble {_range(k.missed_cost for k in known)}, one called too late to act "
        f"{_range(k.late_cost for k in known)}, a false call 1. The candidate "
        "of least cost was taken.",
        "- Lead: from the first call to the onset of the trouble, hours; what counts as found, false and in time is "
        "in `edge/scoring.py` and "
        "`cloud/training/recipes.py`. Blind: troubles during which a probe that the caller needs was faulty on every "
        "node of "
        "the zone; a sentinel needs all its channels, a threshold only one.",
        "",
    ]
    for student in students:
        lines += _section(student)
    return "\n".join(lines)


def _section(student: Student) -> list[str]:
    classes = ", ".join(f"{name} {count:,} x {student.weights[name]:.2f}" for name, count in student.rows.items())
    ahead = ", ".join(f"{m.kind.name} {m.kind.ahead_h:g} h (in time: {m.kind.needed_h:g} h)" for m in student.matches)
    policies = "; ".join(f"{m.kind.name} {_policy(m.sentinel)}" for m in student.matches)
    lines = [
        f"## {student.recipe.name}: {student.label}",
        "",
        f"Training rows and their weights: {classes}. Taught to call ahead: {ahead}. "
        f"Policies: {policies}. Features: {', '.join(student.recipe.features)}.",
        "",
    ]
    for title, which in (("Test seasons", "tested"), ("Seasons to choose on", "chosen")):
        lines += [f"{title}:", "", HEADER, "|---|---|---|---|---|---|---|---|---|---|---|"]
        lines += [
            _line(m.kind.name, who, getattr(caller, which))
            for m in student.matches
            for who, caller in (("sentinel", m.sentinel), (m.opponent.name, m.opponent))
        ]
        lines.append("")
    return lines


def _policy(caller: Caller) -> str:
    p = caller.policy
    return (
        f"after {p.on_delay_min} min at {p.raise_percent} %, held at {p.keep_percent} %, cleared after "
        f"{p.clear_delay_min} min"
    )


def _range(costs: Iterable[float]) -> str:
    """Least and greatest, or the one there is."""
    ordered = sorted(costs)
    return f"{ordered[0]:g}" if ordered[0] == ordered[-1] else f"{ordered[0]:g} to {ordered[-1]:g}"


def _line(kind: str, who: str, outcome: Outcome) -> str:
    s = outcome.score
    lead = "-" if s.lead_h is None else f"{s.lead_h:+.1f} h"
    return (
        f"| {kind} | {who} | {s.troubles} | {outcome.blind} | {s.found} | {s.found - outcome.late} | {s.calls} | "
        f"{s.false_calls} | "
        f"{outcome.false_per_node_month:.2f} | {lead} | {outcome.cost:g} |"
    )
