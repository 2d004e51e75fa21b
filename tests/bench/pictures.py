"""What is on a picture."""

from pathlib import Path

import numpy as np
from matplotlib import colors, image


def pixels_of(path: Path, colour: str) -> int:
    """How many pixels of a PNG have exactly this colour."""
    drawn = np.rint(image.imread(path)[:, :, :3] * 255)
    return int((drawn == np.rint(np.array(colors.to_rgb(colour)) * 255)).all(axis=2).sum())
