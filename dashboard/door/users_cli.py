"""`cooee dashboard users`: who may read the page from elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from edge.contract.errors import CooeeError
from edge.service.data_folder import DATA, claim

from .users import FILE, LONGEST, NAME, SHORTEST, User, hash_password, read_users, write_users

app = typer.Typer(no_args_is_help=True, help="Who may read the page from elsewhere.")
Data = Annotated[Path, typer.Option(help="Data folder; the users are in page-users.toml there.")]
Name = Annotated[str, typer.Argument(help="Letters, digits and . @ + | - _, at most 60.")]


@app.command()
def add(
    name: Name,
    data: Data = DATA,
    password_file: Annotated[
        Path | None, typer.Option(help="File whose first line is the password; else it is asked for.")
    ] = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Signs in with the identity provider; NAME is the mail address there.")
    ] = False,
) -> None:
    """Let somebody sign in, or give a new password to who may."""
    if not NAME.fullmatch(name):
        raise CooeeError(f"{name!r}: letters, digits and . @ + | - _, at most 60")
    scrypt = "" if no_password else hash_password(_password(password_file))
    with claim(data, "page-users"):
        others = [user for user in read_users(data / FILE) if user.name != name]
        write_users(data / FILE, [*others, User(name=name, scrypt=scrypt)])
    typer.echo(f"{name} may sign in.")


@app.command()
def remove(name: Name, data: Data = DATA) -> None:
    """Let somebody in no more; pages that are open close."""
    with claim(data, "page-users"):
        users = read_users(data / FILE)
        if all(user.name != name for user in users):
            raise CooeeError(f"{data / FILE} has no {name!r}: {', '.join(user.name for user in users) or 'nobody'}")
        write_users(data / FILE, [user for user in users if user.name != name])
    typer.echo(f"{name} may sign in no more.")


@app.command("list")
def list_users(data: Data = DATA) -> None:
    """List who may sign in."""
    users = read_users(data / FILE)
    for user in users:
        typer.echo(user.name)
    if not users:
        typer.echo(f"{data / FILE} has no users: add one with cooee dashboard users add NAME")


def _password(file: Path | None) -> str:
    if file is None:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        try:
            password = file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise CooeeError(f"--password-file {file}: cannot be read ({type(error).__name__})") from None
    if not SHORTEST <= len(password) <= LONGEST:
        raise CooeeError(f"a password has at least {SHORTEST} letters, and at most {LONGEST}: take four words")
    return str(password)
