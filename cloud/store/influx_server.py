"""The server behind an `influx=` address: the address itself, tokens, what a token may do, and errors in one line."""

import json
import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from influxdb_client.client.flux_csv_parser import FluxCsvParserException, FluxQueryException
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from edge.contract.errors import StoreError, StoreUnavailable

from .rollups import TooOld

log = logging.getLogger("cooee.store")

TOKEN_VARIABLE = "COOEE_INFLUX_TOKEN"
TOKEN_FILE_VARIABLE = "COOEE_INFLUX_TOKEN_FILE"
BATCH = 5_000
"""Lines a request: what InfluxDB advises."""
TIMEOUT_MS = 30_000
PRECISION: Any = WritePrecision.MS
"""Any: a str in truth, which the client's annotations do not allow."""
HERE = ("localhost", "127.0.0.1", "::1")
"""To a server on this machine nothing is compressed: that costs more than it saves."""
HOST = re.compile(r"([^:\[\]]+|\[[^\]]+\])(:\d{1,5})?")
TOO_OLD = re.compile(r"partial write: (?:dropped \d+ points outside|points beyond) retention policy.*\bdropped=(\d+)")
"""What 2.7 and 1.8 say when nothing but the age of points was wrong with a batch: the others were written."""
NO_FLUX = (
    "is InfluxDB 3, which has no Flux: ingest can write readings and calls into it, but page, notify and the commands "
    "of the store cannot read them there; use InfluxDB 2.7, or SQLite, for those"
)


class InfluxServer:
    """Connection to the buckets of one `influx=` address."""

    def __init__(self, url: str, *, read_only: bool = False, must_exist: bool = True) -> None:
        """See InfluxStore. Unless the bucket need not exist, finds out whether the token `may_read`, and whether there
        is a bucket `long` for what is kept for ever."""
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
        self.where, self.org, self.bucket = f"InfluxDB at {host}", unquote(org), unquote(bucket)
        self.long = f"{self.bucket}-long"
        self.client = InfluxDBClient(
            f"{parts.scheme}://{host}",
            token,
            org=self.org,
            timeout=TIMEOUT_MS,
            enable_gzip=parts.hostname not in HERE,
        )
        self._writer = self.client.write_api(write_options=SYNCHRONOUS)
        self._reader = self.client.query_api()
        self._too_old = TooOld()
        self.may_read, self.has_long = True, False
        try:
            if must_exist:
                self._open(read_only)
        except StoreError:
            self.client.close()
            raise

    def _open(self, read_only: bool) -> None:
        with self.errors(opening=True):
            try:
                self._peep(self.bucket)
            except ApiException as error:
                if self.has_no_flux():
                    if read_only:
                        raise StoreError(f"{self.where} {NO_FLUX}") from None
                    log.warning("%s %s", self.where, NO_FLUX)
                    self.may_read = False
                    return
                # To a token that may only write, a bucket does not exist for reading.
                if read_only or error.status != 404 or not self._takes(self.bucket):
                    raise
                self.may_read = False
            if self.may_read:
                self.has_long = self._gives(self.long)
            else:
                self.has_long = self._takes(self.long)

    def _peep(self, bucket: str) -> None:
        self._reader.query(f"from(bucket: {text(bucket)}) |> range(start: -1s) |> limit(n: 1)")

    def _gives(self, bucket: str) -> bool:
        try:
            self._peep(bucket)
        except ApiException as error:
            if error.status == 404 or _is_missing(reason_of(error)):
                return False
            raise
        return True

    def _takes(self, bucket: str) -> bool:
        """Whether there is such a bucket and the token may write it; writes nothing."""
        try:
            self._writer.write(bucket, self.org, "#", PRECISION)
        except ApiException as error:
            if error.status in (401, 403, 404) or _is_missing(reason_of(error)):
                return False
            raise
        return True

    def has_no_flux(self) -> bool:
        """Whether the server says that it is version 3."""
        try:
            said, _, headers = self.client.api_client.call_api(
                "/ping", "GET", response_type="str", _return_http_data_only=False
            )
        except ApiException as error:
            said, headers = error.body, error.headers or {}
        version = {name.lower(): value for name, value in headers.items()}.get("x-influxdb-version", "")
        return version.startswith("3.") or re.search(r"\"?version\"?: *[\"']?3\.", str(said)) is not None

    def write(self, bucket: str, lines: Sequence[str]) -> None:
        """Writes lines of line protocol. Those that are older than the bucket keeps are dropped and counted, while the
        others are written; what else is wrong with one is a StoreError."""
        for start in range(0, len(lines), BATCH):
            with self.errors(bucket):
                try:
                    self._writer.write(bucket, self.org, "\n".join(lines[start : start + BATCH]), PRECISION)
                except ApiException as error:
                    dropped = TOO_OLD.search(reason_of(error)) if error.status in (400, 422) else None
                    if dropped is None:
                        raise
                    self._too_old.add(int(dropped[1]))

    def delete(self, bucket: str, until: str, predicate: str) -> None:
        """Deletes points before a moment."""
        with self.errors(bucket):
            self.client.delete_api().delete("1970-01-01T00:00:00Z", until, predicate, bucket, self.org)

    def retention_ms(self) -> int | None:
        """How long the bucket keeps points; None for ever, or where the token may not know it."""
        try:
            found = self.client.buckets_api().find_bucket_by_name(self.bucket)
        except (ApiException, HTTPError):
            return None
        return 1000 * found.retention_rules[0].every_seconds or None if found and found.retention_rules else None

    def need_reading(self) -> None:
        """StoreError when the token may only write."""
        if not self.may_read:
            raise StoreError(f"{self.where}: this token may only write; one that may read {self.bucket} is needed")

    def query(self, flux: str) -> list[dict[str, Any]]:
        """Rows that a query answers."""
        self.need_reading()
        with self.errors():
            return [dict(record.values) for table in self._reader.query(flux) for record in table.records]

    @contextmanager
    def errors(self, bucket: str | None = None, *, opening: bool = False) -> Iterator[None]:
        """Rows that the server refuses are a StoreError. A token or bucket that is wrong is one only on opening: while
        ingest runs someone may mend it, and no row is to be thrown away for it."""
        may, bucket = ("write" if bucket else "read and write" if opening else "read"), bucket or self.bucket
        try:
            yield
        except ApiException as error:
            reason, closed = reason_of(error), True
            if error.status in (401, 403):
                says = f"refuses the token: one that may {may} bucket {bucket} is needed"
            elif error.status == 404 or _is_missing(reason):
                says = f"has no organisation {self.org} with a bucket {bucket}: {reason}"
            else:
                says, closed = f"answers {error.status}: {reason}", False
            lasting = error.status in (400, 413, 422) or (opening and closed)
            raise (StoreError if lasting else StoreUnavailable)(f"{self.where} {says}") from None
        except (FluxQueryException, FluxCsvParserException) as error:
            raise StoreError(f"{self.where} cannot answer: {error}") from None
        except (HTTPError, OSError) as error:
            raise StoreUnavailable(f"{self.where} does not answer: is it running? ({type(error).__name__})") from None

    def close(self) -> None:
        """Lets go of the connection."""
        self.client.close()


def text(value: str) -> str:
    """A Flux string; every sign that could end it or mean something in it is written as its UTF-8 bytes."""
    return '"' + re.sub(r"[^A-Za-z0-9_-]", lambda sign: "".join(f"\\x{b:02x}" for b in sign[0].encode()), value) + '"'


def reason_of(error: ApiException) -> str:
    """What the server says, on one line."""
    try:
        body = json.loads(error.body)
        said = str(body.get("message") or body.get("error"))
    except (TypeError, ValueError, AttributeError):
        said = str(error.body or error.reason)
    return " ".join(said.split())[:600]


def _token() -> str:
    file = os.environ.get(TOKEN_FILE_VARIABLE)
    if file is None:
        return os.environ.get(TOKEN_VARIABLE, "")
    try:
        return Path(file).read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"${TOKEN_FILE_VARIABLE} {file}: cannot be read ({type(error).__name__})") from None


def _is_missing(reason: str) -> bool:
    """How 1.8 says, with status 500, that there is no such bucket."""
    return re.search("no database|(invalid retention policy|retention policy not found)", reason) is not None
