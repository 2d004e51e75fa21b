"""200 bad receipts of 1 MB wrote 200 MB of log."""

import logging
from pathlib import Path

import pytest

from edge.mqtt.client import new_client
from edge.service import logs
from tests.transport.rig import Rig, wait_until


def test_bad_receipts_write_a_few_short_lines(tmp_path: Path) -> None:
    with Rig(tmp_path) as rig:
        client = new_client("stranger")
        client.connect("127.0.0.1", rig.broker.port)
        client.loop_start()
        topic = "cooee/bench/gateway/receipt"
        for size in (60_000, 1_000_000):
            for _ in range(200):
                client.publish(topic, b'{"receipts": ["' + b"x" * size + b'"]}', qos=1)
        client.publish(topic, b"the last", qos=1).wait_for_publish(60)
        rig.send(20).join(120)
        rig.wait_stored()
        wait_until(lambda: "not a receipt" in rig.log("gateway"), what="the refusal")
        client.disconnect()
        client.loop_stop()
        assert len(rig.log("gateway")) < 10_000
        assert rig.log("gateway").count("not a receipt") <= logs.EACH


def test_a_strangers_text_is_shown_not_obeyed() -> None:
    text = "a\x1b[2J\nb\u202ec"
    record = logging.LogRecord("cooee", logging.WARNING, __file__, 1, "topic %s", (text,), None)
    line = logs.Short(logs.FORMAT).format(record)
    assert line.endswith(r"topic a\x1b[2J\nb\u202ec")
    assert logs.printable("Bön 水 \N{DEGREE SIGN}C") == "Bön 水 \N{DEGREE SIGN}C"


def test_what_repeats_is_counted_and_what_is_long_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    sparing, formatter = logs.Sparing(), logs.Short(logs.FORMAT)
    now = [0.0]
    monkeypatch.setattr("edge.service.logs.time", type("Steady", (), {"monotonic": staticmethod(lambda: now[0])}))

    def written(message: str, *args: object) -> str | None:
        record = logging.LogRecord("cooee", logging.WARNING, __file__, 1, message, args, None)
        return formatter.format(record) if sparing.filter(record) else None

    assert sum(written("bad %d", n) is not None for n in range(100)) == logs.EACH
    assert written("another") is not None, "each kind for itself"
    now[0] = logs.PERIOD_S
    text = written("bad %d", 100)
    assert text
    assert text.endswith(f"bad 100 (and {100 - logs.EACH} more before)")
    assert len(written("x" * 10**6) or "") < logs.LONGEST + 100
