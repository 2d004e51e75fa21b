"""Options that several commands have, said once; those of a broker are in edge/mqtt/options.py."""

from pathlib import Path
from typing import Annotated

import typer

FarmOfNode = Annotated[Path, typer.Option("--farm", help="The farm.yaml that names the node.")]
FarmOfNodes = Annotated[Path, typer.Option("--farm", help="The farm.yaml that names the nodes.")]
GatewayData = Annotated[Path, typer.Option("--data", help="Folder of the gateway.")]
IngestData = Annotated[Path, typer.Option("--data", help="Data folder of ingest.")]
StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="sqlite=PATH or influx=http://HOST:PORT/ORG/BUCKET (token: $COOEE_INFLUX_TOKEN); else sqlite in the data "
        "folder.",
    ),
]
IngestStore = Annotated[
    str | None, typer.Option("--store", help="Store of ingest; without it, sqlite in the data folder.")
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Run on Dask: the address of its scheduler, as tcp://HOST:8786, or `local` for a cluster of this "
        "computer; the results are the same.",
    ),
]
