"""Ingest that took longer over a broker's queue than the keepalive gave the connection up: the broker's PINGRESP came
behind the queue, and paho does not see the PUBLISH packets before it."""

import socket
import struct
import time

from cloud.ingest.wire import Publication, WireClient
from edge.mqtt.client import new_client_of

CONNACK = b"\x20\x03\0\0\0"
KEEPALIVE_S = 1


def test_a_connection_over_which_readings_come_is_kept_though_no_answer_to_a_ping_comes() -> None:
    came: list[Publication] = []
    client = new_client_of(WireClient, "ingest")
    client.opened = lambda _: None
    client.came = came.append
    content = struct.pack(">H", 1) + b"a" + b"\0" + b"{}"
    with socket.create_server(("127.0.0.1", 0)) as broker:
        client.connect("127.0.0.1", broker.getsockname()[1], keepalive=KEEPALIVE_S)
        connection, _ = broker.accept()
        with connection:
            connection.sendall(CONNACK)
            for _ in range(50):
                connection.sendall(bytes([0x30, len(content)]) + content)
                client.loop(0.05)
                time.sleep(0.05 * KEEPALIVE_S)
            assert client.is_connected()
            assert b"\xc0\0" in connection.recv(4096), "it asked"
            assert came
            client.disconnect()
