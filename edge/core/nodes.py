"""Nodes in bulk: the node core of the firmware, once a node, in C."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._core import ffi, lib
from .channel_bits import channel_mask
from .codec import read_head
from .features import Site, as_readings, pointer, weather_pointer
from .frames import FRAME_MAX, OPEN_KEY
from .sentinels import VERDICT_DTYPE, AlarmPolicy, PolicyChange, policy_of, sentinels

UNKNOWN = 255
"""Class of a verdict when a feature is missing, or the node does not run the sentinel."""

CALL_DTYPE = np.dtype(
    [
        ("node", np.uint32),
        ("step", np.uint32),
        ("since_s", np.uint32),
        ("sentinel", np.uint8),
        ("class", np.uint8),
        ("state", np.uint8),
        ("confidence", np.uint8),
        ("length", np.uint8),
    ],
    align=True,
)
"""state: 0 raised, 1 repeated, 2 cleared. since_s: seconds from the raise. length: bytes of the frame."""
TELEMETRY_DTYPE = np.dtype([("faults", np.uint16), ("length", np.uint16)])
"""What a wake's telemetry says: faulty channels (bit = id), and the bytes of its frame."""


@dataclass(frozen=True, kw_only=True)
class NodeConfig:
    """What is burnt into a node. `resend_after_s` 0: frames are sent again only on `Nodes.requeue`. `changes`: of
    the sentinels' policies, until settings come."""

    address: int
    incarnation: int = 1
    key: bytes = field(default=OPEN_KEY, repr=False)
    boot: int
    wake_interval_s: int
    channels: tuple[str, ...]
    site: Site = field(default_factory=Site)
    sentinels: tuple[str, ...] = ()
    resend_after_s: int = 0
    changes: tuple[PolicyChange, ...] = ()


class Nodes:
    """Many nodes with their state. A node starts, and queues its hello, when it first wakes."""

    def __init__(self, configs: Sequence[NodeConfig], outbox_frames: int = 64) -> None:
        """ValueError names the configuration that is not valid."""
        faulty = ffi.new("size_t *")
        rows = ffi.new("struct host_config[]", [_row(config) for config in configs])
        handle = lib.host_nodes_new(rows, len(configs), outbox_frames, faulty)
        if handle == ffi.NULL:
            if faulty[0] == len(configs):
                raise MemoryError("nodes: not enough memory")
            raise ValueError(f"{configs[faulty[0]]}: {_what_is_needed(configs[faulty[0]])}")
        self._handle = ffi.gc(handle, lib.host_nodes_free)
        self._addresses = {config.address: i for i, config in enumerate(configs)}
        self._count = len(configs)
        self.outbox_frames = outbox_frames

    def __len__(self) -> int:
        return self._count

    def wake(self, now_s: int, readings: NDArray[np.int16], mask: NDArray[np.bool_] | None = None) -> None:
        """Takes readings (nodes, channels) at `now_s` (seconds, rising, below 2**32); `mask` (nodes) says who wakes."""
        readings = as_readings(readings, dimensions=2)
        if len(readings) != self._count:
            raise ValueError(f"wake: {self._count} rows are needed, found {len(readings)}")
        if mask is None:
            lib.host_nodes_wake(self._handle, now_s, pointer("int16_t *", readings), ffi.NULL)
            return
        awake = np.ascontiguousarray(mask, dtype=np.uint8)
        if awake.shape != (self._count,):
            raise ValueError(f"wake: a mask of {self._count} is needed, found {awake.shape}")
        lib.host_nodes_wake(self._handle, now_s, pointer("int16_t *", readings), pointer("uint8_t *", awake))

    def transmit(self, now_s: int) -> list[tuple[int, bytes]]:
        """(node index, frame) of everything that waits to be sent, calls first within a node. It counts as sent then,
        and stays in the outbox until `receive` takes its acknowledgement."""
        capacity = int(self.outbox_used().sum())
        index = np.empty(capacity, dtype=np.uint32)
        length = np.empty(capacity, dtype=np.uint8)
        data = ffi.new("uint8_t[]", capacity * FRAME_MAX)
        count = lib.host_nodes_transmit(
            self._handle, now_s, capacity, pointer("uint32_t *", index), pointer("uint8_t *", length), data
        )
        frames = bytes(ffi.buffer(data, count * FRAME_MAX))
        return [(int(index[i]), frames[i * FRAME_MAX : i * FRAME_MAX + int(length[i])]) for i in range(count)]

    def receive(self, frame: bytes) -> bool:
        """Takes an acknowledgement to the node it names. False when it is for none of these nodes, another boot, was
        heard before or has another key; FrameError for bytes that are no frame."""
        node = self._addresses.get(read_head(frame).address)
        return node is not None and lib.host_nodes_receive(self._handle, node, frame, len(frame)) == 0

    def requeue(self, node: int | None = None) -> None:
        """Frames that were sent and not acknowledged are to be sent again: of one node, or of all."""
        for i in range(self._count) if node is None else (self._place(node),):
            lib.host_nodes_requeue(self._handle, i)

    def restart(self, node: int) -> None:
        """A power cut: the next boot, with windows, alarms and outbox forgotten."""
        lib.host_nodes_restart(self._handle, self._place(node))

    def save(self, node: int) -> bytes:
        """What a node has learnt: windows, alarms, outbox, counts. `restore` takes it, in another process too."""
        data = ffi.new("uint8_t[]", lib.host_nodes_state_size(self._handle, self._place(node)))
        lib.host_nodes_save(self._handle, node, data)
        return bytes(ffi.buffer(data))

    def restore(self, node: int, state: bytes) -> bool:
        """Lets a node go on from what `save` gave. False, and nothing is changed, when it was saved by another build,
        or for other channels, sentinels, incarnation, boot or size of the outbox."""
        return bool(lib.host_nodes_restore(self._handle, self._place(node), state, len(state)))

    def excuse(self, node: int, channels: Iterable[str]) -> None:
        """The next value of these channels is no evidence of a probe that stands still."""
        lib.host_nodes_excuse(self._handle, self._place(node), channel_mask(channels))

    def settings(self, node: int) -> Any:
        """Settings in use: `version`, `wake_interval_s`, `telemetry_every`, `trial`."""
        return lib.host_nodes_settings(self._handle, self._place(node))

    def site(self, node: int) -> Site:
        """Soil and crop by the settings in use."""
        settings = self.settings(node)
        return Site.of(settings.site)

    def policy(self, node: int, place: int, class_id: int) -> AlarmPolicy:
        """By which a class of the sentinel at a place among the node's calls."""
        return policy_of(lib.host_nodes_policy(self._handle, self._place(node), place, class_id))

    def sentinel(self, node: int, place: int) -> int:
        """Version of the sentinel that runs at a place among the node's, which are in id order."""
        return int(lib.host_nodes_sentinel(self._handle, self._place(node), place))

    def kept(self, node: int) -> bytes:
        """What a node keeps without power: settings and images."""
        data = ffi.new("uint8_t[]", lib.host_nodes_kept_size(self._handle, self._place(node)))
        lib.host_nodes_kept(self._handle, node, data)
        return bytes(ffi.buffer(data))

    def keep(self, node: int, kept: bytes) -> bool:
        """Gives a node what `kept` gave, from its next start on. False when that is of another build."""
        return bool(lib.host_nodes_keep(self._handle, self._place(node), kept, len(kept)))

    def forgive(self, node: int) -> None:
        """Sentinels that a node has on trial have seen no reset so far: it was stopped on purpose."""
        lib.host_nodes_forgive(self._handle, self._place(node))

    def outbox_used(self) -> NDArray[np.uint32]:
        """Frames in each node's outbox."""
        return self._outbox()[0]

    def outbox_free(self) -> NDArray[np.uint32]:
        """Room in each node's outbox, in frames."""
        return np.uint32(self.outbox_frames) - self._outbox()[0]

    @property
    def dropped(self) -> NDArray[np.uint32]:
        """Frames each node has lost because its outbox was full."""
        return self._outbox()[1]

    def run(
        self,
        readings: NDArray[np.int16],
        start_s: int,
        step_s: int,
        telemetry: NDArray[np.void] | None = None,
        heard: NDArray[np.uint16] | None = None,
    ) -> tuple[NDArray[np.void], NDArray[np.void]]:
        """Wakes every node for each step of readings (nodes, steps, channels), without radio: frames are forgotten,
        queued ones too. `telemetry`, TELEMETRY_DTYPE (nodes, steps), is filled in when it is given. `heard`: as for
        `features`.

        Returns verdicts, VERDICT_DTYPE (nodes, steps, sentinels()), and calls, CALL_DTYPE (events), ordered by node and
        step. ValueError for arrays of another shape or type.
        """
        readings = as_readings(readings, dimensions=3)
        nodes, steps, _ = readings.shape
        if nodes != self._count:
            raise ValueError(f"run: readings of {self._count} nodes are needed, found {nodes}")
        if telemetry is not None and (
            telemetry.shape != (nodes, steps) or telemetry.dtype != TELEMETRY_DTYPE or not telemetry.flags.c_contiguous
        ):
            raise ValueError(
                f"run: telemetry must be contiguous {TELEMETRY_DTYPE} {(nodes, steps)}, found {telemetry.dtype} "
                f"{telemetry.shape}"
            )
        verdicts = np.empty((nodes, steps, len(sentinels())), dtype=VERDICT_DTYPE)
        count = lib.host_nodes_run(
            self._handle,
            start_s,
            step_s,
            steps,
            pointer("int16_t *", readings),
            weather_pointer(heard, nodes, steps),
            pointer("struct host_verdict *", verdicts),
            ffi.NULL if telemetry is None else pointer("struct host_telemetry *", telemetry),
        )
        if count < 0:
            raise MemoryError("run: not enough memory for the calls")
        calls = ffi.buffer(lib.host_nodes_calls(self._handle), count * CALL_DTYPE.itemsize) if count else b""
        return verdicts, np.frombuffer(calls, dtype=CALL_DTYPE).copy()

    def _outbox(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        used, dropped = np.empty(self._count, dtype=np.uint32), np.empty(self._count, dtype=np.uint32)
        lib.host_nodes_outbox(self._handle, pointer("uint32_t *", used), pointer("uint32_t *", dropped))
        return used, dropped

    def _place(self, node: int) -> int:
        if not 0 <= node < self._count:
            raise IndexError(f"node {node} of {self._count}")
        return node


def _what_is_needed(config: NodeConfig) -> str:
    for sentinel in sentinels():
        lacking = [name for name in sentinel.channels if name not in config.channels]
        if sentinel.name in config.sentinels and lacking:
            return f"sentinel {sentinel.name} needs the channels {', '.join(lacking)}"
    needed = "address 1..65534, an incarnation, wake_interval_s 60..65535, a channel and room for a frame in the outbox"
    return f"{needed} are needed"


def _row(config: NodeConfig) -> dict[str, object]:
    places = {sentinel.name: place for place, sentinel in enumerate(sentinels())}
    unknown = [name for name in config.sentinels if name not in places]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not a sentinel: {', '.join(places)}")
    mask = sum(1 << places[name] for name in set(config.sentinels))
    return {
        "site": config.site.raw(),
        "changes": [change._asdict() for change in config.changes],
        "change_count": len(config.changes),
        "address": config.address,
        "incarnation": config.incarnation,
        "key": config.key,
        "boot": config.boot,
        "wake_interval_s": config.wake_interval_s,
        "resend_after_s": config.resend_after_s,
        "channels": channel_mask(config.channels),
        "sentinels": mask,
    }
