"""How cold fruit buds can get: temperatures that kill a tenth and nine tenths of them in 30 minutes, by stage of bloom;
and what stage a spring's warmth has brought them to.

Figures: Washington State University Extension EB0913 (apple), EB0978 (pear), EB0914 (peach), EB1128 (sweet cherry), in
degF.
"""

import numpy as np
from numpy.typing import NDArray

from ..time_grid import STEP_S, STEPS_A_DAY
from .plant_weather import growing_degree_days

Floats = NDArray[np.float64]

STAGES_DEGF: dict[str, dict[str, tuple[float, float]]] = {
    "apple": {
        "silver tip": (15, 2),
        "green tip": (18, 10),
        "half-inch green": (23, 15),
        "tight cluster": (27, 21),
        "first pink": (28, 24),
        "full pink": (28, 25),
        "first bloom": (28, 25),
        "full bloom": (28, 25),
        "post bloom": (28, 25),
    },
    "pear": {
        "scales separating": (15, 0),
        "blossom buds exposed": (20, 6),
        "tight cluster": (24, 15),
        "first white": (25, 19),
        "full white": (26, 22),
        "first bloom": (27, 23),
        "full bloom": (28, 24),
        "post bloom": (28, 24),
    },
    "peach": {
        "first swelling": (18, 1),
        "calyx green": (21, 5),
        "calyx red": (23, 9),
        "first pink": (25, 15),
        "first bloom": (26, 21),
        "full bloom": (27, 24),
        "post bloom": (28, 25),
    },
    "cherry": {
        "first swelling": (17, 5),
        "side green": (22, 9),
        "green tip": (25, 14),
        "tight cluster": (26, 17),
        "open cluster": (27, 21),
        "first white": (27, 24),
        "first bloom": (28, 25),
        "full bloom": (28, 25),
        "post bloom": (28, 25),
    },
}
"""Crop to its stages in order, each with the temperatures of 10 % and 90 % kill."""

BASE_DEGF = 43.0
STAGE_DEGF_DAYS: dict[str, dict[str, float]] = {
    "apple": {
        "silver tip": 0.0,
        "green tip": 120.0,
        "half-inch green": 185.0,
        "tight cluster": 231.0,
        "first pink": 291.0,
        "full bloom": 386.0,
        "post bloom": 481.0,
    }
}
"""Warmth since 1 March, degF days above BASE_DEGF, at which stages begin: McIntosh, green tip from UMass Extension (1
April 2019), the others the middle of the ranges in Healthy Fruit 27 (2019); full bloom halfway from pink to petal fall
(assumed)."""
SILVER_TIP_DAYS = 14
"""Before green tip (assumed); earlier buds are dormant and as hardy as the wood."""
KILLING_S = 1800


def critical_degc(crop: str, stage: str) -> tuple[float, float]:
    """degC of 10 % and 90 % kill in 30 minutes. KeyError for a crop or stage that is not in STAGES_DEGF."""
    tenth, most = STAGES_DEGF[crop][stage]
    return (tenth - 32) / 1.8, (most - 32) / 1.8


def bud_kill(crop: str, stage: str, temperature: Floats) -> Floats:
    """Share of buds that 30 minutes at `temperature` (degC) kill: a line through 10 % and 90 % (assumed), within
    0..1."""
    tenth, most = critical_degc(crop, stage)
    return np.asarray(np.clip(0.1 + 0.8 * (tenth - temperature) / (tenth - most), 0, 1))


def warmth(temperature: Floats) -> Floats:
    """degF days above 43 degF of each day, from degC in steps, (days * STEPS_A_DAY,)."""
    by_day = temperature.reshape(-1, STEPS_A_DAY)
    return growing_degree_days(by_day.max(axis=1), by_day.min(axis=1), (BASE_DEGF - 32) / 1.8) * 1.8


def stages_by_warmth(crop: str, degf_days: Floats) -> list[str]:
    """Stage of bloom at each sum of warmth since 1 March. KeyError for a crop that is not in STAGE_DEGF_DAYS."""
    begins = STAGE_DEGF_DAYS[crop]
    names = list(begins)
    return [names[i] for i in np.searchsorted(list(begins.values()), degf_days, side="right") - 1]


def killed_buds(crop: str, temperature: Floats, *, leaf_out: int, fruit_set: int) -> Floats:
    """Share of a season's flower buds that frosts have killed by the end of each day, (days,), from degC in steps. Days
    of the season: `leaf_out`, when green tips show and from when on warmth is counted, and `fruit_set`, from when on
    there are no buds to kill.

    Days since leaf-out that lie before the season are taken to have been as warm as its first week. A later frost kills
    none of those that a colder one has killed: the tenderest go first (assumed).
    """
    day = np.arange(len(temperature) // STEPS_A_DAY)
    warm = warmth(temperature)
    before = STAGE_DEGF_DAYS[crop]["green tip"] + max(-leaf_out, 0) * warm[:7].mean()
    warmth_so_far = np.cumsum(np.where(day >= leaf_out, warm, 0.0))
    since_march = np.where(day >= leaf_out, before + np.concatenate([[0.0], warmth_so_far[:-1]]), 0.0)
    window = KILLING_S // STEP_S
    held = np.lib.stride_tricks.sliding_window_view(
        np.concatenate([np.full(window - 1, np.inf), temperature]), window
    ).max(axis=1)
    coldest = held.reshape(-1, STEPS_A_DAY).min(axis=1)
    killed = np.array(
        [bud_kill(crop, stage, degc) for stage, degc in zip(stages_by_warmth(crop, since_march), coldest, strict=True)]
    )
    exposed = (day >= leaf_out - SILVER_TIP_DAYS) & (day < fruit_set)
    return np.asarray(np.maximum.accumulate(np.where(exposed & (killed >= 0.1), killed, 0.0)))
