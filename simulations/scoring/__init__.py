"""Calls and flags held against the truth, beside fixed thresholds."""
