"""What a service counts, as Prometheus reads it on loopback: http://127.0.0.1:PORT/metrics (docs/OPERATIONS.md)."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

import typer
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric

from ..contract.errors import CooeeError
from ..contract.version import VERSION
from ..mqtt.client import jittered

EVERY_S = 1.0
"""How often a service counts."""

MetricsOption = Annotated[
    int | None,
    typer.Option("--metrics", min=1, max=65_535, help="Port on 127.0.0.1 where Prometheus reads what is counted."),
]


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What a service has counted by now. `stored`, `refused` and `dropped` are by kind and only grow; `newest_age_s` is
    the age of the newest reading on the farm's clock, None while there is none."""

    waiting: int
    connected: bool
    stored: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    newest_age_s: float | None = None


class Metrics:
    """The newest counts of a service. The service's own thread counts, for its files are its own; the server's thread
    reads what it counted last."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._counts: Counts | None = None
        self._counted_at = self._due_at = 0.0

    def due(self) -> bool:
        """Whether it is time to count again: about every EVERY_S, out of step with what comes as often, of which a
        count would show the same moment for ever."""
        return time.monotonic() >= self._due_at

    def say(self, counts: Counts) -> None:
        """Takes new counts."""
        self._counts, self._counted_at = counts, time.monotonic()
        self._due_at = self._counted_at + jittered(EVERY_S)

    def collect(self) -> Iterator[Metric]:
        """What prometheus_client asks for at each scrape."""
        counts = self._counts
        yield InfoMetricFamily("cooee", "The service.", {"service": self._service, "version": VERSION})
        if counts is None:
            return
        yield GaugeMetricFamily("cooee_broker_connected", "Whether the broker has let us in.", counts.connected)
        yield GaugeMetricFamily("cooee_messages_waiting", "Messages kept until the next one has them.", counts.waiting)
        yield _counter("stored", "Messages that were brought where this service brings them.", counts.stored)
        yield _counter("refused", "Messages that were refused, and why.", counts.refused)
        yield _counter("dropped", "Messages that were lost here, and of what kind.", counts.dropped)
        if counts.newest_age_s is not None:
            # Of a service that hangs it goes on growing.
            # A reading may come before the word of the clock by which it is not in the future.
            age_s = max(0.0, counts.newest_age_s) + time.monotonic() - self._counted_at
            name, text = "cooee_newest_reading_age_seconds", "Age of the newest reading on the farm's clock."
            yield GaugeMetricFamily(name, text, age_s)

    @contextmanager
    def served(self, port: int | None) -> Iterator["Metrics | None"]:
        """Serves it on a port of 127.0.0.1; None, and nothing is served, without one. CooeeError when it is taken."""
        if port is None:
            yield None
            return
        registry = CollectorRegistry()
        registry.register(self)
        try:
            server, thread = start_http_server(port, addr="127.0.0.1", registry=registry)
        except OSError as error:
            raise CooeeError(f"--metrics {port}: {error.strerror}; choose another port") from None
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _counter(what: str, text: str, counts: Mapping[str, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(f"cooee_messages_{what}", text, labels=["kind"])
    for kind, count in counts.items():
        family.add_metric([kind], count)
    return family
