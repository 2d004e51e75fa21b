"""Labels -1 and 1 became CLASS_1_2 and CLASS_1, and letters beyond ASCII became holes."""

from typing import Any

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from cloud.porting import port


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([-1, 1], ["MINUS_1", "1"]),
        ([-1.0, 0.0, 1.0], ["MINUS_1", "0", "1"]),
        (["-0.5", "0.5"], ["MINUS_0_5", "0_5"]),
        ([False, True], ["FALSE", "TRUE"]),
        (["-1", "1"], ["MINUS_1", "1"]),
        (["<5", ">=5"], ["BELOW_5", "ABOVE_EQUAL_5"]),
        (["böden", "straße", "Łódź"], ["BODEN", "STRASSE", "LODZ"]),
        (["мокро", "сухо"], ["MOKRO", "SUKHO"]),
        (["ελιά", "かき", "土"], ["ELIA", "KAKI", "U571F"]),
        (["a b", "a-b", ""], ["A_B", "A_B_2", "UNNAMED"]),
    ],
)
def test_names_of_labels(labels: list[Any], names: list[str]) -> None:
    x = np.arange(len(labels))[:, None]
    tree = DecisionTreeClassifier().fit(x, np.array(labels))
    ported = port(tree, name="m")
    own = dict(zip(tree.classes_.tolist(), ported.names.class_names, strict=True))
    assert [own[label] for label in labels] == [f"M_CLASS_{name}" for name in names]
    np.testing.assert_array_equal(ported.predict(x), tree.predict(x))
