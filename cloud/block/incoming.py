"""Water that has come to a block and that its probes have not felt yet: gauges, and what people wrote down.

What came is counted once: what the probes have risen by since is taken off it, and rain that a gauge of the farm and a
person both measured is one rain.
"""

from collections.abc import Iterable, Sequence

from edge.contract.messages import Record
from edge.farm import Farm, Zone

from ..clock import HOUR_MS
from ..store import Store
from .past_readings import together
from .water import IRRIGATION_EFFICIENCY, MOISTURES, Incoming, soil_water

SETTLES_MS = 6 * HOUR_MS
"""Time that water takes to the lower probe; assumed."""
BEGAN_BEFORE_MS = {"irrigation": 6 * HOUR_MS, "rain": 24 * HOUR_MS}
"""How long before the time of a record its water may have begun to come: a gauge is read once a day; assumed."""
LOOKED_BACK_MS = SETTLES_MS + max(BEGAN_BEFORE_MS.values())

Fallen = Sequence[tuple[int, float]]
"""Time (UTC ms) and rain (mm) of a gauge's readings."""


def incoming(store: Store, farm: Farm, zone: Zone, probes: Sequence[str], now: int) -> Incoming:
    """What came to a zone up to `now`; `probes`: the soil sensors which may have felt it. Raises StoreError."""
    since = now - LOOKED_BACK_MS
    records = [
        record
        for record in store.records(farm.id, since, now + 1)
        if record.zone == zone.id and record.kind in BEGAN_BEFORE_MS and record.amount and not record.withdrawn
    ]
    fallen = _fallen(store, farm, zone, since, now)
    lately = now - SETTLES_MS
    starts = [r.happened_t - BEGAN_BEFORE_MS[r.kind] for r in records if r.happened_t > lately]
    starts += [t for t, mm in fallen if mm and t > lately]
    if not starts:
        return Incoming()
    came = _came(zone, records, fallen, min(starts)) - _risen(store, farm, zone, probes, min(starts), now)
    return Incoming(
        last_hour_mm=sum(mm for t, mm in fallen if t > now - HOUR_MS),
        on_its_way_mm=max(0.0, min(came, _came(zone, records, fallen, lately))),
        given=any(record.kind == "irrigation" and record.happened_t > lately for record in records),
    )


def _came(zone: Zone, records: Iterable[Record], fallen: Fallen, since: int) -> float:
    """Water for the roots [mm] that came after a time."""
    amounts = {"irrigation": 0.0, "rain": 0.0}
    for record in records:
        if record.happened_t > since:
            amounts[record.kind] += record.amount or 0.0
    given = amounts["irrigation"] * IRRIGATION_EFFICIENCY.get(zone.irrigation or "", 1.0)
    return given + max(amounts["rain"], sum(mm for t, mm in fallen if t >= since))


def _fallen(store: Store, farm: Farm, zone: Zone, since: int, now: int) -> Fallen:
    """Readings of the zone's own gauge, or of another one on the farm."""
    gauges = sorted((n for n in farm.nodes if "rain" in n.channels), key=lambda node: node.zone != zone.id)
    if zone.store or not gauges:
        return []
    wakes = max(1, LOOKED_BACK_MS // (1000 * gauges[0].wake_interval_s))
    fell = store.history(farm.id, [gauges[0].id], "rain", since + 1, now + 1, wakes)
    return list(zip(fell.t, fell.mean, strict=True))


def _risen(store: Store, farm: Farm, zone: Zone, probes: Sequence[str], since: int, now: int) -> float:
    """How far the roots' water stands above its lowest since then [mm]; 0 when that is not known."""
    wake_ms = 1000 * max((farm.node_by_id[name].wake_interval_s for name in probes), default=3600)
    measured = [name for name in MOISTURES if any(name in farm.node_by_id[probe].channels for probe in probes)]
    t, past = together(store, farm.id, probes, measured, since, now + 1, max(1, (now - since) // wake_ms))
    waters = (soil_water(zone, {name: past[name][i] for name in measured}, now) for i in range(len(t)))
    used = [water.used_mm for water in waters if water is not None]
    return max(used) - used[-1] if used else 0.0
