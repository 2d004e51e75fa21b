"""`cooee init`: a commented farm.yaml to start from."""

from pathlib import Path
from typing import Annotated

import typer

from ..agronomy.crops import crops, soils
from ..contract.errors import CooeeError
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
    try:
        file = path.open("x", encoding="utf-8")
    except FileExistsError:
        raise CooeeError(f"{path} is there already; name another file, or move it away") from None
    except OSError as error:
        raise CooeeError(f"{path}: cannot be written ({error.strerror})") from None
    try:
        with file:
            file.write(sample_farm_text())
    except OSError as error:
        path.unlink()
        raise CooeeError(f"{path}: cannot be written ({error.strerror})") from None
    typer.echo(f"Wrote {path}: change it to your farm, then check it with `cooee doctor --farm {path}`")
