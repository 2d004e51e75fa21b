"""A run as one HTML page that explains itself: weather, what was true in each zone, what the nodes called, what they
missed."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from edge.board.battery import FRESH
from edge.contract.channels import channel
from edge.contract.kinds import Kind, kinds
from edge.farm import Zone
from edge.scoring import CallSpan, Episode, score

from ..field.season import Field
from ..nodes.energy_budget import SENTINEL
from ..scenarios.scenario import Scenario
from ..scoring.cards import COSTS, Card
from ..scoring.probe_flags import ALL, ProbeCard
from ..time_grid import STEPS_A_DAY
from ..weather.series import Weather
from .bulk import RunResult
from .drawing import LEFT, PLOT, RIGHT, WIDTH, Axis, Floats, bar, line, rounded, svg

ZONES_SHOWN = 6
LANE = 17

_STYLE = """:root { color-scheme: light dark; --ink: #1d2126; --quiet: #4d5560; --paper: #fff; --rule: #d5d9de; --week: #eceef1;
  --water: #1f5fa8; --limit: #b3561e; --gust: #59616d; --freezing: #2b7d8a; --gas: #7a3f9d; --unheard: #8a6d1f }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --quiet: #a9b2bd; --paper: #14181d; --rule: #3a424c;
  --week: #262d35; --water: #6ea8e6; --limit: #e08a54; --gust: #9aa4b1; --freezing: #62bcc9; --gas: #c08fe0; --unheard: #d0ae55 }
  svg rect { filter: brightness(1.5) } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1040px; padding: 0 1rem; color: var(--ink);
  background: var(--paper) } h1, h2, p { overflow-wrap: anywhere }
.plot { overflow-x: auto } svg { width: 100%; min-width: 860px; height: auto; display: block }
svg text { font: 13px system-ui, sans-serif; fill: var(--quiet) }
table { border-collapse: collapse; display: block; overflow-x: auto }
th, td { text-align: right; padding: .25rem .7rem; border-bottom: 1px solid var(--rule); white-space: nowrap }
th { white-space: normal; vertical-align: bottom; min-width: 4rem } th:first-child, td:first-child { text-align: left }
.quiet { color: var(--quiet) } h1 { line-height: 1.2 } h2 { margin: 2rem 0 .3rem; font-size: 1.2rem }"""


def report(
    scenario: Scenario,
    result: RunResult,
    *,
    nodes: int,
    seed: int,
    cards: Mapping[str, Card],
    baseline: Mapping[str, Card] | None,
    probes: Mapping[str, ProbeCard],
) -> str:
    """The page of one run: its first zones in plots, all of it in the tables. `baseline`: cards of the fixed
    thresholds, if they ran."""
    zones = scenario.farm.zones[:ZONES_SHOWN]
    shown = {z.id for z in zones}
    field = Field(
        scenario.farm.with_only(zones, (n for n in scenario.farm.nodes if n.zone in shown)),
        scenario.weather,
        seed,
        scenario.events,
    )
    parts = [
        f"<h2>{escape(zone.name)} <span class='quiet'>({escape(zone.id)})</span></h2>" + _zone(field, row, zone, result)
        for row, zone in enumerate(zones)
    ]
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(scenario.title)}</title><style>{_STYLE}</style><h1>{escape(scenario.title)}</h1>"
        f"<p class='quiet'>A simulated season: {scenario.weather.days} days of {escape(scenario.weather.name)} "
        f"weather, "
        f"{nodes:,} nodes, seed {seed}. "
        "Bars above a line are what was true, bars below it what nodes called: filled when it was right, hollow when "
        "it was false; "
        "a trouble that nobody called is hollow. Times are UTC.</p>"
        f"{_table(cards, baseline)}<h2>Weather</h2>{_weather(scenario.weather)}{''.join(parts)}"
        f"<h2>Nodes</h2>{_energy(result)}{_probes(probes)}</html>\n"
    )


def _table(cards: Mapping[str, Card], baseline: Mapping[str, Card] | None) -> str:
    names = (
        "trouble",
        "true",
        "found",
        "calls",
        "grey",
        "false",
        "median lead",
        "false a node and month",
        "time to clear",
    )
    rows = [
        (
            kinds()[kind].words,
            c.score.troubles,
            c.score.found,
            c.score.calls,
            c.score.grey_calls,
            c.score.false_calls,
            c.score.lead_in_words,
            _value(c.false_per_node_month, ".2f", ""),
            _value(c.to_clear_h, ".1f", " h"),
            *(_beside(baseline, kind)),
        )
        for kind, c in cards.items()
        if c.score.troubles or c.score.calls
    ]
    beside = () if baseline is None else ("baseline: found", "false", "median lead")
    return _rows((*names, *beside), rows) if rows else "<p>No trouble and no call.</p>"


def _beside(baseline: Mapping[str, Card] | None, kind: str) -> tuple[object, ...]:
    """What the best fixed threshold did at a kind."""
    if baseline is None:
        return ()
    card = baseline.get(kind)
    return (card.score.found, card.score.false_calls, card.score.lead_in_words) if card else (0, 0, "-")


def _rows(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    head = "".join(f"<th>{name}</th>" for name in names)
    return f"<table><tr>{head}</tr>{''.join('<tr>' + ''.join(f'<td>{cell}</td>' for cell in row) + '</tr>' for row in rows)}</table>"


def _probes(probes: Mapping[str, ProbeCard]) -> str:
    every = probes[ALL]
    if not every.faults and not every.flags:
        return "<p>No probe was faulty, and no node said that one was.</p>"
    names = ("probe", "faulty", "flagged", "flags", "false", "median time to the flag")
    rows = [
        (
            "all" if name == ALL else channel(name).label,
            c.faults,
            c.found,
            c.flags,
            c.false_flags,
            _value(c.hours_to_flag, ".1f", " h"),
        )
        for name, c in probes.items()
        if c.faults or c.flags
    ]
    return (
        f"<p>Nodes flagged {every.found} of {every.faults} faults of their probes themselves; "
        f"{every.false_flags or 'none'} of their flags {'was' if every.false_flags == 1 else 'were'} false.</p>"
        + _rows(names, rows)
    )


def _energy(result: RunResult) -> str:
    size, mah, days = (cost(result.energy, SENTINEL) or 0.0 for cost in COSTS.values())
    return (
        f"<p>A node puts {size:,.0f} bytes a day on the air and draws {mah:.2f} mAh; a full cell of "
        f"{FRESH.capacity_mah:,.0f} mAh lasts "
        f"{days:,.0f} days at 25 degC.</p>"
    )


def _value(value: float | None, form: str, unit: str) -> str:
    return "-" if value is None else f"{value:{form}}{unit}"


def _weather(weather: Weather) -> str:
    """Daily range of temperature, daily rain as bars, strongest gust of a day."""

    def days(values: Floats) -> Floats:
        return values[: weather.days * STEPS_A_DAY].reshape(-1, STEPS_A_DAY)

    t = weather.times_ms()
    noons = [int(x) for x in t[STEPS_A_DAY // 2 :: STEPS_A_DAY][: weather.days]]
    low, high, rain, gust = (
        days(weather.temperature).min(axis=1),
        days(weather.temperature).max(axis=1),
        days(weather.rain).sum(axis=1),
        days(weather.gust).max(axis=1),
    )
    axis = Axis(
        start=int(t[0]),
        end=int(t[-1]),
        low=0 - rounded(-float(low.min())),
        high=rounded(max(30.0, float(high.max()), float(gust.max()))),
    )
    around = [*zip(noons, high, strict=True), *zip(noons[::-1], low[::-1], strict=True)]
    band = " ".join(f"{axis.x(x):.1f},{axis.y(v):.1f}" for x, v in around)
    tall = np.minimum(rain, 60) * 1.5
    bars = "".join(
        f"<rect x='{axis.x(x) - 2:.1f}' width='4' y='{PLOT - r:.1f}' height='{r:.1f}' fill='var(--water)' opacity='.55'/>"
        for x, r in zip(noons, tall, strict=True)
        if r >= 0.3
    )
    body = (
        f"<polygon points='{band}' fill='var(--limit)' opacity='.3'/>{bars}{line(axis, noons, gust, 'var(--gust)')}"
        f"<line x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{axis.y(0):.1f}' y2='{axis.y(0):.1f}' stroke='var(--freezing)' "
        f"stroke-dasharray='3 3'/>"
    )
    legend = "temperature, daily range (brown), gust in m/s (grey line), rain (blue bars, 40 mm is half the height)"
    return svg(axis, body, PLOT + 8, "degC, m/s", title=f"Weather of {weather.name}") + f"<p class='quiet'>{legend}</p>"


def _zone(field: Field, row: int, zone: Zone, result: RunResult) -> str:
    hours = slice(0, None, 6)
    t = [int(x) for x in field.t[hours]]
    if zone.store:
        level = field.values(zone.id)["ethylene"][hours]
        axis = Axis(start=t[0], end=t[-1], low=0.0, high=rounded(max(0.2, float(level.max()))))
        body, unit = line(axis, t, level, "var(--gas)"), "ethylene, ppm"
    else:
        depletion, raw = field.depletion[row][hours], np.repeat(field.raw[row], STEPS_A_DAY)[hours]
        axis = Axis(start=t[0], end=t[-1], low=-rounded(max(float(depletion.max()), float(raw.max()))), high=0.0)
        body, unit = (
            line(axis, t, -depletion, "var(--water)") + line(axis, t, -raw, "var(--limit)", dashed=True),
            "water lost, mm (dashed: stress begins)",
        )
    lanes, height = _lanes(
        axis,
        [e for e in result.troubles if e.zone == zone.id],
        [e for e in result.nearly if e.zone == zone.id],
        [c for c in result.calls if c.zone == zone.id],
        _failures(field, zone, result),
    )
    title = f"{zone.name}: {unit}, what was true and what was called"
    return svg(axis, body + lanes, height, unit, title=title, downwards=not zone.store)


def _failures(field: Field, zone: Zone, result: RunResult) -> list[tuple[str, int, int]]:
    """What kept the zone's nodes from being heard: (what, from, to), UTC ms."""
    step_ms, here = int(field.t[1] - field.t[0]), {node.id for node in field.farm.nodes if node.zone == zone.id}
    spells = [("bad air", radio) for radio in field.events.radio] + [
        ("no gateway", outage) for outage in field.events.outages
    ]
    return [(f"no power at {node}", start, end) for node, start, end in result.powerless if node in here] + [
        (what, int(field.t[0]) + spell.first * step_ms, int(field.t[0]) + spell.last * step_ms)
        for what, spell in spells
    ]


def _lanes(
    axis: Axis,
    troubles: Sequence[Episode],
    nearly: Sequence[Episode],
    calls: Sequence[CallSpan],
    failures: Sequence[tuple[str, int, int]],
) -> tuple[str, int]:
    """A lane a kind under the plot; one for what kept nodes silent; and the height of it all."""
    parts, y = [], PLOT + 10
    for kind in kinds().values():
        own, called = [e for e in troubles if e.kind == kind.name], [c for c in calls if c.kind == kind.name]
        if own or called:
            parts.append(_lane(axis, kind, own, nearly, called, middle=y + LANE))
            y += 2 * LANE
    if failures:
        parts.append(f"<text x='{LEFT - 6}' y='{y + LANE + 4}' text-anchor='end'>not heard</text>")
        parts += [
            bar(axis, start, end, y + LANE - 4, "var(--unheard)", filled=True, says=what)
            for what, start, end in failures
        ]
        y += 2 * LANE
    return "".join(parts), y + 8


def _lane(
    axis: Axis,
    kind: Kind,
    troubles: Sequence[Episode],
    nearly: Sequence[Episode],
    calls: Sequence[CallSpan],
    *,
    middle: int,
) -> str:
    """Of one kind: troubles above the line at `middle`, calls below."""
    parts = [
        f"<text x='{LEFT - 6}' y='{middle + 4}' text-anchor='end'>{escape(kind.words)}</text>"
        f"<line x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{middle}' y2='{middle}' stroke='var(--rule)'/>"
    ]
    for episode in troubles:
        found = bool(score([episode], calls)[0].found)
        says = "trouble" if found else "trouble that nobody called"
        parts.append(bar(axis, episode.start, episode.end, middle - 11, kind.colour, filled=found, says=says))
    for call in calls:
        scored = score(troubles, [call], nearly)[0]
        what = "false call" if scored.false_calls else "grey call" if scored.grey_calls else "call"
        says, is_right = f"{what} of {call.node}", not scored.false_calls
        parts.append(bar(axis, call.raised, call.cleared, middle + 3, kind.colour, filled=is_right, says=says))
    return "".join(parts)
