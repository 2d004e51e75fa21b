"""`cooee notify`: runs the notifier until it is stopped, or sends one trial message (docs/NOTIFY.md)."""

import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from edge.contract.errors import CooeeError
from edge.farm import FARM_FILE, Farm
from edge.farm.file import FarmFile
from edge.mqtt import client as mqtt
from edge.mqtt.options import with_broker
from edge.options import IngestStore
from edge.service.data_folder import DATA, claim, embedded_store
from edge.service.metrics import Metrics, MetricsOption
from edge.service.processes import READY

from ..language.reader import reader_of, speaking_to
from . import people as people_file
from . import words
from .alerts import Alerts
from .answers import AnswerPage
from .channels import Channel
from .database import Database
from .home_assistant import PREFIX, HomeAssistant
from .people import PeopleError, PeopleFile, Person
from .service import Notifier

LISTEN = "127.0.0.1:8502"
LOOK_S = 2.0


@with_broker
def command(
    farm: Annotated[Path, typer.Option(help="The farm file.")] = FARM_FILE,
    data: Annotated[Path, typer.Option(help="Folder with people.toml, and for what was told.")] = DATA,
    *,
    server: mqtt.Server,
    store: IngestStore = None,
    listen: Annotated[str, typer.Option(help="HOST:PORT where answers are taken.")] = LISTEN,
    url: Annotated[
        str | None, typer.Option(help="How links in messages begin, as phones reach us; without it, --listen's.")
    ] = None,
    home_assistant: Annotated[
        str | None,
        typer.Option(
            help=f"Let Home Assistant find the farm under this discovery prefix, which is {PREFIX} as a rule."
        ),
    ] = None,
    metrics: MetricsOption = None,
    test: Annotated[str | None, typer.Option(help="Send a trial message to this person, and end.")] = None,
) -> None:
    """Tell people by mail, SMS and chat what is wrong, and take their answers."""
    file = FarmFile(farm)
    people = PeopleFile(data / people_file.FILE, file.farm)
    if test is not None:
        _try(file.farm, people.people, test)
        return
    host, port = _parse_listen(listen)
    home = HomeAssistant(home_assistant) if home_assistant is not None else None
    claimed = claim(data, "notify")
    database = Database(data)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        notifier = Notifier(file, store or embedded_store(data), people, database, base=url or f"http://{listen}")
        reader = reader_of(file.farm)
        answers = AnswerPage(host, port, notifier.signer, notifier.look_at_link, notifier.answer_by_link, reader)
        with answers, Metrics("notify").served(metrics) as counts:
            alerts = Alerts(file.farm.id, server, home)
            alerts.start()
            typer.echo(READY)
            while not stopping.is_set():
                if counts:
                    counts.say(notifier.count(connected=alerts.connected))
                notifier.step(alerts, stopping.is_set)
                stopping.wait(LOOK_S)
            alerts.stop()
    finally:
        database.close()
        claimed.close()


def _parse_listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise CooeeError(f"--listen {text!r}: write HOST:PORT, as in {LISTEN}")
    return host, int(port)


def _try(farm: Farm, people: Sequence[Person], name: str) -> None:
    """Sends a trial through each of a person's channels; CooeeError names those that failed."""
    person = next((person for person in people if person.name == name), None)
    if person is None:
        raise PeopleError(f"--test {name!r}: people.toml knows {', '.join(person.name for person in people)}")
    failed = [error for channel in person.channels() if (error := _trial(farm, person, channel))]
    if failed:
        raise CooeeError("; ".join(failed))


def _trial(farm: Farm, person: Person, channel: Channel) -> str | None:
    with speaking_to(person.reads(farm)):
        title, body = words.trial(farm, person.name)
    error = channel.send(title, body)
    if error is None:
        typer.echo(f"{channel.name}: sent to {person.name}")
        return None
    return f"could not reach {person.name} by {channel.name}: {error}"
