"""While another process held quarantine.db, one bad payload held 9,802 valid readings back."""

import json
import sqlite3
from pathlib import Path

from tests.cloud.ingest.test_ingest import reading
from tests.transport.rig import Rig, wait_until

BAD, GOOD = 3000, 3000


def test_nothing_valid_waits_for_quarantine(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    try:
        rig.start("broker")
        rig.start("ingest")
        lock = sqlite3.connect(tmp_path / "quarantine.db", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        with rig.stranger() as client:
            for seq in range(BAD):
                client.publish("cooee/bench/n1/telemetry", b"rubbish %d" % seq, qos=1)
            for seq in range(GOOD):
                client.publish("cooee/bench/n1/telemetry", json.dumps(reading(seq)), qos=1)
            wait_until(lambda: rig.count() == GOOD, what="every good reading")
        assert "what is refused waits, the rest goes on" in rig.log("ingest")
        lock.execute("ROLLBACK")
        lock.close()
        wait_until(lambda: rig.refused() == ["payload"], what="what was refused, in quarantine")
    finally:
        rig.__exit__()
