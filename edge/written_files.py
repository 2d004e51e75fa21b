"""Where a command writes, tried before its work begins: no run of minutes ends with nowhere to put what it found. What
cannot be written whole is not left there."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from .contract.errors import CooeeError


def file_to_write(path: Path | None) -> Path | None:
    """`path` as it is, for options that name a file; CooeeError where none can be written."""
    return path and _tried(path, folder=False)


def folder_to_write(path: Path | None) -> Path | None:
    """`path` as it is, for options that name a folder, which may be new; CooeeError where none can be written."""
    return path and _tried(path, folder=True)


def empty_folder(path: Path, option: str, *, mode: int = 0o777) -> Path:
    """`path`, made where it is not there; CooeeError, which names the option it came by, where something is in it or
    nothing can be written."""
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise CooeeError(f"{path} is not empty; name another folder with {option}")
    except OSError as error:
        raise CooeeError(f"{path}: cannot be used ({error.strerror}); name another folder with {option}") from None
    return path


JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Where to write all figures, as JSON.", callback=file_to_write)
]


def write_json(file: Path | None, figures: Any) -> None:
    """What --json asked for; nothing without it."""
    if file:
        write_file(file, json.dumps(figures, indent=1) + "\n")


def write_file(path: Path, content: str | bytes) -> None:
    """See write_files."""
    write_files({path: content})


def write_files(contents: Mapping[Path, str | bytes]) -> None:
    """Writes files, text as UTF-8, over what is there. CooeeError, which names the one that cannot be written: then
    nothing is left of any."""
    begun: list[Path] = []
    for path, content in contents.items():
        try:
            with path.open("wb") as file:
                begun.append(path)
                file.write(_as_bytes(content))
        except OSError as error:
            for each in begun:
                if each.is_file():
                    each.unlink()
            raise _not_written(path, error) from None


def replace_file(path: Path, content: str | bytes, *, mode: int) -> None:
    """Puts a file with these permissions in the place of what is there, whole and on the disk; CooeeError when that
    cannot be, and then `path` is as it was."""
    try:
        with replacing(path) as new:
            with new.open("wb") as file:
                file.write(_as_bytes(content))
                file.flush()
                os.fsync(file.fileno())
            new.chmod(mode)
    except OSError as error:
        raise _not_written(path, error) from None


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """An empty file beside `path`, its owner's alone, which takes its place at the end, or goes when that fails. Raises
    OSError."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield new
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _as_bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _not_written(path: Path, error: OSError) -> CooeeError:
    return CooeeError(f"{path}: cannot be written ({error.strerror}): mend that, or name another place")


def _tried(path: Path, *, folder: bool) -> Path:
    try:
        if path.exists() and path.is_dir() != folder:
            raise CooeeError(f"{path}: a {'file' if folder else 'folder'} is there: name another place")
        if path.is_file() and not os.access(path, os.W_OK):
            raise CooeeError(f"{path}: may not be written by you: name another place")
        if folder or not path.exists():
            with tempfile.TemporaryFile(dir=_existing(path) if folder else path.parent):
                pass
    except OSError as error:
        raise CooeeError(f"{path}: cannot be written ({error.strerror}): name another place") from None
    return path


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.absolute().parents) if each.exists())
