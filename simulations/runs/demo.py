"""A simulated farm through the whole path: broker, gateway, ingest, page and messages to a farmer as real processes,
stopped by their id."""

import json
import re
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from edge.broker import Broker
from edge.broker.access import Role, farm_users
from edge.broker.folder import FOLDER, make_folder
from edge.contract.errors import CooeeError
from edge.contract.messages import Call
from edge.farm import Farm, load_farm, parse_farm, sample_farm_text
from edge.node.keys import Enrolled, enrol, newest
from edge.options import StoreUrl
from edge.scoring import KindScore, score
from edge.service.data_folder import embedded_store
from edge.service.processes import Child, free_port
from edge.written_files import empty_folder

from ..field.season import Season, simulate
from ..scoring.cards import episodes, nearly, spans_from_messages
from ..time_grid import STEPS_A_DAY
from ..weather.growing_season import growing_season
from .live import Traffic, drive
from .tables import print_table

STALLED_S = 30.0
"""Seconds without a new row after which the path counts as broken."""
MESSAGES = "messages.txt"
"""Where the demo's farmer is told: a file of the data folder, in place of a phone."""


class CallStore(Protocol):
    """What the demo asks of a store."""

    def calls(self, farm: str, since: int, until: int) -> list[tuple[str, Call]]:
        """Calls with their zone."""

    def counts(self, farm: str) -> dict[str, int]:
        """Rows a measurement."""

    def close(self) -> None:
        """Lets go of it."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What `cooee demo` was asked for; `speed` is simulated seconds a second, None as fast as possible."""

    farm: Path | None
    data: Path | None
    store: str | None
    days: int
    speed: float | None
    seed: int
    port: int
    headless: bool


OpenStore = Callable[[str], CallStore]
"""Opens the store that ingest writes; the front door hands it in, for simulations do not know the cloud."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """The farm's running parts, started in order and stopped in reverse by the stack that holds them."""

    radio_port: int
    store_url: str
    page: str | None
    children: tuple[Child, ...]

    def check(self) -> None:
        """CooeeError when one of them has ended by itself."""
        for child in self.children:
            child.check()


def command(
    context: typer.Context,
    farm: Annotated[Path | None, typer.Option(help="Your farm.yaml; without it, the sample farm.")] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder to keep everything in; without it, a temporary one that is removed at the end."),
    ] = None,
    store: StoreUrl = None,
    days: Annotated[int, typer.Option(help="Length of the season, days.", min=1, max=250)] = 120,
    speed: Annotated[
        float | None,
        typer.Option(help="Simulated seconds a second; without it, as fast as the machine goes.", min=0.001),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same readings and calls.", min=0)] = 1,
    port: Annotated[int, typer.Option(help="Port of the page; 0 takes a free one.", min=0, max=65535)] = 8501,
    headless: Annotated[bool, typer.Option("--headless", help="Show no page, and end with the season.")] = False,
) -> None:
    """Run a simulated farm under real weather through the whole path, and score it."""
    options = Options(
        farm=farm, data=data, store=store, days=days, speed=speed, seed=seed, port=port, headless=headless
    )
    # SIGTERM ends us as Ctrl-C does, so that the stack below stops what it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run(options, context.obj)
    except KeyboardInterrupt:
        typer.echo("\nStopped.")


def run(options: Options, open_store: OpenStore) -> None:
    """Runs the farm for a season, prints the scorecard, and stays up for the page until interrupted (not when
    headless). CooeeError when a part is missing, in use, or ends by itself."""
    console = Console()
    loaded = load_farm(options.farm) if options.farm else parse_farm(sample_farm_text(), source="sample farm")
    with ExitStack() as stack:
        folder = _data_folder(options.data, stack)
        farm_file = folder / "farm.yaml"
        farm_file.write_text(
            options.farm.read_text(encoding="utf-8") if options.farm else sample_farm_text(), encoding="utf-8"
        )
        enrolled = newest(enrol(folder, [node.id for node in loaded.nodes]) if loaded.security == "sealed" else [])
        services = _start(options, farm_file, folder, open_store, loaded, stack)
        told = f"Messages that a farmer would get: {folder / MESSAGES}"
        if services.page:
            console.print(f"The page is up: [bold]{services.page}[/]")
            typer.echo(told)
        if loaded.latitude < 0:
            typer.echo(
                "The farm lies south of the equator: Whately's weather comes half a year later, from 14 October."
            )
        season = simulate(loaded, growing_season(loaded.latitude, options.days), options.seed)
        traffic = _drive(season, services, enrolled, options.speed, console)
        store = open_store(services.store_url)
        stack.callback(store.close)
        _await_stored(store, loaded.id, traffic.expected_rows, services)
        end = int(season.t[-1]) + 1
        calls = spans_from_messages(store.calls(loaded.id, int(season.t[0]), end), end)
        _print_scorecard(console, season, score(episodes(season), calls, nearly(season)), traffic)
        if services.page:
            console.print(f"\nThe farm is on [bold]{services.page}[/] - Ctrl-C ends it.")
            typer.echo(told)
            while True:
                services.check()
                time.sleep(1)


def _data_folder(wanted: Path | None, stack: ExitStack) -> Path:
    if wanted is None:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cooee-", ignore_cleanup_errors=True)))
    return empty_folder(wanted, "--data", mode=0o700)


def _start(
    options: Options, farm_file: Path, folder: Path, open_store: OpenStore, farm: Farm, stack: ExitStack
) -> Services:
    """Starts broker, ingest, gateway, and with the page notifications, and waits until each is ready."""
    page_port = None if options.headless else _checked(options.port) if options.port else free_port()
    locked = make_folder(folder / FOLDER, farm.id, farm_users(farm.gateway))
    broker = stack.enter_context(Broker(locked.path, locked=True))
    store_url = options.store or embedded_store(folder)
    on_farm = ("--farm", str(farm_file))

    def to_broker(user: str) -> tuple[str, ...]:
        return "--data", str(folder), *locked.options(user, broker.port)

    def start(command: str, *arguments: str) -> Child:
        child = Child.cooee(command, *on_farm, *arguments, log=folder / f"{command}.log")
        stack.callback(child.stop)
        return child

    children = [
        start("ingest", *to_broker(Role.INGEST), "--store", store_url),
        start("gateway", *to_broker(farm.gateway), "--listen", "0"),
    ]
    if page_port is not None:
        children.append(start("dashboard", "--store", store_url, "--port", str(page_port), "--no-browser"))
        _write_people(folder)
        answers = ("--listen", f"127.0.0.1:{free_port()}")
        children.append(start("notify", *to_broker(Role.NOTIFY), "--store", store_url, *answers))
    for child in children:
        child.wait_ready()
    _refuse_earlier_rows(open_store, store_url, farm)
    match = re.search(r"listening on 127\.0\.0\.1:(\d+)", children[1].output())
    if match is None:
        raise CooeeError("the gateway did not say where it listens")
    return Services(
        radio_port=int(match[1]),
        store_url=store_url,
        children=tuple(children),
        page=None if page_port is None else f"http://127.0.0.1:{page_port}",
    )


def _write_people(folder: Path) -> None:
    """Somebody to be told, once of each trouble, in a file: it needs no account."""
    people = folder / "people.toml"
    address = json.dumps(f"file://{(folder / MESSAGES).absolute()}", ensure_ascii=False)
    people.touch(mode=0o600)
    people.write_text(f'[[people]]\nname = "Farmer"\nurls = [{address}]\nrepeat = "never"\n', encoding="utf-8")
    (folder / MESSAGES).touch()


def _refuse_earlier_rows(open_store: OpenStore, url: str, farm: Farm) -> None:
    store = open_store(url)
    try:
        if store.counts(farm.id)["reading"]:
            raise CooeeError(f"the store already has readings of farm {farm.id}; name an empty one with --store")
    finally:
        store.close()


def _checked(port: int) -> int:
    """The port, which must be free."""
    with socket.socket() as probe:
        # As the page's own server binds: a port that merely lingers after a stop is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CooeeError(f"port {port} is in use; choose another with --port (0 takes a free one)") from None
    return port


def _drive(
    season: Season, services: Services, enrolled: dict[str, Enrolled], speed: float | None, console: Console
) -> Traffic:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Simulating", total=len(season.t))

        def advanced(t_ms: int) -> None:
            progress.update(task, advance=1, description=f"{datetime.fromtimestamp(t_ms / 1000, UTC):%d %B %Y}")
            services.check()

        return drive(season, services.radio_port, speed=speed, advanced=advanced, enrolled=enrolled)


def _await_stored(store: CallStore, farm: str, expected: int, services: Services) -> None:
    """Waits until the store has every frame that was sent; CooeeError when it stops growing before."""
    stored, grew = -1, time.monotonic()
    while True:
        counts = store.counts(farm)
        now_stored = counts["reading"] + counts["call"]
        if now_stored >= expected:
            return
        if now_stored > stored:
            stored, grew = now_stored, time.monotonic()
        if time.monotonic() - grew > STALLED_S:
            raise CooeeError(f"only {stored} of {expected} messages reached the store; see the logs in the data folder")
        services.check()
        time.sleep(0.2)


def _print_scorecard(console: Console, season: Season, lines: list[KindScore], traffic: Traffic) -> None:
    """A fixed-width table: it reads the same in a narrow terminal and in a log."""
    days = len(season.t) // STEPS_A_DAY
    rows: list[tuple[str, ...]] = [("trouble", "true", "found", "calls", "grey", "false", "lead", "messages", "bytes")]
    for line in lines:
        counts = line.troubles, line.found, line.calls, line.grey_calls, line.false_calls
        sent = f"{traffic.messages[line.kind]:,}", f"{traffic.size[line.kind]:,}"
        rows.append((line.kind, *map(str, counts), line.lead_in_words, *sent))
    rows += [
        (kind, *[""] * 6, f"{traffic.messages[kind]:,}", f"{traffic.size[kind]:,}") for kind in ("telemetry", "hello")
    ]
    console.print(
        f"\n{season.farm.name}: {days} days of {season.weather} weather, {len(season.farm.nodes)} nodes, seed "
        f"{season.seed} (simulated)"
    )
    print_table(rows)
    typer.echo(
        "  grey: calls that met no trouble of their kind in their zone, but the zone\n"
        "  came near one; false: calls that met neither; lead: median time from the\n"
        "  first call to the onset"
    )
