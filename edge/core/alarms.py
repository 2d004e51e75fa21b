"""Alarm logic for arrays of verdicts, by the node's own C: what training tunes its policies with."""

import numpy as np
from numpy.typing import NDArray

from ._core import ffi, lib
from .features import pointer
from .sentinels import AlarmPolicy

_RAISED, _CLEARED = 0, 2


def call_spans(
    classes: NDArray[np.uint8], confidences: NDArray[np.uint8], *, class_id: int, policy: AlarmPolicy, step_s: int
) -> list[tuple[int, int, int]]:
    """Calls that verdicts (rows, steps) of one class raise: (row, step of the raise, step of the clearing or the number
    of steps). Verdicts are UNKNOWN (255) where a feature is missing. ValueError for arrays of different shapes."""
    if classes.shape != confidences.shape or classes.ndim != 2:
        raise ValueError(
            f"call_spans: two arrays (rows, steps) are needed, found {classes.shape} and {confidences.shape}"
        )
    rows, steps = classes.shape
    states = np.empty((rows, steps), dtype=np.uint8)
    held = np.ascontiguousarray(classes, dtype=np.uint8), np.ascontiguousarray(confidences, dtype=np.uint8)
    own = ffi.new(
        "struct host_policy *",
        {
            "on_delay_min": policy.on_delay_min,
            "clear_delay_min": policy.clear_delay_min,
            "repeat_min": policy.repeat_min,
            "raise_percent": policy.raise_percent,
            "keep_percent": policy.keep_percent,
        },
    )
    lib.host_alarms(
        pointer("uint8_t *", held[0]),
        pointer("uint8_t *", held[1]),
        rows,
        steps,
        step_s,
        class_id,
        own,
        pointer("uint8_t *", states),
    )
    raised, cleared = (np.flatnonzero(states == state) for state in (_RAISED, _CLEARED))
    own_row = raised // steps
    ends = np.append(cleared, rows * steps)[np.searchsorted(cleared, raised)]
    lasts = np.minimum(ends - own_row * steps, steps)
    return list(zip(own_row.tolist(), (raised - own_row * steps).tolist(), lasts.tolist(), strict=True))
