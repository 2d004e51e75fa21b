"""The map of the farm."""
