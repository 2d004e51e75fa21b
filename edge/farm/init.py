"""`cooee init`: a commented farm.yaml to start from."""

from pathlib import Path
from typing import Annotated

import typer

from ..agronomy.crops import crops, soils
from ..contract.errors import CooeeError
from ..written_files import write_file
from . import FARM_FILE, sample_farm_text


def command(
    path: Annotated[Path, typer.Argument(help="The file to write; one that is there is left alone.")] = FARM_FILE,
    list_crops: Annotated[
        bool, typer.Option("--crops", help="List the crops and soils that a farm.yaml may name, and write nothing.")
    ] = False,
) -> None:
    """Write a commented farm.yaml to change to your farm."""
    if list_crops:
        typer.echo("crops: " + ", ".join(sorted(crops())))
        typer.echo("soils: " + ", ".join(sorted(soils())))
        return
    if path.exists():
        raise CooeeError(f"{path} is there already; name another file, or move it away")
    write_file(path, sample_farm_text())
    typer.echo(f"Wrote {path}: change it to your farm, then check it with `cooee doctor --farm {path}`")
