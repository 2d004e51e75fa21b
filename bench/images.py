"""What images save (`cooee bench images`): bytes of each form as the porter's tables, at fixed widths, in Huffman codes
and in perfect ones; what decoding costs on the ATmega328P.

The sentinels are those that are built in; digits are scikit-learn's, a third held out for the rows that are timed.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier

from cloud.images.pack import Packed, pack_model, pack_sentinel
from cloud.images.trained import read_trained
from cloud.models import BonsaiClassifier, CompactBoostingClassifier, LowBitNetClassifier
from cloud.porting import port
from cloud.porting.check.boards import UNO, Cost, Program, measure
from cloud.porting.check.golden import CANDIDATES, edge_rows
from cloud.porting.check.host import INCLUDE, compile_c
from cloud.porting.emit.files import header, source
from cloud.porting.emit.trees import trees_body
from cloud.porting.model.features import feature_type
from cloud.porting.model.form import Form
from cloud.porting.model.names import make_names
from cloud.porting.model.trees import Forest, distinct_thresholds, simplified
from edge.core import sentinels
from edge.written_files import JsonFile, write_json
from firmware import FIRMWARE

from .mcu.models import data_sets

CORE = ("crc32.c", "huffman.c", "image.c", "image_trees.c", "image_scores.c", "image_models.h")
TIMED_ROWS = 200
DESCRIPTOR_BYTES = 15
"""Of struct cooee_sentinel on an AVR."""


Case = tuple[str, Packed, Program, NDArray[np.int16], int]
"""Name, image, the same as a table, rows, and what a sentinel takes beside its table."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A model as the porter's table and as an image; bytes, and mean cycles of a row on the ATmega328P.
    `table`: its arrays, 0 where the porter finds code shorter; `table_flash`: with the code; `whole`: all of a sentinel
    beside its image, 0 for other models; `code`: what reads the image."""

    model: str
    table: int
    table_flash: int
    table_cycles: int
    image_model: int
    plain: int
    coded: int
    entropy: int
    image: int
    whole: int
    code: int
    cycles: int


def run() -> list[Row]:
    """Every model; PortError when a compiler or the emulator is missing."""
    return [measure_row(*case) for case in (*sentinel_cases(), *_digits())]


def sentinel_cases() -> Iterator[Case]:
    int16 = feature_type("int16")
    for sentinel in sentinels():
        classes, features = len(sentinel.classes), len(sentinel.features)
        trained = read_trained(sentinel.name)
        tree = trained.tree
        rows = edge_rows(distinct_thresholds([tree], features), int16, CANDIDATES)[:TIMED_ROWS].astype(np.int16)
        (shares,) = simplified([tree], int16, partial(_shares, classes))
        names = make_names(sentinel.name, sentinel.classes, sentinel.features)
        form = Form(mode="table", votes="exact", confidence=True)
        body = trees_body(Forest(trees=(shares,), classes=classes, passed=(0.0,)), names, int16, form)
        files = {
            f"{names.name}.h": header(names, int16, "0" * 64, "", [], True),
            f"{names.name}.c": source(names, int16, "", body, True),
        }
        beside = DESCRIPTOR_BYTES + 3 * features + 8 * (classes - 1) + len(",".join(sentinel.classes)) + 1
        program = Program(
            files=files, header=f"{names.name}.h", predict=f"{names.name}_predict", c_type="int16_t", features=features
        )
        yield f"{sentinel.name}: tree", pack_sentinel(trained), program, rows, beside


def _shares(classes: int, votes: tuple[tuple[int, int], ...]) -> tuple[float, ...]:
    """Probabilities that a tree with this verdict may have had."""
    ((best, percent),) = votes
    share = min(percent + 0.2, 100) / 100  # above a half, where it was rounded to one
    return tuple(share if c == best else (1 - share) / (classes - 1) for c in range(classes))


def _digits() -> Iterator[Case]:
    digits = data_sets()[0]
    train, test, classes, _ = digits.split()
    kinds: dict[str, tuple[Any, str]] = {
        "tree of depth 8": (DecisionTreeClassifier(max_depth=8, random_state=0), "exact"),
        "forest, 10 of depth 6": (RandomForestClassifier(10, max_depth=6, random_state=0), "small"),
        "compact boosting, depth 2": (CompactBoostingClassifier(100, depth=2), "exact"),
        "boosting, 3 rounds of depth 3": (GradientBoostingClassifier(n_estimators=3, random_state=0), "small"),
        "linear": (LogisticRegression(max_iter=5000), "exact"),
        "MLP, 16 hidden": (MLPClassifier((16,), max_iter=100, random_state=0), "exact"),
        "low-bit net, int4": (LowBitNetClassifier(36, random_state=0), "exact"),
        "low-bit net, ternary": (LowBitNetClassifier(36, weights="ternary", density=0.2, random_state=0), "exact"),
        "Bonsai, int4": (BonsaiClassifier(8, depth=1, random_state=0), "exact"),
    }
    for kind, (estimator, votes) in kinds.items():
        fitted = estimator.fit(train.astype(np.int16), classes)
        ported = port(fitted, name="digits", mode="table", votes=votes, rows=train.astype(np.int16))
        packed = pack_model(ported, train.astype(np.int16))
        yield f"digits: {kind}", packed, ported.program(), test[:TIMED_ROWS].astype(np.int16), 0


def measure_row(model: str, packed: Packed, program: Program, rows: NDArray[np.int16], beside: int) -> Row:
    table, expected = measure(program, rows, UNO.name)
    cost, found, code = run_image(packed, rows)
    if (found != expected).any():
        raise AssertionError(f"{model}: the image decides otherwise than the table")
    stream, image = packed.stream, packed.image
    return Row(
        model=model,
        table=tables_of(program),
        table_flash=table.flash,
        table_cycles=round(table.cycles),
        image_model=image.model,
        plain=-(-stream.plain_bits // 8),
        coded=-(-stream.coded_bits // 8),
        entropy=round(stream.entropy_bits / 8),
        image=len(image.data),
        whole=table.flash + beside if beside else 0,
        code=code,
        cycles=round(cost.cycles),
    )


def run_image(packed: Packed, rows: NDArray[np.int16], place: str = "FLASH") -> tuple[Cost, NDArray[np.uint8], int]:
    """Cost and classes of rows by an image that lies in FLASH, EEPROM or RAM; and the flash of what opens, checks and
    runs it."""
    image = packed.image
    data = ", ".join(map(str, image.data))
    files = {name: (FIRMWARE / "src" / name).read_text(encoding="utf-8") for name in CORE}
    files["images_tried.c"] = Path(__file__).with_name("images_tried.c").read_text(encoding="utf-8")
    files["images_tried.h"] = "#include <stdint.h>\nuint8_t image_predict(const int16_t row[]);\n"
    files["image_bytes.h"] = f"static const uint8_t image_bytes[] PROGMEM = {{{data}}};\n"

    def tried(checked: bool) -> Program:
        scores = f"-DCOOEE_IMAGE_SCORES={int(image.form != 'trees')}"
        return Program(
            files=files,
            header="images_tried.h",
            predict="image_predict",
            c_type="int16_t",
            features=image.width,
            flags=(scores, f"-DPLACE=FROM_{place}", f"-DCHECKED={int(checked)}"),
        )

    opening = measure(tried(False), rows[:1], UNO.name)[0]
    cost, classes = measure(tried(False), np.concatenate([rows[:1], rows]), UNO.name)
    checked, said = measure(tried(True), rows[:1], UNO.name)
    if said[0] != classes[0]:
        raise AssertionError(f"{image.name}: the golden rows come out otherwise on {UNO.title}")
    # The first row opens the image, and comes again.
    return (
        replace(cost, cycles=(cost.cycles * len(classes) - opening.cycles) / len(rows)),
        classes[1:],
        checked.flash - len(image.data),
    )


def tables_of(program: Program) -> int:
    """Bytes of a program's constants in flash."""
    with tempfile.TemporaryDirectory(prefix="cooee-bench-") as name:
        folder = Path(name)
        for file, text in program.files.items():
            (folder / file).write_text(text)
        made = folder / "made.o"
        sources = [folder / file for file in program.files if file.endswith(".c")]
        compile_c(["avr-gcc", "-mmcu=atmega328p", "-Os", "-std=gnu99", f"-I{INCLUDE}", "-c", *sources, "-o", made])
        sizes = subprocess.run(["avr-size", "-A", made], capture_output=True, text=True, check=True).stdout
    return sum(int(size) for size in re.findall(r"^\.progmem\S*\s+(\d+)", sizes, re.MULTILINE))


def command(json_file: JsonFile = None) -> None:
    """Measure images: bytes beside tables and the symbols' entropy, cycles on the ATmega328P."""
    rows = run()
    write_json(json_file, {"rows": [asdict(row) for row in rows]})
    columns = ("table B", "image's model B", "%", "fixed B", "Huffman B", "entropy B", "image B", "all of it B")
    table = Table("model", *columns, "cycles, table", "cycles, image")
    for row in rows:
        share = f"{100 * row.image_model / row.table:.0f}" if row.table else ""
        sizes = (row.table, row.image_model, share, row.plain, row.coded, row.entropy, row.image, row.whole or "")
        table.add_row(row.model, *map(str, sizes), str(row.table_cycles), str(row.cycles))
    Console(width=140).print(table)
    code = sorted({row.code for row in rows})
    typer.echo(f"what opens, checks and runs an image takes {code[0]} B of flash for trees, {code[-1]} B for all forms")


if __name__ == "__main__":
    typer.run(command)
