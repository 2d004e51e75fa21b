"""What a small model costs on the ATmega328P, and the rows that configurations are chosen on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from cloud.porting import port
from cloud.porting.check.boards import UNO, Cost, Program, measure

from .data import DataSet

HELD_BACK = 0.25
TIMED_ROWS = 100


def held_back(data: DataSet, draw: int = 0) -> Any:
    """Training rows in two: x to fit on, x held back, their classes y, and those held back; others in every draw."""
    return train_test_split(
        data.train_x, data.train_y, test_size=HELD_BACK, random_state=1 + draw, stratify=data.train_y
    )


def program_of(model: Any) -> Program:
    """The C of a model that tells its class alone."""
    return port(model, name="model", feature_type="uint8", confidence=False).program()


def cost_of(model: Any, x: NDArray[np.uint8]) -> tuple[Cost, float]:
    """What the model costs on the ATmega328P, and the share of rows with Python's class."""
    rows = np.ascontiguousarray(x[:TIMED_ROWS])
    cost, classes = measure(program_of(model), rows, UNO.name)
    return cost, float((model.classes_[classes] == model.predict(rows)).mean())
