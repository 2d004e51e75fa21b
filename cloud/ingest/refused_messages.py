"""Messages that were refused, on their way to quarantine and out of it."""

import logging
import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from edge.service.quarantine import Quarantine, Refused

from .arrivals import Judged

log = logging.getLogger("cooee.ingest")

HELD = 500
"""Refused messages held while quarantine cannot be written; beyond it they are let go, so that good ones can come."""
RETRY_S = 2.0


class Written(NamedTuple):
    """What became of refused messages: `kept` are in quarantine, of which the senders of `settled` need send them no
    more; `let_go` are nowhere: a gateway sends its own again."""

    kept: Sequence[Judged] = ()
    settled: Sequence[Judged] = ()
    let_go: Sequence[Judged] = ()


class RefusedMessages:
    """`held` are the messages that wait until quarantine can be written."""

    def __init__(self, quarantine: Quarantine) -> None:
        self._quarantine = quarantine
        self._not_before = 0.0
        self.held: list[Judged] = []

    def write(self) -> Written:
        """Writes what is held, durably, unless that has just failed."""
        now = time.monotonic()
        refused = [each.outcome for each in self.held if isinstance(each.outcome, Refused)]
        if not refused or now < self._not_before:
            return self._let_go()
        try:
            dropped = self._quarantine.add(refused)
        except sqlite3.Error as error:
            if not self._not_before:
                log.error("cannot write to quarantine (%s): what is refused waits, the rest goes on", error)
            self._not_before = now + RETRY_S
            return self._let_go()
        self._not_before = 0.0
        for each in refused:
            self._quarantine.say(each, log)
        kept, self.held = self.held, []
        settled = [each for each, gone in zip(kept, dropped, strict=True) if gone or not each.waits]
        return Written(kept=kept, settled=settled)

    def remove(self, judged: Iterable[Judged]) -> None:
        """Lets quarantine go of what came from it and has been stored, or refused for another reason."""
        entries = [each.arrived.entry for each in judged if each.arrived.entry is not None]
        try:
            if entries:
                self._quarantine.remove(entries)
        except sqlite3.Error as error:
            log.warning("taken, but still in quarantine (%s): it will be tried again", error)

    def _let_go(self) -> Written:
        """Makes room for good messages."""
        beyond = self.held[HELD:]
        del self.held[HELD:]
        return Written(let_go=beyond)
