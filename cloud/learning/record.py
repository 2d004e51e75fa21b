"""Which sentinels a farm released, and which run where."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.board.build import RELEASED
from edge.contract.errors import CooeeError
from edge.core import sentinels
from edge.farm import Farm
from edge.scoring import HOUR_MS, MONTH_H

from ..clock import DAY_MS
from ..store import Store
from .judged import PastCall, past_calls

RELEASES = "releases.json"
LOOKED_BACK_MS = 180 * DAY_MS
"""How far back calls say which version runs, and how it did."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """A released sentinel: its version, the one that it replaced, when (UTC ms), and how both did beside each other."""

    sentinel: str
    version: str
    replaced: str
    released_t: int
    shadow: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class InUse:
    """A version of a sentinel, and the nodes that run it by their newest call, or else are built with it. `since`: its
    release or first call, UTC ms, None where neither is known; how many of its calls were judged right and wrong, by
    kind."""

    sentinel: str
    version: str
    kinds: tuple[str, ...]
    nodes: tuple[str, ...]
    since: int | None
    right: dict[str, int]
    wrong: dict[str, int]
    false_per_node_month: float | None


def releases(data: Path) -> list[Release]:
    """What was released, oldest first. CooeeError: the record cannot be read."""
    path = data / RELEASED / RELEASES
    try:
        return [Release(**each) for each in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        raise CooeeError(f"{path}: cannot be read ({error}); restore it from a backup, or release again") from None


def in_use(farm: Farm, store: Store, data: Path | None, now: int) -> list[InUse]:
    """Every version of every sentinel that some node runs. Raises StoreError, and CooeeError as `releases` does."""
    made = releases(data) if data else []
    found = []
    for sentinel in sentinels():
        since = {release.version: release.released_t for release in made if release.sentinel == sentinel.name}
        built_with = list(since)[-1] if since else f"{sentinel.version:08x}"
        calls = past_calls(store, farm, sentinel.name, now - LOOKED_BACK_MS, now + 1)
        said = {call.span.node: call.version for call in calls}
        nodes: dict[str, list[str]] = defaultdict(list)
        for node in farm.nodes:
            if sentinel.name in node.sentinels:
                nodes[said.get(node.id, built_with)].append(node.id)
        for version, some in nodes.items():
            own = [call for call in calls if call.version == version]
            began = since.get(version, min((call.span.raised for call in own), default=None))
            found.append(_in_use(sentinel.name, version, sentinel.classes[1:], some, began, own, now))
    return found


def _in_use(
    name: str,
    version: str,
    kinds: tuple[str, ...],
    nodes: list[str],
    since: int | None,
    calls: list[PastCall],
    now: int,
) -> InUse:
    right, wrong = (Counter(call.span.kind for call in calls if call.right is said) for said in (True, False))
    months = len(nodes) * (now - since) / HOUR_MS / MONTH_H if since is not None and now - since >= DAY_MS else None
    return InUse(
        sentinel=name,
        version=version,
        kinds=kinds,
        nodes=tuple(nodes),
        since=since,
        right=dict(right),
        wrong=dict(wrong),
        false_per_node_month=wrong.total() / months if months else None,
    )
