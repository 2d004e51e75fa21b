"""Text files that people write: the farm, its map, those who are told."""

import errno
import stat
from pathlib import Path

LARGEST_BYTES = 10_000_000
NOT_UTF_8 = "it is not UTF-8 text: save it as UTF-8, as by iconv -f latin1 -t utf-8 OLD > NEW"


def edited_text(path: Path, encoding: str = "utf-8") -> str:
    """What a file says. OSError, whose strerror says why: it cannot be read, is larger than any that people write, or
    is no file but a device or a pipe, which might never end. UnicodeDecodeError."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise OSError(errno.EINVAL, "it is a device or a pipe; a file is needed")
    if found.st_size > LARGEST_BYTES:
        raise OSError(errno.EFBIG, f"it is larger than any file of a farm, {LARGEST_BYTES // 1_000_000} MB at most")
    return path.read_text(encoding=encoding)


def why_unreadable(error: Exception) -> str:
    """Why a text file cannot be read, and of one in another encoding how to mend it."""
    if isinstance(error, UnicodeDecodeError):
        return NOT_UTF_8
    return (isinstance(error, OSError) and error.strerror) or str(error)
