"""Several channels of a past time, side by side."""

from collections.abc import Sequence

from .store import Store


def together(
    store: Store, farm: str, nodes: Sequence[str], channels: Sequence[str], since: int, until: int, points: int
) -> tuple[list[int], dict[str, list[float]]]:
    """Means of channels over `points` equal times of [since, until), by channel, and those times (UTC ms): the ones at
    which all channels are known. Raises StoreError."""
    found = {name: store.history(farm, nodes, name, since, until, points) for name in channels}
    by_t = {name: dict(zip(history.t, history.mean, strict=True)) for name, history in found.items()}
    t = sorted(set.intersection(*map(set, by_t.values()))) if by_t else []
    return t, {name: [values[at] for at in t] for name, values in by_t.items()}
