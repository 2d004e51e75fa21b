"""`cooee bench NAME`: every measurement that README or the documents quote."""

from collections.abc import Callable
from importlib import import_module

import typer
from rich.markup import escape

from edge.contract.errors import CooeeError

BENCHES = {
    "node-core": "bench.node_core",
    "sizes": "bench.sizes",
    "node": "bench.node",
    "transport": "bench.throughput",
    "store": "bench.store",
    "water": "bench.water",
    "field": "bench.field",
    "climate": "bench.climate",
    "mcu": "bench.mcu.cli",
    "porting": "bench.porting",
    "kilobytes": "bench.kilobytes.cli",
    "conv": "bench.conv",
    "images": "bench.images",
    "page": "bench.page",
    "reality": "bench.reality.cli",
    "probes": "bench.probes",
    "deep-probe": "bench.deep_probe",
    "forecast": "bench.forecast",
    "frost": "bench.frost",
    "limits": "bench.limits",
    "learn": "bench.learn",
}
WITHOUT_A_NAME = ("node-core", "transport", "store")
"""The path from node to store: no files are needed, and it takes a minute or two."""

LENIENT = {"ignore_unknown_options": True, "allow_extra_args": True}


def _command(module: str) -> Callable[..., None]:
    """A bench, or, where a peer that it measures is not installed, what says so."""
    try:
        return import_module(module).command  # type: ignore[no-any-return]  # a module known by name
    except ModuleNotFoundError as missing:
        reason = f"{missing.name} is not installed: run make bench, or pip install 'cooee[bench]'"

    def stub() -> None:
        raise CooeeError(reason)

    stub.__doc__ = f"Not here: {escape(reason)}."
    return stub


app = typer.Typer()
commands = {name: _command(module) for name, module in BENCHES.items()}
for name, command in commands.items():
    app.command(name, context_settings=LENIENT if command.__name__ == "stub" else None)(command)


@app.callback(invoke_without_command=True)
def every_part_of_the_path(context: typer.Context) -> None:
    """Measure: without a name, the node core, the transport and the stores."""
    if context.invoked_subcommand:
        return
    for name in WITHOUT_A_NAME:
        typer.echo(f"cooee bench {name}")
        commands[name]()
    typer.echo(f"There are also {', '.join(name for name in BENCHES if name not in WITHOUT_A_NAME)}: cooee bench NAME")
