"""What a node's frame says, as a message for MQTT: names and units instead of ids and raw integers."""

from .. import core
from ..contract.messages import Call, Evidence, Reading


def reading_of(frame: core.Telemetry, farm: str, node: str, t: int) -> Reading:
    """The reading in a telemetry frame with event time `t` (UTC ms)."""
    return Reading(
        farm=farm,
        node=node,
        inc=frame.incarnation,
        boot=frame.boot,
        seq=frame.sequence,
        t=t,
        values=frame.values,
        faults=frame.faults,
        why_faulty=frame.why_faulty,
    )


def call_of(frame: core.CallFrame, farm: str, node: str, t: int, known_raise: int | None) -> Call:
    """The call in a call frame with event time `t`; `known_raise` (UTC ms) is when this class of the node's
    sentinel was last said to be raised."""
    sentinel, kind = core.call_kind(frame.sentinel, frame.class_id)
    why = tuple(Evidence(feature=w.name, value=w.value, unit=w.unit) for w in frame.why)
    raised_t = t - 1000 * frame.since_s
    if known_raise is not None and abs(known_raise - raised_t) <= _slack_ms(frame.since_s):
        raised_t = known_raise
    return Call(
        farm=farm,
        node=node,
        inc=frame.incarnation,
        boot=frame.boot,
        seq=frame.sequence,
        t=t,
        sentinel=sentinel,
        kind=kind,
        version=f"{frame.version:08x}",
        confidence=frame.confidence,
        state=frame.state,
        raised_t=raised_t,
        why=why,
    )


def _slack_ms(since_s: int) -> int:
    """How far apart frames may put the raise of one call: whole seconds, the way through the air, and a clock that is
    1 % wrong (a ceramic resonator is 0.5 %). Alarm delays keep two calls of one class further apart."""
    return 60_000 + 10 * since_s
