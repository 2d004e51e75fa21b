"""The report of a training run: what was learnt from what, and how it does beside the best fixed threshold."""

from collections.abc import Iterable, Sequence

from edge.contract.kinds import kinds

from .candidates import Caller, Candidate
from .datasets import DataSet
from .evaluation import Outcome

HEADER = (
    "| trouble | who calls | true | blind | found | in time | calls | false | false a node and month | median lead | "
    "cost |"
)


def report(candidates: Sequence[Candidate], data_set: DataSet) -> str:
    """Markdown."""
    names, known = data_set.names, kinds().values()
    lines = [
        "# How the sentinels were trained",
        "",
        "Written by `cooee train`. Every figure is of a simulated field under real weather, on farms that are not "
        "the demo's.",
        "",
        f"- Data set {data_set.hash}: {len(names['train'])} training seasons ({', '.join(names['train'])}), "
        f"{len(names['validation'])} validation seasons ({', '.join(names['validation'])}), "
        f"{len(names['test'])} test seasons ({', '.join(names['test'])}). A name is the weather "
        "station and year, what its temperatures were shifted by, and the seed of soils, valves and sensors.",
        "- Validation seasons decide on the size of a tree, its class weights and its alarm policies, and as much for "
        "its baseline: the best fixed threshold on one feature, through the same alarm logic "
        "(`edge/threshold_baseline.py`). Their figures flatter both; those of the test seasons flatter neither.",
        f"- Costs: a missed trouble {_range(k.missed_cost for k in known)}, one called too late to act "
        f"{_range(k.late_cost for k in known)}, a false call 1. The candidate "
        "of least cost was taken.",
        "- Lead: from the first call to the onset of the trouble, hours; what counts as found, false and in time is in "
        "`edge/scoring.py` and `edge/contract/kinds.toml`. Blind: troubles during which a probe that the caller needs "
        "was faulty on every node of the zone; a sentinel needs all its channels, a threshold only one.",
        "",
    ]
    for candidate in candidates:
        lines += _section(candidate)
    return "\n".join(lines)


def _section(candidate: Candidate) -> list[str]:
    classes = ", ".join(f"{name} {count:,} x {candidate.weights[name]:.2f}" for name, count in candidate.rows.items())
    horizons = ", ".join(
        f"{m.target.name} {m.target.horizon_h:g} h (in time: {m.target.trouble.min_lead_h:g} h)"
        for m in candidate.comparisons
    )
    policies = "; ".join(f"{m.target.name} {_policy(m.sentinel)}" for m in candidate.comparisons)
    lines = [
        f"## {candidate.recipe.name}: {candidate.label}",
        "",
        f"Training rows and their weights: {classes}. Horizons, hours ahead that it is taught to call: {horizons}. "
        f"Policies: {policies}. Features: {', '.join(candidate.recipe.features)}.",
        "",
    ]
    for title, which in (("Test seasons", "test"), ("Validation seasons", "validation")):
        lines += [f"{title}:", "", HEADER, "|---|---|---|---|---|---|---|---|---|---|---|"]
        lines += [
            _line(m.target.name, who, getattr(caller, which))
            for m in candidate.comparisons
            for who, caller in (("sentinel", m.sentinel), (m.baseline.name, m.baseline))
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
        f"| {kind} | {who} | {s.troubles} | {outcome.blind} | {s.found} | {s.found - s.late} | {s.calls} | "
        f"{s.false_calls} | "
        f"{outcome.false_per_node_month:.2f} | {lead} | {s.cost:g} |"
    )
