"""`cooee ingest`: one worker, several, or an heir."""

import contextlib
import gc
import os
import signal
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.contract import topics
from edge.contract.errors import CooeeError
from edge.farm import FARM_FILE
from edge.farm.file import FarmFile
from edge.mqtt import client as mqtt
from edge.mqtt.options import with_broker
from edge.options import StoreUrl
from edge.service.data_folder import DATA, claim, embedded_store
from edge.service.metrics import Metrics, MetricsOption
from edge.service.processes import READY
from edge.service.quarantine import open_quarantine

from ..store import open_store, public_name
from .farm_keeper import WORKER, Keeper
from .heirs import GONE_FOR_MIN
from .ingest import Ingest
from .workers import run_workers, worker_name

FarmFileOption = Annotated[Path, typer.Option(help="The farm.yaml whose messages are stored.")]
Data = Annotated[Path, typer.Option(help="Folder for the quarantine and the embedded store.")]
TakeOver = Annotated[
    bool, typer.Option("--take-over", help="Keep the farm from now on, although another ingest keeps it elsewhere.")
]
WorkerCount = Annotated[int, typer.Option(min=1, max=64, help="Processes that share the work.")]
Name = Annotated[
    str, typer.Option(help="What the workers of this machine are called; another on each machine of a farm.")
]
HeirOf = Annotated[
    str | None,
    typer.Option(metavar="WORKER", help="Store what the broker holds for a worker that is gone for good, and end."),
]
GoneFor = Annotated[
    float, typer.Option(min=0, metavar="MINUTES", help="When a worker is gone so long, another starts such an heir.")
]
Number = Annotated[int | None, typer.Option("--worker", hidden=True)]


@with_broker
def command(
    farm: FarmFileOption = FARM_FILE,
    data: Data = DATA,
    *,
    server: mqtt.Server,
    store: StoreUrl = None,
    take_over: TakeOver = False,
    workers: WorkerCount = 1,
    name: Name = WORKER,
    heir_of: HeirOf = None,
    gone_for: GoneFor = GONE_FOR_MIN,
    metrics: MetricsOption = None,
    number: Number = None,
) -> None:
    """Keeps what comes over MQTT in the store, and sends receipts."""
    if not topics.IDENTIFIER.fullmatch(f"{name}-64"):
        raise CooeeError(f"--name {name!r}: a-z, 0-9, _ and - are allowed, at most 29")
    file = FarmFile(farm)
    url = store or embedded_store(data)
    if heir_of is not None:
        keeper = Keeper(file.farm, public_name(url), heir_of, heir=True)
        _work(file, data, url, server, keeper, alone=False, number=number)
        return
    claimed = claim(data, "ingest") if number is None else contextlib.nullcontext()
    with claimed:
        if workers > 1 and number is None:
            open_quarantine(data, "quarantine.db").close()  # made once, before several open them
            open_store(url).close()
            run_workers(name, workers)
        else:
            _work(
                file,
                data,
                url,
                server,
                Keeper(file.farm, public_name(url), worker_name(name, number or 1)),
                alone=number in (None, 1),
                number=number,
                take_over=take_over,
                port=metrics and metrics + (number or 1) - 1,
                gone_for_s=60 * gone_for,
            )


def _work(
    file: FarmFile,
    data: Path,
    url: str,
    server: mqtt.Server,
    keeper: Keeper,
    *,
    number: int | None,
    port: int | None = None,
    **more: Any,
) -> None:
    """One worker's whole life, `more` being for Ingest; the `number` of several ends when their parent has."""
    quarantine = open_quarantine(data, "quarantine.db")
    opened = open_store(url)
    parent, stopping = os.getppid(), False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    gc.freeze()  # what is there by now stays: to go through it again and again took a sixth of all processor time
    try:
        with Metrics("ingest").served(port) as metrics:
            ingest = Ingest(file, opened, quarantine, server, keeper, metrics=metrics, **more)
            ingest.run(
                lambda: stopping or (number is not None and os.getppid() != parent), on_ready=lambda: typer.echo(READY)
            )
    finally:
        opened.close()
        quarantine.close()
