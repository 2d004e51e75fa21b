"""How a command is told of the broker: --mqtt and its kin, the same for every command."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from .client import BROKER, PASSWORD_VARIABLE, Server, parse_server

Told = TypeVar("Told")

Address = Annotated[
    str, typer.Option("--mqtt", help="The broker: HOST:PORT, or mqtt://USER@HOST:PORT, or mqtts:// with TLS.")
]
PasswordFile = Annotated[
    Path | None,
    typer.Option("--mqtt-password-file", help=f"File whose first line is the password; else ${PASSWORD_VARIABLE}."),
]
Ca = Annotated[Path | None, typer.Option("--mqtt-ca", help="CA of the broker's certificate (PEM); else the system's.")]
Certificate = Annotated[Path | None, typer.Option("--mqtt-cert", help="Our own certificate (PEM).")]
Key = Annotated[Path | None, typer.Option("--mqtt-key", help="The key of our own certificate (PEM).")]


def _options(
    address: Address = BROKER,
    password_file: PasswordFile = None,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> Server:
    return parse_server(address, password_file, ca, certificate, key)


def with_broker(command: Callable[..., Told]) -> Callable[..., Told]:
    """The command with the options of a broker in place of its parameter `server`, which they name."""
    given = inspect.signature(command, eval_str=True).parameters
    options = inspect.signature(_options, eval_str=True).parameters
    shown = {
        option.name: option.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in given.values()
        for option in (options.values() if parameter.name == "server" else (parameter,))
    }

    @functools.wraps(command)
    def told(**values: Any) -> Told:
        server = _options(**{name: values.pop(name) for name in options})
        return command(**values, server=server)

    told.__annotations__ = {name: option.annotation for name, option in shown.items()}
    told.__dict__["__signature__"] = inspect.Signature(list(shown.values()))
    return told
