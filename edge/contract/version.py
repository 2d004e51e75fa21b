"""The version of all of Cooee: pyproject.toml reads it here, and generated C is stamped with it."""

VERSION = "0.1.0"
