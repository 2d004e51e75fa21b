"""Pieces of work on a Dask cluster: the same bytes as here, also when workers die."""

import itertools
import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from distributed import LocalCluster

from edge import pieces
from edge.contract.errors import CooeeError
from edge.pieces import IN_TURN, Engine, cluster, processes


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as running:
        yield running.scheduler_address


def write_and_die_once(died: Path, folder: Path, number: int) -> int:
    """Writes half a file, is killed the first time that piece 2 is done, and writes the other half."""
    (folder / "deep").mkdir(exist_ok=True)
    with (folder / "deep" / f"{number}.bin").open("wb") as file:
        file.write(bytes([number]) * 1000)
        if number == 2 and not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        file.write(bytes([number + 1]) * 1000)
    return number


def die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def double(number: int) -> int:
    return 2 * number


def refuse(number: int) -> int:
    raise CooeeError(f"piece {number} is bad")


def files(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_worker_killed_in_the_middle_costs_time_only(address: str, tmp_path: Path) -> None:
    done = {}
    with cluster(address) as there, processes(2) as pool:
        engines: dict[str, Engine] = {"here": IN_TURN, "pool": pool, "cluster": there}
        for name, engine in engines.items():
            died = tmp_path / f"{name}.died"
            if engine is not there:
                died.touch()
            (tmp_path / name).mkdir()
            work = partial(write_and_die_once, died)
            assert list(engine.write(work, range(6), tmp_path / name)) == list(range(6))
            assert died.exists()
            done[name] = files(tmp_path / name)
    assert len(done["here"]) == 6
    assert done["here"] == done["pool"] == done["cluster"]


def test_pieces_are_asked_for_as_they_are_done(address: str) -> None:
    asked = []

    def endless() -> Iterator[int]:
        for number in itertools.count():
            asked.append(number)
            yield number

    with cluster(address) as engine:
        assert list(itertools.islice(engine.map(double, endless()), 10)) == list(range(0, 20, 2))
    assert len(asked) < 20


def test_what_goes_wrong_on_a_cluster_is_one_clear_line(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with cluster(address) as engine:
        with pytest.raises(CooeeError, match="piece 1 is bad"):
            list(engine.map(refuse, [1]))
        monkeypatch.setattr(pieces, "VERSION", "9.9")
        with pytest.raises(CooeeError, match=r"a worker of the cluster has cooee \S+, not 9.9"):
            list(engine.map(double, [1]))
    monkeypatch.setattr(pieces, "PATIENCE_S", 0.5)
    with pytest.raises(CooeeError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:1:"), cluster("tcp://127.0.0.1:1"):
        pass
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(CooeeError, match=r"--cluster needs Dask: pip install 'cooee\[cluster\]'"), cluster("local"):
        pass


def test_a_piece_that_kills_every_worker_ends_the_work_and_so_does_a_scheduler_that_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pieces, "PATIENCE_S", 0.5)
    monkeypatch.setattr(pieces, "TRIES", 2)
    with LocalCluster(n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as doomed:
        doomed.scheduler.allowed_failures = 0
        with cluster(doomed.scheduler_address) as engine:
            with pytest.raises(CooeeError, match="every worker that took a certain piece died"):
                list(engine.map(die, [1]))
            doomed.close()
            with pytest.raises(CooeeError, match="is gone; start it and run this again"):
                list(engine.map(double, [1]))
