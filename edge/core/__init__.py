"""The firmware core, as it runs on a node, for numpy arrays: features, sentinels, frames, nodes in bulk.

Readings are int16 raw values (edge/contract/channels.toml), one column a channel in id order, MISSING for no reading.
Calls release the GIL; one object must not be used by two threads at once.
"""

from .alarms import call_spans
from .codec import decode, decode_plain, decode_with_plain, encode, encode_plain, read_head
from .features import NOTHING_HEARD, Feature, Site, feature_names, features, list_features, probe_offsets
from .frames import (
    ACKNOWLEDGED_MAX,
    CLOCK_PERIOD_S,
    ET0_UNKNOWN,
    FIRST_DOWN,
    FRAME_MAX,
    KEY_SIZE,
    NODE_CHANNELS,
    OPEN_KEY,
    PIECE_MAX,
    PLAIN_HEAD,
    SENTINEL,
    SETTINGS,
    Ack,
    CallFrame,
    Evidence,
    Frame,
    Head,
    Hello,
    Piece,
    Telemetry,
    Wanted,
    WeatherFrame,
)
from .frames_v1 import decode_v1, encode_ack_v1, is_v1
from .images import FORMS, Image, ImageError
from .nodes import CALL_DTYPE, TELEMETRY_DTYPE, UNKNOWN, NodeConfig, Nodes
from .seals import seal, unseal
from .sentinels import POLICY_FIELDS, VERDICT_DTYPE, AlarmPolicy, PolicyChange, Sentinel, call_kind, classify, sentinels
from .serial_line import SERIAL_END, serial_unwrap, serial_wrap

__all__ = [
    "ACKNOWLEDGED_MAX",
    "CALL_DTYPE",
    "CLOCK_PERIOD_S",
    "ET0_UNKNOWN",
    "FIRST_DOWN",
    "FORMS",
    "FRAME_MAX",
    "KEY_SIZE",
    "NODE_CHANNELS",
    "NOTHING_HEARD",
    "OPEN_KEY",
    "PIECE_MAX",
    "PLAIN_HEAD",
    "POLICY_FIELDS",
    "SENTINEL",
    "SERIAL_END",
    "SETTINGS",
    "TELEMETRY_DTYPE",
    "UNKNOWN",
    "VERDICT_DTYPE",
    "Ack",
    "AlarmPolicy",
    "CallFrame",
    "Evidence",
    "Feature",
    "Frame",
    "Head",
    "Hello",
    "Image",
    "ImageError",
    "NodeConfig",
    "Nodes",
    "Piece",
    "PolicyChange",
    "Sentinel",
    "Site",
    "Telemetry",
    "Wanted",
    "WeatherFrame",
    "call_kind",
    "call_spans",
    "classify",
    "decode",
    "decode_plain",
    "decode_v1",
    "decode_with_plain",
    "encode",
    "encode_ack_v1",
    "encode_plain",
    "feature_names",
    "features",
    "is_v1",
    "list_features",
    "probe_offsets",
    "read_head",
    "seal",
    "sentinels",
    "serial_unwrap",
    "serial_wrap",
    "unseal",
]
