"""A service's data folder: made for its owner alone, and used by one service of a kind at a time."""

import fcntl
from pathlib import Path
from typing import IO

from ..contract.errors import CooeeError
from ..written_files import replace_file

DATA = Path("data")
"""Where every service keeps its files unless --data names another folder."""
OTHERS = 0o077
"""Mode bits that let others than the owner in."""


def embedded_store(folder: Path) -> str:
    """Address of the store in a data folder: what ingest writes and everybody reads unless --store names another."""
    return f"sqlite={folder / 'cooee.db'}"


def claim(folder: Path, service: str) -> IO[str]:
    """Claims a data folder for a service ("gateway", "ingest") as long as the file it returns is open, or the process
    lives. CooeeError when another one works there, or the folder cannot be made."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{service}.lock"
        path.touch(0o600)
        lock = path.open("w")
    except OSError as error:
        raise CooeeError(f"data folder {folder}: {error.strerror}; mend it or choose another with --data") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise CooeeError(f"another {service} works in {folder}; stop it or choose another folder with --data") from None
    return lock


def write_private(path: Path, text: str) -> None:
    """Replaces a file that only its owner can read, whole or not at all; CooeeError when it cannot be written."""
    replace_file(path, text, mode=0o600)
