"""Reference evapotranspiration by FAO-56 Penman-Monteith, daily (Allen et al. 1998; equation numbers are theirs)."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STEFAN_BOLTZMANN = 4.903e-9
"""MJ/K4/m2/d."""
INLAND = 0.16
"""Hargreaves' adjustment of radiation (eq. 50), a square root of a degree."""
MJ_A_DAY = 0.0864
"""MJ/m2/d that 1 W/m2 makes."""


def saturation_vapour_pressure(temperature: Floats | float) -> Floats:
    """kPa at a temperature in degC (eq. 11)."""
    return np.asarray(0.6108 * np.exp(17.27 * np.asarray(temperature) / (np.asarray(temperature) + 237.3)))


def standard_pressure(elevation_m: float) -> float:
    """kPa of the standard atmosphere at an elevation (eq. 7)."""
    return float(101.3 * ((293 - 0.0065 * elevation_m) / 293) ** 5.26)


def radiation_from_temperature(t_max: Floats, t_min: Floats, ra: Floats, adjustment: Floats | float) -> Floats:
    """Solar radiation in MJ/m2/d where none is measured: Hargreaves (eq. 50), its adjustment INLAND or a station's
    own."""
    return np.asarray(np.minimum(adjustment * np.sqrt(np.maximum(t_max - t_min, 0)), 0.75) * ra)


def net_radiation(rs: Floats, ra: Floats, t_max: Floats, t_min: Floats, ea: Floats, elevation_m: float) -> Floats:
    """MJ/m2/d at a grass surface: shortwave less longwave (eq. 37-40)."""
    clear = (0.75 + 2e-5 * elevation_m) * ra
    warm = STEFAN_BOLTZMANN * ((t_max + 273.16) ** 4 + (t_min + 273.16) ** 4) / 2
    clearness = np.clip(rs / clear, 0.3, 1.0)
    longwave = warm * (0.34 - 0.14 * np.sqrt(ea)) * (1.35 * clearness - 0.35)
    return np.asarray(0.77 * rs - longwave)


def wind_at_2m(wind: Floats, height_m: float) -> Floats:
    """Wind in m/s brought from its measuring height to 2 m (eq. 47)."""
    return np.asarray(wind * 4.87 / np.log(67.8 * height_m - 5.42))


def reference_et(
    *,
    t_max: Floats,
    t_min: Floats,
    ea: Floats,
    rs: Floats,
    u2: Floats,
    ra: Floats,
    elevation_m: float,
    t_mean: Floats | None = None,
    soil_heat: float = 0.0,
) -> Floats:
    """ET0 in mm/d (eq. 6): temperatures degC, actual vapour pressure kPa, radiations MJ/m2/d, wind at 2 m m/s.
    `soil_heat` (MJ/m2/d) is zero for a day (eq. 42). Never below zero."""
    mean = (t_max + t_min) / 2 if t_mean is None else t_mean
    pressure = standard_pressure(elevation_m)
    gamma = 0.665e-3 * pressure
    delta = 4098 * saturation_vapour_pressure(mean) / (mean + 237.3) ** 2
    es = (saturation_vapour_pressure(t_max) + saturation_vapour_pressure(t_min)) / 2
    rn = net_radiation(rs, ra, t_max, t_min, ea, elevation_m)
    et = (0.408 * delta * (rn - soil_heat) + gamma * 900 / (mean + 273) * u2 * (es - ea)) / (
        delta + gamma * (1 + 0.34 * u2)
    )
    return np.asarray(np.maximum(et, 0.0))
