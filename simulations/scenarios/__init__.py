"""Scenarios: farms, weather and what goes wrong, as YAML; farms of many nodes."""
