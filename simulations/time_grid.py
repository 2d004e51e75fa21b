"""The steps that a season is made of."""

STEP_S = 600
"""Seconds of a step: weather, soil, air and sensors all move in these."""
STEPS_A_DAY = 144
