"""Files of pickled estimators, plain or compressed by joblib; of other files it is said what they are, and of pickles
that do not load what they lack. A file that is no pickle is never given to pickle, which would run what it takes for
code."""

import warnings
import zipfile
from pathlib import Path
from typing import Any

import joblib
from sklearn.exceptions import InconsistentVersionWarning

from edge.contract.errors import CooeeError

RIGHT = "give a fitted estimator saved with joblib.dump()"
NET = "a network of another maker, which cannot be ported: train scikit-learn's MLPClassifier"
PICKLES = (b"\x80", b"(", b"c", b"]", b"}", b")")
"""What pickles of containers and objects begin with, by protocol 2 and later, or before."""
COMPRESSED = (b"\x1f\x8b", b"\x78", b"BZ", b"\xfd7zXZ", b"\x5d\x00", b"\x04\x22M\x18")
OTHERS = (
    (b"\x89HDF", 0, f"HDF5, as Keras writes: {NET}"),
    (b"TFL3", 4, f"of TensorFlow Lite: {NET}"),
    (b"CBM1", 0, "of CatBoost, which cannot be ported: train with XGBoost, LightGBM or scikit-learn"),
    (b"\x93NUMPY", 0, f"an array of numpy: {RIGHT}"),
    (b"<?xml", 0, f"XML, as PMML is: {RIGHT}"),
    (
        b"{",
        0,
        "JSON: if it is a model of XGBoost, call it .json; else give a fitted estimator saved with joblib.dump()",
    ),
)
"""First bytes, where they stand, and what a file is that has them."""


def load_pickled(path: Path) -> Any:
    """What is in a pickle, whose loading runs code that is in it.

    Raises:
        CooeeError: it is none, it cannot be loaded, or another version of scikit-learn saved it.
    """
    if said := _what_it_is(path):
        raise CooeeError(f"{path} is {said}")
    with warnings.catch_warnings():
        warnings.simplefilter("error", InconsistentVersionWarning)
        try:
            return joblib.load(path)
        except InconsistentVersionWarning as warning:
            theirs, ours = warning.original_sklearn_version, warning.current_sklearn_version
            raise CooeeError(
                f"{path} was saved by scikit-learn {theirs}, and this is {ours}, which may decide otherwise: "
                f"pip install scikit-learn=={theirs}, or train again"
            ) from None
        except Exception as error:  # joblib passes on whatever the pickle raises
            reason = ": ".join(filter(None, (type(error).__name__, str(error).partition("\n")[0])))
            raise CooeeError(
                f"{path} cannot be loaded with joblib ({reason[:160]}): {_what_it_lacks(error)}"
            ) from error


def _what_it_is(path: Path) -> str | None:
    """Of a file that is no pickle."""
    with path.open("rb") as file:
        begin = file.read(16)
    if not begin:
        return f"empty: {RIGHT}"
    if begin[:4] == b"PK\x03\x04":
        return _what_the_zip_is(path)
    if known := next((what for mark, at, what in OTHERS if begin[at:].startswith(mark)), None):
        return known
    if path.suffix in (".onnx", ".pb", ".mlmodel"):
        return NET
    return None if begin.startswith(PICKLES + COMPRESSED) else f"no pickle: {RIGHT}"


def _what_the_zip_is(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as packed:
            names = packed.namelist()
    except zipfile.BadZipFile:
        return f"a zip that is damaged: {RIGHT}"
    if "schema.json" in names:
        return "of skops: load it with skops.io.load() and save it with joblib.dump()"
    if any(name.endswith(("data.pkl", ".weights.h5")) for name in names):
        return f"of PyTorch or Keras: {NET}"
    return f"a zip: unpack it, and {RIGHT}"


def _what_it_lacks(error: Exception) -> str:
    """What a pickle that does not load would need."""
    missing = error.name if isinstance(error, (ModuleNotFoundError, AttributeError)) else None
    if missing and missing.startswith("sklearn."):
        return "another version of scikit-learn saved it: train again with this one"
    if isinstance(error, ModuleNotFoundError) and missing:
        return f"install {missing.partition('.')[0]} where cooee is, or train without it"
    if isinstance(error, AttributeError):
        return "what it names is of the program that saved it: train without functions and classes of its own"
    return RIGHT
