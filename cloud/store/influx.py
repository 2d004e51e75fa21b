"""InfluxDB 1.8 or 2: a point a message, tags farm, zone and node, everything else a field.

Written synchronously in line protocol, read in the Flux that both versions understand.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from influxdb_client.client.flux_csv_parser import FluxCsvParserException, FluxQueryException
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from edge.contract.channels import channel_names
from edge.contract.errors import StoreError, StoreUnavailable
from edge.contract.messages import LATEST_MS, Call, Judgement, Reading, Status
from edge.contract.topics import IDENTIFIER
from edge.farm import Keep

from .fields import MEASUREMENTS, Value, call, farm_clock, fields, judgement, reading, settle_times, status
from .interface import History, Stored

TOKEN_VARIABLE = "COOEE_INFLUX_TOKEN"
TOKEN_FILE_VARIABLE = "COOEE_INFLUX_TOKEN_FILE"
BATCH = 5_000
"""Lines a request: what InfluxDB advises."""
TIMEOUT_MS = 30_000
PRECISION: Any = WritePrecision.MS
"""Any: a str in truth, which the client's annotations do not allow."""
HOST = re.compile(r"([^:\[\]]+|\[[^\]]+\])(:\d{1,5})?")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COUNTED = {"reading": "seq", "call": "seq", "node": "state", "judgement": "verdict"}
"""A field that every point of a measurement has."""
PIVOT = '|> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")'


class InfluxStore:
    """Store in one bucket of an InfluxDB server. May be shared by threads."""

    def __init__(self, url: str) -> None:
        """Opens http[s]://HOST:PORT/ORG/BUCKET with the token of the environment (TOKEN_VARIABLE, or the first line of
        the file that TOKEN_FILE_VARIABLE names), or TOKEN@HOST; for InfluxDB 1.8 the token is USER:PASSWORD and the
        path /-/DATABASE/POLICY. A sign that means something in a URL (/ : @ ? # %) is percent-encoded in its token and
        organisation. StoreError: URL, token, organisation or bucket is wrong; StoreUnavailable: the server does not
        answer."""
        parts = urlsplit(url)
        quoted, _, host = parts.netloc.rpartition("@")
        token = unquote(quoted) or _token()
        org, _, bucket = parts.path.removeprefix("/").partition("/")
        whole = all((token, host, org, bucket)) and not (parts.query or parts.fragment)
        if parts.scheme not in ("http", "https") or not whole or not HOST.fullmatch(host):
            raise StoreError(
                f"influx: write influx=http://HOST:PORT/ORG/BUCKET (InfluxDB 1.8: http://HOST:PORT/-/DATABASE/POLICY) "
                f"and put the token (1.8: USER:PASSWORD) into ${TOKEN_VARIABLE} or the file ${TOKEN_FILE_VARIABLE}; "
                "or TOKEN@HOST, where everybody on this machine can read it, with / : @ ? # % inside percent-encoded"
            )
        self._where, self._org, self._bucket = f"InfluxDB at {host}", unquote(org), unquote(bucket)
        self._client = InfluxDBClient(
            f"{parts.scheme}://{host}", token, org=self._org, timeout=TIMEOUT_MS, enable_gzip=True
        )
        self._writer = self._client.write_api(write_options=SYNCHRONOUS)
        self._reader = self._client.query_api()
        try:
            with self._errors(opening=True):
                self._reader.query(f"from(bucket: {_text(self._bucket)}) |> range(start: -1s) |> limit(n: 1)")
        except StoreError:
            self._client.close()
            raise

    def append(self, rows: Sequence[Stored]) -> list[Stored]:
        # InfluxDB keeps what it can of a batch that it refuses; writing that again changes nothing.
        lines = [_line(row) for row in settle_times(rows, self._newest_status, self._judgement_at)]
        with self._errors():
            for start in range(0, len(lines), BATCH):
                self._writer.write(self._bucket, self._org, "\n".join(lines[start : start + BATCH]), PRECISION)
        return []

    def _newest_status(self, farm: str, node: str) -> Status | None:
        rows = self._query(self._points("node", farm, node=node) + "|> last()" + PIVOT)
        return status(max(rows, key=_t)) if rows else None

    def _judgement_at(self, farm: str, node: str, t: int) -> Judgement | None:
        rows = self._query(self._points("judgement", farm, t, t + 1, node=node) + PIVOT)
        return judgement(rows[0]) if rows else None

    def latest(self, farm: str) -> list[tuple[str, Reading]]:
        return [(row["zone"], reading(row)) for row in self._newest("reading", farm)]

    def statuses(self, farm: str) -> list[Status]:
        return [status(row) for row in self._newest("node", farm)]

    def _newest(self, measurement: str, farm: str) -> list[dict[str, Any]]:
        # last() gives every field at its own last time; those of the newest time are the newest point, whole.
        newest: dict[str, dict[str, Any]] = {}
        for row in sorted(self._query(self._points(measurement, farm) + "|> last()" + PIVOT), key=_t):
            newest[row["node"]] = row
        return [newest[node] for node in sorted(newest)]

    def open_calls(self, farm: str) -> list[tuple[str, Call]]:
        rows = self._query(
            self._points("call", farm) + PIVOT + '|> group(columns: ["node", "sentinel", "class"])'
            '|> sort(columns: ["_time"], desc: true) |> limit(n: 1)'
            '|> filter(fn: (r) => r.state != "cleared")'
        )
        rows.sort(key=lambda row: (row["raised_t"], row["node"], row["sentinel"], row["class"]))
        return [(row["zone"], call(row)) for row in rows]

    def calls(self, farm: str, since: int, until: int) -> list[tuple[str, Call]]:
        rows = self._query(self._points("call", farm, since, until) + PIVOT)
        return [(row["zone"], call(row)) for row in sorted(rows, key=lambda row: (row["t"], row["node"]))]

    def history(self, farm: str, nodes: Sequence[str], channel: str, since: int, until: int, points: int) -> History:
        if channel not in channel_names():
            raise StoreError(f"history: {channel!r} is not a channel ({', '.join(channel_names())})")
        if not nodes:
            return History(t=[], mean=[], low=[], high=[])
        width = max(1, -(-(until - since) // points))
        of_nodes = " or ".join(f"r.node == {_text(node)}" for node in nodes)
        windows = (
            self._points("reading", farm, since, until, _field=channel)
            + f"|> filter(fn: (r) => {of_nodes}) |> group() |> window(every: {width}ms, offset: {since % width}ms)"
        )
        flux = f"windows = {windows}\n" + "\n".join(
            f'windows |> {name}() |> group() |> keep(columns: ["_start", "_value"]) |> yield(name: "{name}")'
            for name in ("mean", "min", "max")
        )
        found: dict[str, dict[int, float]] = {"mean": {}, "min": {}, "max": {}}
        for row in self._query(flux, time="_start"):
            found[row["result"]][row["t"]] = row["_value"]
        times = sorted(found["mean"])
        return History(
            t=times,
            mean=[found["mean"][t] for t in times],
            low=[found["min"][t] for t in times],
            high=[found["max"][t] for t in times],
        )

    def judgements(self, farm: str, since: int, until: int) -> list[Judgement]:
        rows = self._query(
            self._points("judgement", farm)
            + PIVOT
            + f"|> filter(fn: (r) => r.raised_t >= {since} and r.raised_t < {until})"
        )
        return [judgement(row) for row in sorted(rows, key=lambda row: (row["t"], row["node"]))]

    def farm_now(self, farm: str) -> tuple[int, bool]:
        return farm_clock(self.statuses(farm))

    def counts(self, farm: str) -> dict[str, int]:
        counts = dict.fromkeys(MEASUREMENTS.values(), 0)
        for name in counts:
            flux = self._points(name, farm, _field=COUNTED[name]) + "|> count() |> group() |> sum()"
            counts[name] = sum(row["_value"] for row in self._query(flux, time=None))
        return counts

    def tend(self, farm: str, keep: Keep, now: int) -> bool:
        return False

    def close(self) -> None:
        self._client.close()

    def _points(self, measurement: str, farm: str, since: int = 0, until: int = LATEST_MS, **equal: str | None) -> str:
        """Flux for the points of a farm with since <= t < until whose tags (or field) equal what is given."""
        known = {"_measurement": measurement, "farm": farm} | {k: v for k, v in equal.items() if v is not None}
        match = " and ".join(f"r.{name} == {_text(value)}" for name, value in known.items())
        # Version 1.8 takes a point at `stop` itself, version 2 does not: so stop lies between two milliseconds.
        stop = _moment(until - 1).replace("Z", "999999Z")
        return (
            f"from(bucket: {_text(self._bucket)}) |> range(start: {_moment(since)}, stop: {stop})"
            f" |> filter(fn: (r) => {match})"
        )

    def _query(self, flux: str, time: str | None = "_time") -> list[dict[str, Any]]:
        with self._errors():
            rows = [dict(record.values) for table in self._reader.query(flux) for record in table.records]
        if time:
            for row in rows:
                row["t"] = (row[time] - EPOCH) // timedelta(milliseconds=1)
        return rows

    @contextmanager
    def _errors(self, opening: bool = False) -> Iterator[None]:
        """Rows that the server refuses are a StoreError. A token or bucket that is wrong is one only on opening: while
        ingest runs someone may mend it, and no row is to be thrown away for it."""
        try:
            yield
        except ApiException as error:
            reason, closed = _reason(error), True
            if error.status in (401, 403):
                says = f"refuses the token: one that may read and write bucket {self._bucket} is needed"
            elif error.status == 404 or re.search("no database|invalid retention policy", reason):  # 1.8 says 500
                says = f"has no organisation {self._org} with a bucket {self._bucket}: {reason}"
            else:
                says, closed = f"answers {error.status}: {reason}", False
            lasting = error.status in (400, 413, 422) or (opening and closed)
            raise (StoreError if lasting else StoreUnavailable)(f"{self._where} {says}") from None
        except (FluxQueryException, FluxCsvParserException) as error:
            raise StoreError(f"{self._where} cannot answer: {error}") from None
        except (HTTPError, OSError) as error:
            raise StoreUnavailable(f"{self._where} does not answer: is it running? ({type(error).__name__})") from None


def _token() -> str:
    file = os.environ.get(TOKEN_FILE_VARIABLE)
    if file is None:
        return os.environ.get(TOKEN_VARIABLE, "")
    try:
        return Path(file).read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"${TOKEN_FILE_VARIABLE} {file}: cannot be read ({type(error).__name__})") from None


def _t(row: Mapping[str, Any]) -> int:
    return int(row["t"])


def _text(value: str) -> str:
    """A Flux string; every sign that could end it or mean something in it is written as its UTF-8 bytes."""
    return '"' + re.sub(r"[^A-Za-z0-9_-]", lambda sign: "".join(f"\\x{b:02x}" for b in sign[0].encode()), value) + '"'


def _moment(t: int) -> str:
    return (EPOCH + timedelta(milliseconds=t)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _reason(error: ApiException) -> str:
    """What the server says, on one line."""
    try:
        body = json.loads(error.body)
        text = str(body.get("message") or body.get("error"))
    except (TypeError, ValueError, AttributeError):
        text = str(error.body or error.reason)
    return " ".join(text.split())[:300]


def _line(row: Stored) -> str:
    message = row.message
    kept = ",".join(f"{name}={_value(value)}" for name, value in fields(message).items())
    return f"{MEASUREMENTS[type(message)]}{_tags(message.farm, row.zone, message.node)} {kept} {message.t}"


@lru_cache(maxsize=4096)
def _tags(farm: str, zone: str, node: str) -> str:
    for name in (farm, zone, node):
        if not IDENTIFIER.fullmatch(name):
            raise StoreError(f"{name!r} cannot name a farm, zone or node: a-z, 0-9, _ and - are allowed, at most 32")
    return f",farm={farm},zone={zone},node={node}"


def _value(value: Value) -> str:
    """A field in line protocol. Its type never changes from point to point: a float has a point or an exponent."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value}i" if isinstance(value, int) else repr(value)
