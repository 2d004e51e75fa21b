"""The report of a training run: what was learnt from what, and how it does beside the best fixed threshold."""

from collections.abc import Callable, Iterable, Sequence
from textwrap import wrap

from edge.contract.kinds import kinds

from .candidates import Candidate
from .confidence import calibration_error
from .datasets import DataSet
from .evaluation import Outcome

HEADER = (
    "| trouble | who calls | true | blind | found | in time | grey | false | false a zone and month | hours in "
    "false alarm a zone and month | median lead | cost |"
)
RULE = "|---" * (HEADER.count("|") - 1) + "|"
CLASSES = (
    "| class | training rows | weight | taught to call, h ahead | in time, h ahead | raised | held | cleared |\n"
    "|---|---|---|---|---|---|---|---|"
)
CONFIDENCE = "| class | says | verdicts | right |\n|---|---|---|---|"
UNTOLD, BOUND = "sentinel, untold", "tree on the true water"
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
        "Written by `cooee train`. Every figure is of a simulated field, on farms that are not the demo's.",
        "No figure here is of a real crop.",
        "",
        "| seasons | used to | names |",
        "|---|---|---|",
        *seasons,
        "",
        f"Data set {data_set.hash}. A season is named by weather station, year, shift of its temperatures, and seed of "
        "soils, valves and sensors;",
        "or by a climate and the seed of a year that never was.",
        "No weather year of validation or test is in another split, and no two test seasons share one.",
        "Validation figures flatter sentinel and baseline alike; test figures flatter neither.",
        "",
        "| word | meaning |",
        "|---|---|",
        "| baseline | the best fixed threshold on one feature, the water filter's among them, with or without "
        "hysteresis, through the same alarm logic (`edge/threshold_baseline.py`). It stands below the sentinel in "
        "each table; under it, where it may use the filter, the best that does without |",
        f"| cost | a missed trouble {_range(k.missed_cost for k in known)}, one called too late to act "
        f"{_range(k.late_cost for k in known)}, a false call 1. The candidate of least cost was taken |",
        f"| {UNTOLD} | the sentinel on nodes that hear nothing of the weather station's evapotranspiration and rain: "
        "what the gateway's word is worth |",
        f"| {BOUND} | the same kind of tree, trained and given its policies on the simulated field's true depletion "
        "and hours left: what is missed, false or late then is so by the weather to come, not by probes or filter |",
        "| lead | hours from the first call to the onset of the trouble |",
        "| found, in time, grey, false | as `edge/scoring.py` and `edge/contract/kinds.toml` define them, calls fused "
        "by zone: one trouble of a block is one call, however many nodes it has |",
        "| [a, b] | 95 % interval, by drawing the test seasons anew (bootstrap over weather years) |",
        "| blind | troubles during which a probe that the caller needs was faulty on every node of the zone. "
        "A sentinel needs all its channels, a threshold only one |",
        "| says, right | the mean confidence of verdicts, by tens of per cent, and the share of them whose class was "
        "there, within its horizon or taught as close. Classes that are weighted up are meant to call early: they say "
        "more than is right |",
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
        taught = f"{target.horizon_h:g}{', or close' if target.close_too else ''}"
        lines.append(
            f"{learnt} {taught} | {target.trouble.min_lead_h:g} | {policy.raise_percent} % for "
            f"{policy.on_delay_min} min | {policy.keep_percent} % | after {policy.clear_delay_min} min |"
        )
    lines += ["", *wrap(f"Features: {', '.join(candidate.recipe.features)}.", LINE_WIDTH)]
    if len(candidate.recipe.chosen_on) > 1:
        lines.append(f"Size, weights, policies and baseline were chosen on {' and '.join(candidate.recipe.chosen_on)}.")
    lines.append("")
    for title, which in (("Test seasons", "test"), ("Validation seasons", "validation")):
        lines += [f"{title}:", "", HEADER, RULE]
        for m in candidate.comparisons:
            callers = [("sentinel", m.sentinel), (m.baseline.name, m.baseline)]
            if m.without_filter:
                callers.append((f"{m.without_filter.name} (no filter)", m.without_filter))
            callers += [(who, caller) for who, caller in ((UNTOLD, m.untold), (BOUND, m.bound)) if caller]
            lines += [_line(m.target.name, who, getattr(caller, which), which == "test") for who, caller in callers]
            if which == "test":
                lines += [
                    _line(f"{m.target.name}, {part}", who, caller.test_parts[part], True)
                    for part in m.sentinel.test_parts
                    for who, caller in callers
                ]
        lines.append("")
    return lines + _confidence(candidate)


def _confidence(candidate: Candidate) -> list[str]:
    """The reliability curve as a table."""
    rows = [
        f"| {candidate.recipe.classes[s.class_id]} | {s.said:.0%} | {s.count:,} | {s.right:.0%} |"
        for s in candidate.sayings
    ]
    error = calibration_error(candidate.sayings)
    return [f"Confidence, test seasons (expected calibration error {error:.3f}):", "", CONFIDENCE, *rows, ""]


def _range(costs: Iterable[float]) -> str:
    """Least and greatest, or the one there is."""
    ordered = sorted(costs)
    return f"{ordered[0]:g}" if ordered[0] == ordered[-1] else f"{ordered[0]:g} to {ordered[-1]:g}"


def _line(kind: str, who: str, outcome: Outcome, intervals: bool) -> str:
    s = outcome.score
    months = sum(outcome.zone_months)

    def cell(measure: Callable[[Outcome], float | None], form: str, text: str | None = None) -> str:
        value = measure(outcome)
        if value is None:
            return "-"
        bounds = outcome.interval(measure) if intervals else None
        return (text or form.format(value)) + (
            f" [{form.format(bounds[0])}, {form.format(bounds[1])}]" if bounds else ""
        )

    found = cell(lambda o: o.score.recall, "{:.0%}", f"{s.found}, {s.recall or 0:.0%}")
    in_time = cell(_in_time, "{:.0%}", f"{s.found - s.late}, {_in_time(outcome) or 0:.0%}")
    rate = cell(lambda o: o.false_per_zone_month, "{:.2f}")
    lead = cell(lambda o: o.score.lead_h, "{:+.1f} h")
    return (
        f"| {kind} | {who} | {s.troubles} | {outcome.blind} | {found} | {in_time} | {s.grey_calls} | "
        f"{s.false_calls} | {rate} | {s.false_h / months:.1f} | {lead} | {s.cost:g} |"
    )


def _in_time(outcome: Outcome) -> float | None:
    s = outcome.score
    return (s.found - s.late) / s.troubles if s.troubles else None
