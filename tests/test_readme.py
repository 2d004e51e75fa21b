"""README's commands do, typed as they stand and in this order, what it says of them."""

import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import joblib
import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from bench.transport import Nodes, enrolled
from edge.node.keys import KEYS_FILE, write_keys
from edge.service.processes import START_S, Child
from tests.called import cooee
from tests.parts import fail_or_skip
from tests.transport.rig import wait_until

ROOT = Path(__file__).resolve().parents[1]
COMMAND = re.compile(r"(?:make|(?:\.venv/bin/)?cooee|mosquitto_sub|source|python -m) .+|/usr/sbin/mosquitto")
GATEWAY_PORT, BROKER_PORT, PAGE_PORT = 47_000, 1883, 8501
STEPS, NODES = 5, range(1, 5)
"""Of the sample farm's four tomato nodes."""


class Newcomer:
    """Somebody at a shell with `cooee` on the PATH, in an empty folder; services stay up."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self._path = f"export PATH={Path(sys.executable).parent}:$PATH; "

    def types(self, command: str, *, where: Path | None = None, codes: tuple[int, ...] = (0,)) -> str:
        """Runs a command to its end; what it said."""
        words = ["bash", "-c", self._path + command]
        done = subprocess.run(words, cwd=where or self.folder, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode in codes, done.stdout + done.stderr
        return done.stdout + done.stderr

    def starts(self, command: str) -> Child:
        """Leaves a command running; its output goes to a log."""
        line = f"{self._path}cd {self.folder} && exec {command}"
        log = self.folder / f"{len(list(self.folder.glob('*.log')))}.log"
        child = Child(command, ["bash", "-c", line], log=log)
        self._stack.callback(child.stop)
        return child


def make(newcomer: Newcomer, command: str) -> None:
    said = newcomer.types(command.replace("make", "make -n", 1), where=ROOT)
    options = re.search(r'ARGS="(.*)"', command)
    runs = "cooee bench" if "bench" in command else "pytest" if "test" in command else "cooee demo"
    wanted = "tests/bare_debian.sh" if "bare" in command else f"{runs} {options[1] if options else ''}".strip()
    assert wanted in said


def explains_itself(newcomer: Newcomer, command: str) -> None:
    said = cooee(*shlex.split(command)[1:], "--help")
    assert said.returncode == 0, said.stderr
    assert "Usage: cooee" in said.stdout


def from_the_checkout(newcomer: Newcomer, command: str) -> None:
    assert "Usage: cooee" in newcomer.types(command, where=ROOT)


def activate(newcomer: Newcomer, command: str) -> None:
    """It alone brings `cooee` to a shell that knows of none."""
    assert "Usage: cooee" in newcomer.types(
        f"env -i PATH=/usr/bin:/bin bash -c '{command} && cooee --help'", where=ROOT
    )


def init(newcomer: Newcomer, command: str) -> None:
    newcomer.types(command)
    assert (newcomer.folder / "farm.yaml").read_text().startswith("# A Cooee farm.")


def crops(newcomer: Newcomer, command: str) -> None:
    said = newcomer.types(command)
    assert "tomato" in said
    assert "sandy_loam" in said


def arduino_library(newcomer: Newcomer, command: str) -> None:
    archive = newcomer.folder / "Cooee.zip"
    newcomer.types(command.replace("Cooee.zip", str(archive)), where=ROOT)
    assert "Cooee/src/cooee.h" in zipfile.ZipFile(archive).namelist()


def enrol(newcomer: Newcomer, command: str) -> None:
    assert "tomato-1 is incarnation " in newcomer.types(command)


def build(newcomer: Newcomer, command: str) -> None:
    """A node of the farm.yaml that `cooee init` has just written."""
    if shutil.which("avr-gcc") is None:
        fail_or_skip("avr-gcc is not installed")
    newcomer.types(command)
    assert (newcomer.folder / "build" / "tomato-1.hex").is_file()


def flash(newcomer: Newcomer, command: str) -> None:
    """Without a board, to the command that would burn it."""
    assert "avrdude -p atmega328p" in newcomer.types(f"{command} --dry-run")


def broker(newcomer: Newcomer, command: str) -> None:
    if answers(BROKER_PORT):  # the machine's own, as README says
        return
    child = newcomer.starts(command)
    wait_until(lambda: answers(BROKER_PORT), what=f"a broker: {child.output()}")


def lock(newcomer: Newcomer, command: str) -> None:
    """What it prints is run by tests/transport/test_locked_broker.py."""
    said = newcomer.types(command)
    assert "/usr/sbin/mosquitto -c " in said
    assert "cooee gateway --mqtt mqtts://gateway@farm.local:8883 " in said


def service(newcomer: Newcomer, command: str) -> None:
    newcomer.starts(command).wait_ready()


def ingest(newcomer: Newcomer, command: str) -> None:
    service(newcomer, command)
    boards = [replace(enrolled(address), node=f"tomato-{address}") for address in NODES]
    write_keys(newcomer.folder / "data" / KEYS_FILE, boards)
    nodes = Nodes(GATEWAY_PORT, NODES)
    nodes.run(STEPS)
    nodes.close()


def dashboard(newcomer: Newcomer, command: str) -> None:
    child = newcomer.starts(command)
    child.wait_ready()
    assert "waits for it" not in child.output()
    child.stop()


def notify(newcomer: Newcomer, command: str) -> None:
    path = newcomer.folder / "data" / "people.toml"
    path.touch(0o600)
    path.write_text('[[people]]\nname = "Anna"\nurls = ["json://127.0.0.1:9"]\n')
    service(newcomer, command)


def doctor(newcomer: Newcomer, command: str) -> None:
    """It sees the readings that gateway and ingest have just brought, and misses nodes that nobody has switched on."""
    readings = STEPS * len(NODES)
    wait_until(
        lambda: f"the store answers: {readings} readings" in newcomer.types(command, codes=(0, 1)),
        what=f"{readings} readings",
    )
    said = newcomer.types(command, codes=(0, 1)).splitlines()
    assert [line for line in said if line.startswith("WRONG") and "never" not in line] == []


def quarantine(newcomer: Newcomer, command: str) -> None:
    assert newcomer.types(command) == "nothing is kept in quarantine\n"


def listen(newcomer: Newcomer, command: str) -> None:
    """The gateway's status is retained, so it comes at once."""
    child = newcomer.starts(command)
    wait_until(lambda: "cooee/whately/gateway/status " in child.output(), what="the gateway's status")


def port(newcomer: Newcomer, command: str) -> None:
    x, y = load_iris(return_X_y=True)
    model = DecisionTreeClassifier(random_state=0).fit((x * 10).astype(int), y)
    joblib.dump(model, newcomer.folder / "model.joblib")
    newcomer.types(command)
    newcomer.types("cc -std=c99 -Wall -Wextra -Werror -I. -c model.c")


def simulate(newcomer: Newcomer, command: str) -> None:
    said = newcomer.types(command)
    assert "gale" in said
    assert "--out" not in command or (newcomer.folder / "gale" / "report.html").exists()


def demo(newcomer: Newcomer, command: str) -> None:
    if answers(PAGE_PORT):
        fail_or_skip(f"port {PAGE_PORT} is taken on this machine")
    child = newcomer.starts(command)
    wait_until(
        lambda: "The page is up" in child.output() or child.process.poll() is not None,
        within_s=3 * START_S,
        what="the demo's page",
    )
    child.check()
    child.process.send_signal(signal.SIGINT)
    assert child.process.wait(120) == 0, child.output()


def power(newcomer: Newcomer, command: str) -> None:
    assert "days" in newcomer.types(command)


def export(newcomer: Newcomer, command: str) -> None:
    """What `ingest` has stored, before, is of the spring of 2015."""
    assert "no readings of that time" in newcomer.types(command, codes=(2,))
    newcomer.types(command.replace("2026-05-01", "2015-04-30"))
    assert (newcomer.folder / "may.csv").read_text().startswith("time,node,")


def backup(newcomer: Newcomer, command: str) -> None:
    newcomer.types(command)
    assert (newcomer.folder / "farm.backup").stat().st_mode & 0o777 == 0o600


def learn(newcomer: Newcomer, command: str) -> None:
    """Of a farm that nobody has judged a call of."""
    assert "too few judgements" in newcomer.types(command, codes=(2,))


def pack(newcomer: Newcomer, command: str) -> None:
    newcomer.types(command)
    assert (newcomer.folder / "model.image").stat().st_size > 0


def answers(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


COMMANDS: dict[str, Callable[[Newcomer, str], None]] = {
    "make demo": make,
    "make test": make,
    "make bare": make,
    'make demo ARGS="--headless --days 60 --seed 2"': make,
    ".venv/bin/cooee demo --help": from_the_checkout,
    "source .venv/bin/activate": activate,
    "cooee init farm.yaml": init,
    "cooee init --crops": crops,
    "python -m firmware.arduino_library Cooee.zip": arduino_library,
    "cooee enrol tomato-1": enrol,
    "cooee build tomato-1": build,
    "cooee flash tomato-1 --port /dev/ttyACM0": flash,
    "/usr/sbin/mosquitto": broker,
    "cooee gateway": service,
    "cooee ingest": ingest,
    "cooee dashboard": dashboard,
    "cooee broker init --host farm.local": lock,
    "cooee gateway --link serial=/dev/ttyUSB0": explains_itself,  # tests/edge/links/test_serial_line.py has a cable
    "cooee dashboard users add anna": explains_itself,  # tests/dashboard/door/test_gate.py types a password
    "cooee dashboard --host 0.0.0.0": explains_itself,  # tests stay on loopback
    "cooee notify": notify,
    "cooee notify --home-assistant homeassistant": explains_itself,  # tests/cloud/notify has Home Assistant
    "cooee map --listen": explains_itself,  # tests/edge/sources
    "cooee set tomato-1 wake=20min": explains_itself,  # it and the next three: an emulated node, in tests/firmware
    "cooee status tomato-1": explains_itself,
    "cooee sentinel send tomato-1 soil.image": explains_itself,  # tests/transport/test_sentinel_commands.py
    "cooee monitor tomato-1": explains_itself,
    "cooee calibrate tomato-1": explains_itself,
    "cooee power tomato-1": power,
    "cooee service install": explains_itself,  # tests/edge/test_service.py writes units elsewhere
    "cooee store init influx=http://HOST:8086/ORG/BUCKET": explains_itself,  # it and the next two: tests/cloud/store*
    "cooee store copy sqlite=data/cooee.db influx=http://HOST:8086/ORG/BUCKET": explains_itself,
    "cooee store grafana influx=http://HOST:8086/ORG/BUCKET": explains_itself,
    "cooee export --since 2026-05-01 --out may.csv": export,
    "cooee import old.csv": explains_itself,  # tests/cloud/storekeeping has files of other systems
    "cooee backup farm.backup": backup,
    "cooee restore farm.backup": explains_itself,  # here a farm is already
    "cooee learn": learn,
    "cooee doctor": doctor,
    "cooee quarantine list": quarantine,
    "mosquitto_sub -h 127.0.0.1 -t 'cooee/#' -v": listen,
    "cooee port model.joblib": port,
    "cooee search rows.csv --label state --groups farm --port out": explains_itself,  # tests/cloud/search
    "cooee image pack model.joblib -o model.image": pack,
    "cooee image show": explains_itself,
    "cooee image verify": explains_itself,
    "cooee bench reality": explains_itself,  # minutes
    "cooee bench mcu": explains_itself,  # a quarter of an hour
    "cooee demo --farm farm.yaml --days 200 --seed 7": demo,
    "cooee simulate --list": simulate,
    "cooee simulate --scenario gale --out gale": simulate,
    "cooee train": explains_itself,  # tests/cloud/training trains
    "cooee bench": explains_itself,  # tests/bench measure
}


def test_the_list_is_readmes() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(.*?)^```", text, re.M | re.S)
    typed = [re.sub(r" +# .*", "", line) for block in blocks for line in block.splitlines()]
    typed += re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    assert {words for words in typed if COMMAND.fullmatch(words)} == set(COMMANDS)


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    for program in ("/usr/sbin/mosquitto", "mosquitto_sub", "cc"):
        if shutil.which(program) is None:
            fail_or_skip(f"{program} is not installed: run make test")
    with ExitStack() as stack:
        yield Newcomer(tmp_path_factory.mktemp("newcomer"), stack)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_what_readme_says(newcomer: Newcomer, command: str) -> None:
    COMMANDS[command](newcomer, command)
