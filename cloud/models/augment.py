"""More rows of the same classes, made of those there are."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .inputs import Floats

Augment = Callable[[Floats, np.random.Generator], ArrayLike]
LEAST_SIDE = 6
"""Of an image, in points."""
SEEN_ROWS = 2000
LEAST_LIKENESS = 0.2
"""Mean correlation of points that touch."""


def augmented(rows: Floats, augment: Augment, copies: int, rng: np.random.Generator) -> Floats:
    """The rows, then so many copies of all of them, augmented; shape (rows * (copies + 1), features).

    Raises:
        ValueError: `augment` made rows of another shape.
    """
    made = [np.asarray(augment(rows, rng), np.float64) for _ in range(copies)]
    for each in made:
        if each.shape != rows.shape:
            raise ValueError(f"augment made rows of shape {each.shape} of rows of shape {rows.shape}")
    return np.concatenate([rows, *made])


def image_side(x: NDArray[np.generic]) -> int:
    """The side of the square images that rows x, shape (rows, features), look like; 0 when they do not. Points of an
    image resemble those beside and below them, and those below more than those below and two to the left or right."""
    side = math.isqrt(x.shape[1])
    if side < LEAST_SIDE or side * side != x.shape[1]:
        return 0
    seen = x[:: max(1, len(x) // SEEN_ROWS)].astype(np.float64)
    centred = seen - seen.mean(axis=0)
    points = centred / np.maximum(centred.std(axis=0), 1e-9)
    moving = points.any(axis=0)
    beside, left, below, right = (_likeness(points, moving, step) for step in (1, side - 2, side, side + 2))
    return side if min(beside, below) > LEAST_LIKENESS and below > max(left, right) + LEAST_LIKENESS else 0


def _likeness(points: Floats, moving: NDArray[np.bool_], step: int) -> float:
    """Mean correlation of features that are `step` apart, of those that vary."""
    both = moving[:-step] & moving[step:]
    products = (points[:, :-step] * points[:, step:]).mean(axis=0)
    return float(products[both].mean()) if both.any() else 0.0


@dataclass(frozen=True)
class Jitter:
    """Augments images, shape (rows, side * side): each moved by up to a sixteenth of its side, and turned and scaled a
    little; linear interpolation, zeros around it."""

    side: int

    def __call__(self, x: Floats, rng: np.random.Generator) -> Floats:
        side = self.side
        images = x.reshape(-1, side, side)
        angle, scale = rng.normal(0, 0.08, len(x)), np.exp(rng.normal(0, 0.05, len(x)))
        shift = rng.uniform(-side / 16, side / 16, (2, len(x), 1, 1))
        centre = (side - 1) / 2
        rows, columns = np.mgrid[:side, :side] - centre
        cosine, sine = (scale * np.cos(angle))[:, None, None], (scale * np.sin(angle))[:, None, None]
        down = cosine * rows - sine * columns + centre + shift[0]
        right = sine * rows + cosine * columns + centre + shift[1]
        padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
        down, right = np.clip(down + 1, 0, side + 0.999), np.clip(right + 1, 0, side + 0.999)
        top, left = down.astype(int), right.astype(int)
        below, beyond = down - top, right - left
        each = np.arange(len(x))[:, None, None]
        found = (1 - below) * ((1 - beyond) * padded[each, top, left] + beyond * padded[each, top, left + 1])
        found += below * ((1 - beyond) * padded[each, top + 1, left] + beyond * padded[each, top + 1, left + 1])
        moved: Floats = np.rint(found).reshape(len(x), -1)
        return moved
