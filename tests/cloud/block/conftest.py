"""The sample farm and an empty store, for those that need no other."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cloud.store import Store, open_store
from edge.farm import Farm, parse_farm, sample_farm_text


@pytest.fixture(scope="module")
def farm() -> Farm:
    return parse_farm(sample_farm_text(), source="farm.yaml")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite={tmp_path}/cooee.db")) as opened:
        yield opened
