"""`cooee backup` and `cooee restore`: a farm in one file, taken while its services run.

In it are farm.yaml and the data folder: databases as SQLite's online backup gives them, each as of one moment, and
every other file, keys among them. At its end stands a list with the hash of each. Readable by its owner only.
"""

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.contract.errors import CooeeError
from edge.farm import FARM_FILE, load_farm
from edge.service.data_folder import DATA

from ..progress import progress

LIST = "cooee-backup.json"
FORMAT = 1
LEFT_OUT = re.compile(r".*(\.lock|\.log|\.new|-wal|-shm|-journal|\.damaged-[^/]*)")
MEMBER = re.compile(r"farm\.yaml|data(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+")
SQLITE = b"SQLite format 3\0"
PIECE = 1 << 20
BUSY_S = 10.0
"""How long to wait for a database that another process holds."""
Told = Callable[[int, int], None]


def back_up(file: Path, farm: Path, data: Path, told: Told) -> int:
    """Writes a backup; the number of files in it. CooeeError: it is there already, or something cannot be read or
    written; then nothing is left of it."""
    farm_id = load_farm(farm).id
    if not data.is_dir():
        raise CooeeError(f"{data} is no data folder: name it with --data")
    if file.exists():
        raise CooeeError(f"{file} is there already: name another file, or move it away")
    if file.resolve().is_relative_to(data.resolve()):
        raise CooeeError(f"{file} lies in the data folder that it is to hold: name a file elsewhere")
    sources = [("farm.yaml", farm), *((f"data/{path.relative_to(data)}", path) for path in _files(data))]
    hashes: dict[str, str] = {}
    with _errors(file), _beside(file) as folder:
        new = folder / "backup"
        with tarfile.open(new, "w:gz", compresslevel=6) as archive:
            new.chmod(0o600)
            for number, (name, path) in enumerate(sources, start=1):
                copy = folder / "copy"
                _copy(path, copy)
                hashes[name] = _hash(copy)
                archive.add(copy, name, recursive=False)
                copy.unlink()
                told(number, len(sources))
            _add_list(archive, {"format": FORMAT, "farm": farm_id, "files": hashes})
        os.link(new, file)
    return len(sources)


def restore(file: Path, farm: Path, data: Path, told: Told) -> tuple[str, int]:
    """Puts a backup where nothing is; the farm's id and the number of files. CooeeError: something is there, or the
    file is no whole backup; then nothing was changed."""
    if farm.exists():
        raise CooeeError(
            f"{farm} is there already: restore overwrites nothing; name another with --farm, or move it away"
        )
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise CooeeError(f"{data} is not empty: restore overwrites nothing; name another with --data, or move it away")
    if not file.is_file():
        raise CooeeError(f"{file} is no file: name a backup")
    with _errors(data), _beside(data) as folder:
        contents, hashes = _unpack(file, folder, told)
        if contents.get("format") != FORMAT or contents.get("files") != hashes or "farm.yaml" not in hashes:
            raise CooeeError(f"{file}: is no whole backup of Cooee: what is in it is not what its list says")
        farm.parent.mkdir(parents=True, exist_ok=True)
        (folder / "data").mkdir(exist_ok=True)
        for made in (folder / "data", *(path for path in (folder / "data").rglob("*") if path.is_dir())):
            made.chmod(0o700)
        os.replace(folder / "data", data)
        with open(os.open(farm, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            target.write((folder / "farm.yaml").read_bytes())
    return str(contents["farm"]), len(hashes)


def _files(data: Path) -> Sequence[Path]:
    found = [path for path in sorted(data.rglob("*")) if path.is_file() and not path.is_symlink()]
    return [path for path in found if not LEFT_OUT.fullmatch(path.name)]


def _copy(path: Path, copy: Path) -> None:
    """A copy of a file as of one moment. Raises OSError and sqlite3.Error."""
    with path.open("rb") as file:
        is_database = file.read(len(SQLITE)) == SQLITE
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    if not is_database:
        shutil.copyfile(path, copy)
        return
    with (
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target, progress=_patience())
        target.execute("PRAGMA journal_mode = DELETE")


def _patience() -> Callable[[int, int, int], None]:
    """What ends a copy of a database that another process holds for BUSY_S; Connection.backup would wait for ever."""
    deadline = time.monotonic() + BUSY_S

    def look(status: int, _remaining: int, _total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > deadline:
            raise sqlite3.OperationalError("another process holds it")

    return look


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add_list(archive: tarfile.TarFile, contents: dict[str, Any]) -> None:
    text = json.dumps(contents, indent=1).encode()
    member = tarfile.TarInfo(LIST)
    member.size, member.mode = len(text), 0o600
    archive.addfile(member, io.BytesIO(text))


def _unpack(file: Path, folder: Path, told: Told) -> tuple[dict[str, Any], dict[str, str]]:
    """What the list of a backup says, and the hashes of what was unpacked, by name."""
    contents: dict[str, Any] = {}
    hashes: dict[str, str] = {}
    try:
        with tarfile.open(file, "r:gz") as archive:
            for number, member in enumerate(archive, start=1):
                content = archive.extractfile(member) if member.isreg() else None
                if content is None or not (member.name == LIST or MEMBER.fullmatch(member.name)):
                    raise CooeeError(f"{file}: is no backup of Cooee: {member.name[:60]!r} does not belong into one")
                if member.name == LIST:
                    contents = json.load(content)
                    continue
                path = folder / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
                    shutil.copyfileobj(content, target, PIECE)
                hashes[member.name] = _hash(path)
                told(number, number)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError) as error:
        raise CooeeError(f"{file}: is no whole backup of Cooee ({type(error).__name__})") from None
    return contents, hashes


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A folder beside `path` for what is not whole yet; it goes in the end."""
    folder = path.absolute().with_name(f".{path.name}.new")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        with suppress(OSError):
            shutil.rmtree(folder)


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = f"{path}: {error.strerror or error}"
        raise CooeeError(f"{what}: make room, or check who may write and read there") from None
    except sqlite3.Error as error:
        raise CooeeError(f"{path}: a database cannot be copied ({error}): make room, or see cooee doctor") from None


FileArgument = Annotated[Path, typer.Argument(help="The backup, as in farm.backup.")]
FarmOption = Annotated[Path, typer.Option(help="The farm file.")]
DataOption = Annotated[Path, typer.Option(help="Data folder of the services.")]


def command(file: FileArgument, farm: FarmOption = FARM_FILE, data: DataOption = DATA) -> None:
    """Write farm.yaml and the data folder, keys too, into one file; services may run."""
    with progress("files") as told:
        count = back_up(file, farm, data, told)
    typer.echo(f"{count} files in {file}, which only you can read: the nodes' keys are in it")
