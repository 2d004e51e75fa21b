"""Values on their way to nodes, settings and sentinels: what is meant for whom, what goes next, what became of it."""

import logging
import sqlite3
from dataclasses import replace

from .. import core
from ..contract.errors import CooeeError, MessageError
from ..farm import Farm, Node
from ..node.sentinel_images import parse_images, sentinel_name, version_of
from ..node.settings import block_of, new_version, parse_command
from .outbox import Outbox
from .outbox_schema import WantedValue

log = logging.getLogger("cooee.gateway")

FELL_SILENT = "it fell silent with them"
"""Why a node has given up settings that it used: the gateway may have been away, so it gets them once more."""


class Desk:
    """Keeps all it knows in the outbox. `hear` is for an open transaction; `reload` follows one that failed."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._newest: dict[str, tuple[int, int, int]] = {}
        self.reload()

    def reload(self) -> None:
        """Goes back to what is on disk."""
        self._of: dict[str, dict[int, WantedValue]] = {}
        for value in self._outbox.values():
            self._of.setdefault(value.node, {})[value.kind] = value
        self._followed = self._outbox.farm_blocks()

    def command(self, farm: Farm, node: str, payload: bytes) -> None:
        """Takes settings for a node, unless they are none or not newer than the last ones."""
        if node not in farm.node_by_id or farm.node_by_id[node].board == "gateway":
            return  # what runs here reads farm.yaml itself
        try:
            command = parse_command(node, payload)
        except MessageError as error:
            log.warning("not settings for %s: %s", node, error)
            return
        self._want(WantedValue(node, core.SETTINGS, command.version, command.block, command.version))

    def follow(self, farm: Farm) -> None:
        """Wants of nodes the settings that farm.yaml did not have when a gateway last looked at it, unless somebody has
        just sent them. A node that was not there then has them in its program."""
        blocks = {node.id: block for node in farm.nodes if (block := _block(farm, node))}
        changed = {node: block for node, block in blocks.items() if block != self._followed.get(node)}
        wanted = []
        for node, block in changed.items():
            known = self._of.get(node, {}).get(core.SETTINGS)
            if node in self._followed and (known is None or known.data != block):
                version = max(new_version(), known.version + 1 if known else 0)
                told = known.told if known else 0
                wanted.append(WantedValue(node, core.SETTINGS, version, block, version, told=told))
        try:
            with self._outbox.transaction():
                self._outbox.save_farm_blocks(changed)
                for value in wanted:
                    self._keep(value)
        except sqlite3.Error as error:
            log.error("cannot keep what farm.yaml says (%s): free space on the disk, start the gateway again", error)
            self.reload()
            return
        self._followed |= changed
        for value in wanted:
            log.info("%s goes out when it wakes", _name(value))

    def sentinel(self, farm: Farm, node: str, payload: bytes) -> None:
        """Takes the images of a node's sentinels, of each what is newer than the last one."""
        if node not in farm.node_by_id:
            return
        try:
            images = parse_images(node, payload)
        except MessageError as error:
            log.warning("not sentinels for %s: %s", node, error)
            return
        for image in images:
            self._want(WantedValue(node, core.SENTINEL + image.id, image.version, image.data, image.version))

    def _want(self, new: WantedValue) -> None:
        known = self._of.get(new.node, {}).get(new.kind)
        if known is not None and new.command <= known.command:
            return
        if new.data:
            new = replace(new, told=known.told if known else 0)
        elif known and known.data:  # the node is to give up what it knows by the version with which that was sent
            new = replace(known, data=b"", state="waiting", command=new.command)
        else:
            log.warning("%s: nobody has sent it one that it could give up", _name(new))
            return
        try:
            with self._outbox.transaction():
                self._keep(new)
        except sqlite3.Error as error:
            log.error("cannot keep %s (%s): free space on the disk, and send it again", _name(new), error)
            self.reload()
            return
        log.info("%s goes out when it wakes", _name(new))

    def hear(self, node: str, frame: core.Frame) -> None:
        """Learns from a node's hello what it uses, and from its answers what became of what was sent."""
        number = (frame.incarnation, frame.boot, frame.sequence)
        late = number[0] == self._newest.get(node, number)[0] and number < self._newest.get(node, number)
        if isinstance(frame, core.Hello | core.Wanted) and not late:
            self._newest[node] = number
        for known in [*self._of.get(node, {}).values()]:
            if isinstance(frame, core.Hello):
                self._change(known, _after_hello(known, frame, late=late))
            elif isinstance(frame, core.Wanted) and (frame.kind, frame.version) == (known.kind, known.version):
                self._change(known, _after_answer(known, frame, late=late))

    def _change(self, old: WantedValue, new: WantedValue) -> None:
        if new != old:
            self._keep(new)
        if new.version != old.version:
            log.warning("%s: nobody answered it with them; they go out once more", _name(new))
        if new.state != old.state:
            what = {"confirmed": "it uses it" if new.data else "it has given it up", "waiting": "it uses another again"}
            log.log(
                logging.INFO if new.state == "confirmed" else logging.WARNING,
                "%s: %s",
                _name(new),
                what.get(new.state, f"it refuses it{f', as {new.why}' if new.why else ''}"),
            )

    def _keep(self, value: WantedValue) -> None:
        self._outbox.save_value(value)
        self._of.setdefault(value.node, {})[value.kind] = value

    def offset(self, node: str, asked: core.Wanted | None) -> tuple[WantedValue, int] | None:
        """The value of which a node is to get a piece now, and from which offset on: what it asks for, or the
        beginning of one that it does not know of."""
        mine = self._of.get(node, {})
        if asked is not None and asked.state == "wants":
            known = mine.get(asked.kind)
            wants = known and known.state == "waiting" and asked.version == known.version
            return (known, asked.offset) if known and wants and asked.offset < len(known.data) else None
        done = asked.kind if asked else 0
        for kind, known in sorted(mine.items()):
            if kind > done and known.state == "waiting":
                return known, 0
        return None


def _block(farm: Farm, node: Node) -> bytes | None:
    """A node's settings; None for one that is not sent any, or whose settings of farm.yaml are too long."""
    if node.board == "gateway":
        return None
    try:
        return block_of(farm, node)
    except CooeeError as error:
        log.warning("its settings of farm.yaml are not sent: %s", error)
        return None


def _name(value: WantedValue) -> str:
    if value.kind == core.SETTINGS:
        return f"settings {value.version} for {value.node}"
    which = f" {version_of(value.data):08x}" if value.data else ""
    return f"sentinel {sentinel_name(value.kind)}{which} for {value.node}"


def _after_hello(known: WantedValue, hello: core.Hello, *, late: bool) -> WantedValue:
    """`late`: the node has said something newer, which was heard before."""
    if known.kind == core.SETTINGS:
        used = hello.settings_version == known.version
        if late:
            return _after_use(known) if used else known
        known = replace(known, told=hello.settings_version)
        known = _after_use(known) if used else replace(known, why="") if hello.reset == "watchdog" else known
    elif known.data:
        used = version_of(known.data) in hello.sentinels
    else:
        return known
    return replace(known, state="confirmed" if used else "waiting" if known.state == "confirmed" else known.state)


def _after_use(known: WantedValue) -> WantedValue:
    """Settings that the node has used: should it give them up, it gets them once more. It may have done so already."""
    if known.version != known.command:
        return known
    return _once_more(known) if known.state == "refused" else replace(known, why=FELL_SILENT)


def _once_more(known: WantedValue) -> WantedValue:
    """With another version: one that was given up is refused for good."""
    return replace(known, version=known.version + 1, state="waiting", why="")


def _after_answer(known: WantedValue, answer: core.Wanted, *, late: bool) -> WantedValue:
    if answer.state == "wants":
        return known
    if answer.state == ("kept" if known.data else "refused"):
        if known.kind != core.SETTINGS:
            return replace(known, state="confirmed", why="")
        gone = late or known.state == "refused"
        return _after_use(known) if gone else replace(_after_use(known), state="confirmed", told=answer.version)
    if known.why == FELL_SILENT:
        return _once_more(known)
    return replace(known, state="refused", why=answer.why or known.why)
