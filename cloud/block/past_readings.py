"""Several channels of a past time, side by side."""

from collections.abc import Sequence
from statistics import fmean

from ..store import History, Store


def together(
    store: Store, farm: str, nodes: Sequence[str], channels: Sequence[str], since: int, until: int, points: int
) -> tuple[list[int], dict[str, list[float]]]:
    """Means of channels over `points` equal times of [since, until), by channel, and those times (UTC ms): the ones at
    which all channels are known. Raises StoreError."""
    found = {name: store.history(farm, nodes, name, since, until, points) for name in channels}
    by_t = {name: dict(zip(history.t, history.mean, strict=True)) for name, history in found.items()}
    t = sorted(set.intersection(*map(set, by_t.values()))) if by_t else []
    return t, {name: [values[at] for at in t] for name, values in by_t.items()}


def envelope(histories: Sequence[History]) -> History:
    """A channel of several sensors together, by their own histories in the same buckets: lowest, highest, and the mean
    of their means."""
    means: dict[int, list[float]] = {}
    low: dict[int, float] = {}
    high: dict[int, float] = {}
    for history in histories:
        for t, mean, least, most in zip(history.t, history.mean, history.low, history.high, strict=True):
            means.setdefault(t, []).append(mean)
            low[t], high[t] = min(least, low.get(t, least)), max(most, high.get(t, most))
    t_all = sorted(means)
    return History(
        t=t_all, mean=[fmean(means[t]) for t in t_all], low=[low[t] for t in t_all], high=[high[t] for t in t_all]
    )
