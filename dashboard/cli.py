"""`cooee dashboard`: serves the farmer's page with Streamlit, to this machine alone unless asked otherwise."""

import contextlib
import ipaddress
import logging
import os
import socket
import ssl
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from urllib.error import URLError
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

import psutil
import typer

from cloud.store import open_store
from edge.contract.errors import CooeeError, StoreUnavailable
from edge.farm import FARM_FILE
from edge.farm.file import farm_as_it_stands
from edge.options import StoreUrl
from edge.service.data_folder import DATA, embedded_store
from edge.service.processes import READY, START_S

from . import DATA_VARIABLE, FARM_VARIABLE, HOSTS_VARIABLE, STORE_VARIABLE, USERS_VARIABLE
from .door import users as users_file
from .door import users_cli

SERVER = Path(__file__).with_name("serving") / "server.py"
ANYWHERE = ("0.0.0.0", "::")

SETTINGS = {
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.showEmailPrompt": "false",
    "browser.gatherUsageStats": "false",
    "runner.postScriptGC": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "logger.hideWelcomeMessage": "true",
    "logger.level": "warning",
    "logger.enableRich": "false",
    "theme.light.primaryColor": "#1b7a3a",
    "theme.dark.primaryColor": "#49b96d",
}
"""Nothing leaves the machine, nothing watches files, and no traceback reaches a farmer. Python collects garbage by
itself: all of it after every run took more than the run."""
CACHES = "streamlit.runtime.caching.cache_data_api"
"""Who logs, for each function with a cache, that the page is imported before Streamlit runs: as it has to be."""


app = typer.Typer(invoke_without_command=True)
app.add_typer(users_cli.app, name="users")


@app.callback()
def command(
    context: typer.Context,
    farm: Annotated[Path, typer.Option(help="The farm.yaml that names the zones and nodes.")] = FARM_FILE,
    data: Annotated[Path, typer.Option(help="Data folder of ingest and notify.")] = DATA,
    store: StoreUrl = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page.")] = 8501,
    host: Annotated[
        str, typer.Option(help="Address to serve on; 0.0.0.0 for every phone in your network whose owner can sign in.")
    ] = "127.0.0.1",
    names: Annotated[
        list[str],
        typer.Option(
            "--name",
            help="A name under which others reach the page, of this machine or of a proxy before it; may be given "
            "several times.",
        ),
    ] = [],  # noqa: B006 - Typer reads it alone
    certificate: Annotated[
        Path | None, typer.Option(help="Serve with TLS: the certificate (PEM), with those that lead to its authority.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="The certificate's key (PEM), without a password.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
) -> None:
    """Serve the farmer's page."""
    if context.invoked_subcommand:
        return
    farm_as_it_stands(farm)
    address = store or embedded_store(data)
    users = data / users_file.FILE
    from_elsewhere = bool(names) or not is_loopback(host)
    if from_elsewhere:
        _check_login(users)
    encrypted = _encryption(certificate, key)
    if not is_loopback(host) and not encrypted:
        typer.echo("cooee: without --certificate others in the network can read passwords and page", err=True)
    _check_store(address)
    _check_port(host, port)
    os.environ[FARM_VARIABLE] = str(farm.absolute())
    os.environ[DATA_VARIABLE] = str(data.absolute())
    os.environ[STORE_VARIABLE] = _absolute(address)
    os.environ[HOSTS_VARIABLE] = ",".join(sorted(answered_names(host, names)))
    os.environ[USERS_VARIABLE] = str(users.absolute()) if from_elsewhere else ""
    address = f"{'https' if encrypted else 'http'}://{'127.0.0.1' if host in ANYWHERE else host}:{port}"
    threading.Thread(target=_announce, args=(address, browser), daemon=True).start()
    from click import Abort
    from streamlit.web.cli import main

    logging.getLogger(CACHES).addFilter(lambda record: "No runtime found" not in record.getMessage())
    settings = SETTINGS | encrypted | {"server.address": host, "server.port": str(port)}
    arguments = ["run", str(SERVER), *(f"--{name}={value}" for name, value in settings.items())]
    with contextlib.suppress(Abort):  # Ctrl-C
        main(arguments, prog_name="streamlit", standalone_mode=False)


def _check_login(users: Path) -> None:
    """CooeeError unless somebody could sign in, with a password or with the provider that Streamlit's secrets name."""
    from .door import provider  # imports Streamlit, which `users` does without

    by_provider = provider.is_configured()
    if not users_file.Users(users).anybody(with_password=not by_provider):
        more = " --no-password" if by_provider else ""
        raise CooeeError(
            "others could reach the page, and nobody would have to sign in: add somebody with cooee dashboard users "
            f"add NAME{more}, or leave --host and --name away"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what is served on that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def answered_names(host: str, names: Sequence[str]) -> set[str]:
    """Names and addresses in a URL of the page, in small letters. Any other would be a stranger's name, pointed at us
    to let his page speak with ours (DNS rebinding)."""
    known = {"localhost", "127.0.0.1", "::1", *names}
    if host in ANYWHERE:
        known |= {address.address.partition("%")[0] for each in psutil.net_if_addrs().values() for address in each}
        known |= {socket.gethostname(), f"{socket.gethostname()}.local"}
    else:
        known.add(host)
    return {name.lower().rstrip(".") for name in known}


def _check_store(url: str) -> None:
    """A store that may come later is no reason to stop: the page says so and tries again."""
    try:
        open_store(url, read_only=True).close()
    except StoreUnavailable as error:
        typer.echo(f"cooee: {error}; the page waits for it", err=True)


def _absolute(url: str) -> str:
    kind, _, rest = url.partition("=")
    return f"{kind}={Path(rest).absolute()}" if kind == "sqlite" else url


def _check_port(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise CooeeError(
            f"cannot serve on {host}:{port} ({os.strerror(error.errno) if error.errno else error}): choose another "
            f"with --port"
        ) from None


def _encryption(certificate: Path | None, key: Path | None) -> dict[str, str]:
    """Streamlit's settings for TLS; none without a certificate. CooeeError when it cannot be used."""
    if certificate is None and key is None:
        return {}
    if certificate is None or key is None:
        raise CooeeError("--certificate and --key go together")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except OSError as error:  # of which an SSLError is one
        reason = error.strerror if not isinstance(error, ssl.SSLError) else error.reason or "no PEM file"
        raise CooeeError(
            f"{certificate} and {key} cannot be used as certificate and key ({reason}): give two PEM files that belong "
            "together, the key without a password"
        ) from None
    return {"server.sslCertFile": str(certificate), "server.sslKeyFile": str(key)}


def _announce(address: str, browser: bool) -> None:
    """Says `ready` and the address once the page answers."""
    ourselves = ssl.create_default_context()
    ourselves.check_hostname, ourselves.verify_mode = False, ssl.CERT_NONE  # whether we answer, not who we are
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=ourselves))
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            with opener.open(f"{address}/_stcore/health", timeout=1):
                break
        except (URLError, OSError):
            time.sleep(0.1)
    else:
        return
    typer.echo(f"The farm's page: {address}")
    typer.echo(READY)
    sys.stdout.flush()
    if browser and (sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        webbrowser.open(address)
