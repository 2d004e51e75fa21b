"""Child processes of ours: started with a log file, awaited until they say `ready`, stopped by their id."""

import contextlib
import random
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from ..contract.errors import CooeeError

READY = "ready"
"""The line a service prints on standard output once it can be used."""

START_S = 60.0
"""How long a service may take until it is ready, on a busy and slow machine."""


def free_port() -> int:
    """A free port on 127.0.0.1 below the ephemeral ones: were it ephemeral, a client could be given this very port as
    its own before the service takes it, or, reaching for a stopped service, be connected to itself."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def end(process: subprocess.Popen[bytes], patience_s: float = 10) -> None:
    """Asks a process to end, ends it when it does not, and returns when it has."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Child:
    """One running service. Its output goes to `log`; it has a session of its own, so that Ctrl-C reaches only us."""

    def __init__(self, name: str, arguments: Sequence[str], *, log: Path) -> None:
        self.name = name
        self.log = log
        log.touch(0o600)
        with log.open("ab") as output:
            self._start = output.tell()
            self.process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )

    @classmethod
    def cooee(cls, command: str, *arguments: str, log: Path) -> Self:
        """Starts `cooee COMMAND ARGUMENTS` with this Python, whatever modules lie in the folder we are in (-P)."""
        return cls(command, [sys.executable, "-P", "-m", "cooee", command, *arguments], log=log)

    def wait_ready(self, timeout_s: float = START_S) -> None:
        """Returns once the service has said `ready`; CooeeError with its last line when it ended or stays silent."""
        deadline = time.monotonic() + timeout_s
        while READY not in self.output().splitlines():
            if self.process.poll() is not None:
                raise CooeeError(f"{self.name} ended with code {self.process.returncode}: {self._last_line()}")
            if time.monotonic() > deadline:
                raise CooeeError(
                    f"{self.name} is not ready after {timeout_s:.0f} s: {self._last_line()} (log: {self.log})"
                )
            time.sleep(0.05)

    def check(self) -> None:
        """CooeeError when the service has ended by itself."""
        if self.process.poll() is not None:
            raise CooeeError(
                f"{self.name} ended with code {self.process.returncode}: {self._last_line()} (log: {self.log})"
            )

    def stop(self, patience_s: float = 10) -> None:
        """As `end`."""
        end(self.process, patience_s)

    def output(self) -> str:
        """What this process has written so far."""
        with self.log.open("rb") as file:
            file.seek(self._start)
            return file.read().decode(errors="replace")

    def _last_line(self) -> str:
        return next((line for line in reversed(self.output().splitlines()) if line.strip()), "it said nothing")
