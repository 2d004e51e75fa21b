"""Several workers of ingest on one machine: started together, started again when one dies, ended together.

A worker keeps its name, so the one that is started again finds at the broker what the dead one had not acknowledged.
"""

import logging
import os
import signal
import subprocess
import sys
import time

import typer

from edge.contract.errors import CooeeError
from edge.service.processes import READY, end

log = logging.getLogger("cooee.ingest")

LOOK_S = 0.1
REST_S = 1.0
LONGEST_REST_S = 60.0
STEADY_S = 10.0
"""Between the end of a worker and its next start; one that did not live for STEADY_S rests twice as long as before."""
LEAVES_WITHIN_S = 20.0
USER_ERROR = 2
"""What a worker ends with when somebody must mend something."""


def worker_name(name: str, number: int) -> str:
    """What the number-th worker (1, 2, ...) of a machine is called."""
    return name if number == 1 else f"{name}-{number}"


class Worker:
    """A process that runs this very command as one of the workers."""

    def __init__(self, name: str, number: int) -> None:
        self.name = worker_name(name, number)
        self._number = number
        self._again_at = 0.0
        self._rest_s = 0.0
        self.start(sys.argv[1:])

    def start(self, arguments: list[str]) -> None:
        """Starts the process; its standard output comes to us."""
        self.ready = False
        self._began = time.monotonic()
        command = [sys.executable, "-P", "-m", "cooee", *arguments, "--worker", str(self._number)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self._process.stdout
        os.set_blocking(self._process.stdout.fileno(), False)

    def look(self) -> None:
        """Hears whether it is ready, and starts it again when it has died; CooeeError when that would not help."""
        assert self._process.stdout
        self.ready |= READY.encode() in (self._process.stdout.read() or b"")
        if self._process.poll() is None:
            return
        if self._process.returncode == USER_ERROR and not self.ready:
            raise CooeeError(f"{self.name} cannot work, see above")
        now = time.monotonic()
        if not self._again_at:
            steady = now - self._began >= STEADY_S
            self._rest_s = REST_S if steady else min(max(2 * self._rest_s, REST_S), LONGEST_REST_S)
            log.error("%s ended (%s): starting it again", self.name, self._process.returncode)
            self._again_at = now + self._rest_s
        elif now >= self._again_at:
            self._again_at = 0.0
            self._process.stdout.close()
            self.start([argument for argument in sys.argv[1:] if argument != "--take-over"])

    def tell_to_stop(self) -> None:
        """SIGTERM."""
        self._process.terminate()

    def wait(self) -> None:
        """Returns when it has ended."""
        end(self._process, LEAVES_WITHIN_S)


def run_workers(name: str, count: int) -> None:
    """Keeps `count` workers running until SIGTERM or Ctrl-C; says `ready` once all are. CooeeError when one cannot
    work."""
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    workers = [Worker(name, number) for number in range(1, count + 1)]
    said_ready = False
    try:
        while not stopping:
            for worker in workers:
                worker.look()
            if not said_ready and all(worker.ready for worker in workers):
                said_ready = True
                typer.echo(READY)
            time.sleep(LOOK_S)
    finally:
        for worker in workers:
            worker.tell_to_stop()
        for worker in workers:
            worker.wait()
