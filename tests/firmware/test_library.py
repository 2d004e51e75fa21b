"""The core as a library of the Arduino IDE and of PlatformIO."""

import json
import sys
import zipfile
from pathlib import Path

from firmware import FIRMWARE
from tests.firmware.toolchain import AVR, WARNINGS, need, run

SKETCH = """
#include <cooee.h>
extern "C" {
#include <sentinels.h>
#include <drivers/battery.h>
}

static const struct cooee_sentinel *const watched[] = {&cooee_soil};
static struct cooee_probe probes[2];
static struct cooee_alarm alarms[4];
static struct cooee_outbox_entry outbox[4];
static struct cooee_node node;

static uint32_t now_s(void *) { return 0; }
static void start(void *, struct cooee_start *start) { start->incarnation = 1; }
static enum cooee_fault read_mv(void *, uint8_t, bool, uint16_t *mv) { *mv = 1900; return COOEE_FAULT_NONE; }
static const struct cooee_adc adc = {0, read_mv, 0, 0};
static const struct cooee_battery battery = {2000, 3};
static void read(void *, int16_t raw[]) { raw[0] = raw[1] = 2000; battery_read(&battery, &adc, &raw[10]); }
static bool send(void *, const uint8_t *, uint8_t) { return true; }

int main() {
    static struct cooee_node_config config;
    static const struct cooee_node_memory memory = {probes, alarms, outbox, 2, 4, 4, 0, 0};
    static const struct cooee_hal hal = {0, now_s, start, read, send};
    config.sentinels = watched;
    config.sentinel_count = 1;
    node_start(&node, &config, &memory, &hal);
    for (;;) {
        node_wake(&node);
        node_transmit(&node);
    }
}
"""


def test_the_packed_library_serves_a_sketch(tmp_path: Path) -> None:
    need(AVR[0])
    run(sys.executable, "-m", "firmware.arduino_library", tmp_path / "Cooee.zip")
    zipfile.ZipFile(tmp_path / "Cooee.zip").extractall(tmp_path)
    source = tmp_path / "Cooee" / "src"
    (tmp_path / "sketch.cpp").write_text(SKETCH)
    objects = []
    for path in [*sorted(source.glob("**/*.c")), tmp_path / "sketch.cpp"]:
        objects.append(path.with_suffix(".o"))
        words = ("avr-g++", *AVR[1:], "-std=gnu++11") if path.suffix == ".cpp" else (*AVR, *WARNINGS)
        run(*words, f"-I{source}", "-c", path, "-o", objects[-1])
    run(*AVR, "-Wl,--gc-sections", *objects, "-o", tmp_path / "sketch.elf")


def test_the_manifests_name_files_that_exist() -> None:
    manifest = json.loads((FIRMWARE / "library.json").read_text())
    properties = dict(line.split("=", 1) for line in (FIRMWARE / "library.properties").read_text().splitlines())
    assert (FIRMWARE / manifest["build"]["includeDir"] / manifest["headers"]).exists()
    assert (FIRMWARE / manifest["build"]["includeDir"] / properties["includes"]).exists()
    for rule in manifest["build"]["srcFilter"]:
        assert list(FIRMWARE.glob(rule.removeprefix("+<").removesuffix(">")))
