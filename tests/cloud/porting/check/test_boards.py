"""The generated C on emulated boards, its quality, and budgets met by measured cost."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from cloud.models import SeparableConvClassifier
from cloud.porting import Ported, PortError, port
from cloud.porting.check.boards import Program, emulators, measure, missing_tools
from cloud.porting.check.host import INCLUDE
from tests.parts import fail_or_skip

DIGITS, DIGIT = load_digits(return_X_y=True)
CPPCHECK_BYTES = 30_000
"""It walks every path, of which larger nested ifs have too many."""
BOARDS = ("uno", "cortex-m3")
CLEAN = "-std=c99 -Wall -Wextra -Wconversion -Werror"


def need(board: str) -> None:
    """Without the board's tools the test fails in CI and is skipped elsewhere."""
    if missing := missing_tools(board):
        fail_or_skip(missing)


def wine() -> tuple[Any, Any]:
    x, y = load_wine(return_X_y=True)
    return np.rint((x - x.min(axis=0)) / np.ptp(x, axis=0) * 255), y


def forest() -> RandomForestClassifier:
    return RandomForestClassifier(10, max_depth=5, random_state=0).fit(DIGITS, DIGIT)


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("mode", ["table", "inline"])
def test_a_forest_on_a_board_decides_as_scikit_learn(board: str, mode: str) -> None:
    need(board)
    found = port(forest(), name="digits", feature_type="uint8", mode=mode).verify(DIGITS[:400], board=board)
    assert found.agreement == 1
    assert found.cost is not None
    assert found.cost.ram == 0
    assert found.cost.flash > 1000
    assert 100 < found.cost.cycles < found.cost.cycles_max < 100 * found.cost.cycles
    assert 20 < found.cost.stack < 300


@pytest.mark.parametrize("board", ["cortex-m0plus", *([] if missing_tools("risc-v") else ["risc-v"])])
def test_a_board_of_benchmarks_decides_as_scikit_learn(board: str) -> None:
    need(board)
    cost, classes = measure(
        port(forest(), name="digits", feature_type="uint8").program(), DIGITS[:200].astype(np.uint8), board
    )
    np.testing.assert_array_equal(classes, forest().predict(DIGITS[:200]))
    assert cost.ram == 0
    assert 1000 < cost.flash < 10000
    assert 100 < cost.cycles < cost.cycles_max < 100 * cost.cycles


def test_a_board_finds_what_the_host_finds_with_wide_and_float_features() -> None:
    need("uno")
    rng = np.random.default_rng(1)
    for feature_type, x in (
        ("int16", rng.integers(-32768, 32768, (300, 5))),
        ("float32", rng.normal(0, 1e6, (300, 5)).astype(np.float32)),
    ):
        estimator = RandomForestClassifier(4, max_depth=6, random_state=0).fit(
            x, rng.integers(0, 3, 300), rng.random(300)
        )
        for mode in ("table", "inline"):
            ported = port(estimator, name="wide", feature_type=feature_type, mode=mode)
            assert ported.verify(x, board="uno").agreement == 1


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        GaussianNB(),
        GradientBoostingClassifier(n_estimators=8, max_depth=2),
        make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=300, random_state=0)),
    ],
    ids=["linear", "bayes", "boosted", "net"],
)
def test_rounded_models_nearly_agree_and_say_how_often(estimator: Any) -> None:
    x, y = wine()
    estimator = estimator.fit(x, y)
    ported = port(estimator, name="wine", feature_type="uint8", rows=x)
    assert (ported.predict(x) == estimator.predict(x)).mean() >= 0.98
    assert np.abs(ported.confidence(x) - 100 * estimator.predict_proba(x).max(axis=1)).mean() < 0.5
    assert ported.measured is not None
    assert ported.agreement == (ported.predict(x) == estimator.predict(x)).mean()
    if not isinstance(estimator, GradientBoostingClassifier):
        assert f"agreement {100 * ported.measured.share:.2f} % on 178 rows given" in ported.files["wine.h"]
    need("uno")
    np.testing.assert_array_equal(ported.verify(x, board="uno").agreement, ported.verify(x, board="host").agreement)


@pytest.mark.parametrize("board", ["host", *BOARDS])
def test_golden_rows_of_votes_that_are_not_exact_come_out_right(board: str) -> None:
    if board != "host":
        need(board)
    ported = port(forest(), name="digits", feature_type="uint8", mode="table", votes="hard", rows=DIGITS)
    assert ported.agreement is not None
    assert ported.agreement < 1
    found = ported.verify(DIGITS[:100], board=board)
    assert found.rows == 100 + len(ported.golden.rows)
    assert found.agreement > 0.9


def test_every_kind_of_model_takes_no_ram() -> None:
    need("uno")
    x, y = wine()
    for estimator in (
        GaussianNB(),
        HistGradientBoostingClassifier(max_iter=3),
        make_pipeline(StandardScaler(), LogisticRegression()),
        forest(),
    ):
        fitted = estimator if hasattr(estimator, "classes_") else estimator.fit(x, y)
        for mode in ("table", "inline"):
            cost = port(fitted, name="model", feature_type="uint8", mode=mode, measured=True).cost
            assert cost is not None
            assert cost.ram == 0


def models() -> list[Ported]:
    x, y = wine()
    linear = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    net = make_pipeline(StandardScaler(), MLPClassifier((4,), max_iter=50, random_state=0)).fit(x, y)
    weighted = RandomForestClassifier(4, max_depth=3, class_weight="balanced", random_state=0).fit(DIGITS, DIGIT)
    conv = SeparableConvClassifier(1, filters=(3, 2), kernel=3, epochs=1, random_state=0).fit(x, y)
    made = [port(e, name="model", feature_type="uint8", rows=x) for e in (linear, net, GaussianNB().fit(x, y), conv)]
    for mode in ("table", "inline"):
        made += [
            port(e, name="model", feature_type="uint8", mode=mode)
            for e in (
                DecisionTreeClassifier(max_depth=6, random_state=0).fit(DIGITS, DIGIT),
                forest(),
                weighted,
                GradientBoostingClassifier(n_estimators=3, max_depth=2).fit(x, y),
            )
        ]
    return [
        *made,
        *(
            port(forest(), name="model", feature_type="uint8", mode="table", votes=v, confidence=False)
            for v in ("small", "hard")
        ),
    ]


def test_the_c_is_clean_compiles_as_cpp_and_may_be_included_twice(tmp_path: Path) -> None:
    for number, ported in enumerate(models()):
        folder = tmp_path / str(number)
        ported.write(folder)
        (folder / "again.c").write_text(
            '#include "model.h"\n#include "model.h"\n#include "model_golden.h"\n#include "model_golden.h"\n'
            "uint8_t again(void);\nuint8_t again(void) { return model_golden_classes[0]; }\n"
        )
        source, include = folder / "model.c", f"-I{INCLUDE}"
        for language, flags, unit, made in (
            ("cc", f"{CLEAN} -Wno-unused-const-variable", folder / "again.c", "again.o"),
            ("cc", f"{CLEAN} -Wshadow -pedantic", source, "model.o"),
            ("c++", "-x c++ -std=c++11 -Wall -Wextra -Werror", source, "cpp.o"),
        ):
            run(language, *flags.split(), include, "-c", unit, "-o", folder / made)
        main = folder / "main.c"
        main.write_text(
            '#include "model.h"\nuint8_t again(void);\nint main(void) { uint8_t row[MODEL_FEATURE_COUNT] = {0}; '
            "return model_predict(row) + again() < 0; }\n"
        )
        run("cc", include, main, folder / "model.o", folder / "again.o", "-o", folder / "main")
        run("clang", "--analyze", "-Xclang", "-analyzer-werror", "-std=c99", include, source, "-o", folder / "analysed")
        if len(ported.files["model.c"]) < CPPCHECK_BYTES and shutil.which("cppcheck"):
            options = "--quiet --error-exitcode=1 --enable=warning,portability --std=c99"
            run("cppcheck", *options.split(), include, source)


def run(*words: object) -> None:
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words[0]}: {done.stdout}{done.stderr}"


def test_a_file_says_where_it_is_from_and_refuses_another_abi(tmp_path: Path) -> None:
    tree = DecisionTreeClassifier(max_depth=2).fit(DIGITS, DIGIT)
    made = [
        port(tree, name="soil", feature_type="uint8", provenance={"data": "sha256:12"}, command="cooee port x")
        for _ in range(2)
    ]
    assert made[0].files == made[1].files
    text = made[0].files["soil.h"]
    assert "Generated by cooee port x" in text
    assert "data: sha256:12" in text
    assert re.search(r"#define SOIL_VERSION 0x" + made[0].model_hash[:8], text)
    made[0].write(tmp_path)
    (tmp_path / "cooee").mkdir()
    (tmp_path / "cooee/flash.h").write_text("#define COOEE_PORT_ABI 2\n")
    done = subprocess.run(
        ["cc", "-fsyntax-only", f"-I{tmp_path}", str(tmp_path / "soil.c")], capture_output=True, text=True, check=False
    )
    assert "regenerate it with cooee port" in done.stderr


def test_equal_trees_are_kept_once() -> None:
    x, y = wine()
    estimator = RandomForestClassifier(8, bootstrap=False, max_features=None, random_state=0).fit(x, y)
    once = RandomForestClassifier(1, bootstrap=False, max_features=None, random_state=0).fit(x, y)
    estimator.estimators_ = [once.estimators_[0]] * 8
    sizes = [
        len(port(e, name="same", feature_type="uint8", mode="table", confidence=False).files["same.c"])
        for e in (estimator, once)
    ]
    assert sizes[0] < sizes[1] + 2000


def test_a_budget_chooses_and_the_header_says_what_it_cost() -> None:
    need("uno")
    tree = DecisionTreeClassifier(random_state=0).fit(DIGITS, DIGIT)
    small = port(tree, name="digits", feature_type="uint8", budget={"flash": 1200})
    fast = port(tree, name="digits", feature_type="uint8", budget={"flash": 4000})
    assert (small.mode, fast.mode) == ("table", "inline")
    assert fast.cost is not None
    assert f"#define DIGITS_FLASH_BYTES {fast.cost.flash} /* ATmega328P */" in fast.files["digits.h"]
    assert port(tree, name="digits", feature_type="uint8", budget={"cycles": 150}).mode == "inline"
    with pytest.raises(PortError, match=r"mode table has \d+ B of flash too much .*What would: a model of about \d+ %"):
        port(tree, name="digits", feature_type="uint8", budget={"flash": 200})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"budget": {"flash": 0}}, "leaves nothing"),
        ({"budget": {"ram": 10}}, "choose from flash, cycles"),
        ({"budget": {"flash": 99}, "board": "host"}, "emulated board"),
        ({"rows": [[1, 2]]}, r"\(rows, 64\)"),
        ({"votes": "most"}, "choose from exact, small, hard"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(PortError, match=message):
        port(forest(), name="bad", feature_type="uint8", **arguments)


def test_models_that_cannot_be_ported() -> None:
    x = np.random.default_rng(0).integers(0, 9, (60, 300))
    y = np.arange(60) % 3
    with pytest.raises(PortError, match="300 features are more than the 255 of mode table"):
        port(
            DecisionTreeClassifier(random_state=0).fit(x, np.arange(60)),
            name="wide",
            feature_type="uint8",
            mode="table",
        )
    with pytest.raises(PortError, match="integer features"):
        port(LogisticRegression().fit(x, y), name="floats", feature_type="float32")
    with pytest.raises(PortError, match="activation 'tanh'"):
        port(MLPClassifier((2,), activation="tanh", max_iter=5).fit(x, y), name="tanh", feature_type="uint8")


@pytest.mark.parametrize("board", BOARDS)
def test_a_program_without_end_is_one_clear_line(board: str, monkeypatch: pytest.MonkeyPatch) -> None:
    need(board)
    monkeypatch.setattr(emulators, "RUNS_AT_MOST_S", 1.0)
    endless = Program(
        files={
            "endless.h": "#include <stdint.h>\nuint8_t endless(const uint8_t *row);\n",
            "endless.c": '#include "endless.h"\nuint8_t endless(const uint8_t *row) { (void)row; for (;;) { } }\n',
        },
        header="endless.h",
        predict="endless",
        c_type="uint8_t",
        features=1,
    )
    with pytest.raises(PortError, match="has not ended after 1 s on the emulated"):
        measure(endless, np.zeros((1, 1), np.uint8), board)
