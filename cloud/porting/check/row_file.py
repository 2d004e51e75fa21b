"""Rows in a file of the user's, for measuring a model on."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from edge.contract.errors import CooeeError
from edge.edited_file import why_unreadable

READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": pd.read_csv,
    ".parquet": pd.read_parquet,
    ".npy": lambda path: pd.DataFrame(np.load(path, allow_pickle=False)),
}


def read_rows(path: Path, estimator: Any, label: str | None) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Features of shape (rows, features), in the estimator's order, and labels of shape (rows,), or None without a
    label column.

    A CSV file has a line of column names, as Parquet has; columns of an NPY file are numbered from 0. The features are
    found by the names that the estimator was fitted with; had it none, they are all columns but the label's.

    Raises:
        CooeeError: the file cannot be read, holds no row or lacks a column, or the estimator does not know a label.
    """
    table = read_table(path)
    labels = None
    if label is not None:
        labels = _labels(column(table, label, path), estimator.classes_, label, path)
        table = table.drop(columns=label)
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        table = table[[column(table, name, path).name for name in names]]
    if table.shape[1] != estimator.n_features_in_:
        raise CooeeError(
            f"{path} has {table.shape[1]} columns of features; the model needs {estimator.n_features_in_}"
            + ("" if label else ": name the label's with --label if there is one")
        )
    check_numbers(table, path, "" if label else ": if it holds the labels, give --label")
    types = pd.api.types
    mixed = any(types.is_extension_array_dtype(kind) or types.is_bool_dtype(kind) for kind in table.dtypes)
    return table.to_numpy(np.float64, na_value=np.nan) if mixed else table.to_numpy(), labels


def read_table(path: Path) -> pd.DataFrame:
    """The rows of a file, columns named.

    Raises:
        CooeeError: the file cannot be read, or holds no row.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise CooeeError(f"{path} is of no known kind: give a file that ends in {', '.join(READERS)}")
    try:
        table: pd.DataFrame = reader(path)
    except (OSError, UnicodeDecodeError) as error:
        raise CooeeError(f"{path} cannot be read ({why_unreadable(error)})") from None
    except Exception as error:  # readers raise many kinds, of several libraries
        raise CooeeError(
            f"{path} cannot be read ({type(error).__name__}: {str(error).splitlines()[0][:200]})"
        ) from error
    if table.empty:
        raise CooeeError(f"{path} holds no rows")
    if reader is pd.read_csv and not isinstance(table.index, pd.RangeIndex):
        raise CooeeError(f"{path} has more cells in a row than column names: name every column")
    table.columns = table.columns.map(str)
    if table.shape[1] == 1 and (other := re.search(r"[;\t]", table.columns[0])):
        raise CooeeError(f"{path} has {other[0]!r} between its columns: save it with commas")
    return table


def check_numbers(table: pd.DataFrame, path: Path, advice: str) -> None:
    """Raises CooeeError for a column that holds no numbers; `advice` ends its line."""
    for name, kind in table.dtypes.items():
        if not pd.api.types.is_numeric_dtype(kind):
            raise CooeeError(f"column {name!r} of {path} holds no numbers{advice}")


def column(table: pd.DataFrame, name: str, path: Path) -> "pd.Series[Any]":
    """A column of a file's table.

    Raises:
        CooeeError: there is none of that name.
    """
    if name not in table.columns:
        raise CooeeError(
            f"{path} has no column {name!r}; it has {', '.join(table.columns[:12])}"
            + (" ..." if table.shape[1] > 12 else "")
        )
    return table[name]


def _labels(given: "pd.Series[Any]", classes: NDArray[Any], label: str, path: Path) -> NDArray[Any]:
    """The column as the estimator's own classes, whether a file keeps them as numbers or as words."""
    own = {word_of(c): c for c in classes.tolist()}
    words = [word_of(value) for value in given.tolist()]
    unknown = sorted(set(words) - set(own))
    if unknown:
        raise CooeeError(
            f"column {label!r} of {path} holds {unknown[0]!r}, which is no class of the model ({', '.join(own)})"
        )
    return np.array([own[word] for word in words], dtype=classes.dtype)


def word_of(value: object) -> str:
    """A label as a word: 1.0 is 1."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
