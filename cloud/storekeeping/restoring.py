"""`cooee restore`: a backup, put where nothing is."""

import typer

from edge.farm import FARM_FILE
from edge.service.data_folder import DATA

from ..progress import progress
from .backup import DataOption, FarmOption, FileArgument, restore


def command(file: FileArgument, farm: FarmOption = FARM_FILE, data: DataOption = DATA) -> None:
    """Put a backup where there is no farm.yaml and no data folder yet."""
    with progress("files") as told:
        farm_id, count = restore(file, farm, data, told)
    typer.echo(f"farm {farm_id}: {count} files, in {farm} and {data}")
