"""Irrigation of all zones of a farm: what their controllers want each day, and what their valves let through."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.farm import Zone

from ..events import StuckValve
from ..rng import stream
from ..time_grid import STEP_S, STEPS_A_DAY
from . import irrigation
from . import water_balance as water
from .soil_column import moistures
from .water_balance import DIGITS

Floats = NDArray[np.float64]


class Controllers:
    """What all zones are to be given. Arrays (zones,)."""

    def __init__(self, zones: Sequence[Zone], ground: water.Ground, seed: int) -> None:
        self._ground = ground
        self._timed, self._probed = (
            np.array([z.irrigation_control == by for z in zones]) for by in ("schedule", "probe")
        )
        self._every = np.array([irrigation.EVERY_DAYS[z.irrigation] if z.irrigation else 1 for z in zones])
        self._offset = np.array(
            [
                stream(seed, f"controller {z.id}").normal(0, irrigation.PROBE_OFFSET)
                if z.irrigation_control == "probe"
                else 0.0
                for z in zones
            ]
        )

    def wanted_mm(self, day: NDArray[np.int64], state: water.State, raw: Floats) -> Floats:
        """For a `day` after planting; `raw` is yesterday's readily available water, mm."""
        wanted = irrigation.wanted_mm(state.depletion, raw)
        if self._timed.any():
            wanted = np.where(self._timed, irrigation.timed_mm(day, self._every), wanted)
        if self._probed.any():
            ground, (at_10, at_30) = self._ground, moistures(self._ground, state)
            missing = (ground.fc - (at_10 + at_30) / 2 - self._offset) / (ground.fc - ground.wp)
            wanted = np.where(self._probed, irrigation.probed_mm(missing, ground.taw(state.zr), ground.p), wanted)
        return wanted


class Irrigators:
    """Valves of all zones; those without irrigation give nothing. Arrays (zones, ...)."""

    def __init__(self, zones: Sequence[Zone], steps: int, seed: int, stuck: Sequence[StuckValve]) -> None:
        valves = {z.id: irrigation.simulate_valve(stream(seed, f"valve {z.id}"), steps, STEPS_A_DAY) for z in zones}
        for event in stuck:
            if event.zone in valves:
                valves[event.zone].stick(event.steps, event.state)
        watered = np.array([z.irrigation is not None for z in zones])[:, None]
        self._a_step = (
            np.array([irrigation.RATE_MM_H[z.irrigation] if z.irrigation else 0.0 for z in zones])[:, None]
            * STEP_S
            / 3600
        )
        self._closed = np.stack([v.closed for v in valves.values()])
        self._open = np.stack([v.open for v in valves.values()]) & watered

    def day(self, day: int, wanted: Floats, hour: Floats) -> Floats:
        """Water given in each step of a day, mm, array (zones, steps), of what is `wanted`, mm."""
        since = np.maximum((hour - irrigation.START_HOUR) * 3600 / STEP_S, -1)
        given = np.where(since >= 0, np.clip(wanted[:, None] - since * self._a_step, 0, self._a_step), 0)
        part = slice(day * STEPS_A_DAY, (day + 1) * STEPS_A_DAY)
        given[self._closed[:, part]] = 0
        given[self._open[:, part]] = irrigation.LEAK_MM_H * STEP_S / 3600
        return given.round(DIGITS)


def wetted_share(zone: Zone) -> float:
    """Of the surface, by irrigation."""
    return irrigation.WETTED_SHARE[zone.irrigation] if zone.irrigation else 1.0
