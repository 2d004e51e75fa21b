"""mosquitto: its configuration, and a process of ours on a loopback port for the demo and the tests.

A broker's acknowledgement is not durable (killed, it may lose what it holds), so nothing depends on it: the outbox
(edge/gateway/outbox.py) keeps every message until ingest's receipt.
"""

import getpass
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

from ..contract.errors import CooeeError
from ..service.processes import free_port

ANSWERS_WITHIN_S = 10.0
CONFIG_FILE = "mosquitto.conf"
PID_FILE = "mosquitto.pid"
LOG_FILE = "mosquitto.log"
SYSTEM_FOLDERS = "/usr/sbin:/usr/local/sbin"
"""Where Debian puts daemons, which is not on every user's PATH."""

CONFIGURATION = """\
# Written by cooee.
listener {listener}
{security}user {user}
persistence true
persistence_location {folder}/
# What waits for a client that is away; the outboxes have what does not fit, and publish it again.
max_queued_messages 100000
max_inflight_messages 2000
max_packet_size 1048576
autosave_interval 60
pid_file {folder}/{pid_file}
log_dest {log}
log_type error
log_type warning
"""
OPEN = "allow_anonymous true\n"
LOCKED = """\
allow_anonymous false
certfile {folder}/broker.crt
keyfile {folder}/broker.key
password_file {folder}/passwords
acl_file {folder}/access
"""


def write_configuration(folder: Path, port: int, *, log: str, everywhere: bool = False, locked: bool) -> Path:
    """Writes mosquitto.conf for a folder that stays where it is. `log` is mosquitto's log_dest, `everywhere` lets it
    listen on every network of this machine, `locked` takes TLS, passwords and access list from the folder
    (edge/broker/folder.py)."""
    config = folder / CONFIG_FILE
    config.touch(0o600)
    config.write_text(
        CONFIGURATION.format(
            listener=port if everywhere else f"{port} 127.0.0.1",
            security=(LOCKED if locked else OPEN).format(folder=folder),
            user=getpass.getuser(),
            folder=folder,
            pid_file=PID_FILE,
            log=log,
        )
    )
    return config


def find_mosquitto() -> str:
    """Path of the program; CooeeError when it is missing."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path=SYSTEM_FOLDERS)
    if program is None:
        raise CooeeError("mosquitto is missing; install it: apt-get install mosquitto")
    return program


class Broker:
    """A mosquitto process of ours on 127.0.0.1; `port` 0 means a free one. `folder` keeps its config, data and log, and
    when it is `locked` also what `make_folder` has put there; otherwise it lets in everybody on this machine."""

    def __init__(self, folder: Path, *, port: int = 0, locked: bool = False) -> None:
        self._folder = folder.resolve()
        self._locked = locked
        self._wanted_port = port
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """HOST:PORT, as `--mqtt` wants it."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id, None when it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> Self:
        """Starts mosquitto and waits until it answers; CooeeError when it is missing or the port is in use.
        After the first start the port stays the same."""
        program = find_mosquitto()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for _ in range(5):
            self.port = self.port or free_port()
            if self._try(program):
                self._wanted_port = self.port
                return self
            if self._wanted_port:
                break
            self.port = 0
        raise CooeeError(f"mosquitto does not start; {self._folder / LOG_FILE} may say why")

    def _try(self, program: str) -> bool:
        if _answers(self.port):
            if self._wanted_port:
                raise CooeeError(f"port {self.port} on 127.0.0.1 is in use; stop what runs there or choose another")
            return False
        log = self._folder / LOG_FILE
        for kept in (log, self._folder / PID_FILE):
            kept.touch(0o600)  # mosquitto would let everybody read it
        config = write_configuration(self._folder, self.port, log=f"file {log}", locked=self._locked)
        # The process gets its own session: Ctrl-C goes to cooee, which stops the broker last.
        self._process = subprocess.Popen(
            [program, "-c", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + ANSWERS_WITHIN_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if _answers(self.port):
                return True
            time.sleep(0.02)
        self.stop()
        return False

    def stop(self) -> None:
        """Ends the process by its id: SIGTERM, which makes mosquitto save what it holds, then SIGKILL after 5 s."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
