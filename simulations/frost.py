"""How cold fruit buds can get: temperatures that kill a tenth and nine tenths of them in 30 minutes, by stage of bloom.

Figures: Washington State University Extension EB0913 (apple), EB0978 (pear), EB0914 (peach), EB1128 (sweet cherry), in degF.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STAGES_DEGF: dict[str, dict[str, tuple[float, float]]] = {
    "apple": {"silver tip": (15, 2), "green tip": (18, 10), "half-inch green": (23, 15), "tight cluster": (27, 21),
              "first pink": (28, 24), "full pink": (28, 25), "first bloom": (28, 25), "full bloom": (28, 25), "post bloom": (28, 25)},
    "pear": {"scales separating": (15, 0), "blossom buds exposed": (20, 6), "tight cluster": (24, 15), "first white": (25, 19),
             "full white": (26, 22), "first bloom": (27, 23), "full bloom": (28, 24), "post bloom": (28, 24)},
    "peach": {"first swelling": (18, 1), "calyx green": (21, 5), "calyx red": (23, 9), "first pink": (25, 15),
              "first bloom": (26, 21), "full bloom": (27, 24), "post bloom": (28, 25)},
    "cherry": {"first swelling": (17, 5), "side green": (22, 9), "green tip": (25, 14), "tight cluster": (26, 17),
               "open cluster": (27, 21), "first white": (27, 24), "first bloom": (28, 25), "full bloom": (28, 25), "post bloom": (28, 25)},
}
"""Crop to its stages in order, each with the temperatures of 10 % and 90 % kill."""


def critical_degc(crop: str, stage: str) -> tuple[float, float]:
    """degC of 10 % and 90 % kill in 30 minutes. KeyError for a crop or stage that is not in STAGES_DEGF."""
    tenth, most = STAGES_DEGF[crop][stage]
    return (tenth - 32) / 1.8, (most - 32) / 1.8


def bud_kill(crop: str, stage: str, temperature: Floats) -> Floats:
    """Share of buds that 30 minutes at `temperature` (degC) kill: a line through 10 % and 90 % (assumed), within 0..1."""
    tenth, most = critical_degc(crop, stage)
    return np.asarray(np.clip(0.1 + 0.8 * (tenth - temperature) / (tenth - most), 0, 1))
