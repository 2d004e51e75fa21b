"""`cooee store init` on a real InfluxDB 2.7: what it makes, what its tokens may do, the rollups."""

import json
import logging
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import cooee
from bench.influxd.server import DATABASE, ORG, PASSWORD, TOKEN, USER, VERSIONS
from cloud.store import Store, Stored, open_store
from cloud.store.rollups import Rollup
from cloud.storekeeping.influx_setup import TOKENS, set_up
from edge.contract.errors import StoreError, StoreUnavailable
from edge.contract.messages import Call, Judgement, Reading, Record, Status
from edge.farm import Keep, sample_farm_text
from tests.cloud.store.test_rollups import DAY, HOUR, expected, rounded

KEEP = Keep(readings_days=100, hourly_days=200)
TODAY = time.time_ns() // 1_000_000 // DAY * DAY


@pytest.fixture
def bucket(request: pytest.FixtureRequest) -> str:
    """A bucket that no other test uses."""
    return "".join(sign for sign in request.node.name if sign.isalpha())[-30:]


@pytest.fixture
def url(influx: Callable[[str], str], bucket: str) -> str:
    """Its address, with a token that may do everything."""
    return influx("2.7.12").removesuffix(DATABASE) + bucket


def asked(url: str, path: str, body: Any = None, method: str = "GET") -> Any:
    request = urllib.request.Request(
        f"http://{url.split('@')[1].split('/')[0]}{path}",
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"null")


def opened(url: str, folder: Path, name: str, *, read_only: bool = False) -> Store:
    token = (folder / f"influx-{name}.token").read_text().strip().replace("=", "%3D")
    host = url.split("@")[1]
    return open_store(f"influx=http://{token}@{host}", read_only=read_only)


def a_reading(t: int, wind: float = 3.0, node: str = "n1") -> Stored:
    message = Reading(farm="f", node=node, boot=1, seq=t // 1000 % 2**31, t=t, values={"wind": wind})
    return Stored(zone="block", message=message)


def a_call(t: int, **changes: Any) -> Stored:
    known: dict[str, Any] = {
        "farm": "f",
        "node": "n1",
        "boot": 1,
        "seq": 7,
        "t": t,
        "sentinel": "weather",
        "version": "0a1b2c3d",
    }
    known |= {"kind": "wind", "confidence": 90, "state": "raised", "raised_t": t, "why": ()}
    return Stored(zone="block", message=Call(**known | changes))


def a_judgement(t: int) -> Stored:
    message = Judgement(farm="f", node="n1", sentinel="weather", kind="wind", raised_t=t, t=t, verdict="right")
    return Stored(zone="block", message=message)


def a_record(t: int) -> Stored:
    return Stored(zone="block", message=Record(farm="f", zone="block", id="r1", kind="rain", t=t, happened_t=t))


def test_once_and_again(url: str, bucket: str, tmp_path: Path) -> None:
    made = set_up(url, KEEP, tmp_path)
    assert [done.made for done in made] == [True] * 7
    files = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert sorted(files) == [f"influx-{name}.token" for name in ("answers", "ingest", "page")]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert not any(token.strip() in done.what for token in files.values() for done in made)
    assert [done.made for done in set_up(url, KEEP, tmp_path)] == [False] * 7
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == files
    buckets = {b["name"]: b["retentionRules"] for b in asked(url, "/api/v2/buckets?limit=100")["buckets"]}
    assert [rule["everySeconds"] for rule in buckets[bucket]] == [100 * 86_400]
    assert [rule["everySeconds"] for rule in buckets[f"{bucket}-long"]] == [0]
    # A lost file: its token is taken back, and there is another one.
    (tmp_path / "influx-page.token").unlink()
    again = [done.what for done in set_up(url, KEEP, tmp_path) if done.made]
    assert again == [f"{tmp_path}/influx-page.token: token that may read both buckets and write nothing"]
    ours = [a for a in asked(url, "/api/v2/authorizations")["authorizations"] if f"cooee {bucket} " in a["description"]]
    assert len(ours) == len(TOKENS)
    with pytest.raises(StoreError, match="keeps points 100 days, not 300 days as wanted"):
        set_up(url, Keep(readings_days=300), tmp_path)
    changed = set_up(url, Keep(readings_days=300), tmp_path, change_retention=True)
    assert [done.what for done in changed if done.made] == [f"bucket {bucket}, which keeps points 300 days"]


def test_tokens_may_do_no_more_than_they_must(url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    set_up(url, KEEP, tmp_path)
    ingest = opened(url, tmp_path, "ingest")
    rows = [a_reading(TODAY), a_call(TODAY), a_judgement(TODAY)]
    assert ingest.append(rows) == []
    with pytest.raises(StoreError, match="may only write"):
        ingest.latest("f")
    for read_only in (True, False):
        page = opened(url, tmp_path, "page", read_only=read_only)
        assert [reading.t for _, reading in page.latest("f")] == [TODAY]
        assert [call.t for _, call in page.open_calls("f")] == [TODAY]
    with pytest.raises(StoreUnavailable, match=r"may write bucket \w+-long is needed"):
        page.append([a_judgement(TODAY + 1)])
    answers = opened(url, tmp_path, "answers")
    answers.append([a_judgement(TODAY + 1)])
    assert [judgement.t for judgement in page.judgements("f", 0, TODAY + DAY)] == [TODAY, TODAY + 1]
    with pytest.raises(StoreUnavailable, match="may write bucket"):
        answers.append([a_reading(TODAY + 1)])
    with pytest.raises(StoreError, match=r"refuses the token|no organisation"):
        opened(url, tmp_path, "ingest", read_only=True)


def test_a_last_will_is_newest_to_an_ingest_that_cannot_read(url: str, tmp_path: Path) -> None:
    set_up(url, KEEP, tmp_path)
    now = time.time_ns() // 1_000_000
    gateway = Status(farm="f", node="gw", t=now - HOUR, state="online", wake_interval_s=60, gateway=True)
    will = Status(farm="f", node="gw", t=0, state="offline", wake_interval_s=60, gateway=True)
    opened(url, tmp_path, "ingest").append([Stored(zone="z", message=gateway)])
    another = opened(url, tmp_path, "ingest")
    for _ in range(2):
        another.append([Stored(zone="z", message=will)])
    page = opened(url, tmp_path, "page")
    ((state, t),) = [(status.state, status.t) for status in page.statuses("f")]
    assert state == "offline"
    assert abs(t - now) < 60_000
    assert page.counts("f")["node"] == 2
    assert [status.state for status in another.statuses("f")] == ["offline"]


def test_what_is_older_than_the_bucket_keeps_is_dropped_with_a_word_and_the_rest_is_stored(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    set_up(url, KEEP, tmp_path)
    store = opened(url, tmp_path, "ingest")
    old = [a_reading(TODAY - 101 * DAY - step) for step in range(3)]
    old_call = a_call(TODAY - 300 * DAY)
    with caplog.at_level(logging.WARNING):
        assert store.append([*old[:2], a_reading(TODAY), old_call, old[2], a_reading(TODAY + 1)]) == []
    assert "3 readings are older than the store keeps any: dropped (3 since start)" in caplog.text
    page = opened(url, tmp_path, "page")
    assert page.counts("f")["reading"] == 2
    assert [call.t for _, call in page.calls("f", 0, TODAY)] == [TODAY - 300 * DAY]
    # A value of another type is no matter of age: that row is refused, alone, by whoever halves the batch.
    with pytest.raises(StoreError, match="field type conflict"):
        store.append([old[0], a_call(TODAY, seq=8, confidence="high"), a_call(TODAY + 5, seq=9)])


def test_history_of_a_long_span_comes_from_rollups_and_the_newest_from_readings(url: str, tmp_path: Path) -> None:
    set_up(url, KEEP, tmp_path)
    now = time.time_ns() // 1_000_000
    rows = [
        a_reading(t, (t // HOUR * 7 + int(node[1])) % 29 + 0.5, node)
        for node in ("n1", "n2", "n3")
        for t in range(TODAY - 80 * DAY, now, HOUR)
    ]
    store = open_store(url)
    store.append(rows)
    own = [row for row in rows if row.message.node != "n3"]
    cases = [(TODAY - 70 * DAY + 5 * HOUR, now, 30, DAY), (TODAY - 20 * DAY + 17, now, 100, HOUR)]
    empty = [store.history("f", ["n1", "n2"], "wind", since, until, points) for since, until, points, _ in cases]
    assert [len(history.t) < 3 for history in empty] == [True, True]
    store.roll_up("f", TODAY - 80 * DAY, now)
    for since, until, points, span in cases:
        drawn = rounded(store.history("f", ["n1", "n2"], "wind", since, until, points))
        wanted = expected(own, since, until, points, span, rolled_until=now - span)
        assert drawn == wanted


def test_the_servers_tasks_make_the_rollups(url: str, bucket: str, tmp_path: Path) -> None:
    set_up(url, KEEP, tmp_path)
    store = open_store(url)
    rows = [a_reading(TODAY - DAY + step * HOUR, float(step)) for step in range(-24 * 40, 24)]
    store.append(rows)
    tasks = {task["name"]: task for task in asked(url, f"/api/v2/tasks?limit=100&org={ORG}")["tasks"]}
    daily = tasks[f"cooee {bucket} daily"]
    run = asked(url, f"/api/v2/tasks/{daily['id']}/runs", {}, "POST")["id"]
    state, deadline = "", time.monotonic() + 60
    while state not in ("success", "failed"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
        runs = asked(url, f"/api/v2/tasks/{daily['id']}/runs?limit=10")["runs"]
        state = next((each["status"] for each in runs if each["id"] == run), "between two lists")
    assert state == "success", asked(url, f"/api/v2/tasks/{daily['id']}/logs")
    since, until = TODAY - 40 * DAY, TODAY
    drawn = rounded(store.history("f", ["n1"], "wind", since, until, 20))
    assert drawn == expected(rows, since, until, 20, DAY, rolled_until=TODAY)


def test_hourly_rollups_go_when_farm_yaml_says_so_and_daily_ones_stay(url: str, tmp_path: Path) -> None:
    set_up(url, KEEP, tmp_path)
    kept = [TODAY - days * DAY for days in (300, 201, 199, 5)]
    rollup = Rollup(zone="block", node="n1", channel="wind", span=HOUR, t=0, mean=3.0, low=2.0, high=4.0, count=6)
    with closing(open_store(url)) as store:
        rollups = [replace(rollup, t=t, span=span) for t in kept for span in (HOUR, DAY)]
        store.put_rollups("f", rollups, {})
        store.put_rollups("another", rollups, {})
        store.append([a_call(kept[0])])
        with closing(opened(url, tmp_path, "ingest")) as ingest:
            assert not ingest.tend("f", Keep(readings_days=100, hourly_days="all"), TODAY)
            assert not ingest.tend("f", KEEP, TODAY)
        assert [each.t for each in store.rollups("f", HOUR, 0, TODAY)] == kept[2:]
        assert [each.t for each in store.rollups("f", DAY, 0, TODAY)] == kept
        assert [each.t for each in store.rollups("another", HOUR, 0, TODAY)] == kept
        assert len(store.calls("f", since=0, until=TODAY)) == 1


def test_what_a_bucket_has_already_is_taken_over(url: str, influx: Callable[[str], str], tmp_path: Path) -> None:
    org = asked(url, f"/api/v2/orgs?org={ORG}")["orgs"][0]["id"]
    name = url.rpartition("/")[2]
    asked(url, "/api/v2/buckets", {"orgID": org, "name": name, "retentionRules": []}, "POST")
    before = open_store(url)
    before.append(
        [
            a_call(TODAY),
            a_judgement(TODAY),
            a_record(TODAY),
            *(a_reading(TODAY - step * HOUR, 2.0) for step in range(24 * 20)),
        ]
    )
    with pytest.raises(StoreError, match="keeps points for ever, not 100 days"):
        set_up(url, KEEP, tmp_path)
    set_up(url, KEEP, tmp_path, change_retention=True)
    after = opened(url, tmp_path, "page", read_only=True)
    assert (len(after.calls("f", 0, TODAY + 1)), len(after.judgements("f", 0, TODAY + 1))) == (1, 1)
    assert len(after.records("f", 0, TODAY + 1)) == 1
    assert set(after.history("f", ["n1"], "wind", TODAY - 20 * DAY, TODAY - 4 * DAY, 8).mean) == {2.0}
    opened(url, tmp_path, "ingest").append([a_call(TODAY)])
    assert len(after.calls("f", 0, TODAY + 1)) == 1
    before.append([a_call(TODAY + 1, seq=8)])  # an ingest that has not been started anew since
    assert len(open_store(url).calls("f", 0, TODAY + 9)) == 1


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ((TOKEN.replace("=", "%3D"), "wrong"), "refuses the token: one that may make buckets"),
        ((f"/{ORG}/", "/nobody/"), "no organisation nobody"),
        (("influx=", "sqlite="), "SQLite sets itself up"),
    ],
)
def test_what_is_wrong_is_one_clear_line(url: str, tmp_path: Path, change: tuple[str, str], match: str) -> None:
    assert change[0] in url
    with pytest.raises(StoreError, match=match) as caught:
        set_up(url.replace(*change), KEEP, tmp_path)
    assert "\n" not in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_influxdb_1_8_cannot_be_set_up(influx: Callable[[str], str], tmp_path: Path) -> None:
    url = influx(VERSIONS[0])
    with pytest.raises(StoreError, match="not InfluxDB 2") as caught:
        set_up(url, KEEP, tmp_path)
    assert PASSWORD not in str(caught.value)
    assert USER in url


def test_the_command_says_what_it_made_and_copies_without_a_token_in_sight(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "farm.yaml").write_text(
        sample_farm_text().replace("id: whately", "id: f", 1) + "\nkeep: {readings_days: all, hourly_days: all}\n"
    )
    address = "influx=http://" + url.split("@")[1]
    farm = "--farm", f"{tmp_path}/farm.yaml"
    monkeypatch.setenv("COOEE_INFLUX_TOKEN", TOKEN)
    assert command("store", "init", address, *farm, "--data", f"{tmp_path}/data") == 0
    said = capsys.readouterr().out
    assert f"made  bucket {url.rpartition('/')[2]}, which keeps points for ever" in said
    with closing(open_store(f"sqlite={tmp_path}/field.db")) as store:
        store.append([a_reading(TODAY + step) for step in range(0, 5000, 1000)])
    assert command("store", "copy", f"sqlite={tmp_path}/field.db", address, *farm) == 0
    copied = capsys.readouterr().out
    assert "in both, alike: 5 reading, 0 call, 0 node, 0 judgement, 0 record" in copied
    assert "5 of these rows were written now" in copied
    assert command("store", "copy", address, address, *farm) == 2
    assert "name the same store" in capsys.readouterr().err
    tokens = [path.read_text().strip() for path in (tmp_path / "data").iterdir()]
    assert not any(token in said + copied for token in (TOKEN, *tokens))


def command(*arguments: str) -> object:
    with pytest.raises(SystemExit) as ended:
        cooee.main(list(arguments))
    return ended.value.code
