"""An ImageConvClassifier as C: the same class on every row, on an emulated ATmega328P too."""

from copy import deepcopy
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from cloud.models import ImageConvClassifier
from cloud.porting import PortError, port
from cloud.porting.check.boards import missing_tools
from tests.cloud.porting.exactness import check
from tests.parts import fail_or_skip

X, Y = load_digits(return_X_y=True)
X, Y = X[::6], Y[::6]
MODELS: dict[str, Any] = {
    "a layer": ((6, 4, 2),),
    "two layers, odd rows of a patch": ((5, 3, 1), (4, 3, 2)),
    "many values to weigh": ((30, 4, 2),),
    "three layers, single values": ((3, 1, 1), (1, 4, 2), (3, 1, 1)),
}


@cache
def fitted(name: str, classes: int) -> Any:
    return ImageConvClassifier(MODELS[name], epochs=1, random_state=0).fit(X, Y % classes)


def _rows(feature_type: str) -> NDArray[np.float64]:
    """Images such as it was trained on, and others over the whole type, at its ends too."""
    rng = np.random.default_rng(0)
    low, high = (0, 255) if feature_type == "uint8" else (-32768, 32767)
    return np.concatenate([X, rng.choice([low, low + 1, 0, 1, 7, 100, high - 1, high], (100, X.shape[1]))])


@pytest.mark.parametrize("classes", [2, 10])
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("feature_type", ["uint8", "int16"])
def test_every_row_as_in_python(name: str, classes: int, feature_type: str) -> None:
    model, rows = fitted(name, classes), _rows(feature_type)
    found = port(model, name="m", feature_type=feature_type, confidence=classes == 2, rows=rows)
    check(model, found, rows)
    assert found.agreement == 1


def test_sums_of_16_bits_and_of_32() -> None:
    for name, bits in (("a layer", 16), ("many values to weigh", 32)):
        ported = port(fitted(name, 2), name="m", feature_type="uint8", confidence=False)
        assert f"const int{bits}_t sum" in ported.files["m.c"]


@pytest.mark.parametrize(("name", "classes"), [("a layer", 10), ("two layers, odd rows of a patch", 2)])
def test_every_row_on_an_emulated_node(name: str, classes: int) -> None:
    if missing := missing_tools("uno"):
        fail_or_skip(missing)
    verified = port(fitted(name, classes), name="m", feature_type="uint8", confidence=False).verify(
        _rows("uint8"), "uno"
    )
    assert verified.agreement == 1
    assert verified.cost is not None
    assert verified.cost.fits


def test_refuses_what_it_cannot_carry() -> None:
    with pytest.raises(PortError, match="trained on features with fractions"):
        port(ImageConvClassifier(epochs=1, random_state=0).fit(X / 10, Y), name="m")
    model = deepcopy(fitted("a layer", 2))
    model.net_.stages[0].bias[:] = 1 << 24
    with pytest.raises(PortError, match=r"sums reach \d+, more than 24 bits: train with fewer filters"):
        port(model, name="m", feature_type="uint8")
