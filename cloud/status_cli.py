"""`cooee status`: settings and sentinels wanted of a node, those it uses, and what is wrong with its probes."""

import datetime
from contextlib import closing
from typing import Annotated

import typer

from edge import core
from edge.contract.errors import StoreError
from edge.farm import FARM_FILE, Farm, Node, load_farm, node_named
from edge.gateway.outbox_readers import read_nodes, read_values
from edge.gateway.outbox_schema import NodeState, WantedValue
from edge.node.sentinel_images import room_in_words, version_of
from edge.node.settings import in_words
from edge.options import FarmOfNode, GatewayData, IngestStore
from edge.service.data_folder import DATA, embedded_store

from .block.probe_watch import doubts_of_zone
from .sensor_advice import sensor_meaning
from .sensor_state import sensor_state
from .store import open_store


def command(
    node: Annotated[str, typer.Argument(help="The node's id in farm.yaml.")],
    farm: FarmOfNode = FARM_FILE,
    data: GatewayData = DATA,
    store: IngestStore = None,
) -> None:
    """Says when a node was last heard, which settings and sentinels are wanted of it and which it uses, and what the
    page says of its probes."""
    whole = load_farm(farm)
    its = node_named(whole, node)
    path = data / "outbox.db"
    known = read_nodes(path).get(node)
    if known is None:
        typer.echo(f"{node} has never been heard")
    else:
        seen = datetime.datetime.fromtimestamp(known.seen_t / 1000, datetime.UTC)
        typer.echo(f"{node} last measured {seen:%Y-%m-%d %H:%M:%S} UTC, boot {known.boot}")
    values = read_values(path, node)
    for line in (*_settings(values.get(core.SETTINGS)), *_sentinels(its, known, values)):
        typer.echo(line)
    typer.echo(_on_the_page(whole, its, store or embedded_store(data), known))


def _on_the_page(farm: Farm, node: Node, store_url: str, known: NodeState | None) -> str:
    """The page's sentence for a sensor, or why it is not to be had here: a gateway may stand far from its store."""
    try:
        with closing(open_store(store_url, read_only=True)) as store:
            now, _ = store.farm_now(farm.id)
            last = {reading.node: reading for _, reading in store.latest(farm.id)}.get(node.id)
            status = {status.node: status for status in store.statuses(farm.id)}.get(node.id)
            doubted = doubts_of_zone(store, farm, node.zone, now).get(node.id)
    except StoreError as error:
        last_word = f"; the gateway last called it {known.state}" if known else ""
        return f"what the page says of its probes is not known here (--store names another store): {error}{last_word}"
    return sensor_meaning(sensor_state(node, last, status, now, doubted), now)


def _settings(settings: WantedValue | None) -> list[str]:
    if settings is None:
        return ["it uses the settings of its program; nobody has sent others"]
    used = f"settings {settings.told}" if settings.told else "those of its program"
    what = {
        "waiting": f"it has not taken them yet; it uses {used}",
        "confirmed": "confirmed: it uses them",
        "refused": f"refused: they cannot be, or it fell silent or reset with them; it uses {used}",
    }
    return [f"wanted: settings {settings.version}: {in_words(settings.data)}", what[settings.state]]


def _sentinels(node: Node, known: NodeState | None, values: dict[int, WantedValue]) -> list[str]:
    run = [sentinel for sentinel in core.sentinels() if sentinel.name in node.sentinels]
    told = known.sentinels.split(",") if known and known.sentinels else []
    lines = [room_in_words(node)] if run else []
    if len(told) == len(run):
        lines += [f"it runs {', '.join(f'{s.name} {v}' for s, v in zip(run, told, strict=True))}"] if run else []
    elif told:
        lines.append(f"it runs the sentinels {', '.join(told)}")
    for sentinel in run:
        if (wanted := values.get(core.SENTINEL + sentinel.id)) is not None:
            lines.append(f"wanted: {_wanted(sentinel.name, wanted)}")
    return lines


def _wanted(name: str, wanted: WantedValue) -> str:
    if not wanted.data:
        return f"{name} given up: {'confirmed' if wanted.state == 'confirmed' else 'it has not heard it yet'}"
    what = {
        "waiting": "it has not taken it yet",
        "confirmed": "confirmed: it runs it",
        "refused": f"refused: {wanted.why or 'it fell silent or reset with it'}; the one before runs on",
    }
    return f"{name} {version_of(wanted.data):08x}, {len(wanted.data)} bytes; {what[wanted.state]}"
