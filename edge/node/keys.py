"""Who a node is and the key that its frames are sealed with: `cooee enrol`, and what the gateway asks.

`keys.toml` in the data folder has an entry an incarnation, the newest of a node last. Those of boards that were
replaced stay, so that the frames they still hold can be read.
"""

import contextlib
import logging
import secrets
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from ..contract.errors import CooeeError
from ..core import KEY_SIZE
from ..farm import FARM_FILE, load_farm, node_named
from ..farm.file_stamp import stamp_of
from ..options import FarmOfNode
from ..service.data_folder import DATA, OTHERS, claim, write_private

log = logging.getLogger("cooee.gateway")

KEYS_FILE = "keys.toml"
BOARDS = "boards"
"""Folder for what goes onto boards."""
HEAD = "# Written by `cooee enrol`. Whoever reads this file can speak as these nodes.\n"


@dataclass(frozen=True, kw_only=True)
class Enrolled:
    """An incarnation of a node, 1 to 2**32 - 2, with its key of 16 bytes."""

    node: str
    incarnation: int
    key: bytes = field(repr=False)

    @property
    def header(self) -> str:
        """The same for a board's compiler."""
        key = ", ".join(f"0x{byte:02x}" for byte in self.key)
        return f"#define NODE_INCARNATION 0x{self.incarnation:08x}UL\n#define NODE_KEY {{{key}}}\n"


class Keys:
    """Keys of the nodes for a gateway; a file that changes is read anew. CooeeError when it cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / KEYS_FILE
        self._lent: dict[tuple[str, int], bytes] = {}
        self._read()

    def _read(self) -> None:
        self._stamp = stamp_of(self._path)
        self._keys = {(e.node, e.incarnation): e.key for e in read_keys(self._path)}

    def lend(self, node: str, incarnation: int, key: bytes) -> None:
        """Takes the key of a node that this process runs itself; it is on no disk."""
        self._lent[node, incarnation] = key

    def key(self, node: str, incarnation: int) -> bytes | None:
        """The key of an incarnation; None when it was not enrolled, or its entry was deleted."""
        if lent := self._lent.get((node, incarnation)):
            return lent
        if stamp_of(self._path) != self._stamp:
            try:
                self._read()
            except CooeeError as error:
                log.error("%s; the keys known so far are used", error)
        return self._keys.get((node, incarnation))


def read_keys(path: Path) -> list[Enrolled]:
    """Every incarnation that was enrolled, in that order; none when there is no file. CooeeError when others can read
    it, or it is damaged."""
    try:
        if path.stat().st_mode & OTHERS:
            raise CooeeError(f"{path} can be read by others: chmod 600 {path}, and enrol its nodes anew with --replace")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise CooeeError(
            f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}); it must be yours"
        ) from None
    try:
        return [
            Enrolled(node=row["node"], incarnation=int(row["incarnation"], 16), key=_key(row["key"]))
            for row in tomllib.loads(text).get("enrolled", [])
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CooeeError(f"{path}: is damaged ({error}); restore it, or move it away and enrol every node") from None


def _key(digits: str) -> bytes:
    key = bytes.fromhex(digits)
    if len(key) != KEY_SIZE:
        raise ValueError(f"a key has {KEY_SIZE} bytes")
    return key


def newest(enrolled: Iterable[Enrolled]) -> dict[str, Enrolled]:
    """The present incarnation of each node."""
    return {each.node: each for each in enrolled}


def enrol(folder: Path, nodes: Sequence[str]) -> list[Enrolled]:
    """Makes a new incarnation of each node, which becomes its present one. CooeeError when the folder cannot be used,
    or others can read it."""
    with contextlib.closing(claim(folder, "enrol")):
        if folder.stat().st_mode & OTHERS:
            raise CooeeError(f"{folder} is open to others: chmod 700 {folder}")
        known = read_keys(folder / KEYS_FILE)
        taken = {each.incarnation for each in known}
        added: list[Enrolled] = []
        for node in nodes:
            while (incarnation := 1 + secrets.randbelow(2**32 - 2)) in taken:
                pass
            taken.add(incarnation)
            added.append(Enrolled(node=node, incarnation=incarnation, key=secrets.token_bytes(KEY_SIZE)))
        write_keys(folder / KEYS_FILE, [*known, *added])
    return added


def write_keys(path: Path, enrolled: Iterable[Enrolled]) -> None:
    """Writes a whole file of keys; CooeeError when it cannot be."""
    write_private(path, HEAD + "".join(map(_entry, enrolled)))


def _entry(each: Enrolled) -> str:
    return f'\n[[enrolled]]\nnode = "{each.node}"\nincarnation = "{each.incarnation:08x}"\nkey = "{each.key.hex()}"\n'


def command(
    node: Annotated[str, typer.Argument(help="The node, as farm.yaml names it.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Its board was swapped, or its key has leaked: a new incarnation.")
    ] = False,
    farm: FarmOfNode = FARM_FILE,
    data: Annotated[Path, typer.Option(help="Folder of the gateway, which keeps the keys.")] = DATA,
) -> None:
    """Makes who a node is and the key of its frames."""
    loaded = load_farm(farm)
    if node_named(loaded, node).board == "gateway":
        raise CooeeError(f"{node} runs on the gateway, which needs no key for it")
    if not replace and node in newest(read_keys(data / KEYS_FILE)):
        raise CooeeError(f"{node} is enrolled already; for a new board in its place: cooee enrol {node} --replace")
    (enrolled,) = enrol(data, [node])
    boards = data / BOARDS
    boards.mkdir(mode=0o700, exist_ok=True)
    header = boards / f"{node}.h"
    write_private(header, enrolled.header)
    typer.echo(f"{node} is incarnation {enrolled.incarnation:08x}; its key is in {data / KEYS_FILE}")
    typer.echo(f"Make its program: cooee build {node}. Or compile your own with -include {header.absolute()}")
