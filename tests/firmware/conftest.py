"""The emulated board's own program."""

from pathlib import Path

import pytest

from tests.firmware.uno import AS_BUILT, build_node


@pytest.fixture(scope="session")
def uno(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of an Uno with every sensor of the example, as node.h has it."""
    return build_node(tmp_path_factory.mktemp("uno"), *AS_BUILT)
