"""Rain that runs off: the USDA curve number (National Engineering Handbook, section 4, chapter 10), wetter soil
shedding more.

A curve number holds for soil of middling wetness (antecedent moisture condition II). Dry and wet soil have others, and
between them it follows the wetness of the evaporating layer, as ASCE Manual 70 (2016, eq. 14-12 to 14-20) does for
FAO-56's balance.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

USUAL: dict[str, dict[str, float]] = {
    "annual": {"A": 67, "B": 78, "C": 85, "D": 89},
    "perennial": {"A": 32, "B": 58, "C": 72, "D": 79},
}
"""TR-55 (1986) table 2-2: straight row crops, and orchards over grass, in good condition, by the soil's hydrologic
group."""

STORAGE_MM = 254.0
"""Ten inches. ASCE Manual 70 rounds them to 250 mm."""


def usual_curve_number(kind: Literal["annual", "perennial"], hydrologic_group: str) -> float:
    """Curve number of a kind of crop on a hydrologic group, A to D. KeyError for another."""
    return USUAL[kind][hydrologic_group]


def dry_and_wet(curve_number: Floats) -> tuple[Floats, Floats]:
    """Curve numbers of the same ground when dry (condition I) and wet (III), eq. 14-14 and 14-15."""
    return np.asarray(curve_number / (2.281 - 0.01281 * curve_number)), np.asarray(
        curve_number / (0.427 + 0.00573 * curve_number)
    )


def curve_number_today(curve_number: Floats, *, de: Floats, rew: Floats, tew: Floats) -> Floats:
    """Curve numbers of a day from `de`, what has evaporated from the surface layer, and what can, mm (eq. 14-18 to
    14-20)."""
    dry, wet = dry_and_wet(curve_number)
    dryness = np.clip((de - 0.5 * rew) / (0.2 * rew + 0.3 * tew), 0, 1)
    return np.asarray(wet + (dry - wet) * dryness)


def runoff(rain: Floats, curve_number: Floats) -> Floats:
    """Run-off of a storm, mm, from its rain, mm (NEH-4 eq. 10.10 and 10.12: a fifth of the storage is lost before
    any)."""
    storage = STORAGE_MM * (100 / curve_number - 1)
    beyond = np.maximum(rain - 0.2 * storage, 0)
    return np.asarray(beyond**2 / np.maximum(beyond + storage, 1e-12))
