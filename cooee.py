"""Cooee's front door: one command line. A subcommand's module is imported only when it is called."""

import logging
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any

import typer

from edge.contract.errors import CooeeError
from edge.contract.version import VERSION
from edge.service import logs

log = logging.getLogger("cooee")

COMMANDS = {
    "demo": (
        "simulations.runs.demo",
        "Run a simulated farm under real weather through the whole path, and score its calls.",
    ),
    "init": ("edge.farm.init", "Write a commented farm.yaml to change to your farm."),
    "enrol": ("edge.node.keys", "Make who a node is, and the key that its frames are sealed with."),
    "simulate": ("simulations.cli", "Run a scenario without a radio, score it, and write a data set and a report."),
    "train": ("cloud.training.cli", "Train the sentinels on simulated seasons and port them to C."),
    "learn": ("cloud.learning.cli", "Train a sentinel again with what people said of its calls, and release it."),
    "port": ("cloud.porting.cli", "Turn a fitted scikit-learn classifier into C for a board."),
    "search": ("cloud.search.cli", "Find the classifier that is best on a board, measured on your own rows."),
    "image": ("cloud.images.cli", "Write, show and verify classifiers as bytes that a node can be sent."),
    "build": ("edge.board.build", "Make what goes onto a node's board, from farm.yaml."),
    "flash": ("edge.board.flash", "Burn a node's image onto its board."),
    "broker": ("edge.broker.cli", "Lock the farm's broker: TLS, passwords, and who may say what."),
    "set": ("edge.live.set_cli", "Change a node's settings, in farm.yaml and over the air."),
    "sentinel": ("edge.live.sentinel_cli", "Send a node a sentinel over the air, or take it back."),
    "power": ("edge.board.power", "Say how many days a node lives on a cell, and why."),
    "calibrate": ("edge.live.calibrate", "Take the points of a probe on its live node, for farm.yaml and the node."),
    "status": (
        "cloud.status_cli",
        "Say which settings and sentinels are wanted of a node, which it uses, and what is wrong with its probes.",
    ),
    "monitor": ("edge.live.monitor", "Show what a node says, as it comes."),
    "gateway": ("edge.gateway.gateway", "Hear the nodes, keep their frames on disk, and publish them over MQTT."),
    "map": ("edge.sources.map_cli", "Show what sensors that you own already send, and propose readings for farm.yaml."),
    "ingest": ("cloud.ingest.ingest_cli", "Store what comes over MQTT, and send receipts to the gateway."),
    "store": ("cloud.storekeeping.cli", "Set up a store, or move a farm to another."),
    "export": (
        "cloud.storekeeping.export",
        "Write readings, calls, judgements or records to a file as CSV or Parquet.",
    ),
    "import": ("cloud.storekeeping.importing", "Take readings of another system as history."),
    "backup": ("cloud.storekeeping.backup", "Write a farm, keys and all, into one file."),
    "restore": ("cloud.storekeeping.restoring", "Put a backup where nothing is yet."),
    "notify": ("cloud.notify.cli", "Tell people by mail, SMS and chat what is wrong, and take their answers."),
    "dashboard": ("dashboard.cli", "Serve the page that a farmer reads."),
    "bench": (
        "bench.cli",
        "Measure the node core, the boards, the porter, the simulated field, the path and the stores.",
    ),
    "service": ("edge.service_cli", "Let systemd run broker, gateway, ingest, notify and dashboard."),
    "quarantine": ("edge.service.quarantine_cli", "List, show, try again or drop what gateway and ingest refused."),
    "doctor": ("cloud.doctor", "Say what is installed, running, reachable, behind or quarantined."),
}


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"cooee {VERSION}")
        raise typer.Exit


def _front_door(
    version: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """What is asked of no command."""


def _not_called(help_text: str) -> Callable[[], None]:
    def stub() -> None:
        raise AssertionError("only the command on the command line is imported and run")

    stub.__doc__ = help_text
    return stub


def build_app(called: str | None) -> typer.Typer:
    """The command line with `called` (and only that command's module) loaded; the others are there for --help."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Tiny classifiers on sensor nodes that call for help when a crop is in trouble. "
        "Start with `cooee demo`; for a farm of your own, with `cooee init`.",
    )
    app.callback()(_front_door)
    for name, (module, help_text) in COMMANDS.items():
        if name != called:
            app.command(name)(_not_called(help_text))
            continue
        loaded = import_module(module)
        if hasattr(loaded, "app"):
            app.add_typer(loaded.app, name=name, help=help_text)
        else:
            app.command(name, help=help_text)(loaded.command)
    return app


def open_store(url: str) -> Any:
    """The store that ingest writes, to read: what the demo is handed, for simulations do not know the cloud."""
    from cloud.store import open_store as opened

    return opened(url, read_only=True)


def _open_standard_streams() -> None:
    """Those that whoever started us has closed: what asks finds an end, and no file of ours gets their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - it stays open


def main(arguments: list[str] | None = None) -> None:
    """Runs a command; what a user can mend ends in one clear line on standard error and exit code 2."""
    arguments = sys.argv[1:] if arguments is None else arguments
    _open_standard_streams()
    logs.set_up()
    called = next((a for a in arguments if not a.startswith("-")), None)
    try:
        build_app(called)(arguments, prog_name="cooee", obj=open_store)
    except CooeeError as error:
        typer.echo(f"cooee: {error}", err=True)
        sys.exit(2)
    except OSError as error:  # a disk that is full, a file that is not ours: whatever met it had no more to say
        log.debug("traceback of what follows", exc_info=True)
        where = f"{error.filename}: " if error.filename is not None else ""
        typer.echo(f"cooee: {where}{error.strerror or error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
