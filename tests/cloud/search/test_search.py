"""`cooee search`: costs from the emulator, accuracy on rows that were not learnt, and the choice between them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier

import cloud.search.cli
import cloud.search.trial
from cloud.models import Jitter
from cloud.porting import PortError
from cloud.porting.check.boards import missing_tools
from cloud.search.candidates import KINDS, Candidate, Shape, candidates
from cloud.search.results import Results
from cloud.search.rows import Rows, read
from cloud.search.search import Found, Outcome, front, search, winner
from cloud.search.trial import Budget, FormCost, Target, Trial
from cooee import main
from edge.contract.errors import CooeeError
from tests.parts import fail_or_skip

UNO = Target(board="uno", confidence=False)
PLENTY = Budget(flash=30000, ram=1500, cycles=10**7)


def called(*words: object, code: int = 0) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["search", *map(str, words)])
    assert ended.value.code == code


def orchard(path: Path) -> Path:
    """Rows of four farms in units of their own: two classes that air and soil tell apart, but for a tenth."""
    rng = np.random.default_rng(3)
    ripe = rng.integers(0, 2, 240)
    table = pd.DataFrame(
        {
            "air": (rng.normal(20 + 6 * ripe, 1.5)).round(2),
            "soil": rng.integers(0, 300, 240) + 200 * ripe,
            "farm": np.arange(240) % 4,
            "state": np.where(ripe ^ (rng.random(240) < 0.1), "ripe", "green"),
        }
    )
    table.to_csv(path, index=False)
    return path


def searched(tried: Sequence[Candidate], rows: Rows, folder: Path, *, seconds: float | None = None) -> Outcome:
    return search(
        tried,
        rows,
        Results(folder / "found.jsonl", {}),
        target=UNO,
        budget=PLENTY,
        folds=2,
        seed=0,
        seconds=seconds,
        progress=lambda done, whole: None,
    )


@pytest.mark.usefixtures("lone_worker")
def test_finds_ports_and_goes_on_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing := missing_tools("uno"):
        fail_or_skip(missing)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cloud.search.cli, "candidates", lambda *given: candidates(*given)[:2])
    asked = [orchard(tmp_path / "orchard.csv"), "--label", "state", "--groups", "farm", "--kind", "tree"]
    called(*asked, "--plot", "found.svg", "--port", "c")
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    (best,) = [line.split() for line in said.splitlines() if line.split()[:1] == ["*"]]
    accuracy, flash, cycles = float(best[-6]), int(best[-3]), int(best[-1])
    assert 80 < accuracy < 95
    assert "by 1000: air" in said
    assert f"\nflash {flash} B" in said
    assert 0 < cycles < 200
    assert "the node multiplies and rounds, by 1000: air" in (tmp_path / "c/orchard.c").read_text()
    assert (tmp_path / "c/cooee/flash.h").is_file()
    assert (tmp_path / "found.svg").read_text().count("<title>") == 4

    kept = tmp_path / "orchard.search.jsonl"
    whole = kept.read_text()
    called(*asked, "--cluster", "local", "--results", "cluster.jsonl")
    assert (tmp_path / "cluster.jsonl").read_text() == whole
    capsys.readouterr()
    kept.write_text(whole + '{"key": "cut o')
    monkeypatch.setattr(cloud.search.trial, "port", lambda *_, **__: pytest.fail("was done before"))
    called(*asked)
    assert f"{' '.join(best[1:-6])} (*) is the smallest" in capsys.readouterr().out
    assert [json.loads(line)["candidate"] for line in kept.read_text().splitlines()[1:]].count("tree, 4 leaves") == 1

    called(*asked, "--seed", 1, code=2)
    assert "is of another search (seed 0 instead of 1): give another --results" in capsys.readouterr().err


def test_every_kind_is_measured_and_scored_as_scikit_learn_scores_it(tmp_path: Path) -> None:
    if missing := missing_tools("uno"):
        fail_or_skip(missing)
    x, y = load_wine(return_X_y=True)
    rows = Rows(
        x=np.rint(x).astype(np.int16),
        y=y.astype(str),
        groups=None,
        names=tuple(f"f{i}" for i in range(13)),
        scales=(1.0,) * 13,
    )
    kinds = set(KINDS) - {"image convolution"}
    smallest = candidates(Shape(rows=1000, features=13), 0, tuple(KINDS))[: len(kinds)]
    assert {each.kind for each in smallest} == kinds
    outcome = searched(smallest, rows, tmp_path)
    assert (outcome.beyond, outcome.refused, outcome.untried) == (0, (), 0)
    assert {each.candidate.kind for each in outcome.found} == kinds
    for each in outcome.found:
        assert each.trial.accuracy > 0.6, each.name
        assert 20 < each.form.flash < 4000, each.name
        assert each.form.cycles > 5, each.name
    tree = DecisionTreeClassifier(max_leaf_nodes=4, random_state=0)
    (own,) = {each.trial.scores for each in outcome.found if each.candidate.kind == "tree"}
    assert own == pytest.approx(cross_val_score(tree, rows.x, rows.y, cv=rows.folds(2, 0)))


def test_images_are_tried_with_copies_of_them() -> None:
    tried = candidates(Shape(rows=1000, features=64, side=8), 0, ("net", "bonsai", "image convolution"))
    estimators = [getattr(each.estimator, "student", each.estimator) for each in tried]
    assert {each.augment for each in estimators} == {Jitter(8)}
    assert {each.epochs for each in estimators} == {6000 * 64 // 9000}
    assert all("Jitter(side=8)" in each.key for each in tried), "the same candidate has the same key in another process"


def test_groups_keep_what_is_learnt_by_heart_from_counting() -> None:
    rng = np.random.default_rng(0)
    farm = np.arange(300) % 10
    rows = Rows(
        x=np.column_stack([farm * 100 + rng.integers(0, 9, 300)]).astype(np.int16),
        y=np.where(np.isin(farm, [0, 3, 4, 7, 9]), "a", "b"),
        groups=farm,
        names=("place",),
        scales=(1.0,),
    )
    tree = DecisionTreeClassifier(random_state=0)
    alone = Rows(x=rows.x, y=rows.y, groups=None, names=rows.names, scales=rows.scales)
    assert cross_val_score(tree, rows.x, rows.y, cv=alone.folds(5, 0)).mean() == 1
    folds = rows.folds(5, 0)
    assert cross_val_score(tree, rows.x, rows.y, cv=folds).mean() < 0.8
    assert all(not set(farm[fit]) & set(farm[tried]) for fit, tried in folds)
    assert sorted(np.concatenate([tried for _, tried in folds])) == list(range(300))


def test_time_that_is_over_begins_nothing(tmp_path: Path) -> None:
    rows = read(orchard(tmp_path / "orchard.csv"), "state", "farm")
    outcome = searched(candidates(Shape(rows=240, features=2), 0, ("tree",)), rows, tmp_path, seconds=0)
    assert (outcome.found, outcome.untried) == ((), 6)


def found(name: str, scores: tuple[float, ...], flash: int, cycles: int) -> Found:
    return Found(
        candidate=Candidate(kind="tree", name=name, estimator=None),
        form=FormCost(mode="table", flash=flash, ram=0, cycles=cycles),
        trial=Trial(candidate=name, kind="tree", scores=scores),
    )


def test_within_one_standard_error_the_smaller_wins() -> None:
    best = found("best", (0.90, 0.94, 0.98), 900, 500)  # 0.94, standard error 0.0231
    near = found("near", (0.90, 0.92, 0.94), 300, 900)
    quick = found("quick", (0.90, 0.92, 0.94), 300, 800)
    far = found("far", (0.90, 0.91, 0.93), 100, 100)
    assert winner([best, near, far]) is near
    assert winner([best, near, quick, far]) is quick
    assert winner([best, far]) is best


def test_the_front_leaves_out_what_another_beats() -> None:
    small, right = found("small", (0.8,), 50, 40), found("right", (0.9,), 90, 60)
    quick, beaten, same = found("quick", (0.8,), 70, 20), found("beaten", (0.8,), 60, 40), found("same", (0.9,), 90, 60)
    assert front([right, beaten, quick, small, same]) == [small, quick, right]


def test_features_become_what_the_node_has(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "whole": [1, -32767, 32767],
            "pressure": [101325, 99000, 100000],
            "air": [21.37, 3.2, -4.0],
            "tiny": [1e-4, 2e-4, 0],
            "mark": [-32768, 0, 5],
            "class": [1.0, 2.0, 1.0],
        }
    )
    table.to_parquet(tmp_path / "rows.parquet")
    rows = read(tmp_path / "rows.parquet", "class", None)
    assert rows.scales == (1, 0.1, 1000, 10000, 0.1)
    assert rows.x[:, :4].tolist() == [[1, 10132, 21370, 1], [-32767, 9900, 3200, 2], [32767, 10000, -4000, 0]]
    assert rows.y.tolist() == ["1", "2", "1"]
    np.save(tmp_path / "rows.npy", table.to_numpy())
    assert read(tmp_path / "rows.npy", "5", None).names == ("0", "1", "2", "3", "4")


@pytest.mark.parametrize(
    ("columns", "groups", "line"),
    [
        ({"x": [1, 2], "other": ["a", "b"]}, None, "has no column 'y'; it has x, other"),
        ({"x": [1, 2], "y": [0.5, 1.5]}, None, "column 'y' of {} holds numbers with fractions"),
        ({"x": [1, 2], "y": ["a", "a"]}, None, "holds 1 different values; 2 to 255 are needed"),
        ({"x": [1, 2], "y": ["a", None]}, None, "column 'y' of {} has 1 empty cells"),
        ({"x": ["dry", "wet"], "y": [0, 1]}, None, "column 'x' of {} holds no numbers: leave it out"),
        ({"x": [1, None], "y": [0, 1]}, None, "column 'x' of {} has 1 rows without a number"),
        ({"y": [0, 1]}, None, "has no column of features beside 'y'"),
        ({"x": [1, 2], "y": [0, 1]}, "farm", "has no column 'farm'"),
        ({"x": [1, 2], "y": [0, 1]}, "y", "--groups and --label are both 'y'"),
        ({"x": [1, 2, 3], "y": [0, 1, 1]}, None, "class '0' has one row"),
        ({"x": [1, 2, 3, 4], "y": [0, 1, 1, 0], "g": [5] * 4}, "g", "all rows are of group '5'"),
        ({"x": [1, 2, 3, 4], "y": [0, 1, 1, 0], "g": [5, 6, 6, 5]}, "g", "groups must not be classes"),
    ],
)
def test_bad_rows_are_refused_with_what_to_do(
    tmp_path: Path, columns: dict[str, Any], groups: str | None, line: str
) -> None:
    path = tmp_path / "rows.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    with pytest.raises(CooeeError) as refused:
        read(path, "y", groups).folds(5, 0)
    assert line.format(path) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--board", "mega"], "board 'mega' is unknown; choose from uno, cortex-m3"),
        (["--kind", "svm"], "kind 'svm' is unknown; choose from tree"),
        (["--plot", "found.pdf"], "--plot found.pdf must end in .svg"),
        (["--results", "."], "results file . cannot be used"),
        (["--flash", "1", "--kind", "linear", "--minutes", "0"], "no candidate is within 1 B"),
    ],
)
def test_bad_options_are_refused_on_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str], line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    called(orchard(tmp_path / "orchard.csv"), "--label", "state", *words, code=2)
    said = capsys.readouterr().err
    assert line in said
    assert len(said.splitlines()) == 1


def test_why_nothing_can_be_ported_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise PortError("features 'a b' and 'a-b' have one name in C")

    monkeypatch.setattr(cloud.search.trial, "port", refuse)
    called(orchard(tmp_path / "orchard.csv"), "--label", "state", "--kind", "linear", code=2)
    assert "3 cannot be ported (features 'a b' and 'a-b' have one name in C)" in capsys.readouterr().err


def test_a_file_that_is_no_results_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text("dear diary\n{}\n")
    with pytest.raises(CooeeError, match=r"line 1 of .* is no result of a search"):
        Results(path, {"seed": 0})
    assert path.read_text() == "dear diary\n{}\n"
