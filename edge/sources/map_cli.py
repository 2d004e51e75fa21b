"""`cooee map`: what other systems say, and the lines of farm.yaml that would make it a node."""

import re
import secrets
import time
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import paho.mqtt.client as paho
import typer
import yaml

from ..contract.errors import CooeeError
from ..contract.topics import ROOT
from ..core import NODE_CHANNELS
from ..edited_file import edited_text
from ..farm import FARM_FILE, Farm, load_farm, parse_farm
from ..farm.mapping import MappedReading, topic_filter
from ..mqtt import client as mqtt
from ..mqtt.options import with_broker
from ..mqtt.subscription import Subscription
from ..service.logs import printable
from ..written_files import replace_file
from . import Said
from .guess import guess, numbers_in
from .topics import TopicInlet
from .uploads import LISTEN, UploadInlet

SHOWN = 40
"""Numbers of one place that are shown."""
PLACES = 500


@with_broker
def command(
    listen: Annotated[bool, typer.Option("--listen", help="Listen; without it, show what farm.yaml maps now.")] = False,
    farm: Annotated[Path, typer.Option(help="The farm.yaml to show or to write to.")] = FARM_FILE,
    seconds: Annotated[int, typer.Option(help="How long to listen.", min=1, max=86_400)] = 60,
    topic: Annotated[list[str] | None, typer.Option(help="Topics to listen to; all, when none is given.")] = None,
    *,
    server: mqtt.Server,
    http: Annotated[str, typer.Option(help="HOST:PORT where stations upload.")] = LISTEN,
    write: Annotated[bool, typer.Option("--write", help="Add what was heard to farm.yaml, a node a place.")] = False,
    zone: Annotated[str | None, typer.Option(help="The zone of the nodes that --write adds.")] = None,
) -> None:
    """Shows what other systems send, and proposes readings for farm.yaml."""
    if not listen:
        for node in load_farm(farm).nodes:
            for reading in node.readings:
                typer.echo(f"{node.id}: {line_of(reading)}")
        return
    loaded = load_farm(farm) if write else None
    if loaded and zone not in loaded.zone_by_id:
        raise CooeeError(f"--write needs --zone, one of {', '.join(loaded.zone_by_id)}")
    heard, whole = _listen(server, http, _topics(topic), seconds)
    proposals = {}
    for place, said in sorted(heard.items()):
        if found := show(place, said):
            proposals[place] = found
    if not heard:
        typer.echo("nothing was heard: does the sensor publish to this broker? Listen for longer with --seconds")
    if loaded and zone and proposals:
        if not whole:
            raise CooeeError(f"broken off: nothing was added to {farm}")
        _write(farm, loaded, zone, proposals)


def _topics(asked: list[str] | None) -> set[str]:
    for topic in asked or ():
        try:
            topic_filter(topic)
        except ValueError as error:
            raise CooeeError(f"--topic {topic}: {error}") from None
    return set(asked or ["#"])


def _write(path: Path, farm: Farm, zone: str, proposals: dict[str, list[MappedReading]]) -> None:
    """Adds what the farm does not have yet."""
    new = {place: [r for r in found if not _is_mapped(farm, r)] for place, found in proposals.items()}
    if not (new := {place: found for place, found in new.items() if found}):
        typer.echo(f"{path} has all of it already")
        return
    added = write_nodes(path, farm, zone, new)
    typer.echo(f"added to {path}: {', '.join(added)}; look over channels, depths and units before you trust them")


def _is_mapped(farm: Farm, reading: MappedReading) -> bool:
    """Whether a node has this number already, whatever it takes it for."""
    for other in (other for node in farm.nodes for other in node.readings if other.path == reading.path):
        if other.topic and reading.topic and paho.topic_matches_sub(other.topic, reading.topic):
            return True
        if other.http and other.http == reading.http:
            return True
    return False


def _listen(server: mqtt.Server, http: str, topics: set[str], seconds: int) -> tuple[dict[str, list[Said]], bool]:
    """The newest message of each topic and path, by the place whose node it would be; whether it was for all the time
    that was asked."""
    inlets = (TopicInlet(Subscription(server, f"cooee-map-{secrets.token_hex(4)}")), UploadInlet(http, any_path=True))
    newest: dict[str, Said] = {}
    try:
        inlets[0].follow(topics)
        inlets[1].follow(set())
        typer.echo(
            f"listening to {server} and for uploads on http://{http} for {seconds} s; Ctrl-C ends it sooner", err=True
        )
        whole = False
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for said in (*inlets[0].take(), *inlets[1].take()):
                if not said.where.startswith(f"{ROOT}/") and (said.where in newest or len(newest) < PLACES):
                    newest[said.where] = said
            time.sleep(0.1)
        whole = True
    except KeyboardInterrupt:
        typer.echo(err=True)
    finally:
        for inlet in inlets:
            inlet.close()
    places: dict[str, list[Said]] = {}
    for said in newest.values():
        places.setdefault(place_of(said), []).append(said)
    return places, whole


def place_of(said: Said) -> str:
    """What is one device: a topic or path, or for topics of one number each what they begin with."""
    if isinstance(said.body, dict | list):
        return said.where
    return said.where.removesuffix("/state").rpartition("/")[0] or said.where


def show(place: str, heard: Iterable[Said]) -> list[MappedReading]:
    """Prints the numbers of a place, each with the line that it may be; returns these lines, one a channel."""
    found: dict[str, MappedReading] = {}
    rows = [(said, *row) for said in sorted(heard, key=lambda said: said.where) for row in numbers_in(said)]
    if rows:
        typer.echo(f"\n{printable(place)}")
    for said, path, name, number in rows[:SHOWN]:
        reading = guess(said, path, name, number)
        what = f"  {printable(path or said.where)} = {number:g}"
        if reading is None:
            typer.echo(f"{what}")
        elif reading.channel in found:
            typer.echo(f"{what}  # {reading.channel} too")
        else:
            found[reading.channel] = reading
            typer.echo(f"{what}\n    - {printable(line_of(reading))}")
    if len(found) > NODE_CHANNELS:
        typer.echo(
            f"  # {len(found)} channels, and a node has {NODE_CHANNELS} at most: the soil's are a node of their own"
        )
    return list(found.values())


def nodes_of(place: str, readings: Sequence[MappedReading]) -> list[tuple[str, list[MappedReading]]]:
    """What a place's node is called after, with its readings; two where one would have too many channels, the soil's
    apart, so that each sentinel has what it needs."""
    if len(readings) <= NODE_CHANNELS:
        return [(place, list(readings))]
    soil = [reading for reading in readings if reading.channel.startswith("soil_")]
    return [(place, [reading for reading in readings if reading not in soil]), (f"{place}/soil", soil)]


def line_of(reading: MappedReading) -> str:
    """A reading as a line of farm.yaml."""
    fields = reading.model_dump(exclude_defaults=True, exclude={"carry"})
    if reading.carry:
        fields["carry"] = f"{reading.carry} s"
    return yaml.safe_dump(fields, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True).strip()


def write_nodes(path: Path, farm: Farm, zone: str, proposals: dict[str, list[MappedReading]]) -> list[str]:
    """Adds the nodes of each place to the end of the file's, whose other lines stay as they are; returns their ids.
    CooeeError when the file would not be valid then."""
    text = edited_text(path)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode), "it is a farm"
    nodes = next(value for key, value in root.value if key.value == "nodes")
    if not isinstance(nodes, yaml.SequenceNode) or nodes.flow_style:
        raise CooeeError(f"{path}: write nodes as a list of one line or more each, so that others can be added")
    indent = " " * nodes.start_mark.column
    lines = text.splitlines(keepends=True)
    last = nodes.value[-1].end_mark
    at = last.line + (1 if last.column > nodes.start_mark.column else 0)
    taken, added, block = {node.id for node in farm.nodes}, [], ""
    address = max(node.address for node in farm.nodes)
    for called, readings in (part for place, heard in proposals.items() for part in nodes_of(place, heard)):
        name = free_name(called, taken)
        taken.add(name)
        added.append(name)
        address += 1
        head = f"{indent}- {{id: {name}, address: {address}, zone: {zone}, position: [0, 0], board: gateway, "
        block += f"{head}wake_interval: 10 min, readings: [\n"
        block += "".join(f"{indent}    {line_of(reading)},\n" for reading in readings) + f"{indent}  ]}}\n"
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    new = "".join([*lines[:at], block, *lines[at:]])
    parse_farm(new, source=f"{path} with what was heard")
    replace_file(path, new, mode=path.stat().st_mode & 0o777)
    return added


def free_name(place: str, taken: set[str]) -> str:
    """An id after the last level of a topic, and the one before where that is a single word; accents are left off."""
    plain = unicodedata.normalize("NFKD", place.lower()).encode("ascii", "ignore").decode()
    levels = [re.findall(r"[a-z0-9]+", level) for level in plain.split("/")]
    levels = [words for words in levels if words and words[0] not in ("state", "sensor", "up", "event")]
    words = levels[-1] if levels else []
    if len(words) == 1 and len(levels) > 1:
        words = [levels[-2][-1], *words]
    stem = "-".join(words)[:24].strip("-") or "sensor"
    count, name = 1, stem
    while name in taken:
        count += 1
        name = f"{stem}-{count}"
    return name
