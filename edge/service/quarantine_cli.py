"""`cooee quarantine`: what gateway and ingest have refused, entry by entry or kind by kind."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ..contract.errors import CooeeError
from .data_folder import DATA
from .logs import printable
from .quarantine import LONGEST, Entry, Quarantine

FILES = {"g": "gateway-quarantine.db", "i": "quarantine.db"}
"""The first letter of an entry's name says who refused it: gateway or ingest."""

app = typer.Typer(no_args_is_help=True)
Data = Annotated[Path, typer.Option(help="Data folder of gateway and ingest.")]
Kind = Annotated[str | None, typer.Option(help="All entries of this kind, as in --kind future.")]
Names = Annotated[list[str] | None, typer.Argument(help="Entries as `list` names them, as in i12.")]


@app.command("list")
def list_entries(
    data: Data = DATA,
    kind: Kind = None,
    limit: Annotated[int, typer.Option(help="How many of the newest entries to show, of each service.", min=1)] = 20,
) -> None:
    """List how much there is of each kind, and the newest entries."""
    found = False
    for letter, path in _present(data):
        with _opened(path) as quarantine:
            for tally in quarantine.tallies():
                if kind in (None, tally.kind):
                    typer.echo(f"{tally.count:8} x {tally.kind}, last {_moment(tally.newest)} ({path.name})")
            for entry in quarantine.newest(limit, kind):
                found = True
                refused = entry.refused
                what = printable(f"{refused.source}: {refused.reason}")
                typer.echo(f"{letter}{entry.id}  {_moment(entry.t)}  {refused.kind}  {what}")
    if not found:
        typer.echo("nothing is kept in quarantine" + (f" of kind {kind!r}" if kind else ""))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="An entry as `list` names it, as in i12.")], data: Data = DATA
) -> None:
    """Show one entry whole."""
    letter, number = _parse(name)
    with _opened(data / FILES[letter]) as quarantine:
        entry = _known(quarantine, name, number)
    refused = entry.refused
    typer.echo(
        f"kind:    {refused.kind}\nreason:  {printable(refused.reason)}\n"
        f"source:  {printable(refused.source)}\nlast:    {_moment(entry.t)}"
    )
    if refused.heard_ms is not None:
        typer.echo(f"clock:   {_moment(refused.heard_ms)}")
    cut = f" (the first {LONGEST} bytes)" if len(refused.content) == LONGEST else ""
    typer.echo(f"content: {printable(refused.content.decode(errors='backslashreplace'))}{cut}")


@app.command()
def retry(names: Names = None, data: Data = DATA, kind: Kind = None) -> None:
    """Hand entries back to the service that refused them, at once or when it starts."""
    count = _change(names or [], data, kind, Quarantine.again)
    typer.echo(f"{count} to be tried again; what is refused again is listed again")


@app.command()
def drop(names: Names = None, data: Data = DATA, kind: Kind = None) -> None:
    """Drop entries for good."""
    typer.echo(f"{_change(names or [], data, kind, Quarantine.drop)} dropped")


def _change(names: list[str], data: Path, kind: str | None, change: Callable[..., int]) -> int:
    if bool(names) == bool(kind):
        raise CooeeError("name entries, as in i12, or a kind, as in --kind future (cooee quarantine list shows both)")
    parsed = [_parse(name) for name in names]
    count = 0
    for letter, path in _present(data):
        numbers = [number for each, number in parsed if each == letter]
        with _opened(path) as quarantine:
            for number in numbers:
                _known(quarantine, f"{letter}{number}", number)
            count += change(quarantine, numbers, [kind] if kind else [])
    return count


def _parse(name: str) -> tuple[str, int]:
    if name[:1] not in FILES or not name[1:].isdecimal():
        raise CooeeError(f"{name!r} names no entry: write one as cooee quarantine list does, as in i12")
    return name[0], int(name[1:])


def _known(quarantine: Quarantine, name: str, number: int) -> Entry:
    entry = quarantine.entry(number)
    if entry is None:
        raise CooeeError(f"there is no entry {name}: see cooee quarantine list")
    return entry


def _present(data: Path) -> list[tuple[str, Path]]:
    present = [(letter, data / name) for letter, name in FILES.items() if (data / name).exists()]
    if not present:
        raise CooeeError(f"{data} holds no quarantine: name the data folder of gateway or ingest with --data")
    return present


@contextmanager
def _opened(path: Path) -> Iterator[Quarantine]:
    if not path.exists():
        raise CooeeError(f"{path} does not exist: name the data folder of gateway or ingest with --data")
    try:
        quarantine = Quarantine(path)
        try:
            yield quarantine
        finally:
            quarantine.close()
    except sqlite3.Error as error:
        raise CooeeError(f"{path}: {error}; try again, or check the file") from None


def _moment(t: int) -> str:
    return datetime.fromtimestamp(t / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
