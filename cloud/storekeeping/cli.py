"""`cooee store`: work on a store as a whole."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from edge.contract.errors import CooeeError
from edge.farm import FARM_FILE, load_farm
from edge.service.data_folder import DATA
from edge.written_files import folder_to_write

app = typer.Typer(no_args_is_help=True)
FarmOption = Annotated[Path, typer.Option(help="The farm.yaml whose store it is.")]


@app.callback()
def _store() -> None:
    """Set up a store, or move a farm to another."""


@app.command()
def init(
    address: Annotated[
        str,
        typer.Argument(
            metavar="STORE",
            help="influx=http://HOST:PORT/ORG/BUCKET; $COOEE_INFLUX_TOKEN (or _FILE) has a token that may change it.",
        ),
    ],
    farm: FarmOption = FARM_FILE,
    data: Annotated[Path, typer.Option(help="Folder for the files with the new tokens.")] = DATA,
    change_retention: Annotated[
        bool, typer.Option("--change-retention", help="Let a bucket that is there keep points as farm.yaml says.")
    ] = False,
) -> None:
    """Make buckets, retention, rollup tasks and tokens in InfluxDB 2; what is there already stays."""
    from .influx_setup import set_up

    for done in set_up(address, load_farm(farm).keep, data, change_retention=change_retention):
        typer.echo(f"{'made ' if done.made else 'there'} {done.what}")
    typer.echo(
        f"Now: COOEE_INFLUX_TOKEN_FILE={data}/influx-ingest.token cooee ingest --store ADDRESS, and with "
        f"{data}/influx-answers.token (or influx-page.token, which keeps no answers) dashboard and notify."
    )


@app.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="sqlite=PATH or influx=http://HOST:PORT/ORG/BUCKET.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The other store.")],
    farm: FarmOption = FARM_FILE,
) -> None:
    """Copy a farm from one store to another, and hold both against each other; may be stopped and begun again."""
    from ..progress import progress
    from ..store import open_store, public_name
    from .copying import copy as copy_farm

    if public_name(source) == public_name(target):
        raise CooeeError("store copy: both addresses name the same store")
    loaded = load_farm(farm)
    with (
        closing(open_store(source, read_only=True)) as first,
        closing(open_store(target)) as second,
        progress("days") as tell,
    ):
        done = copy_farm(first, second, loaded.id, tell)
    counts = ", ".join(f"{count} {name}" for name, count in done.rows.items())
    typer.echo(f"in both, alike: {counts}; {done.written} of these rows were written now")
    if done.too_old:
        typer.echo(f"{done.too_old} rows are older than the second store keeps them: not copied")
    typer.echo(f"sha256 of the rows: {done.digest}")


@app.command()
def grafana(
    address: Annotated[str, typer.Argument(metavar="STORE", help="influx=http://HOST:PORT/ORG/BUCKET of the farm.")],
    folder: Annotated[
        Path, typer.Option(help="Where dashboard and provisioning are written.", callback=folder_to_write)
    ] = Path("grafana"),
    farm: FarmOption = FARM_FILE,
    data: Annotated[Path, typer.Option(help="Folder with the token that `cooee store init` made.")] = DATA,
) -> None:
    """Write a Grafana dashboard of the farm, and what provisions it."""
    from ..store.influx_server import InfluxServer
    from .grafana import provision

    if not address.startswith("influx="):
        raise CooeeError(
            f"store grafana: {address!r}: the dashboard reads InfluxDB: influx=http://HOST:PORT/ORG/BUCKET"
        )
    with closing(InfluxServer(address.removeprefix("influx="), read_only=True)) as server:
        written = provision(load_farm(farm), server, data / "influx-page.token", folder)
    for path in written:
        typer.echo(path)
