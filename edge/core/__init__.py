"""The firmware core, as it runs on a node, for numpy arrays: features, sentinels, frames, nodes in bulk.

Readings are int16 raw values (edge/contract/channels.toml), one column a channel in id order, MISSING for no reading.
Calls release the GIL; one object must not be used by two threads at once.
"""

from .alarms import call_spans
from .features import Feature, Site, feature_names, features, list_features
from .frames import (
    ACKNOWLEDGED_MAX,
    FRAME_MAX,
    Ack,
    CallFrame,
    Evidence,
    Frame,
    Hello,
    Telemetry,
    decode,
    encode,
    encode_ack,
)
from .nodes import CALL_DTYPE, TELEMETRY_DTYPE, UNKNOWN, NodeConfig, Nodes
from .sentinels import VERDICT_DTYPE, AlarmPolicy, Sentinel, call_kind, classify, sentinels
from .serial_line import SERIAL_END, serial_unwrap, serial_wrap

__all__ = [
    "ACKNOWLEDGED_MAX",
    "CALL_DTYPE",
    "FRAME_MAX",
    "SERIAL_END",
    "TELEMETRY_DTYPE",
    "UNKNOWN",
    "VERDICT_DTYPE",
    "Ack",
    "AlarmPolicy",
    "CallFrame",
    "Evidence",
    "Feature",
    "Frame",
    "Hello",
    "NodeConfig",
    "Nodes",
    "Sentinel",
    "Site",
    "Telemetry",
    "call_kind",
    "call_spans",
    "classify",
    "decode",
    "encode",
    "encode_ack",
    "feature_names",
    "features",
    "list_features",
    "sentinels",
    "serial_unwrap",
    "serial_wrap",
]
