"""Repeatable measurements, of ourselves and of peers in the same run."""
