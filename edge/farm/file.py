"""A farm.yaml that may be edited while services run."""

import logging
from functools import lru_cache
from pathlib import Path

from ..contract.errors import FarmError
from .farm import Farm
from .file_stamp import Stamp, stamp_of
from .text import load_farm

log = logging.getLogger("cooee.farm")


class FarmFile:
    """`farm` is the farm as the file last described it without a mistake; another id or gateway needs a restart."""

    def __init__(self, path: Path) -> None:
        """Raises FarmError."""
        self._path = path
        self._seen = stamp_of(self._path)
        self.farm = load_farm(path)

    @property
    def folder(self) -> Path:
        """In which the file stands."""
        return self._path.parent

    def refresh(self) -> Farm:
        """Reads the file again when it has changed, and returns the farm."""
        seen = stamp_of(self._path)
        if seen != self._seen:
            self._seen = seen
            try:
                farm = load_farm(self._path)
            except FarmError as error:
                log.error("farm.yaml is kept as it was: %s", error)
                return self.farm
            if (farm.id, farm.gateway) != (self.farm.id, self.farm.gateway):
                log.error("farm.yaml is kept as it was: start this service again for another farm or gateway")
                return self.farm
            self.farm = farm
            log.info("read %s again: %d zones, %d nodes", self._path, len(farm.zones), len(farm.nodes))
        return self.farm


def farm_as_it_stands(path: Path) -> Farm:
    """The farm, read anew only when its file has changed: a thousand nodes take half a second. Raises FarmError."""
    stamp = stamp_of(path)
    return _farm_as_of(path.absolute(), stamp) if stamp else load_farm(path)  # which says what is wrong


@lru_cache(maxsize=2)
def _farm_as_of(path: Path, _stamp: Stamp) -> Farm:
    return load_farm(path)
