"""The least that loses nothing between a broker and SQLite, as anybody would write it: paho, and acknowledgements
after each commit. No checks, no receipts, no quarantine: what `cooee bench transport` sets ingest beside."""

import json
import signal
import sqlite3
import sys
import time

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

BATCH = 500
BATCH_WAIT_S = 0.1
CHANNELS = ("soil_moisture_10cm", "soil_temperature", "air_temperature", "humidity", "battery")


def run(port: int, file: str) -> None:
    """Stores the readings of farm `bench` until SIGTERM."""
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    columns = ", ".join(f"{name} REAL" for name in CHANNELS)
    database.execute(
        f"CREATE TABLE IF NOT EXISTS reading (node, boot, seq, t, {columns}, "
        "PRIMARY KEY (node, boot, seq)) WITHOUT ROWID"
    )
    insert = f"INSERT OR IGNORE INTO reading VALUES ({', '.join('?' * (4 + len(CHANNELS)))})"
    rows, mids = [], []

    def take(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        body = json.loads(message.payload)
        rows.append([body[name] for name in ("node", "boot", "seq", "t", *CHANNELS)])
        mids.append(message.mid)

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bare", protocol=paho.MQTTv5, manual_ack=True)
    client.on_message = take

    def subscribe(client: paho.Client, *_: object) -> None:
        client.subscribe("cooee/bench/+/telemetry", qos=1)

    client.on_connect = subscribe
    client.on_subscribe = lambda *_: print("ready", flush=True)
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 86_400
    properties.ReceiveMaximum = 2000
    client.connect("127.0.0.1", port, clean_start=False, properties=properties)
    committed = time.monotonic()
    while True:
        client.loop(BATCH_WAIT_S / 2)
        if rows and (len(rows) >= BATCH or time.monotonic() - committed > BATCH_WAIT_S):
            database.execute("BEGIN")
            database.executemany(insert, rows)
            database.execute("COMMIT")
            committed = time.monotonic()
            for mid in mids:
                client.ack(mid, 1)
            rows.clear()
            mids.clear()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    run(int(sys.argv[1]), sys.argv[2])
