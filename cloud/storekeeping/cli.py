"""`cooee store`: work on a store as a whole."""

from pathlib import Path
from typing import Annotated

import typer

from edge.data_folder import DATA
from edge.farm import FARM_FILE, load_farm

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
