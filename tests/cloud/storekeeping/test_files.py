"""`cooee export` and `cooee import`: there and back, other systems' files, and one clear line for each bad one."""

import csv
import io
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import cooee
from bench.influxd.server import DATABASE
from cloud.clock import Pace
from cloud.farm_view import view_farm
from cloud.notify.concerns import concerns
from cloud.store import Stored, open_store
from cloud.store.interface import Kept
from cloud.storekeeping.influx_setup import set_up
from edge.contract.messages import Call, Judgement, Reading, Record
from edge.farm import Keep, load_farm, sample_farm_text
from tests.full_disk import run_with_room

DAY = 86_400_000
NOW = time.time_ns() // 1_000_000 // DAY * DAY
FARM = "whately"


class Desk:
    """A folder with a farm, its store, and the command line."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        self.farm_file = folder / "farm.yaml"
        self.farm_file.write_text(sample_farm_text())
        self.url = f"sqlite={folder}/cooee.db"

    def run(self, *arguments: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cooee.main([arguments[0], *arguments[1:], "--farm", str(self.farm_file), "--store", self.url])
        out, err = self._capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, out, err

    def file(self, text: str, name: str = "old.csv") -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def refuses(self, *arguments: str) -> str:
        code, out, err = self.run(*arguments)
        assert (code, out) == (2, "")
        assert err.startswith("cooee: ")
        assert err.count("\n") == 1
        return err


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def a_reading(node: str, t: int, **values: float) -> Stored:
    message = Reading(farm=FARM, node=node, inc=7, boot=1, seq=t // 1000 % 2**30, t=t, values=values)
    return Stored(zone="long-ago", message=message)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_is_exported_comes_back(desk: Desk, form: str) -> None:
    with closing(open_store(desk.url)) as store:
        store.append([a_reading("tomato-1", NOW - DAY + step * 1000, wind=step / 7, rain=0.0) for step in range(50)])
        store.append([a_reading("apple-1", NOW - 3 * DAY, wind=1e-7)])
    out = str(desk.folder / f"all.{form}")
    assert desk.run("export", "--format", form, "--out", out)[:2] == (0, f"51 readings in {out}\n")
    assert (desk.folder / f"all.{form}").stat().st_mode & 0o777 == 0o600
    table = (
        pq.read_table(out).to_pylist()
        if form == "parquet"
        else list(csv.DictReader(Path(out).read_text().splitlines()))
    )
    assert [row["zone"] for row in table[:2]] == ["apples", "tomatoes"]
    assert float(table[8]["wind"]) == 7 / 7
    assert "is there already" in desk.refuses("export", "--format", form, "--out", out)
    desk.url = f"sqlite={desk.folder}/other.db"
    for _ in range(2):
        code, said, _ = desk.run("import", out)
        assert (code, said) == (0, "51 readings are in the store as history\n")
    with closing(open_store(desk.url)) as store:
        assert store.counts(FARM)["reading"] == 51
        drawn = store.history(FARM, ["tomato-1"], "wind", NOW - DAY, NOW, 1)
        assert drawn.high == [pytest.approx(7.0)]


def test_calls_judgements_and_records_come_out_too(desk: Desk) -> None:
    """Of a record the newest word, at the time it happened; what was taken back is not there."""
    named: dict[str, Any] = {
        "farm": FARM,
        "node": "tomato-1",
        "sentinel": "soil",
        "kind": "too_dry",
        "raised_t": NOW - DAY,
    }
    call = Call(**named, boot=1, seq=2, t=NOW - DAY, version="0badcafe", confidence=88, state="raised")
    said = Judgement(**named, t=NOW - 5, verdict="wrong", note='a "note", of\ntwo lines')
    written: dict[str, Any] = {"farm": FARM, "zone": "tomatoes", "kind": "irrigation", "happened_t": NOW - 400 * DAY}
    records = [
        Record(**written, id="r1", t=NOW - 4, amount=20.0),
        Record(**written, id="r1", t=NOW - 3, amount=22.5),
        Record(**written, id="r2", t=NOW - 2, amount=1.0, withdrawn=True),
    ]
    with closing(open_store(desk.url)) as store:
        messages: list[Kept] = [call, said, *records]
        store.append([Stored(zone="long-ago", message=message) for message in messages])
    tables = {
        what: list(csv.DictReader(io.StringIO(desk.run("export", what)[1])))
        for what in ("calls", "judgements", "records")
    }
    ((called,), (judged,), (record,)) = tables.values()
    assert (called["zone"], called["class"], called["confidence"]) == ("tomatoes", "too_dry", "88")
    assert (judged["verdict"], judged["note"], judged["raised"]) == ("wrong", 'a "note", of\ntwo lines', called["time"])
    assert (record["zone"], record["kind"], record["amount"], record["unit"]) == (
        "tomatoes",
        "irrigation",
        "22.5",
        "mm",
    )
    assert record["time"] < record["written"]
    out = str(desk.folder / "calls.parquet")
    assert desk.run("export", "calls", "--format", "parquet", "--out", out)[1] == f"1 calls in {out}\n"
    assert pq.read_table(out).to_pylist()[0]["class"] == "too_dry"


def test_export_of_a_time_in_the_farms_zone(desk: Desk) -> None:
    with closing(open_store(desk.url)) as store:
        store.append([a_reading("tomato-1", 1_780_000_000_000 + hour * 3_600_000, wind=1.0) for hour in range(48)])
    code, out, _ = desk.run("export", "--since", "2026-05-29", "--to", "2026-05-29T12:00")
    assert code == 0
    times = [row["time"] for row in csv.DictReader(out.splitlines())]
    assert (times[0], times[-1], len(times)) == ("2026-05-29T04:26:40.000Z", "2026-05-29T15:26:40.000Z", 12)


@pytest.mark.parametrize("kind", ["sqlite", "2.7.12"])
def test_readings_of_another_system_are_history_that_rings_nobody(
    desk: Desk, influx: Callable[[str], str], kind: str
) -> None:
    if kind != "sqlite":
        desk.url = influx(kind).removesuffix(DATABASE) + "imported"
        set_up(desk.url, Keep(), desk.folder)
    farm = load_farm(desk.farm_file)
    begin = NOW - 60 * DAY
    with closing(open_store(desk.url)) as store:
        store.append([a_reading("tomato-1", NOW - 30 * DAY, soil_moisture_10cm=0.3)])
        before = view_farm(farm, store, Pace()), store.latest(FARM)
    rows = "".join(
        f"{(begin + hour * 3_600_000) // 1000},{50 + hour % 2},{12.5 + hour % 4},x\n" for hour in range(24 * 59)
    )
    path = desk.file("epoch,Temp F,VWC %,note\n" + rows + f"{(NOW - DAY) // 1000},,150,x\n")
    code, out, err = desk.run(
        "import", path, "--time", "epoch", "--node", "=tomato-1", "--ignore", "note",
        "--channel", "Temp F=soil_temperature:degF", "--channel", "VWC %=soil_moisture_10cm:%",
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert out == (
        "1417 readings are in the store as history; 1 have a value that no sensor can report: kept as a fault\n"
    )
    with closing(open_store(desk.url)) as store:
        drawn = store.history(FARM, ["tomato-1"], "soil_moisture_10cm", begin, begin + 20 * DAY, 2)
        assert (drawn.low, drawn.high) == ([0.125, 0.125], [0.155, 0.155])
        warm = store.history(FARM, ["tomato-1"], "soil_temperature", begin, begin + 20 * DAY, 2)
        assert warm.low + warm.high == pytest.approx([10.0, 10.0, 95 / 9, 95 / 9])
        after = view_farm(farm, store, Pace()), store.latest(FARM)
        assert after[1] == before[1]
        told = [[(c.zone, c.kind, c.level, c.began, c.who) for c in concerns(view)] for view in (after[0], before[0])]
        assert told[0] == told[1]
        assert [sensor.last for zone in after[0].zones for sensor in zone.sensors] == [
            sensor.last for zone in before[0].zones for sensor in zone.sensors
        ]


def test_times_may_be_written_otherwise(desk: Desk) -> None:
    path = desk.file("when,node,wind\n01.05.2026 08:30,tomato-1,3\n")
    arguments = "import", path, "--time", "when", "--time-format", "%d.%m.%Y %H:%M", "--timezone", "Europe/Berlin"
    assert desk.run(*arguments)[0] == 0
    with closing(open_store(desk.url)) as store:
        (row,) = store.rows(FARM, "reading", 0, 2**41)
        assert row.message.t == 1_777_617_000_000


HEAD = "time,node,wind\n2026-05-01T00:00Z,tomato-1,1\n"


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        (HEAD + "yesterday,tomato-1,2\n", (), "line 3: 'yesterday' is no time"),
        (HEAD + "2026-05-01T00:00:00.900Z,tomato-1,2\n", (), "line 3: tomato-1 has a reading of this second already"),
        (HEAD + "2026-05-01T01:00Z,tomato-99,2\n", (), "line 3: 'tomato-99' is not a node of farm.yaml"),
        (HEAD + "2026-05-01T01:00Z,tomato-1,calm\n", (), "line 3: wind: 'calm' is no number"),
        (HEAD + "2026-05-01T01:00Z,tomato-1\n", (), "line 3: 2 cells under 3 columns"),
        (HEAD + "2099-05-01T01:00Z,tomato-1,1\n", (), "line 3: 2099-05-01T01:00Z has not come yet"),
        (HEAD + "1999-05-01T01:00Z,tomato-1,1\n", (), "is not between the years 2000 and 2100"),
        (HEAD, ("--time", "when"), "has no column 'when': its columns are time, node, wind"),
        (HEAD, ("--channel", "gusts=gust"), "has no column 'gusts'"),
        (HEAD, ("--channel", "wind=breeze"), "'breeze' is not a channel"),
        (HEAD, ("--channel", "wind=wind:furlong"), "unit 'furlong' is not known: write one of m/s, km/h, mph, kn"),
        (HEAD, ("--channel", "wind"), "write COLUMN=CHANNEL"),
        (HEAD, ("--timezone", "Mars/North"), "--timezone 'Mars/North'"),
        ("time,node,wind,wind\n", (), "column 'wind' is there twice"),
        ("time,node,wind,mood\n", (), "column 'mood' is not mapped"),
        ("time,node,mood\n", (), "no column is named like a channel"),
        ("PAR1 and then nothing", (), "neither CSV in UTF-8 nor Parquet"),
        ("", (), "no column is named like a channel"),
    ],
)  # fmt: skip
def test_a_bad_file_is_one_clear_line_and_leaves_nothing(
    desk: Desk, text: str, options: tuple[str, ...], says: str
) -> None:
    assert says in desk.refuses("import", desk.file(text), *options)
    if (desk.folder / "cooee.db").exists():
        with closing(open_store(desk.url)) as store:
            assert store.counts(FARM)["reading"] == 0


def test_foreign_files_are_refused(desk: Desk) -> None:
    assert "cannot be read: No such file" in desk.refuses("import", str(desk.folder / "none.csv"))
    (desk.folder / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe" * 50)
    assert "it is not UTF-8 text" in desk.refuses("import", str(desk.folder / "picture.csv"))
    pq.write_table(pa.table({"a": [1]}), desk.folder / "other.parquet")
    assert "no column is named like a channel" in desk.refuses("import", str(desk.folder / "other.parquet"))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--since", "soon"), "--since: 'soon' is no time"),
        (("--since", "2026-05-02", "--to", "2026-05-01"), "--since 2026-05-02 is not before --to 2026-05-01"),
        (("--format", "parquet"), "name a file with --out"),
        (("--out", "no such folder/x.csv"), "cannot be written (No such file or directory)"),
        (("--out", "/dev/full/x"), "cannot be written"),
    ],
)
def test_a_bad_export_is_one_clear_line(desk: Desk, options: tuple[str, ...], says: str) -> None:
    with closing(open_store(desk.url)) as store:
        store.append([a_reading("tomato-1", NOW - DAY, wind=1.0)])
    assert says in desk.refuses("export", *options)


def test_an_export_of_nothing_leaves_no_file_in_the_way(desk: Desk) -> None:
    with closing(open_store(desk.url)) as store:
        store.append([a_reading("tomato-1", NOW - DAY, wind=1.0)])
    out = desk.folder / "calls.csv"
    assert "the store has no calls of that time" in desk.refuses("export", "calls", "--out", str(out))
    assert not out.exists()


@pytest.mark.no_cover  # what counts lines would find no room either
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_export_that_finds_no_room_leaves_nothing(desk: Desk, form: str) -> None:
    with closing(open_store(desk.url)) as store:
        store.append([a_reading("tomato-1", NOW - DAY + step * 1000, wind=step / 7) for step in range(20_000)])
    out = desk.folder / f"all.{form}"
    options = "--format", form, "--out", str(out), "--farm", str(desk.farm_file), "--store", desk.url
    done = run_with_room(100_000, "export", *options)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f"{out}: cannot be written" in done.stderr
    assert [path for path in desk.folder.iterdir() if path.name.startswith("all.")] == []
