"""`cooee port`: a fitted estimator in a file becomes C."""

import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.contract.errors import CooeeError
from edge.written_files import folder_to_write

from .check.boards import EMULATED, missing_tools
from .check.host import INCLUDE
from .check.row_file import read_rows
from .errors import PortError, check_choice
from .micromlgen import port_with_micromlgen
from .model.names import RESERVED
from .port import port
from .ported import Ported
from .read.other_makers import SUFFIXES, as_classifier, read_model_file
from .read.pickled import RIGHT, load_pickled
from .read.support import check_estimator
from .whole_numbers import student_of

ModelFile = Annotated[
    Path,
    typer.Argument(
        help="A fitted estimator saved with joblib.dump(): a pickle, and loading one runs code in it, so give only "
        "files that you trust. Or what XGBoost saves as .json, or LightGBM as .txt."
    ),
]
Board = Annotated[str, typer.Option(help="The board to write for: uno, cortex-m3 or host.")]
Mode = Annotated[str, typer.Option(help="table (small), inline (fast) or auto (what the budget allows).")]
Name = Annotated[str | None, typer.Option(help="Prefix of the C names; else the file's name.")]
FeatureType = Annotated[str, typer.Option(help="Type of a feature on the board: uint8, int16 or float32.")]
Backend = Annotated[str, typer.Option(help="cooee, or micromlgen for its C++ (float features, no confidence).")]
Votes = Annotated[
    str, typer.Option(help="exact, small or hard: how the leaves of forests vote; only exact is always right.")
]
BudgetFlash = Annotated[int | None, typer.Option(help="Bytes of flash that the model may add on the board.")]
BudgetCycles = Annotated[
    int | None, typer.Option(help="Cycles (cortex-m3: instructions) that a row may take on the board.")
]
RowFile = Annotated[
    Path | None,
    typer.Option(help="Your own rows (.csv, .parquet, .npy): agreement with scikit-learn is measured on them."),
]
Label = Annotated[
    str | None, typer.Option(help="The column of --rows that holds the true class: accuracy is measured too.")
]
Scales = Annotated[
    list[str] | None,
    typer.Option(
        help="FEATURE=FACTOR, as pressure=0.1: the node multiplies the feature by it before it rounds, so that an "
        "integer type holds it. May be given again."
    ),
]
MayMiss = Annotated[
    bool,
    typer.Option(
        "--missing",
        help="Features may be missing (-32768 in int16, NaN in float32); models that were trained on missing "
        "values say so by themselves.",
    ),
]
Classes = Annotated[
    str | None, typer.Option(help="Names of the classes in their order, as dry,wet; else the model's own.")
]
Out = Annotated[Path, typer.Option(help="Folder for the C files.", callback=folder_to_write)]


def load_model(path: Path) -> Any:
    """The estimator in a joblib or pickle file, whose loading runs code that is in it, or the model in XGBoost's JSON
    or LightGBM's text.

    Raises:
        CooeeError: no such file, it cannot be loaded, or another version of scikit-learn saved it.
    """
    if not path.is_file():
        raise CooeeError(f"{path} is not a file: {RIGHT}")
    if path.suffix in (".ubj", ".model"):
        raise CooeeError(f'{path} is XGBoost\'s binary form: save the model with save_model("model.json")')
    if path.suffix in SUFFIXES:
        return read_model_file(path)
    return load_pickled(path)


def name_of(path: Path) -> str:
    """A C identifier from a file's name."""
    word = re.sub(r"[^A-Za-z0-9]+", "_", path.stem).strip("_")[:40]
    return word if word[:1].isalpha() and word.lower() not in RESERVED else f"model_{word}".rstrip("_")[:41]


def write(ported: Ported, folder: Path) -> list[Path]:
    """Writes the C files, and the headers of cooee that they include; their paths.

    Raises:
        PortError: the folder cannot be written to.
    """
    written = ported.write(folder)
    (folder / "cooee").mkdir(exist_ok=True)
    needed = {name for text in ported.files.values() for name in re.findall(r'#include "(cooee/\w+\.h)"', text)}
    return [*written, *(Path(shutil.copy(INCLUDE / name, folder / name)) for name in sorted(needed))]


def command(
    model: ModelFile,
    board: Board = "uno",
    mode: Mode = "auto",
    name: Name = None,
    feature_type: FeatureType = "int16",
    backend: Backend = "cooee",
    votes: Votes = "exact",
    budget_flash: BudgetFlash = None,
    budget_cycles: BudgetCycles = None,
    rows: RowFile = None,
    label: Label = None,
    scale: Scales = None,
    may_miss: MayMiss = False,
    classes: Classes = None,
    out: Out = Path("."),
) -> None:
    """Ports a fitted scikit-learn classifier to C that decides exactly as Python does."""
    said = "cooee " + shlex.join(["port", *sys.argv[2:]])
    check_choice(backend, ("cooee", "micromlgen"), "backend")
    if label and rows is None:
        raise PortError("--label names a column of --rows: give both")
    estimator, name = as_classifier(student_of(load_model(model))), name or name_of(model)
    unmeasured = _unmeasured(board)
    if backend == "micromlgen":
        ported = port_with_micromlgen(estimator, name=name, feature_type=feature_type, command=said)
    else:
        check_estimator(estimator)
        x, y = (None, None) if rows is None else read_rows(rows, estimator, label)
        budget = {"flash": budget_flash, "cycles": budget_cycles}
        ported = port(
            estimator,
            name=name,
            feature_type=feature_type,
            board=board,
            mode=mode,
            votes=votes,
            budget={what: most for what, most in budget.items() if most is not None},
            scales=_scales(scale or []),
            class_names=classes.split(",") if classes else None,
            missing=may_miss,
            rows=x,
            labels=y,
            measured=board in EMULATED and not unmeasured,
            provenance={"cost": unmeasured} if unmeasured else None,
            command=said,
        )
    for line in (*write(ported, out), *_told(ported, board, unmeasured)):
        typer.echo(line)


def _unmeasured(board: str) -> str:
    """Why costs on a board cannot be measured here; nothing where they can, or need not."""
    missing = missing_tools(board) if board in EMULATED else ""
    return f"flash, RAM and stack on {board} are not measured: {missing}" if missing else ""


def _told(ported: Ported, board: str, unmeasured: str) -> Iterator[str]:
    """What is known of the port, a line each."""
    if unmeasured:
        yield unmeasured
    if ported.cost is not None:
        yield f"mode {ported.mode} on {board}: {ported.cost}"
    if ported.measured is not None:
        yield str(ported.measured)
    elif ported.rounded:
        yield "how often it decides as scikit-learn is not known: give --rows, such as the node will see"


def _scales(words: list[str]) -> dict[str, float]:
    """{feature: factor} of FEATURE=FACTOR."""
    scales = {}
    for word in words:
        name, _, factor = word.rpartition("=")
        try:
            scales[name] = float(factor)
        except ValueError:
            raise PortError(f"--scale {word!r}: write FEATURE=FACTOR, as pressure=0.1") from None
    return scales
