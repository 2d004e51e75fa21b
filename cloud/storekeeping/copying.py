"""Moves a farm from one store to another, a day at a time, and holds both against each other.

Nothing else remembers how far it came: a day whose rows are in both, alike, is done. So it may be stopped and begun
again at any time, and a second run changes nothing and proves the first.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from edge.contract.errors import StoreError

from ..clock import DAY_MS
from ..store import Store, Stored
from ..store.fields import MEASUREMENTS, fields
from ..store.rollups import READINGS, SPANS, Rollup

AGES = ("reading", "node")
"""Measurements that go when they are old."""
AT_ONCE = 5_000
ROLLUPS_AT_ONCE_MS = 30 * DAY_MS


@dataclass(kw_only=True)
class Copied:
    """What a copy did: rows of the first store that are in the second now (and rollups that the second could not make
    itself), how many rows this run wrote, those that are older than the second keeps, and one hash of the rows, which
    does not depend on the kind of store."""

    rows: Counter[str] = field(default_factory=Counter)
    written: int = 0
    too_old: int = 0
    digest: str = ""


def copy(source: Store, target: Store, farm: str, progress: Callable[[int, int], None]) -> Copied:
    """Copies a farm. `progress` is told days done and days in all. StoreError: there is nothing, or what was written
    does not come back as it was."""
    span = source.span(farm)
    if span is None:
        raise StoreError(
            f"store copy: the first store has nothing of farm {farm}: check its address and farm.yaml's id"
        )
    done, whole = Copied(), hashlib.sha256()
    kept_since = target.kept_since(farm).get(READINGS, 0)
    days = range(span[0] // DAY_MS, (span[1] - 1) // DAY_MS + 1)
    for number, day in enumerate(days, start=1):
        for measurement in MEASUREMENTS.values():
            rows = source.rows(farm, measurement, day * DAY_MS, (day + 1) * DAY_MS)
            young = [row for row in rows if measurement not in AGES or row.message.t >= kept_since]
            done.too_old += len(rows) - len(young)
            done.written += _copy_rows(target, farm, measurement, day * DAY_MS, young)
            done.rows[measurement] += len(young)
            whole.update(digest(young))
        progress(number, len(days))
    target.roll_up(farm, *span)
    _copy_rollups(source, target, farm, span, done)
    done.digest = whole.hexdigest()
    return done


def digest(rows: Iterable[Stored]) -> bytes:
    """A hash of rows in whatever order."""
    return hashlib.sha256("\n".join(sorted(map(_text, rows))).encode()).digest()


def _text(row: Stored) -> str:
    message = row.message
    named = {"zone": row.zone, "farm": message.farm, "node": message.node, "t": message.t, **fields(message)}
    return json.dumps([type(message).__name__, named], sort_keys=True)


def _copy_rows(target: Store, farm: str, measurement: str, day: int, rows: Sequence[Stored]) -> int:
    """Writes those rows of a day that the target does not have; their number. StoreError: they do not come back."""
    wanted = {_text(row): row for row in rows}
    if missing := wanted.keys() - _there(target, farm, measurement, day, rows):
        lacking = [row for text, row in wanted.items() if text in missing]
        for first in range(0, len(lacking), AT_ONCE):
            target.append(lacking[first : first + AT_ONCE])
        if lost := wanted.keys() - _there(target, farm, measurement, day, rows):
            raise StoreError(
                f"store copy: {len(lost)} rows of {measurement} are otherwise in the second store, the first of them "
                f"{min(lost)[:200]}: it has another row under the same name or time; copy into an empty one"
            )
    return len(missing)


def _there(target: Store, farm: str, measurement: str, day: int, rows: Sequence[Stored]) -> set[str]:
    return set(map(_text, target.rows(farm, measurement, day, day + DAY_MS))) if rows else set()


def _copy_rollups(source: Store, target: Store, farm: str, span: tuple[int, int], done: Copied) -> None:
    """Those of more readings than the second store has; the others it has made of its readings."""
    kept_since = source.kept_since(farm)
    for name, length in SPANS.items():
        for since in range(span[0] // DAY_MS * DAY_MS, span[1], ROLLUPS_AT_ONCE_MS):
            time = since, since + ROLLUPS_AT_ONCE_MS
            there = _by_key(target.rollups(farm, length, *time))
            fuller = [
                rollup
                for key, rollup in _by_key(source.rollups(farm, length, *time)).items()
                if key not in there or there[key].count < rollup.count
            ]
            done.rows[name] += len(fuller)
            for first in range(0, len(fuller), AT_ONCE):
                target.put_rollups(farm, fuller[first : first + AT_ONCE], kept_since)
            there = _by_key(target.rollups(farm, length, *time)) if fuller else {}
            if lost := [rollup for key, rollup in _by_key(fuller).items() if there.get(key) != rollup]:
                raise StoreError(
                    f"store copy: {len(lost)} {name} rollups did not come back from the second store as they were: an "
                    "InfluxDB needs its second bucket for them (cooee store init)"
                )


def _by_key(rollups: Iterable[Rollup]) -> dict[tuple[str, str, str, int], Rollup]:
    return {(rollup.node, rollup.channel, rollup.zone, rollup.t): rollup for rollup in rollups}
