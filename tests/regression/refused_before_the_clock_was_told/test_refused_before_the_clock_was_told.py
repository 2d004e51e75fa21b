"""A reading that came to a worker of ingest before the simulated gateway had told the clock lay in quarantine for ten
minutes, "ancient", although all workers knew the clock by then."""

import json
from pathlib import Path

from bench.transport import START_MS
from edge.mqtt.client import new_client
from tests.transport.rig import FARM, Rig, wait_until


def test_it_is_stored_when_the_clock_is_told(tmp_path: Path) -> None:
    with Rig(tmp_path, workers=2) as rig:
        client = new_client("wifi-node")
        client.connect("127.0.0.1", rig.broker.port)
        client.loop_start()
        for seq in range(50):
            body = {"v": 1, "node": "n1", "boot": 5, "seq": seq, "t": START_MS + seq, "battery": 3.6}
            published = client.publish(f"cooee/{FARM}/n1/telemetry", json.dumps(body), qos=1)
        published.wait_for_publish(60)
        client.disconnect()
        client.loop_stop()
        wait_until(lambda: rig.refused() == ["ancient"], what="readings refused by the time of day")
        assert rig.count() == 0
        rig.nodes.datagram(START_MS, b"")
        wait_until(lambda: rig.count() == 50, what="what waited, in the store")
