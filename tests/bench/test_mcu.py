"""`cooee bench mcu`: one small run on the real emulators beside the real peers, and its sums on rows made by hand."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from bench.mcu.cli import dominated, geometric_means, report
from bench.mcu.report import COLOURS, Row, markdown
from cloud.porting.check.boards import missing_tools
from cooee import main
from tests.parts import fail_or_skip

from .pictures import pixels_of

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"flash_vs_micromlgen", "flash_vs_emlearn", "cycles_vs_micromlgen", "cycles_vs_emlearn"}


def row(
    generator: str,
    flash: int | None,
    cycles: float | None,
    *,
    model: str = "tree",
    board: str = "uno",
    kind: str = "trees",
    agreement: float | None = 1.0,
) -> Row:
    return Row(
        data="hand",
        model=model,
        kind=kind,
        generator=generator,
        board=board,
        flash=flash,
        cycles=cycles,
        agreement=agreement,
    )


def small_and_fast() -> Iterator[Row]:
    """Ours on two models, beside a peer that takes 2 and 8 times the flash, and 3 and 27 times the cycles."""
    for model, smaller, faster in (("tree", 2, 3), ("forest", 8, 27)):
        yield row("cooee table", 100, 900, model=model)
        yield row("cooee inline", 500, 10, model=model)
        yield row("micromlgen", 100 * smaller, 10 * faster, model=model)


def test_geometric_means_of_what_both_can() -> None:
    rows = [
        *small_and_fast(),
        row("micromlgen", 9999, 9999, model="ours cannot"),
        row("emlearn int16", 500, None, model="tree"),
        row("micromlgen", 1, 1, model="net", kind="net"),
        row("cooee table", 999, 999, model="net", kind="net"),
        row("cooee table", 10, 10, board="cortex-m3"),
        row("micromlgen", 70, 10, board="cortex-m3"),
    ]
    assert geometric_means(rows) == {"flash_vs_micromlgen": 4.0, "cycles_vs_micromlgen": 9.0, "flash_vs_emlearn": 5.0}
    assert geometric_means(rows, "cortex-m3") == {"flash_vs_micromlgen": 7.0}


def test_dominated_is_bigger_and_slower_at_once() -> None:
    assert dominated(list(small_and_fast())) == []
    both, bigger, slower = row("m2cgen", 99, 899), row("m2cgen", 101, 1), row("m2cgen", 1, 901)
    assert dominated([row("cooee table", 100, 900), both]) == ["hand, tree, uno: cooee table by m2cgen"]
    assert dominated([row("cooee table", 100, 900), bigger, slower]) == []
    assert (
        dominated(
            [row("cooee table", 100, 900), row("m2cgen", 9, 9, board="cortex-m3"), row("m2cgen", 9, 9, model="forest")]
        )
        == []
    )
    assert dominated([row("cooee table", 100, 900), row("cooee inline", 50, 50)]) == []


def test_a_report_holds_the_worst_agreement_of_exact_forms() -> None:
    rows = [
        row("cooee table", 1, 1),
        row("cooee inline", 1, 1, agreement=0.5),
        row("micromlgen", 1, 1, agreement=0.1),
        row("cooee inline, small votes", 1, 1, agreement=0.2),
        row("cooee weights of 8 bits", 1, 1, kind="linear", agreement=0.3),
    ]
    assert report(rows)["agreement"] == 0.5
    assert report([row("cooee table", 1, 1), row("cooee inline", 1, 1, agreement=0.0)])["agreement"] == 0
    assert "does not fit" in markdown(rows)


def test_the_command_writes_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if missing := missing_tools("uno") or missing_tools("cortex-m3"):
        fail_or_skip(missing)
    path = tmp_path / "mcu.json"
    with pytest.raises(SystemExit) as ended:
        main(
            [
                "bench",
                "mcu",
                "--data",
                "wine",
                "--model",
                "tree, depth 6",
                "--json",
                str(path),
                "--table",
                str(tmp_path / "mcu.md"),
                "--figure",
                str(tmp_path / "mcu.png"),
            ]
        )
    assert ended.value.code == 0
    found = json.loads(path.read_text())
    assert found.keys() == {"geomean", "agreement", "rows"}
    assert found["geomean"].keys() == KEYS
    assert all(ratio > 1 for ratio in found["geomean"].values())
    assert found["agreement"] == 1
    assert {r["generator"] for r in found["rows"]} >= {
        "cooee table",
        "cooee inline",
        "micromlgen",
        "emlearn int16",
        "emlearn float",
        "emlearn loadable",
        "m2cgen",
    }
    assert all(r.keys() == {f.name for f in fields(Row)} for r in found["rows"])
    assert "| wine | tree, depth 6 | cooee inline |" in (tmp_path / "mcu.md").read_text()
    shown = {generator for generator, colour in COLOURS.items() if pixels_of(tmp_path / "mcu.png", colour) >= 20}
    assert shown >= {"cooee table", "cooee inline", "micromlgen", "emlearn int16", "emlearn float", "m2cgen"}
    assert "bigger and slower than a peer: none" in capsys.readouterr().out


def test_nothing_to_measure_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    for words, message in (
        (("--data", "iris"), "choose from digits, breast cancer, wine, sensor"),
        (("--data", "wine", "--model", "svm"), "no model's name begins with 'svm'"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(["bench", "mcu", *words])
        assert ended.value.code == 2
        assert message in capsys.readouterr().err


def test_the_peers_leave_numpy_as_it_was() -> None:
    before = subprocess.run(
        [sys.executable, "-c", "import numpy; print(numpy.geterr())"], capture_output=True, text=True, check=True
    ).stdout
    after = subprocess.run(
        [sys.executable, "-c", "import numpy, bench.mcu.cli; print(numpy.geterr())"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout
    assert after == before
