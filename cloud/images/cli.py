"""`cooee image`: classifiers as bytes that a node can be sent."""

import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from edge.board.toolchains import BUILT_IN
from edge.core import AlarmPolicy, Image, ImageError
from edge.written_files import file_to_write, write_file

from ..porting import Ported, port
from ..porting.check.golden import CANDIDATES
from ..porting.check.row_file import read_rows
from ..porting.cli import load_model, name_of
from ..porting.errors import PortError
from ..porting.read.other_makers import as_classifier
from ..porting.whole_numbers import student_of
from .pack import Packed, compare, pack_model, pack_sentinel
from .trained import Verdicts, read_trained

SEED = 271
MOST_BYTES = 0xFFFF

app = typer.Typer(no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="An image that `cooee image pack` wrote.")]
Rows = Annotated[
    Path | None,
    typer.Option(help="Rows such as the model will see (.csv, .parquet, .npy): weights are rounded to suit them."),
]
Label = Annotated[str | None, typer.Option(help="The column of --rows that holds the true class.")]
Sentinels = Annotated[Path, typer.Option(help="Folder that `cooee train` wrote; else the built-in sentinels.")]
Votes = Annotated[str, typer.Option(help="exact, small or hard: how the leaves of forests vote.")]


@app.command()
def pack(
    model: Annotated[
        str,
        typer.Argument(
            help="The name of a sentinel, or a fitted estimator saved with joblib.dump(): a pickle, and "
            "loading one runs code in it."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.", callback=file_to_write)],
    name: Annotated[str | None, typer.Option(help="Name of the model; else the file's.")] = None,
    rows: Rows = None,
    label: Label = None,
    votes: Votes = "exact",
    sentinels: Sentinels = BUILT_IN,
) -> None:
    """Write the image of a sentinel or of a fitted estimator."""
    if Path(model).is_file():
        ported, given = _port(Path(model), name, rows, label, votes)
        packed = pack_model(ported, given)
    else:
        packed = pack_sentinel(read_trained(model, sentinels))
    write_file(output, packed.image.data)
    typer.echo(f"{output}: {_sizes(packed)}")


@app.command()
def show(file: File) -> None:
    """Say what is in an image."""
    image = _read(file)
    kind = "model, no sentinel" if image.id is None else f"sentinel {image.id}"
    typer.echo(f"{image.name}: {kind}, version {image.version:08x}, {image.form}, {len(image.data)} bytes")
    typer.echo(f"model: {image.model} bytes, hash {image.hash.hex()}")
    for feature, normal in zip(image.features, image.normals, strict=True):
        typer.echo(f"feature {feature}, normally {normal}")
    if image.id is None:
        typer.echo(f"features: {image.width} columns")
    typer.echo(f"class {image.classes[0]}")
    for place, class_name in enumerate(image.classes[1:]):
        typer.echo(f"class {class_name}" + (f": {_policy(image.policies[place])}" if image.policies else ""))


@app.command()
def verify(
    file: File,
    model: Annotated[
        Path | None, typer.Option(help="The estimator that the image was made of, to compare with its ported C.")
    ] = None,
    rows: Rows = None,
    label: Label = None,
    votes: Votes = "exact",
    sentinels: Sentinels = BUILT_IN,
) -> None:
    """Decode an image by the node's own C, run its golden rows, and compare it with the ported C."""
    image = _read(file)
    image.check()
    typer.echo(f"{image.name}: the golden rows come out right")
    if model is not None:
        ported, given = _port(model, image.name, rows, label, votes)
        if bytes.fromhex(ported.model_hash)[: len(image.hash)] != image.hash:
            raise ImageError(f"{file} is of model {image.hash.hex()}, not of {model} ({ported.model_hash[:16]})")
        own = [] if given is None else [ported.feature.rows(given, image.width)]
        _compare(
            image, ported.verdicts, np.concatenate([ported.golden.rows, *own, _random_rows(image)]).astype(np.int16)
        )
    elif image.id is None:
        typer.echo("not compared with the ported C: it is no sentinel, and no --model is given")
    else:
        trained = read_trained(image.name, sentinels)
        if trained.hash != image.hash:
            raise ImageError(f"{file} is of model {image.hash.hex()}, {sentinels} has {trained.hash.hex()}")
        _compare(image, trained.verdicts, _random_rows(image))


def _port(path: Path, name: str | None, rows: Path | None, label: str | None, votes: str) -> tuple[Ported, Any]:
    if label and rows is None:
        raise PortError("--label names a column of --rows: give both")
    estimator = as_classifier(student_of(load_model(path)))
    x, y = (None, None) if rows is None else read_rows(rows, estimator, label)
    command = "cooee image " + " ".join(sys.argv[2:3])
    return port(estimator, name=name or name_of(path), votes=votes, rows=x, labels=y, command=command), x


def _read(file: Path) -> Image:
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise ImageError(f"{file} cannot be read: {error.strerror}") from error
    try:
        return Image.read(data)
    except ImageError as error:
        raise ImageError(f"{file}: {error}: write it anew with cooee image pack") from None


def _sizes(packed: Packed) -> str:
    image, stream = packed.image, packed.stream
    return (
        f"{len(image.data)} bytes; the model takes {image.model}, {stream.plain_bits / 8:.0f} at fixed widths, "
        f"{stream.entropy_bits / 8:.0f} in perfect codes without tables"
    )


def _policy(policy: AlarmPolicy) -> str:
    return (
        f"calls after {policy.on_delay_min} min at {policy.raise_percent} %, ends after {policy.clear_delay_min} min "
        f"below {policy.keep_percent} %, repeats every {policy.repeat_min} min"
    )


def _random_rows(image: Image) -> NDArray[np.int16]:
    """Rows from all over int16, half of them near the normals."""
    rng = np.random.default_rng(SEED)
    rows = rng.integers(-32768, 32768, (2 * CANDIDATES, image.width)).astype(np.int16)
    near = np.array(image.normals or [0] * image.width) + rng.integers(-3000, 3001, (CANDIDATES, image.width))
    rows[:CANDIDATES] = np.clip(near, -32768, 32767)
    return rows


def _compare(image: Image, verdicts: Verdicts, rows: NDArray[np.int16]) -> None:
    compare(image, verdicts, rows)
    typer.echo(f"class and confidence are those of the ported C on {len(rows)} rows")
