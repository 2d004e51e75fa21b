"""A table in Latin-1, as spreadsheets save it, was refused with Python's own UnicodeDecodeError."""

from pathlib import Path

import joblib
import pytest
from sklearn.tree import DecisionTreeClassifier

from edge.farm import sample_farm_text
from tests.called import cooee


@pytest.mark.parametrize(
    ("file", "text", "command"),
    [
        ("rows.csv", "a,b,state\n1,2,sèche\n", "search {file} --label state"),
        ("rows.csv", "a,state\n1,sèche\n", "port {model} --rows {file} --label state --out {folder}/c"),
        ("old.csv", "time,node,Café\n2026-01-01,n,3\n", "import {file} --farm {farm}"),
        ("farm.yaml", "name: Café\n", "set tomato-1 wake=10min --farm {file}"),
        ("people.toml", '[[people]]\nname = "André"\n', "notify --test André --data {folder} --farm {farm}"),
        ("page-users.toml", '# André\n[[user]]\nname = "a"\n', "dashboard users list --data {folder}"),
        ("season.yaml", "title: Été\n", "simulate --scenario {file} --out {folder}/out"),
    ],
)
def test_it_is_named_with_how_to_mend_it(file: str, text: str, command: str, tmp_path: Path) -> None:
    farm, model, path = tmp_path / "ours.yaml", tmp_path / "model.joblib", tmp_path / file
    farm.write_text(sample_farm_text(), encoding="utf-8")
    joblib.dump(DecisionTreeClassifier().fit([[0], [1]], ["a", "b"]), model)
    path.write_text(text, encoding="latin-1")
    path.chmod(0o600)
    done = cooee(*command.format(file=path, farm=farm, model=model, folder=tmp_path).split())
    assert (done.returncode, done.stderr.strip().count("\n")) == (2, 0), done.stderr
    assert str(path) in done.stderr
    assert "it is not UTF-8 text: save it as UTF-8" in done.stderr
    assert "codec" not in done.stderr
