"""A worker of ingest that died as it started was started again every second, for ever: it took a whole processor."""

import sys
import time

import pytest

from cloud.ingest import workers
from cloud.ingest.workers import Worker


def test_it_rests_twice_as_long_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "REST_S", 0.2)
    monkeypatch.setattr(workers, "LONGEST_REST_S", 0.6)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    worker = Worker("ingest", 1)
    rests: list[float] = []
    began = time.monotonic()
    while len(rests) < 4:
        assert time.monotonic() - began < 60
        process, ended = worker._process, time.monotonic()
        worker.look()
        if process.poll() is None:
            continue
        while worker._process is process:
            worker.look()
            time.sleep(0.005)
        rests.append(time.monotonic() - ended)
    worker.wait()
    wanted = [0.2, 0.4, 0.6, 0.6]
    assert all(rest >= least for rest, least in zip(rests, wanted, strict=True)), rests
