"""The report of a training run: what was learnt from what, and how it does beside the best fixed threshold."""

from collections.abc import Iterable, Sequence
from textwrap import wrap

from edge.contract.kinds import kinds

from .candidates import Candidate
from .datasets import DataSet
from .evaluation import Outcome

HEADER = (
    "| trouble | who calls | true | blind | found | in time | calls | false | false a node and month | median lead | "
    "cost |"
)
CLASSES = (
    "| class | training rows | weight | taught to call, h ahead | in time, h ahead | raised | held | cleared |\n"
    "|---|---|---|---|---|---|---|---|"
)
LINE_WIDTH = 150


def report(candidates: Sequence[Candidate], data_set: DataSet) -> str:
    """Markdown."""
    return "\n".join([*_head(data_set), *(line for candidate in candidates for line in _section(candidate))])


def _head(data_set: DataSet) -> list[str]:
    names, known = data_set.names, kinds().values()
    seasons = [
        f"| {split} | {use} | {len(names[split])}: {', '.join(names[split])} |"
        for split, use in (
            ("train", "fit the trees"),
            ("validation", "choose size, class weights and alarm policies, and the baseline's feature and value"),
            ("test", "give the figures, and nothing else"),
        )
    ]
    return [
        "# How the sentinels were trained",
        "",
        "Written by `cooee train`. Every figure is of a simulated field under real weather, on farms that are not "
        "the demo's.",
        "No figure here is of a real crop.",
        "",
        "| seasons | used to | names |",
        "|---|---|---|",
        *seasons,
        "",
        f"Data set {data_set.hash}. A season is named by weather station, year, shift of its temperatures, and seed of "
        "soils, valves and sensors.",
        "Validation figures flatter sentinel and baseline alike; test figures flatter neither.",
        "",
        "| word | meaning |",
        "|---|---|",
        "| baseline | the best fixed threshold on one feature, through the same alarm logic "
        "(`edge/threshold_baseline.py`). It stands below the sentinel in each table |",
        f"| cost | a missed trouble {_range(k.missed_cost for k in known)}, one called too late to act "
        f"{_range(k.late_cost for k in known)}, a false call 1. The candidate of least cost was taken |",
        "| lead | hours from the first call to the onset of the trouble |",
        "| found, in time, false | as `edge/scoring.py` and `edge/contract/kinds.toml` define them |",
        "| blind | troubles during which a probe that the caller needs was faulty on every node of the zone. "
        "A sentinel needs all its channels, a threshold only one |",
        "| raised, held, cleared | the alarm policy: confidence and minutes until a call, confidence that keeps it, "
        "minutes until it ends |",
        "",
    ]


def _section(candidate: Candidate) -> list[str]:
    compared = {m.target.name: m for m in candidate.comparisons}
    lines = [f"## {candidate.recipe.name}: {candidate.label}", "", CLASSES]
    for name, count in candidate.rows.items():
        learnt = f"| {name} | {count:,} | {candidate.weights[name]:.2f} |"
        if name not in compared:
            lines.append(f"{learnt} - | - | - | - | - |")
            continue
        target, policy = compared[name].target, compared[name].sentinel.policy
        lines.append(
            f"{learnt} {target.horizon_h:g} | {target.trouble.min_lead_h:g} | {policy.raise_percent} % for "
            f"{policy.on_delay_min} min | {policy.keep_percent} % | after {policy.clear_delay_min} min |"
        )
    lines += ["", *wrap(f"Features: {', '.join(candidate.recipe.features)}.", LINE_WIDTH), ""]
    for title, which in (("Test seasons", "test"), ("Validation seasons", "validation")):
        lines += [f"{title}:", "", HEADER, "|---|---|---|---|---|---|---|---|---|---|---|"]
        lines += [
            _line(m.target.name, who, getattr(caller, which))
            for m in candidate.comparisons
            for who, caller in (("sentinel", m.sentinel), (m.baseline.name, m.baseline))
        ]
        lines.append("")
    return lines


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
