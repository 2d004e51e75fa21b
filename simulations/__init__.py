"""A simulated field with known truth: weather, soil water, fruit, sensors and faults, irrigation, score."""
