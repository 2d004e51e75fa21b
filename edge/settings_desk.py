"""Settings on their way to nodes: what is meant for whom, what to send next, and what became of it."""

import logging
import sqlite3
from dataclasses import replace

from . import core
from .contract.errors import MessageError
from .farm import Farm
from .outbox import Outbox, WantedSettings
from .settings import parse_command

log = logging.getLogger("cooee.gateway")


class SettingsDesk:
    """Keeps all it knows in the outbox. `hear` is for an open transaction; `reload` follows one that failed."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.reload()

    def reload(self) -> None:
        """Goes back to what is on disk."""
        self._of = self._outbox.settings()

    def command(self, farm: Farm, node: str, payload: bytes) -> None:
        """Takes a command to a node, unless it is none or not newer than the last one."""
        if node not in farm.node_by_id or farm.node_by_id[node].board == "gateway":
            return  # what runs here reads farm.yaml itself
        try:
            command = parse_command(node, payload)
        except MessageError as error:
            log.warning("not settings for %s: %s", node, error)
            return
        known = self._of.get(node)
        if known is not None and command.version <= known.version:
            return
        told = known.told if known else 0
        try:
            with self._outbox.transaction():
                self._keep(WantedSettings(node, command.version, command.block, told=told))
        except sqlite3.Error as error:
            log.error("cannot keep settings for %s (%s): free space on the disk, and set them again", node, error)
            self.reload()
            return
        log.info("settings %d for %s go out when it wakes", command.version, node)

    def hear(self, node: str, frame: core.Frame) -> None:
        """Learns from a node's hello which settings it uses, and from its answers what became of those sent."""
        known = self._of.get(node)
        if known is None:
            return
        if isinstance(frame, core.Hello):
            confirmed = frame.settings_version == known.version
            state = "confirmed" if confirmed else "waiting" if known.state == "confirmed" else known.state
            self._change(known, replace(known, state=state, told=frame.settings_version))
        elif isinstance(frame, core.Wanted) and frame.version == known.version and frame.state != "wants":
            state = "confirmed" if frame.state == "kept" else "refused"
            told = frame.version if frame.state == "kept" else known.told
            self._change(known, replace(known, state=state, told=told))

    def _change(self, old: WantedSettings, new: WantedSettings) -> None:
        if new != old:
            self._keep(new)
        if new.state != old.state:
            what = {"confirmed": "uses them", "refused": "refuses them", "waiting": "uses others again"}[new.state]
            log.log(
                logging.INFO if new.state == "confirmed" else logging.WARNING,
                "settings %d: %s %s",
                new.version,
                new.node,
                what,
            )

    def _keep(self, settings: WantedSettings) -> None:
        self._outbox.save_settings(settings)
        self._of[settings.node] = settings

    def offset(self, node: str, asked: core.Wanted | None) -> tuple[WantedSettings, int] | None:
        """The settings of which a node is to get a piece now, and from which offset on: what it asks for, or the
        beginning for one that does not know of them."""
        known = self._of.get(node)
        if known is None or known.state != "waiting":
            return None
        if asked is None:
            return known, 0
        wants = asked.state == "wants" and asked.version == known.version and asked.offset < len(known.block)
        return (known, asked.offset) if wants else None
