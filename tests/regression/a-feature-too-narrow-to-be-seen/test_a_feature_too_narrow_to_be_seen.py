"""Where most features had a wide range all shared its scale: one of 0 to 12 beside four of 0 to 4000 was the byte 0 on
every row, and nets and Bonsais that should have found the class in it guessed."""

import numpy as np
import pytest

from cloud.models import BonsaiClassifier, LowBitNetClassifier
from cloud.porting import port

RNG = np.random.default_rng(0)
X = RNG.integers(0, [4001, 4001, 4001, 4001, 13], (600, 5)).astype(np.float64)
Y = X[:, 4] > 6


@pytest.mark.parametrize("model", [LowBitNetClassifier(6, random_state=0), BonsaiClassifier(3, random_state=0)])
def test_the_narrow_feature_decides_in_python_and_in_c(model: LowBitNetClassifier | BonsaiClassifier) -> None:
    model.fit(X, Y)
    assert model.score(X, Y) > 0.95
    ported = port(model, name="m", confidence=False)
    np.testing.assert_array_equal(ported.predict(X), model.predict(X))


def test_the_margin_of_an_image_keeps_the_scale_shared() -> None:
    image = RNG.integers(0, 17, (600, 5)).astype(np.float64)
    image[:, 0] = np.arange(600) == 7
    scale = LowBitNetClassifier(4, epochs=1, random_state=0).fit(image, Y).inputs_
    assert scale.shared
    assert scale.top == 16
