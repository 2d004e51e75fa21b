"""When a file that may be edited while services run has to be read anew."""

from pathlib import Path

Stamp = tuple[int, int, int, int]
"""Of a file: when it was written, how long it is, which it is, and who may read it."""


def stamp_of(path: Path) -> Stamp | None:
    """What changes when a file does, or another takes its place; None when it cannot be looked at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode
