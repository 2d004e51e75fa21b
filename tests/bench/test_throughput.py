"""What `cooee bench transport` measures arrives, all of it, with ingest and with the bare loop beside it."""

from collections.abc import Callable

import pytest

from bench.consumers import Subject, bare_loop, ingest
from bench.throughput import drain


@pytest.mark.parametrize(
    "subject", [bare_loop, lambda: ingest(2, lambda folder: f"sqlite={folder / 'cooee.db'}", "SQLite")]
)
def test_all_that_waits_is_stored_and_measured(subject: Callable[[], Subject]) -> None:
    row = drain(subject(), 600)
    assert row.messages == 600
    assert 0 < row.seconds < 60
    assert row.cpu_us is not None
    assert row.line().split()[-1] == "us"
