"""A choice of features (RFE) was told to be given without its choice, and the files of other programs ended in
KeyError: 8; a script was read as a pickle, which may import what it names."""

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_selection import RFE
from sklearn.multioutput import ClassifierChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from cloud.porting import PortError, port
from cooee import main

X = np.random.default_rng(0).integers(-300, 300, (300, 4))
Y = np.digitize(X[:, 3] + 0.7 * X[:, 1], [-120, 120])
TREE = DecisionTreeClassifier(max_depth=4, random_state=0)
SAVED = pickle.dumps(DecisionTreeClassifier(max_depth=2).fit(X, Y))


@pytest.mark.parametrize("deciding", [TREE, make_pipeline(StandardScaler(), TREE)])
@pytest.mark.parametrize("before", [[], [StandardScaler()]])
def test_a_choice_of_features_is_kept(deciding: Any, before: list[Any]) -> None:
    importance = "named_steps.decisiontreeclassifier.feature_importances_" if deciding is not TREE else "auto"
    chosen = make_pipeline(*before, RFE(deciding, n_features_to_select=2, importance_getter=importance)).fit(X, Y)
    np.testing.assert_array_equal(port(chosen, name="m").predict(X), chosen.predict(X))
    alone = chosen[-1]
    if not before:
        np.testing.assert_array_equal(port(alone, name="m").predict(X), alone.predict(X))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RandomForestRegressor(2, max_depth=2).fit(X, Y), "it is a regressor, so train a classifier instead"),
        (lambda: ClassifierChain(TREE).fit(X, np.c_[Y > 0, Y > 1]), "train a classifier for each output"),
        (lambda: RFE(TREE), "RFE is not fitted"),
    ],
)
def test_refused(make: Any, message: str) -> None:
    with pytest.raises(PortError, match=message):
        port(make(), name="m")


def zipped(name: str, content: bytes = b"{}") -> bytes:
    with zipfile.ZipFile(packed := io.BytesIO(), "w") as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def array() -> bytes:
    np.save(saved := io.BytesIO(), X)
    return saved.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.skops", zipped("schema.json"), "is of skops: load it with skops.io.load() and save it with joblib.dump()"),
        ("m.pt", zipped("archive/data.pkl"), "is of PyTorch or Keras: a network of another maker"),
        ("m.zip", zipped("m.pkl", SAVED), "is a zip: unpack it"),
        ("m.onnx", b"\x08\x07\x12\x08skl2onnx", "is a network of another maker"),
        ("m.h5", b"\x89HDF\r\n\x1a\n", "is HDF5, as Keras writes"),
        ("m.tflite", b"\x1c\0\0\0TFL3", "is of TensorFlow Lite"),
        ("m.npy", array(), "is an array of numpy"),
        ("m.pmml", b"<?xml version='1.0'?>", "is XML, as PMML is"),
        ("m.ipynb", json.dumps({"cells": []}).encode(), "is JSON"),
        ("m.py", b"import os\n", "is no pickle: give a fitted estimator saved with joblib.dump()"),
        ("m.pkl", b"", "is empty: give a fitted estimator"),
        (
            "m.pkl",
            SAVED.replace(b"sklearn.tree._classes", b"sklearn.tree.treetree"),
            "another version of scikit-learn saved",
        ),
        ("m.pkl", b"cno_such_maker\nModel\n.", "install no_such_maker where cooee is, or train without it"),
        ("m.pkl", b"cjson\nclean\n.", "what it names is of the program that saved it: train without functions"),
    ],
)
def test_what_a_file_is_and_what_would_do(
    name: str, content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        main(["port", str(tmp_path / name), "--board", "host", "--out", str(tmp_path)])
    line = capsys.readouterr().err
    assert (ended.value.code, line.count("\n")) == (2, 1)
    assert message in line


@pytest.mark.parametrize("how", ["zlib", "gzip", "bz2", "xz", "lzma", *range(6)])
def test_every_way_to_pickle_is_read(how: str | int, tmp_path: Path) -> None:
    fitted = DecisionTreeClassifier(max_depth=2).fit(X, Y)
    if isinstance(how, int):
        (tmp_path / "tree").write_bytes(pickle.dumps(fitted, protocol=how))
    else:
        joblib.dump(fitted, tmp_path / "tree", compress=(how, 3))
    main_exit(["port", str(tmp_path / "tree"), "--board", "host", "--out", str(tmp_path)])
    assert (tmp_path / "tree.h").exists()


def main_exit(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert not ended.value.code
