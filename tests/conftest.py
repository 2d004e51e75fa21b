"""Real servers, and an emulated board, that tests of several parts share."""

import signal
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings
from playwright.sync_api import BrowserContext, Page

from bench.influxd.server import MissingServer, running_influx
from tests.browser import STILL, running_chromium
from tests.firmware.uno import build_emulator
from tests.parts import fail_or_skip

# A shell that starts the tests in the background lets them ignore Ctrl-C, and every process that they start would
# inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What a busy machine takes for an example says nothing of the code.
settings.register_profile("busy", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


TESTS = Path(__file__).parent
FIRST = (
    "cloud/training",
    "cloud/learning",
    "test_demo",
    "transport",
    "firmware",
    "dashboard",
    "bench",
    "test_readme",
    "test_types",
)
"""Tests that wait for processes, or take longest: begun first, so that no worker is left alone with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts those of FIRST first, in its order; `make test` deals files out in the order in which they stand."""

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(TESTS).as_posix()
        return next((number for number, begin in enumerate(FIRST) if path.startswith(begin)), len(FIRST))

    items.sort(key=place)


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
def chromium() -> Iterator[BrowserContext]:
    """The one of all tests of this process."""
    with running_chromium() as context:
        yield context


@pytest.fixture
def page(chromium: BrowserContext) -> Iterator[Page]:
    """A page that lives, as a reader has it."""
    page = chromium.new_page()
    yield page
    page.close()


@pytest.fixture
def still(page: Page) -> Page:
    """A page to be measured: it does not ask anew by itself."""
    page.add_init_script(STILL)
    return page


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The emulator of an Arduino Uno, compiled."""
    return build_emulator(tmp_path_factory.mktemp("emulator"))


@pytest.fixture
def lone_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--cluster local` has one worker: each imports everything anew. tests/edge/test_pieces.py has several."""
    from distributed import LocalCluster

    monkeypatch.setattr("distributed.LocalCluster", partial(LocalCluster, n_workers=1))


COUNTED = ("edge", "cloud", "transport", "firmware/test_uno_calibrate.py")
"""Tests, by the beginning of their path, that count the lines of edge and cloud."""
ONLY_OTHERS_LINES = ("transport/test_kill.py", "transport/test_full_disk.py")
"""Of these, those whose processes run no line that the others do not, and long."""
PROCESSES = "COVERAGE_PROCESS_CONFIG"
"""Where coverage looks, as a Python starts, for what to count in it."""


def _counting(config: pytest.Config) -> Any:
    """What counts lines for pytest-cov; None where nothing is counted now."""
    plugin = config.pluginmanager.get_plugin("_cov")
    return plugin.cov_controller if plugin and plugin.cov_controller and plugin.cov_controller.started else None


@contextmanager
def _uncounted(config: pytest.Config) -> Iterator[None]:
    counting = _counting(config)
    if not counting:
        yield
        return
    counting.pause()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv(PROCESSES, raising=False)
            yield
    finally:
        if not counting.started:
            counting.resume()


@contextmanager
def _counted(config: pytest.Config) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if counting := _counting(config):
            patch.setenv(PROCESSES, counting.cov.config.serialize())
        yield


@pytest.fixture(scope="session")
def uncounted(pytestconfig: pytest.Config) -> Callable[[], AbstractContextManager[None]]:
    """Lines that run in this context, and in processes that begin in it, are not counted as covered: counting doubles
    what Python costs."""
    return partial(_uncounted, pytestconfig)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Lines of edge and cloud are counted while the tests of COUNTED and the fixtures of these run, in the processes
    that they start too, but for tests that run the same lines on hundreds of examples."""
    path = item.path.relative_to(TESTS).as_posix()
    examples = is_hypothesis_test(getattr(item, "obj", None)) or item.get_closest_marker("no_cover")
    own = path.startswith(COUNTED) and path not in ONLY_OTHERS_LINES
    with _counted(item.config) if own and not examples else _uncounted(item.config):
        return (yield)
