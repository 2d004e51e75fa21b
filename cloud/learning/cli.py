"""`cooee learn`: what people said of calls makes a better sentinel, and nothing is released that is not."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from edge.farm import FARM_FILE, load_farm
from edge.farm.edit import change_node
from edge.live.sentinel_cli import send
from edge.mqtt import client as mqtt
from edge.mqtt.options import with_broker
from edge.node.sentinel_images import NONE_OVER_THE_AIR, takes_sentinels
from edge.options import IngestStore
from edge.service.data_folder import DATA, embedded_store
from edge.written_files import JsonFile, write_json

from ..store import open_store
from ..training.cli import simulated
from ..training.datasets import DataSet
from .blocks import BlockLesson, learn_blocks
from .lesson import Lesson, learn
from .releases import release as release_waiting
from .shadow import Shadow

SEASONS = "seasons"
"""Folder in the data folder with the simulated seasons, made once."""

app = typer.Typer(invoke_without_command=True)
Name = Annotated[str, typer.Option(help="soil, ethylene, weather or wind.")]
FarmFile = Annotated[Path, typer.Option(help="The farm.yaml whose calls were judged.")]
Folder = Annotated[Path, typer.Option(help="Data folder of ingest; new sentinels go there.")]
Days = Annotated[int, typer.Option(min=1, help="Old and new are compared over so many last days.")]


@app.callback()
def command(
    context: typer.Context,
    sentinel: Name = "soil",
    days: Days = 28,
    seasons: Annotated[
        Path | None,
        typer.Option(
            help="Simulated seasons as `cooee train --data` takes them; without it, made once in the data folder."
        ),
    ] = None,
    farm: FarmFile = FARM_FILE,
    data: Folder = DATA,
    store: IngestStore = None,
    json_file: JsonFile = None,
) -> None:
    """Train a sentinel again with what people said of its calls, and compare it with the one that runs."""
    if context.invoked_subcommand:
        return
    loaded = load_farm(farm)
    opened = open_store(store or embedded_store(data), read_only=True)
    try:
        now, _ = opened.farm_now(loaded.id)
        with Console(stderr=True).status("Learning"):
            lesson = learn(opened, loaded, sentinel, lambda: _data_set(seasons, data), now=now, days=days, data=data)
    finally:
        opened.close()
    _say(lesson)
    write_json(json_file, asdict(lesson))


@app.command()
@with_broker
def release(
    sentinel: Name = "soil",
    farm: FarmFile = FARM_FILE,
    data: Folder = DATA,
    store: IngestStore = None,
    over_the_air: Annotated[bool, typer.Option("--send", help="Send its image to every node that runs it.")] = False,
    *,
    server: mqtt.Server,
) -> None:
    """Make the new sentinel that `cooee learn` left the farm's own, if it was better: as C and as an image."""
    loaded = load_farm(farm)
    opened = open_store(store or embedded_store(data), read_only=True)
    try:
        now, _ = opened.farm_now(loaded.id)
    finally:
        opened.close()
    made = release_waiting(sentinel, data, now)
    folder = data / "sentinels"
    typer.echo(f"{sentinel} {made.version} replaces {made.replaced}: {folder / f'{sentinel}.image'} is its image;")
    nodes = [node for node in loaded.nodes if sentinel in node.sentinels]
    sent = [node for node in nodes if over_the_air and takes_sentinels(node)]
    image = (folder / f"{sentinel}.image").read_bytes()
    for line in (line for node in sent for line in send(server, loaded, node, [(f"{sentinel}.image", image)])):
        typer.echo(line)
    if rest := ", ".join(node.id for node in nodes if node not in sent):
        why = f"{NONE_OVER_THE_AIR}: " if over_the_air else ""
        typer.echo(f"{why}`cooee build NODE --data {data}` puts it onto {rest}")


@app.command()
def blocks(
    sentinel: Name = "soil",
    days: Days = 28,
    write: Annotated[bool, typer.Option("--write", help="Write the new policies into the farm file.")] = False,
    farm: FarmFile = FARM_FILE,
    data: Folder = DATA,
    store: IngestStore = None,
    json_file: JsonFile = None,
) -> None:
    """Choose alarm policies for the blocks that call falsely, by what people said of their calls."""
    loaded = load_farm(farm)
    opened = open_store(store or embedded_store(data), read_only=True)
    try:
        now, _ = opened.farm_now(loaded.id)
        with Console(stderr=True).status("Learning"):
            lesson = learn_blocks(opened, loaded, sentinel, now=now, days=days, data=data)
    finally:
        opened.close()
    _say_blocks(lesson)
    write_json(json_file, asdict(lesson))
    if write:
        for change in lesson.changes:
            for node in change.nodes:
                for field, value in change.fields().items():
                    change_node(farm, node, f"policies.{change.kind}.{field}", value)
    if nodes := " ".join(sorted({node for change in lesson.changes for node in change.nodes})):
        typer.echo(f"Send them: for node in {nodes}; do cooee set $node; done" if write else "Keep them: --write")


def _data_set(seasons: Path | None, data: Path) -> DataSet:
    if seasons is None:
        seasons = data / SEASONS
        if not seasons.exists():
            fresh = simulated(data / f"{SEASONS}.new")
            fresh.rename(seasons)
    return DataSet(seasons)


def _say(lesson: Lesson) -> None:
    console = Console()
    console.print(
        f"Learnt from {lesson.learnt} judged calls, each weighing {lesson.weight:.1%} of the simulated seasons; "
        f"compared over the last {lesson.days} days, in which {lesson.compared} calls were judged."
    )
    console.print(_beside(lesson.old, lesson.new))
    if lesson.why_not:
        console.print(f"Not released, the old one stays: {lesson.why_not}.")
    else:
        console.print(f"The new one is better. Release it: cooee learn release --sentinel {lesson.sentinel}")


def _say_blocks(lesson: BlockLesson) -> None:
    console = Console()
    console.print(f"Learnt from {lesson.learnt} judged calls; compared over the last {lesson.days} days.")
    console.print(_beside(lesson.old, lesson.new))
    for change in lesson.changes:
        fields = ", ".join(f"{field} {value}" for field, value in change.fields().items())
        console.print(f"{change.zone}, {change.kind}: {fields} ({', '.join(change.nodes)})")
    for refused in lesson.refused:
        console.print(f"{refused.zone}, {refused.kind}: stays as it is: {refused.why}")


def _beside(old: Shadow, new: Shadow) -> Table:
    """All calls, and below them those of each kind, where there are several."""
    table = Table("", "old", "new")
    table.add_row("version", old.version, new.version, end_section=True)
    parts = [("", old, new)]
    if len(old.kinds) > 1:
        parts += [(f"{kind}: ", part, new.kinds[kind]) for kind, part in old.kinds.items()]
    for kind, before, after in parts:
        for title, name in (
            ("calls", "calls"),
            ("judged right", "right"),
            ("judged wrong", "wrong"),
            ("not judged", "unjudged"),
            ("troubles judged right", "troubles"),
            ("found of them", "found"),
            ("false calls a node-month", "false_per_node_month"),
            ("found on simulated seasons", "recall"),
            ("found there in time to act", "in_time"),
            ("cost there of misses, late and false calls", "cost"),
        ):
            if getattr(before, name) is not None:
                table.add_row(f"{kind}{title}", str(getattr(before, name)), str(getattr(after, name)))
        table.add_section()
    return table
