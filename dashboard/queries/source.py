"""Where answers come from: the farm file and the store that the page's environment names.

The store is opened for each answer, so that a page never holds a file that was moved.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cloud.store import Store, open_store
from edge.contract.errors import StoreError
from edge.farm import Farm
from edge.farm.file import farm_as_it_stands

from .. import DATA_VARIABLE, FARM_VARIABLE, STORE_VARIABLE

FRESH_S = 3
"""Seconds for which an answer is shared."""


def source() -> tuple[str, str]:
    """Farm file, and the store's URL. StoreError when the environment does not name them."""
    try:
        return os.environ[FARM_VARIABLE], os.environ[STORE_VARIABLE]
    except KeyError as missing:
        raise StoreError(f"{missing.args[0]} is not set: start this page with `cooee dashboard`") from None


def data_folder() -> Path | None:
    """Of ingest and notify, where it is known."""
    folder = os.environ.get(DATA_VARIABLE)
    return Path(folder) if folder else None


def farm_in(farm_file: str) -> Farm:
    """Raises FarmError."""
    return farm_as_it_stands(Path(farm_file))


@contextmanager
def reading(url: str) -> Iterator[Store]:
    """The store, to be read. Raises StoreError."""
    store = open_store(url, read_only=True)
    try:
        yield store
    finally:
        store.close()
