"""When a file that may be edited while services run has to be read anew."""

from pathlib import Path

Stamp = tuple[int, int, int]
"""Of a file: when it was written, how long it is, and which it is."""


def stamp_of(path: Path) -> Stamp | None:
    """What changes when a file does, or another takes its place; None when it cannot be looked at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
