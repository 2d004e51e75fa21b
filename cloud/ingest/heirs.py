"""What waits at the broker for a worker that is gone for good goes to those that live.

Readings that nobody sends a second time lie in the dead worker's session, and its share of new ones is added to them.
So after some minutes the first of the living starts an heir: a process that comes under the dead one's name, takes no
new share, stores and acknowledges what waits, and ends the session.
"""

import logging
import subprocess
import sys
import time

from edge.service.processes import end

from .farm_keeper import Claim

log = logging.getLogger("cooee.ingest")

GONE_FOR_MIN = 3.0
"""How long a worker may be away, as while its machine starts anew, before others take what waits for it. It loses
nothing when it comes later."""
QUIET_S = 3.0
"""An heir that has heard nothing for so long has heard all: the broker sends as fast as it is acknowledged."""


class Heirs:
    """The other workers of a farm as they say themselves, and the heirs of those that are gone."""

    def __init__(self, worker: str, gone_for_s: float) -> None:
        self._worker = worker
        self._gone_for_s = gone_for_s
        self._living = {worker}
        self._gone: dict[str, float] = {}
        self._heir: tuple[str, subprocess.Popen[bytes]] | None = None

    def hear(self, worker: str, claim: Claim | None) -> None:
        """What another worker claims now."""
        if claim is not None and not claim.gone:
            self._living.add(worker)
            self._gone.pop(worker, None)
            return
        self._living.discard(worker)
        if claim is None:
            self._gone.pop(worker, None)
        else:
            self._gone.setdefault(worker, time.monotonic())

    def look(self) -> None:
        """Starts an heir when it is time, one after the other, and hears how it ended; one that failed is followed by
        another after the same time."""
        if self._heir is not None:
            name, process = self._heir
            if process.poll() is None:
                return
            self._heir = None
            if process.returncode:
                log.warning("what waits for %s was not taken over (%s): trying again later", name, process.returncode)
            return
        due = [name for name, since in self._gone.items() if time.monotonic() - since >= self._gone_for_s]
        if due and self._worker == min(self._living):
            self._start(min(due))

    def end(self) -> None:
        """Ends the heir that is at work; what it has not stored waits on."""
        if self._heir is not None:
            end(self._heir[1])

    def _start(self, name: str) -> None:
        log.warning("%s is gone: taking over what waits for it", name)
        self._gone[name] = time.monotonic()
        command = [sys.executable, "-P", "-m", "cooee", *sys.argv[1:], "--worker", "1", "--heir-of", name]
        self._heir = name, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
