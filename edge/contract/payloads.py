"""Messages as the JSON of MQTT payloads, and back (docs/SPEC.md, "Payloads").

`parse` reads what a stranger may have sent: every field is checked, and a MessageError says which one is wrong.
"""

import json
import re
from collections.abc import Callable
from typing import Any, get_args

from .channels import channel_names, channels
from .errors import MessageError
from .messages import (
    EARLIEST_MS,
    FAULTS,
    LATEST_MS,
    Call,
    CallState,
    Evidence,
    Identity,
    Message,
    Reading,
    Receipt,
    Status,
    StatusState,
)
from .topics import Topic

SCHEMA_VERSION = 1
CHANNELS = {channel.name: channel for channel in channels()}
HEAD = frozenset({"v", "node", "boot", "seq", "t", "inc", "faults", "why_faulty"})
"""Fields of a telemetry body besides channels."""
INCARNATION = re.compile("[0-9a-f]{8}")


def dump(message: Message | Receipt) -> bytes:
    """JSON payload of a message; farm is not in it, the topic says it."""
    return json.dumps(_body(message), separators=(",", ":")).encode()


def _body(message: Message | Receipt) -> dict[str, Any]:
    if isinstance(message, Receipt):
        rows = [[*i[:3], *([_hex(i.inc)] if i.inc else [])] for i in message.identities]
        return {"v": SCHEMA_VERSION, "receipts": rows}
    if isinstance(message, Status):
        return {
            "v": SCHEMA_VERSION,
            "node": message.node,
            "t": message.t,
            "state": message.state,
            "wake_interval_s": message.wake_interval_s,
            "gateway": message.gateway,
            "simulated": message.simulated,
            **{name: value for name in ("rssi", "snr") if (value := getattr(message, name)) is not None},
        }
    head: dict[str, Any] = {"v": SCHEMA_VERSION, "node": message.node, "boot": message.boot, "seq": message.seq}
    head |= {"t": message.t} | ({"inc": _hex(message.inc)} if message.inc else {})
    if isinstance(message, Reading):
        faults = {"faults": list(message.faults)} if message.faults else {}
        why = {"why_faulty": dict(message.why_faulty)} if message.why_faulty else {}
        return head | message.values | faults | why
    return head | {
        "sentinel": message.sentinel,
        "version": message.version,
        "class": message.kind,
        "confidence": message.confidence,
        "state": message.state,
        "raised_t": message.raised_t,
        "why": [{"feature": w.feature, "value": w.value, "unit": w.unit} for w in message.why],
    }


def _hex(inc: int) -> str:
    return f"{inc:08x}"


def _incarnation(said: object) -> int:
    if not isinstance(said, str) or not INCARNATION.fullmatch(said) or not int(said, 16):
        raise MessageError(f"inc: eight hexadecimal digits, not all 0, are needed, found {said!r:.60}")
    return int(said, 16)


def parse(topic: Topic, payload: bytes) -> Message:
    """Reads a payload that came up on `topic`; MessageError names the field that is wrong."""
    return message_of(topic, json_object(payload))


def message_of(topic: Topic, body: dict[str, Any]) -> Message:
    """The message in a JSON object that came up on `topic`; MessageError names the field that is wrong."""
    if _integer(body, "v", 0, 2**16) != SCHEMA_VERSION:
        raise MessageError(f"schema version {body['v']} is not {SCHEMA_VERSION}: update the sender or this ingest")
    if body.get("node") != topic.device:
        raise MessageError(f"node {body.get('node')!r:.60} does not match its topic ({topic.device!r})")
    reader = READERS.get(topic.kind)
    if reader is None:
        raise MessageError(f"{topic.kind} is not a kind that comes up")
    return reader(topic, body)


def parse_receipt(payload: bytes) -> Receipt:
    """Reads a receipt; MessageError when it is none."""
    rows = json_object(payload).get("receipts")
    if not isinstance(rows, list):
        raise MessageError("receipts: a list is needed")
    identities = []
    for row in rows:
        if not (
            isinstance(row, list)
            and len(row) in (3, 4)
            and isinstance(row[0], str)
            and all(type(n) is int and 0 <= n < 2**32 for n in row[1:3])
        ):
            raise MessageError(f"receipts: {row!r:.60} is not [node, boot, seq] or [node, boot, seq, inc]")
        identities.append(Identity(*row[:3], *map(_incarnation, row[3:])))
    return Receipt(identities=tuple(identities))


def identity_of(topic: Topic, body: dict[str, Any]) -> Identity | None:
    """What a receipt for a telemetry or call body names, whatever else is wrong with it; None when it names nothing."""
    try:
        said = _identity(body | {"t": EARLIEST_MS})
    except MessageError:
        return None
    return Identity(topic.device, said["boot"], said["seq"], said["inc"]) if body.get("node") == topic.device else None


def json_object(payload: bytes) -> dict[str, Any]:
    """The JSON object in a payload; MessageError when there is none."""
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise MessageError(f"not JSON: {error}") from None
    if not isinstance(body, dict):
        raise MessageError("a JSON object is needed")
    return body


def _reading(topic: Topic, body: dict[str, Any]) -> Reading:
    values: dict[str, float] = {}
    beyond = []
    for name in body:
        if channel := CHANNELS.get(name):
            values[name] = value = _number(body, name)
            if not channel.plausible(value):
                beyond.append(name)
        elif name not in HEAD:
            raise MessageError(f"unknown field {name!r:.60}: channels are {', '.join(CHANNELS)}")
    faults = body.get("faults", [])
    if not isinstance(faults, list) or not all(f in channel_names() for f in faults):
        raise MessageError("faults: a list of channel names is needed")
    if not values and not faults:
        raise MessageError("a reading without any channel")
    why = body.get("why_faulty", {})
    if not isinstance(why, dict) or not all(name in faults and said in FAULTS for name, said in why.items()):
        raise MessageError(f"why_faulty: channels of `faults` with one of {', '.join(FAULTS)} are needed")
    faults += beyond
    return Reading(
        farm=topic.farm,
        values={name: value for name, value in values.items() if name not in faults} if faults else values,
        faults=tuple(dict.fromkeys(faults)),
        why_faulty=dict.fromkeys(beyond, "range") | why if faults else {},
        **_identity(body),
    )


def _call(topic: Topic, body: dict[str, Any]) -> Call:
    why = body.get("why", [])
    if not isinstance(why, list) or not all(isinstance(w, dict) for w in why):
        raise MessageError("why: a list of objects is needed")
    evidence = tuple(
        Evidence(feature=_text(w, "feature"), value=_number(w, "value"), unit=_text(w, "unit", empty=True)) for w in why
    )
    return Call(
        farm=topic.farm,
        sentinel=_text(body, "sentinel"),
        version=_text(body, "version"),
        kind=_text(body, "class"),
        confidence=_integer(body, "confidence", 0, 101),
        state=_choice(body, "state", get_args(CallState)),
        raised_t=_time(body, "raised_t"),
        why=evidence,
        **_identity(body),
    )


def _status(topic: Topic, body: dict[str, Any]) -> Status:
    flags = {name: body.get(name, False) for name in ("gateway", "simulated")}
    rssi, snr = (_integer(body, name, -200, 200) if name in body else None for name in ("rssi", "snr"))
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise MessageError(f"{name}: true or false is needed, found {value!r:.60}")
    return Status(
        farm=topic.farm,
        node=topic.device,
        t=0 if body.get("t") == 0 else _time(body, "t"),
        state=_choice(body, "state", get_args(StatusState)),
        wake_interval_s=_integer(body, "wake_interval_s", 1, 7 * 86_400),
        rssi=rssi,
        snr=snr,
        **flags,
    )


def _identity(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "node": body.get("node"),
        "inc": _incarnation(body["inc"]) if "inc" in body else 0,
        "boot": _integer(body, "boot", 0, 2**16),
        "seq": _integer(body, "seq", 0, 2**32),
        "t": _time(body, "t"),
    }


def _integer(body: dict[str, Any], name: str, low: int, stop: int) -> int:
    value = body.get(name)
    if type(value) is not int or not low <= value < stop:
        raise MessageError(f"{name}: an integer from {low} to {stop - 1} is needed, found {value!r:.60}")
    return value


def _time(body: dict[str, Any], name: str) -> int:
    value = _integer(body, name, 0, 2**63)
    if not EARLIEST_MS <= value < LATEST_MS:
        raise MessageError(f"{name}: {value} is not a UTC time in ms between 2000 and 2100")
    return value


def _number(body: dict[str, Any], name: str) -> float:
    value: Any = body.get(name)
    if type(value) not in (int, float) or not abs(value) <= 1e9:  # NaN fails it too
        raise MessageError(f"{name}: a finite number is needed, found {value!r:.60}")
    return float(value)


def _text(body: dict[str, Any], name: str, *, empty: bool = False) -> str:
    value = body.get(name)
    if not isinstance(value, str) or len(value) > 64 or not (value or empty):
        raise MessageError(f"{name}: a text of at most 64 characters is needed, found {value!r:.60}")
    return value


def _choice(body: dict[str, Any], name: str, allowed: tuple[str, ...]) -> Any:
    value = body.get(name)
    if value not in allowed:
        raise MessageError(f"{name}: {value!r:.60} is not one of {', '.join(allowed)}")
    return value


READERS: dict[str, Callable[[Topic, dict[str, Any]], Message]] = {
    "telemetry": _reading,
    "call": _call,
    "status": _status,
}
"""How a body of a kind is read."""
