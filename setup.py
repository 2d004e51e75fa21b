"""The C node core as a Python extension: cffi's hook cannot be named in pyproject.toml."""

from setuptools import setup

setup(cffi_modules=["edge/core/build_core.py:ffi"])
