"""`cooee notify` as its own process: mail by a real server, a kill within a delivery, its end and its files."""

import os
import re
import signal
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from queue import Queue

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import AsyncMessage

import cooee
from cloud.notify.failures import failures
from cloud.store import open_store
from edge.service.processes import Child, free_port
from tests.dashboard.farm_data import NOW, call, clock, reading, sample_farm, stored, write_farm_file
from tests.transport.rig import wait_until
from tests.transport.test_metrics import scrape

from .rig import Sink, fetch, person, write_people

NO_BROKER = "127.0.0.1:9"


class MailServer(AsyncMessage):
    """Keeps the mails that a real SMTP server is handed."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Message] = []
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_message(self, message: Message) -> None:
        self.mails.append(message)

    def url(self) -> str:
        return f"mailto://127.0.0.1:{self.port}?from=cooee@example.org&to=anna@example.org&mode=insecure"

    def close(self) -> None:
        self._controller.stop()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A farm with a frost, in an empty data folder."""
    farm = sample_farm()
    write_farm_file(tmp_path)
    data = tmp_path / "data"
    data.mkdir(0o700)
    store = open_store(f"sqlite={data / 'cooee.db'}")
    store.append(stored(farm, *(reading(farm, node, NOW) for node in farm.nodes), clock(farm)))
    store.append(stored(farm, call(farm, "apple-weather", "weather", "frost", NOW)))
    store.close()
    return tmp_path


def _start(folder: Path, *arguments: str, port: int | None = None) -> Child:
    child = Child.cooee(
        "notify",
        *("--farm", str(folder / "farm.yaml"), "--data", str(folder / "data"), "--mqtt", NO_BROKER),
        *("--listen", f"127.0.0.1:{port or free_port()}", *arguments),
        log=folder / "notify.log",
    )
    child.wait_ready()
    return child


def _run(folder: Path, *arguments: str) -> int:
    """Runs the command to its end in this process; its exit code."""
    with pytest.raises(SystemExit) as ended:
        cooee.main(["notify", "--farm", str(folder / "farm.yaml"), "--data", str(folder / "data"), *arguments])
    return int(ended.value.code or 0)


def test_a_mail_is_sent_and_its_link_answers(
    folder: Path, mail: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    write_people(folder / "data", person("Anna", mail.url()))
    child = _start(folder)
    try:
        wait_until(lambda: bool(mail.mails), what="the mail")
        parsed = message_from_bytes(mail.mails[0].as_bytes(), policy=default)
        assert "Frost" in str(parsed["Subject"])
        text = next(part for part in parsed.walk() if part.get_content_type() == "text/plain").get_content()
        (link,) = re.findall(r"http://127\S+/a/\S+", text)
        assert fetch(link, "handled")[0] == 200
        store = open_store(f"sqlite={folder / 'data' / 'cooee.db'}", read_only=True)
        assert [judgement.verdict for judgement in store.judgements("whately", 0, NOW + 1)] == ["handled"]
        store.close()
        assert _run(folder) == 2
        assert "another notify works in" in capsys.readouterr().err
    finally:
        child.stop()
    assert child.process.returncode == 0
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (folder / "data").iterdir()}
    assert set(modes.values()) == {"0o600"}, modes
    log = child.output()
    assert "told Anna by E-Mail" in log
    assert "example.org" not in log
    assert link.rsplit("/", 1)[1] not in log


def test_what_was_told_is_counted(folder: Path, sink: Sink) -> None:
    write_people(folder / "data", person("Anna", sink.url("anna")) + person("Ben", sink.url("ben")))
    sink.refuses = {"ben"}
    port = free_port()
    child = _start(folder, "--metrics", str(port))
    try:
        wanted = {
            "cooee_messages_stored_total JSON": 1,
            "cooee_messages_refused_total JSON": 1,
            "cooee_messages_waiting": 1,
            "cooee_broker_connected": 0,
        }
        wait_until(lambda: wanted.items() <= scrape(port).items(), what=f"{wanted}")
        assert 0 <= scrape(port)["cooee_newest_reading_age_seconds"] < 10
    finally:
        child.stop()


def test_killed_in_the_middle_of_a_delivery_it_tells_nobody_twice_and_says_so(folder: Path, sink: Sink) -> None:
    write_people(folder / "data", person("Anna", sink.url("anna")))
    running: Queue[Child] = Queue()
    sink.meanwhile = lambda: os.kill(running.get(timeout=60).process.pid, signal.SIGKILL)
    child = _start(folder)
    running.put(child)
    wait_until(lambda: child.process.poll() is not None, what="the kill")
    sink.meanwhile = lambda: None
    assert len(sink.got) == 1
    child = _start(folder)
    try:
        lines: list[str] = []

        def said() -> bool:
            lines[:] = failures(folder / "data", "UTC", time.time_ns() // 1_000_000)
            return any("it may not have arrived" in line for line in lines)

        wait_until(said, what="what became of it")
        assert lines[0].startswith("Stopped while telling Anna by JSON, ")
        farm = sample_farm()
        store = open_store(f"sqlite={folder / 'data' / 'cooee.db'}")
        store.append(stored(farm, call(farm, "tomato-weather", "weather", "frost", NOW)))  # told by the new process
        store.close()
        wait_until(lambda: len(sink.got) == 2, what="the other block's frost")
    finally:
        child.stop()
    assert len({message["title"] for message in sink.got}) == 2
    assert failures(folder / "data", "UTC", time.time_ns() // 1_000_000) == [], "Anna can be reached"


def test_a_trial_message_says_what_came_of_it(folder: Path, sink: Sink, capsys: pytest.CaptureFixture[str]) -> None:
    write_people(folder / "data", person("Anna", sink.url("anna")) + person("Ben", "json://127.0.0.1:9/secret-path"))
    assert _run(folder, "--test", "Anna") == 0
    assert capsys.readouterr().out == "JSON: sent to Anna\n"
    assert sink.titles("anna") == ["Hill Farm, Whately: a trial message"]
    assert _run(folder, "--test", "Ben") == 2
    said = capsys.readouterr().err
    assert said.startswith("cooee: could not reach Ben by JSON: ")
    assert "secret" not in said
    assert _run(folder, "--test", "Cleo") == 2
    assert "Anna, Ben" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[people]\n", r"not TOML: .+: put every text in quotes.+"),
        (person("Anna", "tgram://bot-secret/5"), r"Anna: urls\[1\] is no address that Apprise knows: .+"),
    ],
)
def test_a_corrupt_people_file_ends_in_one_line_with_the_mend(
    folder: Path, text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_people(folder / "data", text)
    assert _run(folder) == 2
    said = capsys.readouterr().err
    assert re.fullmatch(rf"cooee: \S+people\.toml: {says}\n", said)
    assert "secret" not in said
