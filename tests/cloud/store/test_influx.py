"""What only InfluxDB brings: addresses, tokens, servers that refuse or go away, what a stranger finds in the bucket."""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from influxdb_client.client.influxdb_client import InfluxDBClient

from bench.influxd.server import DATABASE, ORG, PASSWORD, TOKEN, USER, available, running_influx
from cloud.store import Stored, open_store
from cloud.storekeeping.influx_setup import set_up
from edge.contract.errors import StoreError, StoreUnavailable
from edge.contract.messages import Call, Evidence, Judgement, Reading, Status
from edge.farm import Keep

T = 1_430_000_000_123


def a_reading(step: int = 0, farm: str = "influx", **values: float) -> Stored:
    return Stored(
        zone="block",
        message=Reading(farm=farm, node="n1", boot=1, seq=step, t=T + step, values=values or {"wind": 3.0}),
    )


@contextmanager
def http_server(status: int, seen: list[bytes], *, version: str = "", queries: int = 200) -> Iterator[str]:
    """A server that says it is an InfluxDB of a version, answers queries with nothing and `queries`, and every write
    with `status`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            writing = "/write" in self.path
            if writing:
                seen.append(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
            self._answer(status if writing else queries)

        def do_GET(self) -> None:
            self._answer(200 if self.path == "/ping" else 404)

        def _answer(self, code: int) -> None:
            self.send_response(code)
            self.send_header("X-Influxdb-Version", version)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"influx=http://token@127.0.0.1:{server.server_port}/org/bucket"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_what_can_be_mended_is_tried_again_later(status: int) -> None:
    with http_server(status, []) as url, pytest.raises(StoreUnavailable):
        open_store(url).append([a_reading()])


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_batch_that_will_never_do_is_refused(status: int) -> None:
    with http_server(status, []) as url:
        store = open_store(url)
        with pytest.raises(StoreError) as caught:
            store.append([a_reading()])
    assert type(caught.value) is StoreError


def test_influxdb_3_is_written_and_said_to_be_no_more_than_that(caplog: pytest.LogCaptureFixture) -> None:
    """As its documentation says it answers: no server of version 3 can be had here."""
    seen: list[bytes] = []
    with http_server(204, seen, version="3.4.1", queries=404) as url:
        with pytest.raises(StoreError, match="is InfluxDB 3, which has no Flux") as refused:
            open_store(url, read_only=True)
        store = open_store(url)
        assert "InfluxDB 3" in caplog.text
        store.append([a_reading()])
        with pytest.raises(StoreError, match="may only write"):
            store.latest("influx")
        with pytest.raises(StoreError, match="is InfluxDB 3, which has no tasks"):
            set_up(url, Keep(), Path("nowhere"))
    assert "\n" not in str(refused.value)
    assert len(seen) == 1


def test_large_appends_go_in_batches() -> None:
    seen: list[bytes] = []
    with http_server(204, seen) as url:
        open_store(url).append([a_reading(step) for step in range(10_001)])
    assert [body.count(b"\n") + 1 for body in seen] == [5000, 5000, 1]


def test_line_protocol_keeps_the_type_of_every_field() -> None:
    seen: list[bytes] = []
    status = Status(farm="f", node="gw", t=T, state="online", wake_interval_s=60, gateway=True)
    rows = [a_reading(1, wind=3.0, rain=1e-07), Stored(zone="z", message=status)]
    with http_server(204, seen) as url:
        open_store(url).append(rows)
    assert seen[0].decode().splitlines() == [
        f'reading,farm=influx,zone=block,node=n1 inc=0i,boot=1i,seq=1i,faults="",wind=3.0,rain=1e-07 {T + 1}',
        f'node,farm=f,zone=z,node=gw state="online",wake_interval_s=60i,gateway=true,simulated=false {T}',
    ]


@pytest.mark.parametrize("zone", ["a,b", "a b", "zone\nreading wind=1", "", "=", "Ä"])
def test_a_name_that_cannot_be_a_tag_is_refused(zone: str) -> None:
    with http_server(204, []) as url, pytest.raises(StoreError, match="cannot name"):
        open_store(url).append([Stored(zone=zone, message=a_reading().message)])


@pytest.mark.parametrize(
    "rest",
    [
        "http://127.0.0.1:8086/org/bucket",
        "http://token@127.0.0.1:8086/org",
        "ftp://t@h/o/b",
        "token@host/org/bucket",
        "http://a/b@127.0.0.1:8086/org/bucket",
        "http://t@127.0.0.1:8086/org/bucket?x=1",
        "http://t@127.0.0.1:port/org/bucket",
    ],
)
def test_a_wrong_address_is_explained(rest: str) -> None:
    with pytest.raises(StoreError, match="write influx=http://HOST:PORT/ORG/BUCKET"):
        open_store(f"influx={rest}")


@pytest.mark.parametrize("version", available())
def test_a_wrong_token_is_one_clear_line(influx: Callable[[str], str], version: str) -> None:
    url = influx(version)
    secret = quote(PASSWORD if version.startswith("1.") else TOKEN, safe="")
    assert secret in url
    with pytest.raises(StoreError, match="refuses the token") as caught:
        open_store(url.replace(secret, "wrong"))
    assert type(caught.value) is StoreError
    assert "\n" not in str(caught.value)
    assert secret not in str(caught.value)


@pytest.mark.parametrize(
    ("version", "right"),
    [
        (version, right)
        for version in available()
        for right in (DATABASE, "autogen" if version.startswith("1.") else ORG)
    ],
)
def test_a_wrong_bucket_is_one_clear_line(influx: Callable[[str], str], version: str, right: str) -> None:
    with pytest.raises(StoreError, match="barn") as caught:
        open_store(influx(version).replace(right, "barn"))
    assert type(caught.value) is StoreError
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("version", available())
def test_a_server_that_stops_is_unavailable(version: str, tmp_path: Path) -> None:
    with running_influx(version, tmp_path) as url:
        store = open_store(url)
        store.append([a_reading()])
    for use in (lambda: store.append([a_reading(1)]), lambda: store.latest("influx"), lambda: open_store(url)):
        with pytest.raises(StoreUnavailable, match="is it running"):
            use()


@pytest.mark.parametrize("version", available())
def test_a_stranger_finds_what_the_specification_says(influx: Callable[[str], str], version: str) -> None:
    url = influx(version)
    why = (Evidence(feature="wind.last", value=14.0, unit="m/s"),)
    farm = f"stranger-{version[0]}"
    call = Call(
        farm=farm,
        node="n1",
        boot=1,
        seq=2,
        t=T,
        sentinel="weather",
        version="0a1b2c3d",
        kind="wind",
        confidence=90,
        state="raised",
        raised_t=T,
        why=why,
    )
    status = Status(farm=farm, node="n1", t=T, state="sleeping", wake_interval_s=600)
    judgement = Judgement(farm=farm, node="n1", sentinel="weather", kind="wind", raised_t=T, t=T, verdict="right")
    open_store(url).append(
        [
            a_reading(farm=farm, wind=14.0, battery=3.0),
            *(Stored(zone="block", message=message) for message in (call, status, judgement)),
        ]
    )
    token, bucket = (f"{USER}:{PASSWORD}", f"{DATABASE}/autogen") if version.startswith("1.") else (TOKEN, DATABASE)
    address = "http://" + url.split("@")[1].split("/")[0]
    with InfluxDBClient(address, token, org=ORG) as client:
        tables = client.query_api().query(
            f'from(bucket: "{bucket}") |> range(start: 2015-01-01T00:00:00Z, stop: 2016-01-01T00:00:00Z)'
            f' |> filter(fn: (r) => r.farm == "{farm}")'
        )
    found = {
        (r["_measurement"], r["farm"], r["zone"], r["node"], r["_field"]): r["_value"]
        for table in tables
        for r in table.records
    }
    assert {key[:4] for key in found} == {(m, farm, "block", "n1") for m in ("reading", "call", "node", "judgement")}
    fields = {(key[0], key[4]): value for key, value in found.items()}
    assert fields["reading", "wind"] == 14.0
    assert isinstance(fields["reading", "battery"], float)
    assert fields["call", "why"] == '[{"feature":"wind.last","value":14.0,"unit":"m/s"}]'
    assert (fields["call", "class"], fields["call", "raised_t"], fields["node", "gateway"]) == ("wind", T, False)
    assert fields["judgement", "verdict"] == "right"
