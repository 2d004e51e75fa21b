"""How the calls and flags of some seeds did: the cards of each, and score.json of all."""

from dataclasses import asdict, dataclass
from typing import Self

from edge.contract.kinds import kinds

from ..nodes.energy_budget import BASELINE, NODE, SENTINEL
from ..scoring.cards import COSTS, MEASURES, Card, Interval, cards, interval
from ..scoring.probe_flags import ALL, PROBE_MEASURES, FaultCard, ProbeCard, either, kind_cards, probe_cards
from .bulk import RunResult
from .tables import counts, heard, probe_counts


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Cards of each seed: of the sentinels' calls and of the fixed thresholds' (none: not scored), of what nodes flag
    of their probes, the same with what the page doubts beside, and by what was wrong with a probe."""

    results: list[RunResult]
    sentinels: list[dict[str, Card]]
    baseline: list[dict[str, Card]]
    probes: list[dict[str, ProbeCard]]
    doubted: list[dict[str, ProbeCard]]
    broken: list[dict[str, FaultCard]]

    @classmethod
    def of(cls, results: list[RunResult], *, baseline: bool) -> Self:
        """The results of some seeds, scored."""
        return cls(
            results=results,
            sentinels=[cards(o.troubles, o.calls, o.node_hours, o.nearly) for o in results],
            baseline=[cards(o.troubles, o.baseline_calls, o.node_hours, o.nearly) for o in results if baseline],
            probes=[probe_cards(o.faults, o.flags, o.channel_hours) for o in results],
            doubted=[probe_cards(o.faults, either(o.flags, o.doubts), o.channel_hours) for o in results],
            broken=[kind_cards(o.faults, o.flags) for o in results],
        )

    @property
    def callers(self) -> tuple[str, ...]:
        """Whose calls were scored."""
        return (SENTINEL, BASELINE) if self.baseline else (SENTINEL,)

    def as_json(self) -> dict[str, object]:
        """What score.json has of them."""
        results = self.results
        by_kind: dict[str, dict[str, object]] = {}
        for kind in kinds():
            by_kind[kind] = _measures(self.sentinels, kind) | _air(results, SENTINEL, kind)
            if self.baseline:
                by_kind[kind] |= {"baseline": _measures(self.baseline, kind) | _air(results, BASELINE, kind)}
        energy = {
            caller: {name: _written(interval(cost(o.energy, caller) for o in results)) for name, cost in COSTS.items()}
            for caller in self.callers
        }
        return {
            "seeds": len(results),
            "node_steps": sum(o.node_steps for o in results),
            "telemetry_bytes": sum(o.energy.bytes_of(NODE, "telemetry") for o in results),
            "kinds": by_kind,
            "energy_budget": energy,
            "heard": heard(results),
            "probe_faulty": _probes(self.probes)
            | {"kinds": _kinds(self.broken), "with_doubts": _doubted(self.doubted)},
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
