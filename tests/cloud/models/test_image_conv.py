"""The convolution over images: whole numbers, strokes that it finds wherever they are, images that are none."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cloud.models import ImageConvClassifier
from cloud.models.conv_stages import Patch

HEIGHT, WIDTH = 7, 9


def strokes(count: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Noisy images with a stroke of 3 points somewhere: level, upright or slanting. No point by itself tells which."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, count)
    x = rng.uniform(0, 60, (count, HEIGHT, WIDTH))
    top, left = rng.integers(0, HEIGHT - 2, count), rng.integers(0, WIDTH - 2, count)
    for k in range(3):
        down, right = np.where(y == 0, 1, k), np.where(y == 1, 1, k)
        x[np.arange(count), top + down, left + right] += 180
    return np.rint(x).reshape(count, -1), y


@cache
def trained() -> ImageConvClassifier:
    layers = ((8, 3, 1), (6, 2, 2))
    return ImageConvClassifier(layers, width=WIDTH, epochs=15, random_state=0).fit(*strokes(1500, 0))


def _scores_of(model: ImageConvClassifier, row: list[int]) -> list[int]:
    """The net once more, in Python's own integers, a point after the other."""
    image = [[[value] for value in row[i : i + WIDTH]] for i in range(0, len(row), WIDTH)]
    for stage in model.net_.stages:
        kind = stage.kind
        assert isinstance(kind, Patch)
        made = []
        for top in range(0, len(image) - kind.height + 1, kind.stride):
            points = []
            for left in range(0, len(image[0]) - kind.width + 1, kind.stride):
                patch = [
                    value
                    for line in image[top : top + kind.height]
                    for point in line[left : left + kind.width]
                    for value in point
                ]
                sums = [
                    sum(w * v for w, v in zip(weights, patch, strict=True)) + bias
                    for weights, bias in zip(stage.weights.tolist(), stage.bias.tolist(), strict=True)
                ]
                factors = stage.factor.tolist()
                points.append(
                    [min(127, max(0, total * f // 2**stage.shift)) for total, f in zip(sums, factors, strict=True)]
                )
            made.append(points)
        image = made
    ends = [value for line in image for point in line for value in point]
    return [
        bias + sum(w * v for w, v in zip(weights, ends, strict=True))
        for weights, bias in zip(model.net_.output_weights.tolist(), model.net_.output_bias.tolist(), strict=True)
    ]


def test_finds_strokes_wherever_they_are() -> None:
    x, y = strokes(300, 1)
    assert trained().score(x, y) > 0.95


def test_decides_by_whole_numbers() -> None:
    model, (x, _) = trained(), strokes(20, 2)
    x[0], x[1] = 0, 255
    for stage in model.net_.stages:
        assert np.abs(stage.weights).max() == 7
        assert ((stage.factor >= 1) & (stage.factor <= 255)).all()
        assert stage.shift >= 8
    rows = model._inputs(x).reshape(20, -1).tolist()
    scores = np.array([_scores_of(model, row) for row in rows])
    assert scores.argmax(axis=1).tolist() == model.predict(x).tolist()
    assert scores * 2.0**-model.score_shift == pytest.approx(model.decision_function(x))


def test_images_are_square_or_as_wide_as_said() -> None:
    x, y = strokes(40, 3)
    assert ImageConvClassifier(epochs=1, random_state=0).fit(x[:, :49], y).width_ == 7
    line = ImageConvClassifier(((2, 5, 2), (3, 5, 1)), epochs=1, random_state=0).fit(x[:, :12], y)
    assert line.width_ == 12
    assert [stage.weights.shape for stage in line.net_.stages] == [(2, 5), (3, 4 * 2)]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"width": 8}, "63 features are no whole rows of 8 points"),
        ({"layers": ()}, "the number of layers is 0; it must lie between 1 and 6"),
        ({"layers": ((0, 3, 1),)}, "filters is 0"),
        ({"layers": ((4, 3, 1), (4, 17, 1))}, "a kernel is 17"),
        ({"layers": ((4, 3, 0),)}, "a stride is 0"),
    ],
)
def test_refuses_bad_parameters(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ImageConvClassifier(**parameters).fit(*strokes(20, 4))
