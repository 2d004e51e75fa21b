"""An emulated Uno with an SHT31, a BMP280, a DS18B20, two soil probes, an anemometer and a rain gauge: what it
measures, what it says of sensors that are broken, and that it comes back from hangs and power cuts."""

import itertools
import random
from pathlib import Path

import pytest

from edge.core import Telemetry
from tests.firmware.uno import CYCLES_PER_S, HERE, Said, build_node, emulate

WAKE_S = 600
AIR = {"air_temperature", "humidity"}
UM_PER_TIP = 279
MM_PER_PULSE = 667
Script = list[tuple[float, str, float]]

# What the parts show, and how far a reading may be from it: the sensors' own steps, and for the soil probes 3 mV of 5 V
# (docs/FIRMWARE.md) on their calibration's steepest line, 40 e-4 m3/m3 a 10 mV.
SET = {
    "sht31.temperature": ("air_temperature", 0.01),
    "sht31.humidity": ("humidity", 0.01),
    "bmp280.pressure": ("pressure", 0.11),
    "ds18b20.temperature": ("soil_temperature", 0.035),
}
SOIL_TOLERANCE = 0.0012


def _soil(mv: float) -> float:
    """The calibration of node.h."""
    return 0.42 - (mv - 1200) * 0.20 / 500 if mv < 1700 else 0.22 - (mv - 1700) * 0.17 / 900


def _check_values(readings: list[tuple[float, Telemetry]], script: Script) -> None:
    """No value in any reading differs from what its part showed when it was taken."""
    shown = {"sht31.temperature": 20.0, "sht31.humidity": 60.0, "bmp280.pressure": 1013.25, "ds18b20.temperature": 12.0}
    shown |= {"a0.mv": 1700.0, "a1.mv": 1700.0}
    for t, reading in readings:
        now = shown | {name: value for at, name, value in sorted(script) if at < t and name in shown}
        for name, (channel, tolerance) in SET.items():
            assert reading.values.get(channel, now[name]) == pytest.approx(now[name], abs=tolerance), (t, channel)
        for name, channel in (("a0.mv", "soil_moisture_10cm"), ("a1.mv", "soil_moisture_30cm")):
            wanted = _soil(now[name])
            assert reading.values.get(channel, wanted) == pytest.approx(wanted, abs=SOIL_TOLERANCE), (t, channel)
        assert reading.values["battery"] == pytest.approx(5.0, abs=0.02)


def test_every_value_is_what_its_sensor_was_set_to(emulator: Path, uno: Path) -> None:
    rng = random.Random(20261127)
    script: Script = []
    for wake in range(24):
        at = wake * WAKE_S - 100 if wake else 0
        script += [
            (at, "sht31.temperature", round(rng.uniform(-35, 55), 2)),
            (at, "sht31.humidity", round(rng.uniform(2, 99), 2)),
            (at, "bmp280.pressure", round(rng.uniform(600, 1085), 1)),
            (at, "bmp280.temperature", round(rng.uniform(-30, 60), 2)),
            (at, "ds18b20.temperature", round(rng.uniform(-20, 50), 2)),
            (at, "a0.mv", rng.uniform(1100, 2800)),
            (at, "a1.mv", rng.uniform(1100, 2800)),
        ]
    said = emulate(emulator, uno, "-a", 1, "-u", 24 * WAKE_S, script=script)
    assert len(said.readings) == 24
    assert not any(reading.faults for _, reading in said.readings)
    _check_values(said.readings, script)


BROKEN: list[tuple[str, float, set[str], str]] = [
    ("sht31.absent", 1, AIR, "absent"),
    ("sht31.spoilt", 1000, AIR, "crc"),
    ("i2c.held", 1, AIR | {"pressure"}, "timeout"),
    ("bmp280.absent", 1, {"pressure"}, "absent"),
    ("bmp280.asleep", 1, {"pressure"}, "timeout"),
    ("ds18b20.absent", 1, {"soil_temperature"}, "absent"),
    ("ds18b20.spoilt", 1000, {"soil_temperature"}, "crc"),
    ("ds18b20.shorted", 1, {"soil_temperature"}, "short"),
    ("ds18b20.unpowered", 1, {"soil_temperature"}, "implausible"),
    ("ds18b20.slow", 1, {"soil_temperature"}, "timeout"),
    ("a0.line", 1, {"soil_moisture_10cm"}, "open"),
    ("a0.line", 2, {"soil_moisture_10cm"}, "short"),
    ("a0.line", 3, {"soil_moisture_10cm"}, "short"),
    ("a1.line", 1, {"soil_moisture_30cm"}, "open"),
    ("rain.hz", 4, {"rain"}, "implausible"),
    ("wind.hz", 180, {"wind", "gust"}, "implausible"),
]


@pytest.mark.parametrize(
    ("setting", "value", "channels", "why"), BROKEN, ids=[f"{name}={v:g}" for name, v, _, _ in BROKEN]
)
def test_a_broken_sensor_is_named_at_the_next_wake_with_why_and_no_wrong_value_is_told(
    emulator: Path, uno: Path, setting: str, value: float, channels: set[str], why: str
) -> None:
    script = [(610.0, setting, value), (1810.0, setting, 0.0), (0.0, "rain.bounces", 2)]
    said = emulate(emulator, uno, "-a", 1, "-u", 3100, script=script)
    faults = [set(reading.faults) for _, reading in said.readings]
    # A bus that was held or pulses that were too many are seen once more, in the interval in which they ended.
    assert faults[:2] == [set(), set()]
    assert faults[2:4] == [channels, channels]
    assert faults[4] in (set(), channels)
    assert faults[5] == set()
    assert [reading.why_faulty for _, reading in said.readings[2:4]] == [dict.fromkeys(channels, why)] * 2
    for (_, reading), named in zip(said.readings, faults, strict=True):
        assert not named & set(reading.raw)
        if not named:
            assert set(reading.raw) >= channels
    _check_values(said.readings, [])


def test_wind_and_rain_are_counted_through_sleep_whatever_their_switches_bounce(emulator: Path, uno: Path) -> None:
    script = [(0.0, "wind.bounces", 2.0), (0.0, "rain.bounces", 20.0), (0.0, "wind.hz", 6.0), (0.0, "rain.hz", 0.02)]
    script += [(900.0, "wind.hz", 30.0), (904.0, "wind.hz", 6.0)]
    said = emulate(emulator, uno, "-a", 1, "-u", 2405, script=script)
    rain = sum(reading.values["rain"] for _, reading in said.readings)
    assert said.number("rain") == pytest.approx(48, abs=1)
    assert rain == pytest.approx(said.number("rain") * UM_PER_TIP / 1000, abs=UM_PER_TIP / 1000 + 0.005 * 5)
    calm, gusty = said.readings[1][1].values, said.readings[2][1].values
    assert calm["wind"] == pytest.approx(6 * MM_PER_PULSE / 1000, rel=0.01)
    assert calm["gust"] == pytest.approx(6 * MM_PER_PULSE / 1000, rel=0.06)  # one pulse in 18
    assert gusty["wind"] == pytest.approx((6 * 596 + 30 * 4) / 600 * MM_PER_PULSE / 1000, rel=0.01)
    assert gusty["gust"] == pytest.approx(30 * MM_PER_PULSE / 1000, rel=0.03)
    assert not any(reading.faults for _, reading in said.readings)


def _store_node(folder: Path, age_days: int) -> Path:
    """A node for a fruit store, whose cell is ready after a quarter of an hour."""
    return build_node(
        folder,
        "-DNODE_SENSORS=SENSOR_ETHYLENE_CELL|SENSOR_SHT3X|SENSOR_BATTERY",
        "-DNODE_SENTINELS=&cooee_ethylene",
        "-DNODE_ALARMS=ETHYLENE_CLASS_COUNT-1",
        "-DNODE_CELL_WARM_UP_MIN=15",
        f"-DNODE_CELL_AGE_DAYS={age_days}",
    )


def test_a_cell_in_a_store_warms_up_is_compensated_and_expires(emulator: Path, tmp_path: Path) -> None:
    # Zero 400 mV, 12 mV a ppm at 20 degC, 0.9 of it at 0 degC; the wake interval is 600 s.
    script = [(0.0, "a2.mv", 460.0), (1900.0, "sht31.temperature", 0.0), (2500.0, "a2.line", 1.0)]
    said = emulate(emulator, _store_node(tmp_path, 700), "-a", 1, "-u", 6 * WAKE_S, script=script)
    ppm = [reading.values.get("ethylene") for _, reading in said.readings]
    assert ppm[:2] == [None, None]
    assert ppm[2:4] == [pytest.approx(5.0, abs=0.15)] * 2
    assert ppm[4] == pytest.approx(60 / 12 / 0.9, abs=0.15)
    assert said.readings[5][1].faults == ("ethylene",)
    expired = emulate(emulator, _store_node(tmp_path, 731), "-a", 1, "-u", 3 * WAKE_S, script=script)
    assert all(reading.faults == ("ethylene",) for _, reading in expired.readings)


def test_a_driver_that_hangs_is_reset_within_8_s(emulator: Path, tmp_path: Path) -> None:
    node = build_node(tmp_path, sensors=HERE / "avr/nodes/hangs.c")
    said = emulate(emulator, node, "-a", 1, "-u", 3 * WAKE_S)
    assert [(hello.boot, hello.reset) for _, hello in said.hellos] == [(1, "power"), (2, "watchdog")]
    assert 2 * WAKE_S < said.hellos[1][0] < 2 * WAKE_S + 8
    assert [(reading.boot, reading.sequence) for _, reading in said.readings] == [(1, 1), (1, 2), (2, 1)]


def test_no_start_after_a_power_cut_repeats_an_earlier_one(emulator: Path, uno: Path, tmp_path: Path) -> None:
    rng = random.Random(20261127)
    boots: list[int] = []
    for _ in range(40):
        # Mostly around the first milliseconds, where the start is counted.
        cut = rng.choice((rng.randrange(400_000), rng.randrange(4 * CYCLES_PER_S)))
        said = emulate(emulator, uno, "-e", tmp_path / "eeprom", "-c", cut)
        boots += [hello.boot for _, hello in said.hellos]
    assert len(boots) >= 5
    assert boots == sorted(set(boots))


def test_what_is_not_acknowledged_is_sent_again_until_it_is(emulator: Path, uno: Path) -> None:
    said = emulate(emulator, uno, "-a", 3, "-u", 12 * WAKE_S)
    _check_ages(said)
    assert len({frame.sequence for _, frame in said.decoded}) < len(said.decoded)


@pytest.mark.parametrize("late_ms", [50, 150, 900])
def test_it_waits_for_an_answer_that_takes_its_time(emulator: Path, uno: Path, late_ms: int) -> None:
    said = emulate(emulator, uno, "-a", 1, "-d", late_ms, "-u", 20 * WAKE_S)
    assert [frame.sequence for _, frame in said.decoded] == list(range(21)), "a hello and 20 readings, each once"


def test_an_outage_of_days_costs_few_frames_and_all_that_is_kept_arrives_with_its_time(
    emulator: Path, tmp_path: Path
) -> None:
    node = build_node(tmp_path, "-DNODE_SENSORS=SENSOR_BATTERY", "-DNODE_SENTINELS=0", "-DNODE_SENTINEL_COUNT=0",
                      "-DNODE_ALARMS=1", "-DNODE_OUTBOX_FRAMES=20")  # fmt: skip
    away, back = 3 * WAKE_S - 60, 3 * WAKE_S - 60 + 3 * 86_400
    script = [(away, "gateway.away", 1), (back, "gateway.away", 0)]
    said = emulate(emulator, node, "-a", 1, "-u", back + 3 * 7200, script=script)
    meanwhile = [t for t, _ in said.frames if away < t < back]
    gaps = [round((later - earlier) / WAKE_S) for earlier, later in itertools.pairwise(meanwhile)]
    assert gaps[:7] == [1, 1, 1, 1, 2, 4, 7], "one frame a try, after a minute that doubles"
    assert set(gaps[7:]) <= {12, 13}, "at last every two hours"
    after = [frame for t, frame in said.decoded if t > back]
    arrived = sorted({frame.sequence for frame in after})
    assert arrived[-44:] == list(range(arrived[-44], arrived[-44] + 44)), "a full outbox, and the wakes of four hours"
    assert len(arrived) >= 44 + 15, "and a full ring"
    assert arrived[0] < 6, "which holds what the outage began with"
    _check_ages(said)


def test_noise_on_the_line_hides_no_acknowledgement(emulator: Path, uno: Path) -> None:
    said = emulate(emulator, uno, "-a", 1, "-n", "-u", 20 * WAKE_S)
    assert [frame.sequence for _, frame in said.decoded] == list(range(len(said.decoded)))
    assert len(said.readings) == 20


def _check_ages(said: Said) -> None:
    """Time sent - age is the time measured, to 2 s + 0.1 % of the age, however often a frame is sent; a hello is of
    the moment that it is sent."""
    assert {frame.time for _, frame in said.hellos} == {"now"}
    measured: dict[int, float] = {}
    for t, frame in said.readings:
        assert measured.setdefault(frame.sequence, t - frame.age_s) == pytest.approx(
            t - frame.age_s, abs=2 + 0.001 * frame.age_s
        )
