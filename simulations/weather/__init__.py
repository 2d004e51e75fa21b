"""Weather: measured, drawn from a year, or generated for a climate, in steps of ten minutes."""
