"""How right verdicts are when they say how sure they are."""

import numpy as np
import pytest

from cloud.training.confidence import Saying, calibration_error, sayings
from cloud.training.datasets import SeasonData
from cloud.training.evaluation import Verdicts
from edge.core import UNKNOWN, feature_names


def test_verdicts_are_held_against_what_was_there() -> None:
    steps = 300
    season = SeasonData(
        name="s",
        split="test",
        kinds=("too_dry",),
        zones=("z",),
        irrigated=(False,),
        features=np.zeros((1, steps, len(feature_names())), dtype=np.int16),
        truth=np.zeros((1, 1, steps), dtype=bool),
        nearly=np.zeros((1, 1, steps), dtype=bool),
        step_s=3600,
    )
    classes = np.array([[0] * 100 + [1] * 100 + [UNKNOWN] * 100], dtype=np.uint8)
    confidences = np.array([[99] * 100 + [62] * 50 + [68] * 50 + [0] * 100], dtype=np.uint8)
    truth = np.array([[0] * 90 + [1] * 50 + [0] * 160], dtype=np.uint8)
    found = sayings([Verdicts(season=season, classes=classes, confidences=confidences)], [truth])
    assert found == [
        Saying(class_id=0, count=100, said=0.99, right=0.9),
        Saying(class_id=1, count=100, said=0.65, right=0.4),
    ]
    assert calibration_error(found) == pytest.approx((0.09 + 0.25) / 2)
