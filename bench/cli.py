"""`cooee bench NAME`: every measurement that README or the documents quote."""

from importlib import import_module
from importlib.util import find_spec

import typer

BENCHES = {
    "node-core": "bench.node_core",
    "sizes": "bench.sizes",
    "transport": "bench.transport",
    "store": "bench.store",
    "water": "bench.water",
    "field": "bench.field",
    "climate": "bench.climate",
    "mcu": "bench.mcu",
    "porting": "bench.porting",
}

app = typer.Typer(no_args_is_help=True)
for name, module in BENCHES.items():
    if find_spec(module):
        app.command(name)(import_module(module).command)
