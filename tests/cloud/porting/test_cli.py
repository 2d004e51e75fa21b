"""`cooee port` as a user calls it: what it writes, what it prints, and the one line that says what is wrong."""

import os
import pickle
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from cloud.porting.check.boards import missing_tools
from cloud.porting.cli import name_of
from cooee import main
from tests.parts import fail_or_skip


def wine() -> tuple[Any, Any]:
    x, y = load_wine(return_X_y=True)
    return np.rint((x - x.min(axis=0)) / np.ptp(x, axis=0) * 255), y


def saved(folder: Path, estimator: Any, name: str = "vineyard.joblib") -> Path:
    joblib.dump(estimator, folder / name)
    return folder / name


def port(*words: object, code: int = 0) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["port", *map(str, words)])
    assert ended.value.code == code


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """The one line that a call is refused with."""
    port(*words, code=2)
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert len(lines) == 1, said.err
    return lines[0]


@pytest.mark.parametrize("board", ["uno", "cortex-m3"])
def test_a_folder_that_compiles_with_what_it_costs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], board: str
) -> None:
    if missing := missing_tools(board):
        fail_or_skip(missing)
    model = saved(tmp_path, DecisionTreeClassifier(random_state=0).fit(*wine()), "my vineyard-1.joblib")
    port(model, "--board", board, "--feature-type", "uint8", "--budget-flash", 900, "--out", tmp_path / "out")
    said = capsys.readouterr().out
    cost = re.search(r"mode inline on \S+: flash (\d+) B, RAM 0 B, stack (\d+) B, \d+ \w+ a row", said)
    assert cost is not None
    header = (tmp_path / "out/my_vineyard_1.h").read_text()
    assert f"#define MY_VINEYARD_1_FLASH_BYTES {cost[1]} " in header
    assert "#define MY_VINEYARD_1_RAM_BYTES 0 " in header
    assert f"#define MY_VINEYARD_1_STACK_BYTES {cost[2]} " in header
    subprocess.run(["cc", "-c", tmp_path / "out/my_vineyard_1.c", "-o", tmp_path / "vineyard.o"], check=True)


def test_agreement_and_accuracy_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = wine()
    model = saved(tmp_path, LogisticRegression(max_iter=5000).fit(x, y))
    np.save(tmp_path / "rows.npy", np.c_[x, y])
    call = (model, "--board", "host", "--feature-type", "uint8", "--out", tmp_path)
    port(*call, "--rows", tmp_path / "rows.npy", "--label", 13)
    assert re.search(
        r"agreement 100\.00 % on 178 rows given, accuracy [\d.]+ % \(\+0\.00 points to scikit-learn's\)",
        capsys.readouterr().out,
    )
    port(*call)
    said = capsys.readouterr().out
    assert "how often it decides as scikit-learn is not known: give --rows" in said
    assert "%" not in said


def test_without_a_boards_tools_nothing_is_invented(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = saved(tmp_path, DecisionTreeClassifier(random_state=0).fit(*wine()))
    (tmp_path / "bin").mkdir()
    for tool in ("cc", "as", "ld"):
        os.symlink(str(shutil.which(tool)), tmp_path / "bin" / tool)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    port(model, "--out", tmp_path)
    missing = "avr-gcc, simavr are not installed: apt-get install gcc-avr avr-libc simavr"
    assert missing in capsys.readouterr().out
    header = (tmp_path / "vineyard.h").read_text()
    assert "cost: flash, RAM and stack on uno are not measured" in header
    assert "FLASH_BYTES" not in header
    assert missing in refused(capsys, model, "--budget-flash", 900)
    assert "apt-get install gcc-arm-none-eabi" in refused(capsys, model, "--board", "cortex-m3", "--budget-cycles", 900)


def test_files_that_are_no_models(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = wine()
    whole = pickle.dumps(DecisionTreeClassifier().fit(x, y))
    for name, content, message in (
        ("cut", whole[:2000], "cannot be loaded with joblib"),
        ("empty", b"", "is empty: give a fitted estimator"),
        ("text", b"hello", "is no pickle: give a fitted estimator"),
        (
            "old",
            whole.replace(sklearn.__version__.encode(), b"0.9.9"),
            "saved by scikit-learn 0.9.9, and this is .* train again",
        ),
        ("foreign", b"cno_such_module\nThing\n.", "No module named 'no_such_module'"),
    ):
        (tmp_path / name).write_bytes(content)
        assert re.search(message, refused(capsys, tmp_path / name))
    assert "is not a file" in refused(capsys, tmp_path / "none.joblib")


def test_models_and_arguments_that_cannot_be_met(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = wine()
    tree = saved(tmp_path, DecisionTreeClassifier().fit(x, y), "tree")
    bayes = saved(tmp_path, GaussianNB().fit(x, y), "bayes")
    for words, message in (
        (
            (saved(tmp_path, KNeighborsClassifier().fit(x, y), "near"),),
            "KNeighborsClassifier cannot be ported; supported: DecisionTree.*MLP",
        ),
        ((saved(tmp_path, DecisionTreeClassifier(), "unfitted"),), "DecisionTreeClassifier is not fitted"),
        ((tree, "--name", "while"), "'while' is no C identifier"),
        ((tree, "--mode", "fast"), "choose from auto, table, inline"),
        ((tree, "--board", "mega"), "choose from uno, cortex-m3, host"),
        ((tree, "--label", "kind"), "give both"),
        ((tree, "--out", tree), "a file is there: name another place"),
        ((tree, "--backend", "tflite"), "choose from cooee, micromlgen"),
        ((tree, "--budget-flash", 0), "leaves nothing"),
        ((tree, "--rows", tmp_path / "none.csv"), "none.csv cannot be read"),
        ((bayes, "--feature-type", "float32"), "use feature_type 'int16' or 'uint8'"),
    ):
        assert re.search(message, refused(capsys, *words))
    if not missing_tools("uno"):
        assert re.search(
            r"has \d+ B of flash too much .*What would: fewer features", refused(capsys, bayes, "--budget-flash", 99)
        )


def test_a_model_trained_on_fractions_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    x, y = load_wine(return_X_y=True)
    model = saved(tmp_path, DecisionTreeClassifier().fit(x, y))
    port(model, "--board", "host", "--out", tmp_path)
    assert "port with feature_type float32" in caplog.text
    caplog.clear()
    port(model, "--board", "host", "--out", tmp_path, "--feature-type", "float32")
    port(saved(tmp_path, DecisionTreeClassifier().fit(*wine())), "--board", "host", "--out", tmp_path)
    assert caplog.text == ""


def test_names_from_files() -> None:
    assert [name_of(Path(f"{word}.joblib")) for word in ("soil", "my-soil v2", "3d", "int", "...")] == [
        "soil",
        "my_soil_v2",
        "model_3d",
        "model_int",
        "model",
    ]
