"""Measured gases over fruit as windows, what they are to be told by, and the fruit that each is of."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import as_file, files

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SAMPLES = 60
"""Of a window, one a second."""
HOP = 30
SLOPE = 512
"""A slope is half of what a channel rises in a second, times this."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """Windows of shape (rows, SAMPLES * channels), their classes, and the fold that each is tested in, which holds all
    windows of its fruit or recording; `asked` says what is to be found."""

    name: str
    asked: str
    channels: int
    windows: NDArray[np.int16]
    classes: NDArray[np.intp]
    fold: NDArray[np.intp]


def pineapples() -> Series:
    """Ripeness of a pineapple, of four classes, by models that have not seen it: a fold a fruit."""
    table = _table("pineapple_ripening.csv.gz").rename(columns={"pineapple": "fold", "manual_label": "class"})
    channels = ["MQ2_raw", "MQ3_raw", "MQ9_raw", "MQ135_raw", "TGS2602_raw"]
    return _series("pineapple", "ripeness, a fruit left out", table, channels, ["fold", "date", "air"])


def smells() -> Series:
    """Which of eleven fruits and vegetables it is, from a recording that the model has not seen: a fold holds one of
    the six recordings of each."""
    table = _table("smellnet.csv.gz")
    table["class"], names = pd.factorize(table["item"])
    table["fold"] = table.groupby("item")["file"].transform(lambda file: pd.factorize(file)[0]).astype(int)
    channels = ["NO2", "C2H5OH", "VOC", "CO", "Alcohol", "LPG"]
    return _series("smellnet", f"which of {len(names)}, a recording left out", table, channels, ["fold", "class"])


SERIES: dict[str, Callable[[], Series]] = {"pineapple": pineapples, "smellnet": smells}


def _table(name: str) -> pd.DataFrame:
    with as_file(files("bench").joinpath("data", "fruit", name)) as file:
        return pd.read_csv(file)


def _series(name: str, asked: str, table: pd.DataFrame, channels: list[str], recording: list[str]) -> Series:
    """Windows of unbroken recordings, which have these columns in common. A recording that repeats one before is left
    out: the published table has such copies."""
    seen: set[bytes] = set()
    windows, classes, folds = [], [], []
    for _, rows in table.groupby(recording):
        values = np.rint(rows[channels].to_numpy()).astype(np.int16)
        if values.tobytes() in seen:
            continue
        seen.add(values.tobytes())
        for start in range(0, len(values) - SAMPLES + 1, HOP):
            windows.append(values[start : start + SAMPLES].ravel())
            classes.append(int(rows["class"].iloc[0]))
            folds.append(int(rows["fold"].iloc[0]))
    return Series(
        name=name,
        asked=asked,
        channels=len(channels),
        windows=np.array(windows),
        classes=np.array(classes),
        fold=np.array(folds),
    )


def features(windows: NDArray[np.int16], channels: int) -> NDArray[np.int16]:
    """Mean, lowest, highest and slope of each channel, by whole numbers, as conv_features.c computes them; shape
    (rows, 4 * channels)."""
    x = windows.reshape(len(windows), -1, channels).astype(np.int64)
    tilts = 2 * np.arange(x.shape[1]) - (x.shape[1] - 1)
    slope = np.einsum("rtc,t->rc", x, tilts) * SLOPE // (tilts**2).sum()
    found = np.stack([x.sum(axis=1) // x.shape[1], x.min(axis=1), x.max(axis=1), slope], axis=2)
    return found.reshape(len(windows), -1).astype(np.int16)
