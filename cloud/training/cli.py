"""`cooee train`: from a data set to sentinels in the firmware."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from edge.contract.errors import CooeeError
from edge.options import Cluster
from edge.pieces import cluster, threads
from edge.written_files import folder_to_write, write_file

from . import firmware
from .candidates import train_all
from .datasets import DataSet
from .recipes import RECIPES
from .report import report


def command(
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder with recorded runs (`cooee simulate --out`) in train/, validation/ and test/; without it, the "
            "simulated field makes one."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the generated C.", callback=folder_to_write)] = Path(
        "firmware/sentinels"
    ),
    report_file: Annotated[Path, typer.Option("--report", help="File for the report (Markdown).")] = Path(
        "docs/TRAINING.md"
    ),
    address: Cluster = None,
) -> None:
    """Train the sentinels on simulated seasons and port them to C."""
    folder_to_write(report_file.parent)
    with tempfile.TemporaryDirectory(prefix="cooee-train-") as folder, Progress() as progress:
        task = progress.add_task("Data set", total=1 + len(RECIPES))
        data_set = DataSet(data or simulated(Path(folder) / "seasons", address))
        progress.update(task, advance=1, description="Sentinels")
        candidates = []
        with threads(2) if address is None else cluster(address) as engine:
            for candidate in train_all(data_set, engine):
                candidates.append(candidate)
                progress.update(task, advance=1)
    firmware.write(candidates, data_set, out)
    report_file.parent.mkdir(parents=True, exist_ok=True)
    write_file(report_file, report(candidates, data_set))
    for candidate in candidates:
        for comparison in candidate.comparisons:
            s = comparison.sentinel.validation.score
            typer.echo(
                f"{comparison.target.name:11} {s.found} of {s.troubles} troubles found, {s.false_calls} false calls on "
                f"the validation seasons ({candidate.label})"
            )
    typer.echo(f"Wrote {out} and {report_file}; `make test` or `pip install -e .` builds them into the node core")


def simulated(path: Path, address: str | None = None) -> Path:
    """Asks the simulated field for its training seasons, made on the Dask cluster at an address or by two processes;
    the cloud knows it only by its files."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "simulations.runs.dataset", str(path), *([address] if address else [])],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CooeeError(
            f"the simulated field made no data set: "
            f"{done.stderr.strip().splitlines()[-1] if done.stderr else 'no reason given'}"
        )
    return path
