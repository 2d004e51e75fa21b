"""ESPHome component `cooee`: a node whose readings come from ESPHome's own sensors (docs/FIRMWARE.md, "An ESP32")."""

import re
from pathlib import Path

import esphome.codegen as cg
import esphome.config_validation as cv
from esphome import automation
from esphome.components import sensor
from esphome.const import CONF_ADDRESS, CONF_CALIBRATION, CONF_CHANNELS, CONF_ID, CONF_KEY

DEPENDENCIES = ["esp32", "mqtt"]
AUTO_LOAD = ["sensor"]

FIRMWARE = Path(__file__).resolve().parents[4]
"""The node core, which PlatformIO takes as a library."""
CHANNELS = re.findall(r"COOEE_CHANNEL_(\w+) = \d+,", (FIRMWARE / "include/cooee/channels.h").read_text("utf-8"))
"""Names by channel id."""
SENTINELS = re.findall(r"X\((\w+)\)", (FIRMWARE / "sentinels/sentinels.h").read_text("utf-8").split("#define")[2])

IMAGE_ROOM = 2048
"""Bytes of the longest sentinel that it takes over the air."""

CONF_FARM = "farm"
CONF_NODE = "node"
CONF_INCARNATION = "incarnation"
CONF_WAKE_INTERVAL = "wake_interval"
CONF_SENTINELS = "sentinels"
CONF_SITE = "site"
CONF_CROP = "crop"
CONF_POLICY_CHANGES = "policy_changes"
CONF_OUTBOX_FRAMES = "outbox_frames"
CONF_ON_DONE = "on_done"
SITE = ("field_capacity", "wilting_point", "saturation", "depletion_fraction")
CALIBRATED = {
    "soil_moisture_10cm": (0.65, 0.0001),
    "soil_moisture_30cm": (0.65, 0.0001),
    "soil_moisture_60cm": (0.65, 0.0001),
    "solar_radiation": (1800, 1),
}
"""Channels whose sensors say volts: their highest value, and what a raw value of 1 stands for."""
E4 = 10_000

cooee_ns = cg.esphome_ns.namespace("cooee")
CooeeNode = cooee_ns.class_("CooeeNode", cg.Component)


def name(value):
    value = cv.string_strict(value)
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", value):
        raise cv.Invalid(f"a name of at most 32 of a-z, 0-9, _ and - is needed, found {value!r}")
    return value


def key(value):
    value = cv.string_strict(value)
    if not re.fullmatch(r"[0-9a-f]{32}", value):
        raise cv.Invalid("a key is 32 of 0-9 and a-f; `cooee build` writes it")
    return bytes.fromhex(value)


def incarnation(value):
    return cv.int_range(min=1, max=0xFFFFFFFE)(cv.hex_uint32_t(value))


def points(highest):
    def point(value):
        if not isinstance(value, list) or len(value) != 2:
            raise cv.Invalid(f"a point is [mV, value], found {value!r}")
        return cv.int_range(min=0, max=5000)(value[0]), cv.float_range(min=0, max=highest)(value[1])

    def found(value):
        rows = sorted(cv.ensure_list(point)(value))
        if not 2 <= len(rows) <= 5 or len({mv for mv, _ in rows}) < len(rows):
            raise cv.Invalid("2 to 5 points of different millivolts are needed")
        return rows

    return found


def policy_change(value):
    if not isinstance(value, list) or len(value) != 4:
        raise cv.Invalid(f"a change of a policy is [value, sentinel, class, field], found {value!r}")
    most = (65535, 255, 255, 4)
    return [cv.int_range(0, top)(part) for part, top in zip(value, most, strict=True)]


def calibrated_channels_are_there(config):
    missing = sorted(set(config[CONF_CALIBRATION]) - set(config[CONF_CHANNELS]))
    if missing:
        raise cv.Invalid(f"{missing[0]} has a calibration, but no sensor among the channels")
    return config


CONFIG_SCHEMA = cv.All(
    cv.Schema(
        {
            cv.GenerateID(): cv.declare_id(CooeeNode),
            cv.Required(CONF_FARM): name,
            cv.Required(CONF_NODE): name,
            cv.Required(CONF_ADDRESS): cv.int_range(min=1, max=65534),
            cv.Required(CONF_INCARNATION): incarnation,
            cv.Required(CONF_KEY): key,
            cv.Required(CONF_WAKE_INTERVAL): cv.All(
                cv.positive_time_period_seconds,
                cv.Range(min=cv.TimePeriod(seconds=60), max=cv.TimePeriod(hours=12)),
            ),
            cv.Optional(CONF_SENTINELS, default=[]): cv.ensure_list(cv.one_of(*SENTINELS)),
            cv.Optional(CONF_POLICY_CHANGES, default=[]): cv.ensure_list(policy_change),
            cv.Optional(CONF_CROP): cv.Schema(
                {
                    cv.Optional("planted_on", default=0): cv.int_range(0, 366),
                    cv.Required("planted_days"): cv.int_range(-365, 366),
                    cv.Required("stages"): cv.All([cv.int_range(0, 255)], cv.Length(4, 4)),
                    cv.Required("kcb"): cv.All([cv.float_range(0, 2.55)], cv.Length(3, 3)),
                    cv.Required("root_m"): cv.All([cv.float_range(0.05, 2.55)], cv.Length(2, 2)),
                    cv.Required("drainage_h"): cv.int_range(0, 255),
                }
            ),
            cv.Optional(CONF_SITE): cv.Schema({cv.Required(word): cv.float_range(min=0, max=1) for word in SITE}),
            cv.Required(CONF_CHANNELS): cv.All(
                cv.Schema({cv.Optional(channel.lower()): cv.use_id(sensor.Sensor) for channel in CHANNELS}),
                cv.Length(min=1),
            ),
            cv.Optional(CONF_CALIBRATION, default={}): cv.Schema(
                {cv.Optional(word): points(highest) for word, (highest, _) in CALIBRATED.items()}
            ),
            cv.Optional(CONF_OUTBOX_FRAMES, default=64): cv.int_range(min=4, max=100),
            cv.Optional(CONF_ON_DONE): automation.validate_automation(single=True),
        }
    ).extend(cv.COMPONENT_SCHEMA),
    calibrated_channels_are_there,
)


async def to_code(config):
    var = cg.new_Pvariable(config[CONF_ID])
    await cg.register_component(var, config)
    topic = f"cooee/{config[CONF_FARM]}/{config[CONF_NODE]}"
    cg.add(var.set_topics(f"{topic}/air", f"{topic}/answer"))
    cg.add(var.set_identity(config[CONF_ADDRESS], config[CONF_INCARNATION], list(config[CONF_KEY])))
    cg.add(var.set_wake_interval(config[CONF_WAKE_INTERVAL].total_seconds))
    if site := config.get(CONF_SITE):
        cg.add(var.set_site(*(round(site[word] * E4) for word in SITE[:3]), round(site[SITE[3]] * 1000)))
    if crop := config.get(CONF_CROP):
        lists = (
            crop["stages"],
            [round(k * 100) for k in crop["kcb"]],
            [round(depth * 100) for depth in crop["root_m"]],
        )
        texts = [cg.RawExpression("{" + ", ".join(map(str, values)) + "}") for values in lists]
        cg.add(var.set_crop(crop["planted_on"], crop["planted_days"], *texts, crop["drainage_h"]))
    for word in config[CONF_SENTINELS]:
        cg.add(var.add_sentinel(cg.RawExpression(f"&cooee_{word}")))
    for change in config[CONF_POLICY_CHANGES]:
        cg.add(var.add_policy_change(*change))
    for channel, source in config[CONF_CHANNELS].items():
        cg.add(var.add_channel(CHANNELS.index(channel.upper()), await cg.get_variable(source)))
    for channel, found in config[CONF_CALIBRATION].items():
        for mv, value in found:
            raw = round(value / CALIBRATED[channel][1])
            cg.add(var.add_point(CHANNELS.index(channel.upper()), mv, raw))
    if CONF_ON_DONE in config:
        await automation.build_automation(var.get_done_trigger(), [], config[CONF_ON_DONE])
    cg.add_define("COOEE_OUTBOX_FRAMES", config[CONF_OUTBOX_FRAMES])
    cg.add_build_flag(f"-DCOOEE_IMAGE_ROOM={IMAGE_ROOM}")
    for folder in ("", "/sentinels"):
        cg.add_build_flag(f"-I{FIRMWARE}{folder}")
    cg.add_library("Cooee", None, f"file://{FIRMWARE}")
