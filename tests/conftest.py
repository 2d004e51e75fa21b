"""Real servers, and an emulated board, that tests of several parts share."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from bench.influxd.server import MissingServer, running_influx
from tests.browser import running_chromium
from tests.firmware.uno import build_emulator
from tests.parts import fail_or_skip

# A shell that starts the tests in the background lets them ignore Ctrl-C, and every process that they start would
# inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


MAIN = sys.modules["__main__"]


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Puts back the main module, in whose place Streamlit's AppTest leaves the page: processes spawned by a later test
    would run that."""
    yield
    sys.modules["__main__"] = MAIN


@pytest.fixture(scope="session")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Gives the address for `open_store` of a running InfluxDB of a version; each is started once. What a test stores
    it keeps apart by the name of its farm. A server that cannot be had is a failure in CI, a skip elsewhere."""
    running: dict[str, str] = {}
    with ExitStack() as stack:

        def address(version: str) -> str:
            if version not in running:
                try:
                    running[version] = stack.enter_context(
                        running_influx(version, tmp_path_factory.mktemp(f"influxd-{version}"))
                    )
                except MissingServer as missing:
                    fail_or_skip(str(missing))
            return running[version]

        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of all tests of this process."""
    with running_chromium() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The emulator of an Arduino Uno, compiled."""
    return build_emulator(tmp_path_factory.mktemp("emulator"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lines of edge and cloud are counted while their own tests run; elsewhere counting would cost too much time."""
    own = tuple(Path(__file__).parent / name for name in ("edge", "cloud"))
    for item in items:
        if not any(item.path.is_relative_to(folder) for folder in own):
            item.add_marker("no_cover")
