"""`cooee status`: which settings are wanted of a node, and which it uses."""

import datetime
from pathlib import Path
from typing import Annotated

import typer

from .build import node_named
from .data_folder import DATA
from .farm import FARM_FILE, load_farm
from .outbox import read_nodes, read_settings
from .settings import in_words


def command(
    node: Annotated[str, typer.Argument(help="The node's id in farm.yaml.")],
    farm: Annotated[Path, typer.Option(help="The farm.yaml that names the node.")] = FARM_FILE,
    data: Annotated[Path, typer.Option(help="Folder of the gateway.")] = DATA,
) -> None:
    """Says when a node was last heard, which settings are wanted of it and which it uses."""
    node_named(load_farm(farm), node)
    path = data / "outbox.db"
    known = read_nodes(path).get(node)
    if known is None:
        typer.echo(f"{node} has never been heard")
    else:
        seen = datetime.datetime.fromtimestamp(known.seen_t / 1000, datetime.UTC)
        typer.echo(f"{node} is {known.state}; last measured {seen:%Y-%m-%d %H:%M:%S} UTC, boot {known.boot}")
    settings = read_settings(path).get(node)
    if settings is None:
        typer.echo("it uses the settings of its program; nobody has sent others")
        return
    typer.echo(f"wanted: settings {settings.version}: {in_words(settings.block)}")
    used = f"settings {settings.told}" if settings.told else "those of its program"
    what = {
        "waiting": f"it has not taken them yet; it uses {used}",
        "confirmed": "confirmed: it uses them",
        "refused": f"refused: they cannot be, or it fell silent or reset with them; it uses {used}",
    }
    typer.echo(what[settings.state])
