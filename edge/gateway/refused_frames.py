"""Frames that were refused, on their way to quarantine and back."""

import logging
import sqlite3
import time
from collections.abc import Sequence

from ..links import Heard
from ..service.quarantine import Entry, Quarantine, Refused

log = logging.getLogger("cooee.gateway")

WRITTEN_EVERY_S = 1.0
HELD = 2000
"""Refused frames are written once a second, at most so many: a flood of noise must not cost a disk commit each."""


class RefusedFrames:
    """Holds refused frames until they are written to quarantine; while that fails, HELD wait."""

    def __init__(self, quarantine: Quarantine) -> None:
        self._quarantine = quarantine
        self._held: list[Refused] = []
        self._next_write = 0.0
        self._is_away = False

    def add(self, heard: Heard, kind: str, reason: str) -> None:
        """Says that a frame is refused, and holds it."""
        refused = Refused(
            source="radio", kind=kind, reason=reason, content=heard.frame.hex().encode(), heard_ms=heard.received_ms
        )
        self._quarantine.say(refused, log)
        if len(self._held) < HELD:
            self._held.append(refused)

    def write(self) -> None:
        """Writes what is held to quarantine, at most once in WRITTEN_EVERY_S."""
        now = time.monotonic()
        if not self._held or now < self._next_write:
            return
        self._next_write = now + WRITTEN_EVERY_S
        try:
            self._write_held()
        except sqlite3.Error as error:
            if not self._is_away:
                log.error("cannot write to quarantine (%s): free space on the disk", error)
            self._is_away = True
            return
        self._is_away = False

    def marked(self) -> list[Entry]:
        """What a person has marked to be taken once more; nothing while others are held. Raises sqlite3.Error."""
        entries = self._quarantine.marked(HELD)
        return [] if self._held else entries

    def settle(self, entries: Sequence[Entry]) -> None:
        """Lets go of marked entries that have been tried; what was refused again stays. Raises sqlite3.Error."""
        self._write_held()
        self._quarantine.remove(entry.id for entry in entries)

    def _write_held(self) -> None:
        self._quarantine.add(self._held)
        self._held = []
