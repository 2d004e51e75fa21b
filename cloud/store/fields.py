"""A message as the flat fields that both stores keep, and back (docs/SPEC.md, "Store").

Times that a message leaves open, and the farm's clock, are settled here too.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from edge.contract.channels import channel_names
from edge.contract.errors import StoreError
from edge.contract.messages import EARLIEST_MS, Call, Evidence, Judgement, Reading, Record, Status
from edge.contract.payloads import CHANNELS

from .interface import Kept, Stored

MEASUREMENTS = {Reading: "reading", Call: "call", Status: "node", Judgement: "judgement", Record: "record"}
IMPORTED = 2**32 - 1
"""Incarnation of what came from another system: no node has it (`cooee enrol` gives out those below)."""
Value = float | int | str | bool


def fields(message: Kept) -> dict[str, Value]:
    """Everything of a message but farm, node and t, by field name; StoreError for a channel that does not exist."""
    if isinstance(message, Reading):
        if unknown := message.values.keys() - CHANNELS:
            raise StoreError(f"reading of {message.node}: {min(unknown)!r} is not a channel")
        return {**_named(message), "faults": ",".join(_told_faults(message)), **message.values}
    if isinstance(message, Call):
        why = json.dumps([asdict(w) for w in message.why], ensure_ascii=False, separators=(",", ":"))
        return {
            **_named(message),
            "sentinel": message.sentinel,
            "version": message.version,
            "class": message.kind,
            "confidence": message.confidence,
            "state": message.state,
            "raised_t": message.raised_t,
            "why": why,
        }
    if isinstance(message, Status):
        return {
            "state": message.state,
            "wake_interval_s": message.wake_interval_s,
            "gateway": message.gateway,
            "simulated": message.simulated,
        }
    if isinstance(message, Judgement):
        return {
            "sentinel": message.sentinel,
            "class": message.kind,
            "raised_t": message.raised_t,
            "verdict": message.verdict,
            "note": _lines(message.note),
        }
    return {
        "id": message.id,
        "kind": message.kind,
        "happened_t": message.happened_t,
        "text": _lines(message.text),
        "withdrawn": message.withdrawn,
        **({} if message.amount is None else {"amount": float(message.amount)}),
    }


def _lines(text: str) -> str:
    """A text whose lines end in one way."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _told_faults(message: Reading) -> Iterable[str]:
    """Each faulty channel, with a colon and why behind it where that is known."""
    for name in message.faults:
        yield f"{name}:{message.why_faulty[name]}" if name in message.why_faulty else name


def _named(message: Reading | Call) -> dict[str, Value]:
    return {"inc": message.inc, "boot": message.boot, "seq": message.seq}


def _head(row: Mapping[str, Any]) -> dict[str, Any]:
    """Of a message that a node sends: who said it and when."""
    return {name: row[name] for name in ("farm", "node", "boot", "seq", "t")} | {"inc": row.get("inc") or 0}


def reading(row: Mapping[str, Any]) -> Reading:
    """The reading that a row of the store holds."""
    values = {name: float(row[name]) for name in channel_names() if row.get(name) is not None}
    told = [fault.partition(":") for fault in (row.get("faults") or "").split(",") if fault]
    return Reading(
        **_head(row),
        values=values,
        faults=tuple(name for name, _, _ in told),
        why_faulty={name: why for name, _, why in told if why},
    )


def call(row: Mapping[str, Any]) -> Call:
    """The call that a row of the store holds."""
    return Call(
        **_head(row),
        sentinel=row["sentinel"],
        version=row["version"],
        kind=row["class"],
        confidence=row["confidence"],
        state=row["state"],
        raised_t=row["raised_t"],
        why=tuple(Evidence(**evidence) for evidence in json.loads(row["why"])),
    )


def status(row: Mapping[str, Any]) -> Status:
    """The status that a row of the store holds."""
    return Status(
        farm=row["farm"],
        node=row["node"],
        t=row["t"],
        state=row["state"],
        wake_interval_s=row["wake_interval_s"],
        gateway=bool(row["gateway"]),
        simulated=bool(row["simulated"]),
    )


def judgement(row: Mapping[str, Any]) -> Judgement:
    """The judgement that a row of the store holds."""
    return Judgement(
        farm=row["farm"],
        node=row["node"],
        sentinel=row["sentinel"],
        kind=row["class"],
        raised_t=row["raised_t"],
        t=row["t"],
        verdict=row["verdict"],
        note=_lines(row["note"] or ""),  # InfluxDB's answers end every line in \r\n
    )


def record(row: Mapping[str, Any]) -> Record:
    """The record that a row of the store holds."""
    return Record(
        farm=row["farm"],
        zone=row["node"],
        id=row["id"],
        kind=row["kind"],
        t=row["t"],
        happened_t=row["happened_t"],
        amount=row.get("amount"),
        text=_lines(row["text"] or ""),
        withdrawn=bool(row["withdrawn"]),
    )


def newest_records(records: Iterable[Record], since: int, until: int) -> list[Record]:
    """The newest word on each record that happened in [since, until), by the time it happened; `records` oldest
    first."""
    newest = {record.id: record for record in records}
    found = [record for record in newest.values() if since <= record.happened_t < until]
    return sorted(found, key=lambda record: (record.happened_t, record.t, record.zone))


READERS: dict[str, Callable[[Mapping[str, Any]], Kept]] = {
    "reading": reading,
    "call": call,
    "node": status,
    "judgement": judgement,
    "record": record,
}
"""How a row of a measurement is read."""


def farm_clock(statuses: Iterable[Status]) -> tuple[int, bool]:
    """The farm's clock [UTC ms] by the newest status of each device, and whether it is simulated. A gateway of which
    nothing but its last will is known tells no time."""
    simulated = [s.t for s in statuses if s.gateway and s.simulated and s.t > EARLIEST_MS]
    return (max(simulated), True) if simulated else (time.time_ns() // 1_000_000, False)


def settle_times(
    rows: Sequence[Stored],
    newest_status: Callable[[str, str], Status | None],
    said_at: Callable[[Judgement | Record], Kept | None],
) -> list[Stored]:
    """Gives the rows whose time is open theirs, so that the same rows appended again change nothing.

    A last will (t = 0) goes 1 ms after the newest status of its device, so that whatever the device says later is
    newer; it is dropped when that status is `offline` already. Two judgements of one node never share a time, nor do
    two records of one block: the later one goes 1 ms later, as the simulated clock of a farm may stand still between
    them. `said_at`: what the store has of a person's words at their place and time.
    """
    settled = []
    statuses: dict[tuple[str, str], Status | None] = {}
    said: dict[tuple[type, str, str, int], Kept] = {}
    for row in rows:
        message = row.message
        if isinstance(message, Status):
            device = message.farm, message.node
            if message.t == 0:
                last = _newest(statuses.get(device), newest_status(*device))
                if last and last.state == "offline":
                    continue
                message = replace(message, t=last.t + 1 if last else EARLIEST_MS)
            statuses[device] = _newest(statuses.get(device), message)
        elif isinstance(message, Judgement | Record):
            while other := said.get(_place(message)) or said_at(message):
                if fields(other) == fields(message):
                    break
                message = replace(message, t=message.t + 1)
            said[_place(message)] = message
        settled.append(row if message is row.message else Stored(zone=row.zone, message=message))
    return settled


def _place(message: Judgement | Record) -> tuple[type, str, str, int]:
    return type(message), message.farm, message.node, message.t


def _newest(first: Status | None, second: Status | None) -> Status | None:
    return max((s for s in (first, second) if s), key=lambda s: s.t, default=None)
