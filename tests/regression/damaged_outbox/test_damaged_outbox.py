"""A damaged page in outbox.db: the gateway ended in a traceback, and so it did each time it was started again."""

import json
from pathlib import Path

import pytest

from edge.contract.messages import Identity
from edge.gateway.outbox import Outbox
from edge.service.sqlite_file import set_aside
from tests.transport.rig import Rig, wait_until

PAGE = 4096
T = 1_430_438_400_000


def _fill(outbox: Outbox, messages: int) -> None:
    with outbox.transaction():
        for seq in range(messages):
            outbox.keep(Identity("n1", 1, seq), T + seq, 7, "telemetry", json.dumps({"seq": seq}).encode())


def _damage(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(b"\xff" * PAGE)


def _pages(path: Path) -> int:
    return path.stat().st_size // PAGE


def test_all_but_what_stood_on_the_damaged_page_is_saved(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "outbox.db"
    outbox = Outbox(path)
    _fill(outbox, 1000)
    outbox.close()
    whole = path.read_bytes()
    lost: dict[int, int] = {}
    for page in range(_pages(path)):
        path.write_bytes(whole)
        _damage(path, page)
        outbox = Outbox(path)
        lost[page] = 1000 - len(outbox.waiting(0, 2000))
        _fill_one_more(outbox)
        outbox.close()
        set_aside(path)
    assert lost.pop(0) <= 1000, "the first page holds the schema"
    roots_or_leaves = sorted(lost.values())
    assert roots_or_leaves[0] == 0, "a page of an index takes nothing along"
    assert sum(1 for n in lost.values() if n > 100) <= 1, "only the root of the table takes much along"
    assert any(0 < n <= 100 for n in lost.values())
    assert "was damaged" in caplog.text
    assert "messages were saved from it" in caplog.text


def test_damage_that_shows_only_while_the_gateway_runs_is_mended_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "outbox.db"
    outbox = Outbox(path)
    _fill(outbox, 40_000)
    outbox.close()
    outbox = Outbox(path)
    for page in range(100, 300):  # more pages than are held in memory lie behind them
        _damage(path, page)
    left = {message.identity[2] for message in outbox.waiting(0, 50_000)}
    assert outbox.generation == 1
    assert 30_000 < len(left) < 40_000
    assert "was damaged" in caplog.text
    _fill_one_more(outbox)
    outbox.close()


def _fill_one_more(outbox: Outbox) -> None:
    with outbox.transaction():
        outbox.keep(Identity("n2", 1, 0), T, 7, "telemetry", b"{}")
    assert Identity("n2", 1, 0) in [m.identity for m in outbox.waiting(0, 50_000)]


def test_the_gateway_goes_on_with_what_it_could_save(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    try:
        rig.start("broker")
        rig.start("gateway")
        rig.send(300).join(120)
        rig.children["gateway"].stop()
        before = (tmp_path / "outbox.db").read_bytes()
        for page in (3, 9):
            _damage(tmp_path / "outbox.db", page)
        assert (tmp_path / "outbox.db").read_bytes() != before
        rig.start("gateway")
        rig.start("ingest")
        rig.send(20).join(120)
        wait_until(lambda: set(rig.stored()) >= set(rig.expected()[-20:]), what="what came after")
        said = [line for line in rig.log("gateway").splitlines() if "was damaged" in line]
        assert len(said) == 1
        assert "Traceback" not in rig.log("gateway")
        assert list(tmp_path.glob("outbox.db.damaged-*"))
    finally:
        rig.__exit__()


def test_a_file_that_is_no_database_is_set_aside_too(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(b"rubbish!" * 1024)
    outbox = Outbox(path)
    _fill_one_more(outbox)
    outbox.close()
    (aside,) = tmp_path.glob("outbox.db.damaged-*")
    assert aside.read_bytes() == b"rubbish!" * 1024
