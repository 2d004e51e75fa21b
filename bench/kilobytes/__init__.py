"""Classifiers of two kilobytes, beside what others reach with megabytes (docs/MODELS.md)."""
