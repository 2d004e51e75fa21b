"""A receiver on loopback."""

from collections.abc import Iterator

import pytest

from .rig import Sink


@pytest.fixture
def sink() -> Iterator[Sink]:
    opened = Sink()
    yield opened
    opened.close()
