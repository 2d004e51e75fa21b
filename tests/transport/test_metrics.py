"""What gateway, ingest and notify count, scraped over HTTP and read by Prometheus' own parser."""

import socket
from collections.abc import Mapping
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from edge.contract.errors import CooeeError
from edge.mqtt.client import new_client
from edge.service.metrics import Counts, Metrics
from edge.service.processes import free_port
from tests.transport.rig import FARM, Rig, wait_until

_open = build_opener(ProxyHandler({}))
KINDS = {"stored": "counter", "refused": "counter", "dropped": "counter", "waiting": "gauge"}


def scrape(port: int) -> dict[str, float]:
    """Samples of a service, by name and kind."""
    with _open.open(f"http://127.0.0.1:{port}/metrics", timeout=60) as response:
        families = list(text_string_to_metric_families(response.read().decode()))
    types = {family.name: family.type for family in families}
    assert types["cooee_broker_connected"] == "gauge"
    assert {what: types[f"cooee_messages_{what}"] for what in KINDS} == KINDS
    assert all(family.documentation for family in families)
    samples = [sample for family in families for sample in family.samples]
    return {" ".join((each.name, *filter(None, [each.labels.get("kind")]))): each.value for each in samples}


def _wait(port: int, expected: Mapping[str, float], within_s: float = 60) -> dict[str, float]:
    found: dict[str, float] = {}

    def as_expected() -> bool:
        found.clear()
        found.update(scrape(port))
        return {name: found.get(name) for name in expected} == expected

    try:
        wait_until(as_expected, within_s=within_s, what="these counts")
    except AssertionError:
        assert {name: found.get(name) for name in expected} == expected
    return found


def test_gateway_and_ingest_count_what_comes_through_and_what_does_not(tmp_path: Path) -> None:
    gateway, ingest = free_port(), free_port()
    rig = Rig(tmp_path, options={"gateway": ("--metrics", str(gateway)), "ingest": ("--metrics", str(ingest))})
    with rig:
        rig.send(25).join()
        rig.wait_stored()
        stranger = new_client("stranger")
        stranger.connect("127.0.0.1", rig.broker.port)
        stranger.loop_start()
        stranger.publish(f"cooee/{FARM}/n1/telemetry", b"no JSON", qos=1).wait_for_publish(60)
        stranger.disconnect()
        stranger.loop_stop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as radio:
            radio.sendto(b"noise", ("127.0.0.1", rig.port))
        connected = {"cooee_broker_connected": 1.0, "cooee_messages_waiting": 0.0}
        through = {"cooee_messages_stored_total telemetry": 100.0}
        found = _wait(gateway, connected | through | {"cooee_messages_refused_total datagram": 1.0})
        assert 0 <= found["cooee_newest_reading_age_seconds"] < 60
        found = _wait(ingest, connected | through | {"cooee_messages_refused_total payload": 1.0})
        assert 0 <= found["cooee_newest_reading_age_seconds"] < 3600
        assert found["cooee_messages_dropped_total any"] == 0
        rig.kill("ingest")
        rig.send(5).join()
        _wait(gateway, {"cooee_messages_waiting": 20.0, "cooee_messages_stored_total telemetry": 120.0})
        rig.kill("broker")
        _wait(gateway, {"cooee_broker_connected": 0.0})


def test_each_worker_has_a_port_of_its_own(tmp_path: Path) -> None:
    port = 31_990
    with Rig(tmp_path, workers=2, options={"ingest": ("--metrics", str(port))}) as rig:
        rig.send(25).join()
        rig.wait_stored()

        def stored() -> float:
            return sum(scrape(each).get("cooee_messages_stored_total telemetry", 0) for each in (port, port + 1))

        wait_until(lambda: stored() == 100, what="what both have stored")


def test_what_is_counted_reaches_this_machine_alone_and_a_taken_port_is_said() -> None:
    port = free_port()
    with Metrics("test").served(port) as metrics:
        assert metrics
        metrics.say(Counts(waiting=3, connected=False, newest_age_s=7.0))
        assert scrape(port)["cooee_messages_waiting"] == 3
        assert 7 <= scrape(port)["cooee_newest_reading_age_seconds"] < 9
        metrics.say(Counts(waiting=3, connected=False, newest_age_s=-14_400.0))
        assert 0 <= scrape(port)["cooee_newest_reading_age_seconds"] < 2, "ahead of a clock that has not been heard"
        here = [each.address for each in chain(*psutil.net_if_addrs().values()) if each.family == socket.AF_INET]
        for address in {address for address in here if not address.startswith("127.")}:
            with pytest.raises(OSError, match="refused"):
                socket.create_connection((address, port), 2).close()
        with pytest.raises(CooeeError, match=f"--metrics {port}"), Metrics("test").served(port):
            pass
    with ExitStack() as stack:  # freed at the end
        stack.enter_context(Metrics("test").served(port))
