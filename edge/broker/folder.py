"""The folder of a locked broker: its certificates, users, passwords and access list, readable by their owner alone.

`broker.toml` says who the users are; `access` is written from it. `users/NAME` has a user's password until its owner
takes it to where it is needed.
"""

import contextlib
import json
import os
import shutil
import signal
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from ..contract import topics
from ..contract.errors import CooeeError
from ..service.data_folder import OTHERS, claim, write_private
from . import certificates
from .access import Role, User, access_list, check_foreign, new_password, password_line
from .process import CONFIG_FILE, PID_FILE, write_configuration

FOLDER = "broker"
"""Its name in the data folder."""
RECORD = "broker.toml"
FILES = (RECORD, CONFIG_FILE, "ca.crt", "ca.key", "broker.crt", "broker.key", "passwords", "access")
PASSWORDS = "users"


@dataclass(frozen=True, kw_only=True)
class BrokerFolder:
    """What broker.toml says. `hosts` are the broker's names from elsewhere; none: it listens on loopback only."""

    path: Path
    farm: str
    port: int
    hosts: tuple[str, ...]
    users: tuple[User, ...]

    def options(self, name: str, port: int | None = None) -> list[str]:
        """What brings a service to the broker as that user; `port` when it is not the configured one."""
        host = self.hosts[0] if self.hosts else "127.0.0.1"
        address = f"[{host}]" if ":" in host else host
        return [
            *("--mqtt", f"mqtts://{name}@{address}:{port or self.port}"),
            *("--mqtt-ca", str(self.path / "ca.crt")),
            *("--mqtt-password-file", str(self.path / PASSWORDS / name)),
        ]

    def valid_until(self) -> datetime:
        """When the broker's certificate ends."""
        return certificates.valid_until((self.path / "broker.crt").read_text())

    def add(self, name: str, role: Role, foreign: Sequence[str] = ()) -> Self:
        """The folder with another user, whose new password is in `users/NAME`; `foreign` are the topics of a source.
        CooeeError for a name that is taken or cannot stand in a topic, and for topics that are not to be given."""
        if (role is Role.SOURCE) != bool(foreign):
            raise CooeeError("--topic is what a source publishes on: --role source --topic zigbee2mqtt/#")
        for each in foreign:
            check_foreign(each)
        if not topics.IDENTIFIER.fullmatch(name):
            raise CooeeError(f"{name!r} cannot stand in a topic: a to z, 0 to 9, - and _, at most 32 of them")
        if any(user.name == name for user in self.users):
            raise CooeeError(f"{name} is a user already; for a new password: cooee broker remove {name}, then add it")
        password = new_password()
        write_private(self.path / PASSWORDS / name, password + "\n")
        self._write_passwords([*self._other_passwords(name), password_line(name, password)])
        return self._write(replace(self, users=(*self.users, User(name=name, role=role, topics=tuple(foreign)))))

    def remove(self, name: str) -> Self:
        """The folder without a user, whose password is worth nothing any more; CooeeError when there is none."""
        if all(user.name != name for user in self.users):
            known = ", ".join(user.name for user in self.users)
            raise CooeeError(f"the broker knows no {name!r}: {known}")
        self._write_passwords(self._other_passwords(name))
        (self.path / PASSWORDS / name).unlink(missing_ok=True)
        return self._write(replace(self, users=tuple(user for user in self.users if user.name != name)))

    def renew(self, hosts: Sequence[str]) -> Self:
        """The folder with a new certificate of the same authority, so that no device needs to know; with `hosts` it
        answers to these names from now on."""
        known = replace(self, hosts=tuple(hosts) or self.hosts)
        _write_certificate(self.path, known.hosts)
        if bool(known.hosts) != bool(self.hosts):
            _configure(known)
        return self._write(known)

    def tell_broker(self) -> str:
        """Lets a mosquitto that runs with this folder read users and certificates anew; what came of it."""
        try:
            pid = int((self.path / PID_FILE).read_text())
            if Path(f"/proc/{pid}/comm").read_text().strip() != "mosquitto":
                raise ProcessLookupError
            os.kill(pid, signal.SIGHUP)
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return "No broker runs with this folder on this machine: what has changed holds from its start on."
        except OSError as error:
            return f"The broker could not be told ({error.strerror}): send SIGHUP to mosquitto."
        return "The broker knows."

    def _other_passwords(self, name: str) -> list[str]:
        lines = (self.path / "passwords").read_text().splitlines()
        return [line for line in lines if line.partition(":")[0] != name]

    def _write_passwords(self, lines: Sequence[str]) -> None:
        write_private(self.path / "passwords", "".join(f"{line}\n" for line in lines))

    def _write(self, known: Self) -> Self:
        write_private(self.path / "access", access_list(known.farm, known.users))
        write_private(self.path / RECORD, _record(known))
        return known


def make_folder(
    path: Path, farm: str, users: Sequence[User], *, hosts: Sequence[str] = (), port: int = 8883
) -> BrokerFolder:
    """Makes the folder of a broker, whole or not at all. CooeeError when something else is there, or for a bad host or
    user."""
    path = path.absolute()
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise CooeeError(f"{path} holds something else; move it away or choose another folder with --data")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    except OSError as error:
        raise CooeeError(
            f"{path.parent}: cannot be used ({error.strerror}); choose another folder with --data"
        ) from None
    try:
        (new / PASSWORDS).mkdir(mode=0o700)
        for name, text in zip(("ca.crt", "ca.key"), certificates.new_authority(farm), strict=True):
            write_private(new / name, text)
        _write_certificate(new, hosts)
        write_private(new / "passwords", "")
        made = BrokerFolder(path=new, farm=farm, port=port, hosts=tuple(hosts), users=())
        for user in users:
            made = made.add(user.name, user.role)
        new.rename(path)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    made = replace(made, path=path)
    _configure(made)
    return made


def open_folder(path: Path) -> BrokerFolder:
    """Reads and checks the folder of a broker; CooeeError says in one line what is wrong with it."""
    path = path.absolute()
    if not path.is_dir():
        raise CooeeError(f"{path} is not there: make it with cooee broker init")
    if path.stat().st_mode & OTHERS:
        raise CooeeError(f"{path} is open to others: chmod 700 {path}, then remove and add every user")
    missing = [name for name in FILES if not (path / name).is_file()]
    if missing or not (path / PASSWORDS).is_dir():
        raise CooeeError(
            f"{path} lacks {', '.join(missing) or PASSWORDS}: restore it from a backup, or move the folder away and "
            "make another with cooee broker init, which every device then has to be told of"
        )
    try:
        record = tomllib.loads((path / RECORD).read_text(encoding="utf-8"))
        users = tuple(
            User(name=str(row["name"]), role=Role(row["role"]), topics=tuple(row.get("topics", [])))
            for row in record.get("user", [])
        )
        return BrokerFolder(
            path=path, farm=record["farm"], port=int(record["port"]), hosts=tuple(record["hosts"]), users=users
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CooeeError(f"{path / RECORD} is damaged ({error}): restore it from a backup") from None


@contextlib.contextmanager
def changing(path: Path) -> Iterator[BrokerFolder]:
    """The folder for whoever changes it, one at a time; CooeeError as `open_folder`."""
    open_folder(path)
    with contextlib.closing(claim(path, "change")):
        yield open_folder(path)


def _configure(known: BrokerFolder) -> None:
    # To standard error: a terminal shows it, a service manager keeps it in bounds, however many strangers knock.
    write_configuration(known.path, known.port, log="stderr", everywhere=bool(known.hosts), locked=True)


def _write_certificate(path: Path, hosts: Sequence[str]) -> None:
    authority = (path / "ca.crt").read_text(), (path / "ca.key").read_text()
    certificate, key = certificates.new_certificate(*authority, hosts)
    write_private(path / "broker.key", key)
    write_private(path / "broker.crt", certificate)


def _record(known: BrokerFolder) -> str:
    text = f'# Written by `cooee broker`.\nfarm = "{known.farm}"\nport = {known.port}\nhosts = {_listed(known.hosts)}\n'
    for user in known.users:
        text += f'\n[[user]]\nname = "{user.name}"\nrole = "{user.role}"\n'
        if user.topics:
            text += f"topics = {_listed(user.topics)}\n"
    return text


def _listed(words: Sequence[str]) -> str:
    """A list in TOML; a string of JSON is one of TOML too."""
    return json.dumps(list(words), ensure_ascii=False)
