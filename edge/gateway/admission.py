"""Whose frame it is: a frame is taken from a node of farm.yaml that sealed it with its key, and from nobody else."""

from .. import core
from ..contract.errors import FrameError, SealError
from ..farm import Farm, Node
from ..node.keys import Keys


class NotTaken(Exception):
    """A frame goes to quarantine: `kind` is what to count it by. `sound`: it is its node's all the same, which need not
    send it again."""

    def __init__(self, kind: str, reason: str, sound: tuple[str, core.Frame] | None = None) -> None:
        super().__init__(reason)
        self.kind, self.reason, self.sound = kind, reason, sound


def open_frame(farm: Farm, keys: Keys, data: bytes) -> tuple[Node, core.Frame, bytes]:
    """The frame, plain too, after the node that sealed it; NotTaken when it is none of this farm's."""
    try:
        old = core.decode_v1(data) if core.is_v1(data) else None
        head = old or core.read_head(data)
    except FrameError as error:
        raise NotTaken("frame", str(error)) from None
    node = farm.node_by_address.get(head.address)
    if node is None:
        raise NotTaken("unknown address", f"address {head.address} is not in farm.yaml")
    if isinstance(head, core.Ack) or (isinstance(head, core.Head) and head.type >= core.FIRST_DOWN):
        raise NotTaken("reflected", "a frame to a node, which no node sends")
    if old and farm.security == "open":
        return node, old, core.encode_plain(old)
    if old:
        raise NotTaken("open frame", "version 1 of the air, which is heard with security: open alone")
    key = key_of(farm, keys, node.id, head.incarnation)
    if key is None:
        who = f"{node.id} is not enrolled as {head.incarnation:08x}"
        raise NotTaken("unknown incarnation", f"{who}: cooee enrol {node.id}, or security: open in farm.yaml")
    try:
        return node, *core.decode_with_plain(data, key)
    except FrameError as error:
        kind = "seal" if isinstance(error, SealError) else "frame"
        raise NotTaken(kind, f"{node.id}: {error}") from None


def key_of(farm: Farm, keys: Keys, node: str, incarnation: int) -> bytes | None:
    """An incarnation's key; on an open farm whoever is not enrolled has the open one, but for the gateway's own."""
    is_open = farm.security == "open" and farm.node_by_id[node].board != "gateway"
    return keys.key(node, incarnation) or (core.OPEN_KEY if is_open else None)
