"""Random numbers: a stream of its own for every thing that has a name, so that one thing more changes none of the
others."""

import zlib

import numpy as np


def stream(seed: int, what: str) -> np.random.Generator:
    """The stream of `what` under a seed."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(what.encode())]))
