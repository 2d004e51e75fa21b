"""`cooee service install`: systemd units for everything that runs on a farm, restarted when it ends, bounded in what it
takes, and shut off from all that it does not need (docs/OPERATIONS.md)."""

import os
import pwd
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from .broker.access import Role
from .broker.folder import FOLDER, BrokerFolder, open_folder
from .broker.process import CONFIG_FILE, find_mosquitto
from .contract.errors import CooeeError
from .farm import FARM_FILE, load_farm
from .options import IngestStore
from .service.data_folder import DATA

app = typer.Typer(no_args_is_help=True)

SYSTEM = Path("/etc/systemd/system")
MISTAKE = 2
"""What a service ends with when somebody must mend something: starting it again would not help."""

UNIT = """\
# Written by cooee service install; your own changes belong to: systemctl edit {unit}
[Unit]
Description=Cooee: {name} of {farm}
After=network-online.target{after}
Wants=network-online.target
StartLimitIntervalSec=0
{condition}
[Service]
Type=exec
ExecStart={command}
WorkingDirectory={folder}
{environment}{user}Restart=always
RestartSec=5
RestartPreventExitStatus={mistake}
TimeoutStopSec=30
UMask=0077
MemoryMax={memory_mb}M
TasksMax=128
LimitNOFILE=65536
{hardening}
[Install]
WantedBy={target}
"""
HARDENING = """\
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
"""
SYSTEM_HARDENING = """\
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={data}
PrivateTmp=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictNamespaces=yes
CapabilityBoundingSet=
"""
"""What the manager of a user may not do."""
RADIO = "SupplementaryGroups=dialout\nDevicePolicy=closed\nDeviceAllow=char-ttyUSB rw\nDeviceAllow=char-ttyACM rw\n"
"""A gateway reads serial lines; the others see no devices."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """One unit: `after` are those that it should start behind, `needs` a file without which it does not start."""

    name: str
    command: Sequence[str]
    memory_mb: int
    after: Sequence[str] = ()
    needs: Path | None = None
    token: Path | None = None

    @property
    def unit(self) -> str:
        """The name of its file."""
        return f"cooee-{self.name}.service"


def services(farm: Path, data: Path, broker: BrokerFolder, store: str | None) -> list[Service]:
    """What runs on a farm with a broker of ours; paths are absolute."""
    own = ["--farm", str(farm), "--data", str(data)]
    where = ["--store", store] if store else []

    def token(role: str) -> Path | None:
        return data / f"influx-{role}.token" if store and store.startswith("influx") else None

    def cooee(command: str, role: Role | None, *more: str) -> list[str]:
        to_broker = broker.options(role.value if role is not Role.GATEWAY else load_farm(farm).gateway) if role else []
        return [sys.executable, "-P", "-m", "cooee", command, *own, *to_broker, *more]

    mosquitto = [find_mosquitto(), "-c", str(broker.path.resolve() / CONFIG_FILE)]
    behind = ("cooee-broker.service",)
    people = data / "people.toml"
    return [
        Service(name="broker", command=mosquitto, memory_mb=512),
        Service(name="gateway", command=cooee("gateway", Role.GATEWAY), memory_mb=256, after=behind),
        Service(
            name="ingest",
            command=cooee("ingest", Role.INGEST, *where),
            memory_mb=1024,
            after=behind,
            token=token("ingest"),
        ),
        Service(
            name="notify",
            command=cooee("notify", Role.NOTIFY, *where),
            memory_mb=512,
            after=(*behind, "cooee-ingest.service"),
            needs=people,
            token=token("answers"),
        ),
        Service(
            name="dashboard",
            command=cooee("dashboard", None, "--no-browser", *where),
            memory_mb=1024,
            after=("cooee-ingest.service",),
            token=token("answers"),
        ),
    ]


def unit_text(service: Service, farm: str, data: Path, *, user: str | None) -> str:
    """The unit of a service; `user`: whom the system's manager runs it as, None for a user's own manager."""
    system = SYSTEM_HARDENING.format(data=_word(str(data))) if user else ""
    devices = RADIO if service.name == "gateway" else "PrivateDevices=yes\n"
    return UNIT.format(
        unit=service.unit,
        name=service.name,
        farm=farm.replace("%", "%%"),
        after="".join(f" {each}" for each in service.after),
        condition=f"ConditionPathExists={_plain(service.needs)}\n" if service.needs else "",
        command=" ".join(map(_word, service.command)),
        folder=_plain(data),
        environment=f"Environment={_word(f'COOEE_INFLUX_TOKEN_FILE={service.token}')}\n" if service.token else "",
        user=f"User={user}\n" if user else "",
        mistake=MISTAKE,
        memory_mb=service.memory_mb,
        hardening=HARDENING + (system + devices if user else ""),
        target="multi-user.target" if user else "default.target",
    )


def _plain(path: Path) -> str:
    return str(path).replace("%", "%%")


def _word(text: str) -> str:
    """A word of a command as systemd reads it."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{text}"'


@app.callback()
def _service() -> None:
    """Let systemd run the farm's services."""


@app.command()
def install(
    farm: Annotated[Path, typer.Option(help="The farm file.")] = FARM_FILE,
    data: Annotated[Path, typer.Option(help="Data folder, with the broker that `cooee broker init` made.")] = DATA,
    store: IngestStore = None,
    user: Annotated[bool, typer.Option("--user", help="For your own systemd, without root.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the units, and write nothing.")] = False,
) -> None:
    """Write units for broker, gateway, ingest, notify and dashboard; it starts nothing."""
    farm, data = farm.resolve(), data.resolve()
    name, broker = load_farm(farm).name, open_folder(data / FOLDER)
    owner = None if user else pwd.getpwuid(data.stat().st_uid).pw_name
    if owner == "root" and not dry_run:
        raise CooeeError(
            f"{data} belongs to root: give it to a user for the services (chown -R USER {data}), or --user"
        )
    units = {each.unit: unit_text(each, name, data, user=owner) for each in services(farm, data, broker, store)}
    if dry_run:
        typer.echo("\n".join(f"# {unit}\n{text}" for unit, text in units.items()))
        return
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    folder = config / "systemd/user" if user else SYSTEM
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for unit, text in units.items():
            (folder / unit).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CooeeError(f"{folder}: {error.strerror}; run it as root, or with --user") from None
    systemctl = "systemctl --user" if user else "systemctl"
    typer.echo(f"{len(units)} units in {folder}. Now:\n")
    typer.echo(f"  {systemctl} daemon-reload")
    typer.echo(f"  {systemctl} enable --now {' '.join(units)}")
    if user:
        typer.echo("  loginctl enable-linger  # so that they run without you")
