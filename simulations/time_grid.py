"""The steps that a season is made of."""

from datetime import UTC, date, datetime

STEP_S = 600
"""Seconds of a step: weather, soil, air and sensors all move in these."""
STEPS_A_DAY = 144


def day_of(t_ms: int) -> date:
    """The day, UTC, of a time in UTC ms."""
    return datetime.fromtimestamp(int(t_ms) / 1000, UTC).date()
