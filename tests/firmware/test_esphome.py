"""An ESP32 through ESPHome: its file from farm.yaml is taken by the real ESPHome, and its component, with stand-ins for
ESPHome's parts around it, is a node that the real gateway hears over a real broker."""

import os
import queue
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from paho.mqtt.client import Client

from bench.transport import enrolled, farm_text, write_farm_keys
from edge.board.esphome import SENSORS, SOLAR_POINTS, write_yaml, yaml_of
from edge.broker import Broker
from edge.broker.certificates import new_authority
from edge.contract.channels import channel
from edge.contract.errors import CooeeError
from edge.core import SENTINEL, SETTINGS, Ack, CallFrame, Frame, Hello, Telemetry, Wanted, decode, encode
from edge.farm import SENSORS as FARM_SENSORS
from edge.farm import Farm, parse_farm
from edge.gateway.outbox import Outbox
from edge.mqtt.client import new_client
from edge.node.sentinel_images import IMAGE_ROOM
from edge.node.settings import block_of, piece_of
from edge.service.processes import Child
from firmware import FIRMWARE
from tests.firmware.toolchain import CORE, DRIVERS, SANITIZERS, SENTINELS, WARNINGS, need, run
from tests.parts import fail_or_skip
from tests.sentinel_images import soil_image

HERE = Path(__file__).parent / "esphome"
COMPONENT = FIRMWARE / "ports/esphome/components/cooee"
WHO = enrolled(1)
SOIL, SOIL_BELOW, SOIL_DEEP, SUN = (
    channel(name).id for name in ("soil_moisture_10cm", "soil_moisture_30cm", "soil_moisture_60cm", "solar_radiation")
)
AIR, HUMIDITY, WIND, GUST, RAIN = (channel(name).id for name in ("air_temperature", "humidity", "wind", "gust", "rain"))
POINTS = "1200:4200,1700:2200,2600:500"


def esphome() -> Path:
    """The real ESPHome (bench/esphome/build.sh)."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "cooee")
    found = [path for path in sorted(cache.glob("esphome-*/bin/esphome")) if (path.parents[1] / "complete").exists()]
    if not found:
        fail_or_skip("there is no ESPHome: bench/esphome/build.sh")
    return found[-1]


def farm_of(*sensors: str, **more: object) -> Farm:
    """One ESP32 with these sensors."""
    farm = yaml.safe_load(farm_text(1))
    farm["nodes"][0] |= {"board": "esp32", "link": "mqtt", "sensors": list(sensors)} | more
    return parse_farm(yaml.safe_dump(farm), source="farm.yaml")


@pytest.mark.parametrize(
    "sensors",
    [
        (
            "soil_probe_10cm",
            "soil_probe_30cm",
            "soil_probe_60cm",
            "pyranometer",
            "soil_thermometer",
            "sht3x",
            "barometer",
        ),
        ("soil_probe_10cm", "sht3x", "barometer", "anemometer", "rain_gauge"),
    ],
)
def test_esphome_takes_the_file_and_generates_its_program(sensors: tuple[str, ...], tmp_path: Path) -> None:
    policies = {"too_dry": {"repeat": "12 h"}} if "soil_probe_30cm" in sensors else {}
    farm = farm_of(*sensors, policies=policies)
    path = write_yaml(farm, farm.nodes[0], tmp_path, WHO)
    assert path.stat().st_mode & 0o077 == 0
    ca = "".join(f"  {line}\n" for line in new_authority("farm")[0].splitlines())
    (tmp_path / "secrets.yaml").write_text(
        f"wifi_ssid: farm\nwifi_password: longenough\nmqtt_broker: 10.0.0.2\nn1_mqtt_password: p\nmqtt_ca: |\n{ca}"
    )
    run(esphome(), "config", path, timeout_s=120)
    run(esphome(), "compile", "--only-generate", path, timeout_s=120)
    (main,) = tmp_path.glob(".esphome/build/*/src/main.cpp")
    generated = main.read_text()
    assert f"set_identity(1, 0x{WHO.incarnation:02X}, {{{', '.join(map(str, WHO.key))}}})" in generated
    for name in farm.nodes[0].channels:
        assert f"node->add_channel({channel(name).id}, " in generated
    assert ("node->add_policy_change(720, 0, 1, 2);" in generated) == bool(policies)
    assert "node->add_sentinel(&cooee_soil);" in generated or "soil_probe_30cm" not in sensors
    assert ("node->add_point(11, 100, 50);" in generated) == ("pyranometer" in sensors)
    assert ("node->add_point(12, 1200, 4200);" in generated) == ("soil_probe_60cm" in sensors)
    assert ("deep_sleep" in generated) == ("rain_gauge" not in sensors)
    (ini,) = tmp_path.glob(".esphome/build/*/platformio.ini")
    assert f"Cooee=file://{FIRMWARE}" in ini.read_text()
    assert f"-DCOOEE_IMAGE_ROOM={IMAGE_ROOM['esp32']}" in ini.read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("address: 1\n", "address: 65535\n"), "value must be at most 65534"),
        (("  sentinels: [weather]\n", "  sentinels: [sol]\n"), "Unknown value 'sol'"),
        (("key: \"", "key: \"0"), "a key is 32 of 0-9 and a-f"),
        (("  battery: battery\n", "  battery: nothing\n"), "Couldn't find ID 'nothing'"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_said(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    farm = farm_of("sht3x")
    path = write_yaml(farm, farm.nodes[0], tmp_path, WHO)
    text = path.read_text().replace("certificate_authority: !secret mqtt_ca", "")
    assert change[0] in text
    path.write_text(text.replace(*change))
    (tmp_path / "secrets.yaml").write_text(
        "wifi_ssid: farm\nwifi_password: longenough\nmqtt_broker: 10.0.0.2\nn1_mqtt_password: p\n"
    )
    done = subprocess.run([esphome(), "config", path], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr


def test_a_sensor_without_a_way_in_and_a_node_without_a_key_are_refused() -> None:
    farm = farm_of("soil_probe")
    with pytest.raises(CooeeError, match="an ESP32 reads no soil_probe; it reads soil_probe_10cm, "):
        yaml_of(farm, farm.nodes[0], WHO)
    with pytest.raises(CooeeError, match="make one: cooee enrol n1"):
        yaml_of(farm_of("sht3x"), farm_of("sht3x").nodes[0], None)
    assert set(SENSORS) < set(FARM_SENSORS)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The component with stand-ins around it, under the sanitizers."""
    need("g++")
    folder = tmp_path_factory.mktemp("esp32")
    include = [f"-I{FIRMWARE / part}" for part in ("include", ".", "sentinels")]
    core = folder / "core.o"
    include.append(f"-DCOOEE_IMAGE_ROOM={IMAGE_ROOM['esp32']}")
    run("gcc", *WARNINGS, *SANITIZERS, *include, *CORE, *SENTINELS, *DRIVERS, "-r", "-o", core, timeout_s=120)
    sources = (HERE / "board.cpp", COMPONENT / "cooee_node.cpp")
    flags = ("-std=gnu++20", "-Wall", "-Wextra", "-Werror", f"-I{HERE / 'stand_ins'}", f"-I{COMPONENT}")
    run("g++", *flags, *SANITIZERS, *include, *sources, core, "-o", folder / "board", timeout_s=120)
    return folder / "board"


class Board:
    """The emulated board; `tell` gives what it says to one line."""

    def __init__(self, program: Path, flash: Path, channels: tuple[str, ...], incarnation: int) -> None:
        words = (flash, 1, f"{incarnation:x}", WHO.key.hex(), "bench", "n1", 600, *channels)
        self._process = subprocess.Popen(
            [str(word) for word in (program, *words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def tell(self, line: str) -> list[str]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        said = []
        while (answer := self._process.stdout.readline().strip()) != "ok":
            assert answer, "the board has ended"
            said.append(answer)
        return said

    def wake(self, kind: str, *values: tuple[int, float]) -> list[bytes]:
        """Power or end of deep sleep, the sensors' values, and what is sent then."""
        self.tell(kind)
        for number, value in values:
            self.tell(f"sensor {number} {value}")
        return frames(self.tell("run 1000"))

    def close(self) -> None:
        """A power cut."""
        self._process.kill()
        self._process.communicate()


def frames(said: list[str]) -> list[bytes]:
    """The frames among what was said."""
    return [bytes.fromhex(line.split()[2]) for line in said if line.startswith("air cooee/bench/n1/air ")]


@contextmanager
def board(program: Path, flash: Path, *channels: str, incarnation: int = WHO.incarnation) -> Iterator[Board]:
    """A board with these channels, on the air."""
    board = Board(program, flash, channels, incarnation)
    try:
        board.tell("broker 1")
        yield board
    finally:
        board.close()


def decoded(sent: list[bytes]) -> list[Frame]:
    return [decode(each, WHO.key) for each in sent]


def acknowledge(sent: list[bytes], sequence: int) -> str:
    boot = decoded(sent)[0].boot
    known = tuple(each.sequence for each in decoded(sent))
    ack = Ack(address=1, boot=boot, incarnation=WHO.incarnation, sequence=sequence, sequences=known)
    return f"answer {encode(ack, WHO.key).hex()}"


def test_a_wake_takes_the_sensors_says_it_and_sleeps_when_it_is_acknowledged(program: Path, tmp_path: Path) -> None:
    with board(program, tmp_path, f"{SOIL}={POINTS}", str(AIR), str(HUMIDITY)) as esp:
        sent = esp.wake("power", (SOIL, 1.45), (AIR, -3.25), (HUMIDITY, 81.5))
        hello, reading = decoded(sent)
        assert isinstance(hello, Hello)
        assert (hello.boot, hello.wake_interval_s, hello.address) == (1, 600, 1)
        assert isinstance(reading, Telemetry)
        assert reading.values == pytest.approx(
            {"soil_moisture_10cm": 0.32, "air_temperature": -3.25, "humidity": 81.5}, abs=1e-6
        )
        assert esp.tell(acknowledge(sent, 5)) == []
        (done,) = esp.tell("run 200")
        assert 590_000 <= int(done.removeprefix("done ")) <= 600_000
        esp.tell("pass 599000")
        again = esp.wake("sleep", (SOIL, 1.45), (AIR, -3.0), (HUMIDITY, 81.5))
        (second,) = decoded(again)
        assert (second.boot, second.sequence) == (1, 2), "deep sleep is no new start, and the hello was delivered"


def test_what_is_not_acknowledged_outlives_deep_sleep_with_its_age(program: Path, tmp_path: Path) -> None:
    with board(program, tmp_path, str(AIR)) as esp:
        assert len(esp.wake("power", (AIR, 10))) == 2
        (done,) = esp.tell("run 5000")
        esp.tell(f"pass {done.removeprefix('done ')}")
        esp.wake("sleep", (AIR, 11))
        esp.tell("run 5000")
        esp.tell("pass 600000")
        sent = decoded(esp.wake("sleep", (AIR, 12)))
        assert len(sent) == 1, "nobody answers: one frame alone"
        rest = decoded(frames(esp.tell(acknowledge([encode(sent[0], WHO.key)], 9))))
        ages = {each.values["air_temperature"]: each.age_s for each in (*sent, *rest) if isinstance(each, Telemetry)}
        assert ages == {10: pytest.approx(1205, abs=10), 11: pytest.approx(605, abs=10), 12: pytest.approx(1, abs=2)}
        assert len(rest) == 3


def test_what_nobody_has_acknowledged_outlives_a_power_cut_once(program: Path, tmp_path: Path) -> None:
    with board(program, tmp_path, str(AIR)) as esp:
        esp.wake("power", (AIR, 10))
        esp.tell("run 5000")
    with board(program, tmp_path, str(AIR)) as esp:
        sent = esp.wake("power", (AIR, 12))
        came = decoded(sent)
        assert {(each.boot, each.sequence, each.time) for each in came} == {
            (1, 1, "earlier"),
            (2, 0, "now"),
            (2, 1, "now"),
        }
        values = {each.boot: each.values for each in came if isinstance(each, Telemetry)}
        assert values == {1: {"air_temperature": 10}, 2: {"air_temperature": 12}}
        assert len(came) == 3
        for sequence, boot in ((3, 1), (4, 2)):
            esp.tell(acknowledge([data for data, each in zip(sent, came, strict=True) if each.boot == boot], sequence))
    with board(program, tmp_path, str(AIR)) as esp:
        assert [each.boot for each in decoded(esp.wake("power", (AIR, 13)))] == [3, 3]


def test_a_boot_never_comes_twice_under_a_key(program: Path, tmp_path: Path) -> None:
    boots = []
    for incarnation in (WHO.incarnation, 77, WHO.incarnation):  # the program before comes back
        with board(program, tmp_path, str(AIR), incarnation=incarnation) as esp:
            boots.append(decoded(esp.wake("power", (AIR, 10)))[0].boot)
            boots.append(decoded(esp.wake("power", (AIR, 10)))[0].boot)
    assert boots == [1, 2, 3, 4, 5, 6]
    with board(program, tmp_path, str(AIR)) as esp:
        esp.tell("broken")
        assert "failed" in esp.tell("power"), "a count that flash does not take is not used"
        assert esp.tell("run 60000") == []


def test_a_sensor_that_is_silent_or_says_nothing_is_a_fault(program: Path, tmp_path: Path) -> None:
    with board(program, tmp_path, f"{SOIL}={POINTS}", str(AIR), str(HUMIDITY)) as esp:
        assert esp.wake("power", (AIR, float("nan")), (SOIL, 0.02)) == [], "it waits for the third"
        reading = decoded(frames(esp.tell("run 15000")))[1]
        assert isinstance(reading, Telemetry)
        assert set(reading.faults) == {"soil_moisture_10cm", "air_temperature", "humidity"}
        assert reading.values == {}


def test_deep_soil_and_the_sun_are_told_through_their_own_points(program: Path, tmp_path: Path) -> None:
    sun = ",".join(f"{mv}:{watt}" for mv, watt in SOLAR_POINTS)
    with board(program, tmp_path, f"{SOIL_DEEP}={POINTS}", f"{SUN}={sun}") as esp:
        told: list[Frame] = []
        for volts in (1.1, 0.075, 3.2):
            sent = esp.wake("sleep" if told else "power", (SOIL_DEEP, 1.45), (SUN, volts))
            told.append(decoded(sent)[-1])
            esp.tell(acknowledge(sent, 5 + len(told)))
            esp.tell("pass 600000")
    noon, night, shorted = [frame for frame in told if isinstance(frame, Telemetry)]
    assert noon.values == pytest.approx({"soil_moisture_60cm": 0.32, "solar_radiation": 550}, abs=1e-4)
    assert night.values["solar_radiation"] == 0, "an ESP32's ADC says no less than 75 mV"
    assert shorted.why_faulty == {"solar_radiation": "short"}


def test_wind_is_a_mean_gust_the_strongest_and_rain_a_sum_of_the_interval(program: Path, tmp_path: Path) -> None:
    with board(program, tmp_path, str(WIND), str(GUST), str(RAIN)) as esp:
        esp.tell(acknowledge(esp.wake("power", (WIND, 1), (GUST, 1), (RAIN, 0)), 4))
        esp.tell("run 1000")
        for wind in (2.0, 6.0, 4.0):
            esp.tell(f"sensor {WIND} {wind}")
            esp.tell(f"sensor {GUST} {wind}")
            esp.tell(f"sensor {RAIN} 0.279")
        (reading,) = decoded(frames(esp.tell("run 600000")))
        assert isinstance(reading, Telemetry)
        assert reading.values == pytest.approx({"wind": 4.0, "gust": 6.0, "rain": 0.84})


def test_the_gateway_hears_it_over_mqtt_and_it_gets_its_answer(program: Path, tmp_path: Path) -> None:
    """Sealed frames from the board over a real broker to a real gateway, and the answer back until the board sleeps."""
    (tmp_path / "farm.yaml").write_text(farm_text(1).replace("uno", "esp32").replace("udp", "mqtt"))
    write_farm_keys(tmp_path, 1)
    broker = Broker(tmp_path / "broker").start()
    answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    client = new_client("esp32")
    client.on_message = lambda _client, _data, message: answers.put(bytes(message.payload))
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    client.subscribe("cooee/bench/n1/answer", qos=1)
    options = ("--farm", str(tmp_path / "farm.yaml"), "--data", str(tmp_path), "--mqtt", broker.address)
    gateway = Child.cooee("gateway", *options, log=tmp_path / "gateway.log")
    try:
        gateway.wait_ready()
        with board(program, tmp_path, str(AIR), str(HUMIDITY)) as esp:
            sent = esp.wake("power", (AIR, 21.5), (HUMIDITY, 60))
            assert _converse(esp, client, answers, sent)
    finally:
        gateway.stop()
        client.loop_stop()
        client.disconnect()
        broker.stop()
    outbox = Outbox(tmp_path / "outbox.db")
    kept = {(m.identity.node, m.identity.boot, m.identity.seq): m for m in outbox.waiting(0, 10)}
    outbox.close()
    assert set(kept) == {("n1", 1, 1)}


def _converse(esp: Board, client: Client, answers: "queue.SimpleQueue[bytes]", sent: list[bytes]) -> bool:
    """Carries frames and answers until the board is done with nothing left; the gateway may not have subscribed yet."""
    for _ in range(20):
        for each in sent:
            client.publish("cooee/bench/n1/air", each, qos=1)
        try:
            answer = answers.get(timeout=1)
        except queue.Empty:
            continue
        esp.tell(f"answer {answer.hex()}")
        said = esp.tell("run 200")
        if any(line.startswith("done") for line in said):
            return True
    return False


def test_settings_over_the_air_are_kept_through_a_power_cut(program: Path, tmp_path: Path) -> None:
    calibration = {"soil_moisture_10cm": [[1000, 0.4], [2000, 0.1]]}
    changed = farm_of("soil_probe_10cm", wake_interval="20 min", calibration=calibration)
    block = block_of(changed, changed.nodes[0])
    with board(program, tmp_path, f"{SOIL}={POINTS}") as esp:
        esp.wake("power", (SOIL, 1.45))
        for sequence, offset in enumerate(range(0, len(block), 18), 10):
            piece = piece_of(SETTINGS, 7, block, offset, address=1, incarnation=WHO.incarnation, boot=1, seq=sequence)
            esp.tell(f"answer {encode(piece, WHO.key).hex()}")
    with board(program, tmp_path, f"{SOIL}={POINTS}") as esp:
        sent = esp.wake("power", (SOIL, 1.45))
        hello, reading = decoded(sent)
        assert isinstance(hello, Hello)
        assert isinstance(reading, Telemetry)
        assert (hello.boot, hello.settings_version, hello.wake_interval_s) == (2, 7, 1200)
        assert reading.values["soil_moisture_10cm"] == pytest.approx(0.4 - 0.45 * 0.3, abs=1e-4)
        esp.tell(acknowledge(sent, 30))
        (done,) = esp.tell("run 200")
        assert int(done.removeprefix("done ")) > 1_190_000


def test_a_sentinel_over_the_air_goes_on_after_a_cut_and_decides_through_sleep_and_power(
    program: Path, tmp_path: Path
) -> None:
    image = soil_image(NEW, "air_temperature")
    channels = ("soil", f"{SOIL}={POINTS}", f"{SOIL_BELOW}={POINTS}", str(AIR))
    warm = ((SOIL, 1.6), (SOIL_BELOW, 1.6), (AIR, 20))
    with board(program, tmp_path, *channels) as esp:
        sent = esp.wake("power", *warm)
        assert _runs(sent) != (NEW,)
        assert _deliver(esp, image, sent, pieces=2) == [("wants", 18), ("wants", 36)]
    with board(program, tmp_path, *channels) as esp:
        sent = esp.wake("power", *warm)
        assert (_runs(sent) != (NEW,), _calls(sent)) == (True, [])
        said = _deliver(esp, image, sent, pieces=4)
        assert [said[0], said[-1][0]] == [("wants", 36), "kept"]
        assert esp.tell("run 200")
        esp.tell("pass 600000")
        assert _calls(esp.wake("sleep", *warm)) == [NEW]
    with board(program, tmp_path, *channels) as esp:
        sent = esp.wake("power", *warm)
        assert (_runs(sent), _calls(sent)) == ((NEW,), [NEW])


NEW = 0x1001


def _runs(sent: list[bytes]) -> tuple[int, ...]:
    """Versions of the sentinels that a hello says."""
    (hello,) = [frame for frame in decoded(sent) if isinstance(frame, Hello)]
    return hello.sentinels


def _calls(sent: list[bytes]) -> list[int]:
    """Versions of the sentinels that called."""
    return [frame.version for frame in decoded(sent) if isinstance(frame, CallFrame)]


def _deliver(esp: Board, image: bytes, sent: list[bytes], *, pieces: int) -> list[tuple[str, int]]:
    """Pieces of a soil sentinel to a board, each with an acknowledgement of what it sent; what it answers."""
    said: list[tuple[str, int]] = []
    boot, offset = decoded(sent)[0].boot, 0
    for sequence in range(10, 10 + 2 * pieces, 2):
        piece = piece_of(SENTINEL, 7, image, offset, address=1, incarnation=WHO.incarnation, boot=boot, seq=sequence)
        esp.tell(f"answer {encode(piece, WHO.key).hex()}")
        sent = frames(esp.tell(acknowledge(sent, sequence + 1)))
        (answer,) = [frame for frame in decoded(sent) if isinstance(frame, Wanted)]
        said.append((answer.state, answer.offset))
        offset = answer.offset
    esp.tell(acknowledge(sent, 90))
    return said
