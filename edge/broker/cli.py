"""`cooee broker`: makes a farm's broker one that knows who speaks to it, and who may say what."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from ..contract.errors import CooeeError
from ..farm import FARM_FILE, load_farm
from ..service.data_folder import DATA
from .access import Role, User, farm_users
from .folder import FOLDER, BrokerFolder, changing, make_folder, open_folder
from .process import CONFIG_FILE, find_mosquitto

app = typer.Typer(no_args_is_help=True)
Data = Annotated[Path, typer.Option(help="Data folder; the broker's is `broker` in it.")]
Hosts = Annotated[
    list[str],
    typer.Option("--host", help="A name or address under which others reach the broker; may be given several times."),
]
SERVICES = {
    Role.GATEWAY: "cooee gateway",
    Role.INGEST: "cooee ingest",
    Role.NOTIFY: "cooee notify",
    Role.PAGE: "cooee doctor",
}
"""What is started with a user's password, where it is one of ours."""


@app.command()
def init(
    farm: Annotated[Path, typer.Option(help="The farm.yaml that names farm and gateway.")] = FARM_FILE,
    data: Data = DATA,
    hosts: Hosts = [],  # noqa: B006 - Typer reads it alone
    port: Annotated[int, typer.Option(help="Port of MQTT with TLS.", min=1, max=65535)] = 8883,
) -> None:
    """Make TLS certificates, passwords, access list and configuration; without --host for this machine alone."""
    loaded = load_farm(farm)
    path = data / FOLDER
    if path.is_dir() and any(path.iterdir()):
        folder = open_folder(path)
        if folder.farm != loaded.id:
            raise CooeeError(f"{path} is the broker of farm {folder.farm}; choose another folder with --data")
        if missing := [host for host in hosts if host not in folder.hosts]:
            raise CooeeError(f"{path} is there already, for other hosts: cooee broker renew --host {missing[0]}")
        typer.echo(f"{folder.path} is there already; nothing was changed.\n")
    else:
        folder = make_folder(path, loaded.id, farm_users(loaded.gateway), hosts=hosts, port=port)
        typer.echo(f"{folder.path} has a CA, the broker's certificate, passwords and an access list.\n")
    typer.echo("The broker, then each service with its own password:\n")
    typer.echo(f"  {shlex.join([find_mosquitto(), '-c', str(folder.path / CONFIG_FILE)])}")
    for user in folder.users:
        typer.echo(f"  {_started(folder, user)}")
    typer.echo(
        "\nA WiFi node: cooee broker add NODE --role air for link: mqtt, --role node for link: direct. On another"
    )
    typer.echo("machine a service needs ca.crt and its own password file, nothing else from here.")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Who it is; of a gateway or node, as farm.yaml names it.")],
    role: Annotated[Role, typer.Option(help="What it is, and so what it may say and hear.")],
    foreign: Annotated[
        list[str],
        typer.Option(
            "--topic", help="Of a source: what it publishes on, as in zigbee2mqtt/#; may be given several times."
        ),
    ] = [],  # noqa: B006 - Typer reads it alone
    data: Data = DATA,
) -> None:
    """Make a user and its password."""
    with changing(data / FOLDER) as folder:
        known = folder.add(name, role, foreign)
    typer.echo(_started(known, known.users[-1]))
    typer.echo(known.tell_broker())


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="Whose password is worth nothing any more.")], data: Data = DATA
) -> None:
    """Take a user out; a running broker ends its connections."""
    with changing(data / FOLDER) as folder:
        known = folder.remove(name)
    typer.echo(f"{name} is a stranger now. {known.tell_broker()}")


@app.command("list")
def list_users(data: Data = DATA) -> None:
    """List users, roles, and how long the certificate lasts."""
    folder = open_folder(data / FOLDER)
    typer.echo(f"farm {folder.farm}, certificate until {folder.valid_until():%Y-%m-%d}")
    for user in folder.users:
        typer.echo(" ".join((f"{user.role:9}", user.name, *user.topics)))


@app.command()
def renew(data: Data = DATA, hosts: Hosts = []) -> None:  # noqa: B006 - Typer reads it alone
    """Make the broker's certificate anew, for the hosts it has or for others; devices keep theirs."""
    with changing(data / FOLDER) as folder:
        known = folder.renew(hosts)
    typer.echo(f"The certificate is valid until {known.valid_until():%Y-%m-%d}. {known.tell_broker()}")
    if bool(known.hosts) != bool(folder.hosts):
        typer.echo("Start the broker anew: from then on it listens on the network too.")


def _started(folder: BrokerFolder, user: User) -> str:
    command = SERVICES.get(user.role)
    options = shlex.join(folder.options(user.name))
    return f"{command} {options}" if command else f"{user.name}, role {user.role}: {options}"
