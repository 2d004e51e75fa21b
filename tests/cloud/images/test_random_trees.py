"""Trees of any shape, drawn by hypothesis: what the core decides by their images is what walking them says."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cloud.images.forms import Votes, trees_model
from cloud.images.pack import pack
from cloud.porting.check.golden import edge_rows
from cloud.porting.model.features import feature_type
from cloud.porting.model.trees import Leaf, Node, Split, distinct_thresholds

ROWS = 200


@st.composite
def forests(draw: st.DrawFn) -> tuple[list[Node], int, int, int]:
    """Trees whose outcomes are votes; how many features, classes and weights of a leaf there are."""
    features, classes = draw(st.integers(1, 64)), draw(st.integers(2, 32))
    whole, mixed = draw(st.sampled_from([1, 15, 100, 255])), draw(st.booleans())
    thresholds = st.integers(-32768, 32767) if draw(st.booleans()) else st.integers(-3, 40)

    def leaf() -> Leaf:
        first = draw(st.integers(0, classes - 1))
        if not mixed:
            return Leaf(((first, draw(st.integers(1, whole))),))
        weight = draw(st.integers(1, whole))
        rest: Votes = () if weight == whole else (((first + 1) % classes, whole - weight),)
        return Leaf(((first, weight), *rest))

    def tree(depth: int) -> Node:
        if depth == 0 or draw(st.integers(0, 3)) == 0:
            return leaf()
        feature = draw(st.integers(0, features - 1))
        return Split(feature, draw(thresholds), tree(depth - 1), tree(depth - 1))

    return [tree(4) for _ in range(draw(st.integers(1, 4)))], features, classes, whole


def _verdicts(
    trees: list[Node], classes: int, whole: int, rows: NDArray[np.int16]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    sums = np.zeros((len(rows), classes), np.int64)
    for i, row in enumerate(rows):
        for tree in trees:
            node = tree
            while isinstance(node, Split):
                node = node.below if row[node.feature] <= node.threshold else node.above
            for class_id, weight in node.outcome:
                sums[i, class_id] += weight
    everything = len(trees) * whole
    per_cent = (100 * sums.max(axis=1) + everything // 2) // everything
    return sums.argmax(axis=1).astype(np.uint8), per_cent.astype(np.uint8)


@settings(max_examples=60, deadline=None)
@given(drawn=forests())
def test_an_image_decides_as_its_trees(drawn: tuple[list[Node], int, int, int]) -> None:
    trees, features, classes, whole = drawn
    rows = edge_rows(distinct_thresholds(trees, features), feature_type("int16"), ROWS).astype(np.int16)
    packed = pack(
        trees_model(trees, features, whole),
        ",".join(["drawn", *(f"c{i}" for i in range(classes))]),
        bytes(8),
        rows,
        np.zeros(features, np.int16),
        lambda tried: _verdicts(trees, classes, whole, tried),
        classes,
        None,
    )
    found = packed.image.classify(rows)
    expected = _verdicts(trees, classes, whole, rows)
    assert (found["class"] == expected[0]).all()
    assert (found["confidence"] == expected[1]).all()
