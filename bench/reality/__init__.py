"""The sentinels on stations, plots and probes that others measured (docs/REALITY.md)."""
