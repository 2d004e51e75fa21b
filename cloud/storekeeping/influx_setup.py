"""Sets up InfluxDB 2 for a farm: buckets, tasks that make rollups, and tokens that may do no more than they must."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from influxdb_client.rest import ApiException

from edge.contract.errors import CooeeError, StoreError
from edge.farm import Keep
from edge.written_files import replace_file

from ..clock import DAY_MS
from ..store import influx_rollups
from ..store.influx_server import InfluxServer, reason_of, text
from ..store.rollups import SPANS

DAY_S = DAY_MS // 1000
BUCKETS = "/api/v2/buckets"
NOT_3 = "is InfluxDB 3, which has no tasks and no tokens of this kind: nothing was set up (docs/STORES.md)"
NOT_2 = "is not InfluxDB 2, which alone has buckets, tasks and tokens to set up"
NOT_ALLOWED = "refuses the token: one that may make buckets, tasks and tokens is needed (All Access)"
TOKENS: dict[str, tuple[str, dict[str, tuple[int, ...]]]] = {
    "ingest": ("may write both buckets and read nothing", {"write": (0, 1)}),
    "page": ("may read both buckets and write nothing", {"read": (0, 1)}),
    "answers": ("as page's, and may write calls' bucket: what people say of calls", {"read": (0, 1), "write": (1,)}),
}
"""Tokens by who holds them: what they may do in words, and by action on which of the two buckets."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """Something that set-up made, or found as it should be."""

    what: str
    made: bool


def set_up(url: str, keep: Keep, folder: Path, *, change_retention: bool = False) -> list[Done]:
    """Makes what is missing of the farm's buckets, tasks and tokens, which go into files in `folder`. The address's own
    token must be allowed to. StoreError: it is not, or something there is otherwise; CooeeError: a file cannot be."""
    with _Admin(url) as admin:
        seconds = 0 if keep.readings_days == "all" else keep.readings_days * DAY_S
        done = [admin.bucket(admin.server.bucket, seconds, change_retention), admin.bucket(admin.server.long, 0, False)]
        if done[1].made:
            admin.fill_long()
        done += [admin.task(name) for name in influx_rollups.TASKS]
        return done + [admin.token(name, folder / f"influx-{name}.token") for name in TOKENS]


class _Admin:
    """A server to one whose token may change it."""

    def __init__(self, url: str) -> None:
        kind, _, rest = url.partition("=")
        if kind != "influx" or not rest:
            raise StoreError("store init: write influx=http://HOST:PORT/ORG/BUCKET; SQLite sets itself up")
        self.server = InfluxServer(rest, must_exist=False)
        self._ids: dict[str, str] = {}

    def __enter__(self) -> Self:
        known = self._call("GET", "/api/v2/orgs", query={"org": self.server.org})
        self._org = known["orgs"][0]["id"]
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()

    def _call(self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Any = None) -> Any:
        """What the server answers to a request of its API, which is JSON or nothing."""
        with self.server.errors(opening=True):
            try:
                answer = self.server.client.api_client.call_api(
                    path,
                    method,
                    query_params=list((query or {}).items()),
                    header_params={"Content-Type": "application/json", "Accept": "application/json"},
                    body=body,
                    _preload_content=False,
                    _return_http_data_only=True,
                )
            except ApiException as error:
                if self.server.has_no_flux():
                    raise StoreError(f"{self.server.where} {NOT_3}") from None
                if error.status == 404 and path == BUCKETS and "not found" in reason_of(error):
                    return {"buckets": []}
                if error.status == 404 and "organization" not in reason_of(error):
                    raise StoreError(f"{self.server.where} {NOT_2}") from None
                if error.status in (401, 403):
                    raise StoreError(f"{self.server.where} {NOT_ALLOWED}") from None
                raise
        return json.loads(answer.data or "null")

    def bucket(self, name: str, seconds: int, change: bool) -> Done:
        """A bucket that keeps points so long; 0: for ever."""
        found = self._call("GET", BUCKETS, query={"orgID": self._org, "name": name})["buckets"]
        rules = [{"type": "expire", "everySeconds": seconds}] if seconds else []
        what = f"bucket {name}, which keeps points {_days(seconds)}"
        if not found:
            made = self._call("POST", BUCKETS, body={"orgID": self._org, "name": name, "retentionRules": rules})
            self._ids[name] = made["id"]
            return Done(what=what, made=True)
        self._ids[name] = found[0]["id"]
        has = sum(rule["everySeconds"] for rule in found[0]["retentionRules"])
        if has == seconds:
            return Done(what=what, made=False)
        if not change:
            raise StoreError(
                f"{self.server.where}: bucket {name} keeps points {_days(has)}, not {_days(seconds)} as wanted: change "
                "`keep` in farm.yaml, or let this command change the bucket with --change-retention"
            )
        self._call("PATCH", f"{BUCKETS}/{self._ids[name]}", body={"retentionRules": rules})
        return Done(what=what, made=True)

    def fill_long(self) -> None:
        """Takes over what the first bucket has of that which is kept for ever, and makes rollups of its readings."""
        server = self.server
        with server.errors():
            server.query(
                f"from(bucket: {text(server.bucket)}) |> range(start: 0) |> filter(fn: (r) => "
                'r._measurement == "call" or r._measurement == "judgement" or r._measurement == "record")'
                f' |> to(bucket: {text(server.long)}, tagColumns: ["farm", "node", "zone"]) |> limit(n: 0)'
            )
            server.query(influx_rollups.makes(server.bucket, server.long, SPANS, "0", "now()"))

    def task(self, name: str) -> Done:
        """A task of the server that makes rollups."""
        called, flux = influx_rollups.task(self.server.bucket, self.server.long, name)
        found = self._call("GET", "/api/v2/tasks", query={"orgID": self._org, "name": called})["tasks"]
        what = f"task {called}"
        if not found:
            self._call("POST", "/api/v2/tasks", body={"orgID": self._org, "flux": flux})
        elif found[0]["flux"] != flux or found[0]["status"] != "active":
            self._call("PATCH", f"/api/v2/tasks/{found[0]['id']}", body={"flux": flux, "status": "active"})
        else:
            return Done(what=what, made=False)
        return Done(what=what, made=True)

    def token(self, name: str, path: Path) -> Done:
        """A token in a file of its own. One that is there already stays; one whose file has gone is taken back."""
        words, may = TOKENS[name]
        called = f"cooee {self.server.bucket} {name}"
        known = self._call("GET", "/api/v2/authorizations", query={"orgID": self._org})["authorizations"]
        ours = [each for each in known if each["description"] == called]
        what = f"{path}: token that {words}"
        if ours and path.exists() and ours[0]["status"] == "active":
            path.chmod(0o600)
            return Done(what=what, made=False)
        for each in ours:
            self._call("DELETE", f"/api/v2/authorizations/{each['id']}")
        buckets = (self.server.bucket, self.server.long)
        permissions = [
            {"action": action, "resource": {"type": "buckets", "orgID": self._org, "id": self._ids[buckets[which]]}}
            for action, whiches in may.items()
            for which in whiches
        ]
        body = {"orgID": self._org, "description": called, "permissions": permissions}
        _write(path, self._call("POST", "/api/v2/authorizations", body=body)["token"])
        return Done(what=what, made=True)


def _write(path: Path, token: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CooeeError(f"{path}: cannot be written ({error.strerror}); choose another folder with --data") from None
    replace_file(path, f"{token}\n", mode=0o600)


def _days(seconds: int) -> str:
    return f"{seconds / DAY_S:g} days" if seconds else "for ever"
