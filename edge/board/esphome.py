"""What goes onto an ESP32: the file that ESPHome makes its program of, from farm.yaml and the node's key."""

from datetime import date
from pathlib import Path

from firmware import FIRMWARE

from ..contract.errors import CooeeError
from ..farm import Farm, Node
from ..farm.calibration import CALIBRATED
from ..node.commission import site_of
from ..node.keys import Enrolled
from ..written_files import write_file

COMPONENTS = FIRMWARE / "ports" / "esphome" / "components"
PULSES = ("anemometer", "rain_gauge")
"""Sensors that an ESP32 counts while it is awake alone, so that a node with one never sleeps."""
SOIL_POINTS = ((1200, 0.42), (1700, 0.22), (2600, 0.05))
"""Of one probe in one soil, for a node whose farm.yaml has no calibration."""
SOLAR_POINTS = ((75, 0), (100, 50), (2500, 1250))
"""Of a pyranometer of 2 mV a W/m2: an ESP32's ADC says 75 mV of whatever is less (ESP-IDF, line fitting at 0 dB)."""
RUN_S = 90
"""The longest that a node stays awake whatever happens: 15 s for its sensors, 30 for WiFi, the rest to talk."""

_SOIL = """\
  - platform: adc
    id: {channel}
    pin: ${{pin_{channel}}}
    attenuation: 12db
    samples: 16
    update_interval: 2s
    filters:
      - skip_initial: 1  # the probe has just been given power
"""
_SOLAR = """\
  - platform: adc
    id: solar_radiation
    pin: ${pin_solar_radiation}
    attenuation: auto  # the night is below what 12db can tell, and auto takes no samples of its own
    update_interval: 250ms
    filters:
      - sliding_window_moving_average: {window_size: 16, send_every: 16, send_first_at: 16}
"""
_PULSES = """\
  - platform: pulse_counter
    id: {id}
    pin: {{number: "${{pin_{id}}}", mode: {{input: true, pullup: true}}}}
    use_pcnt: false  # whose filter ends at 13 us, where a reed switch bounces for milliseconds
    internal_filter: {filter}
    update_interval: {interval}
    filters:
      - multiply: {factor}
"""
SENSORS: dict[str, tuple[dict[str, str], str]] = {
    "soil_probe_10cm": ({"soil_moisture_10cm": "soil_moisture_10cm"}, _SOIL.format(channel="soil_moisture_10cm")),
    "soil_probe_30cm": ({"soil_moisture_30cm": "soil_moisture_30cm"}, _SOIL.format(channel="soil_moisture_30cm")),
    "soil_probe_60cm": ({"soil_moisture_60cm": "soil_moisture_60cm"}, _SOIL.format(channel="soil_moisture_60cm")),
    "pyranometer": ({"solar_radiation": "solar_radiation"}, _SOLAR),
    "soil_thermometer": (
        {"soil_temperature": "soil_temperature"},
        "  - {platform: dallas_temp, id: soil_temperature, update_interval: 10s}\n",
    ),
    "sht3x": (
        {"air_temperature": "air_temperature", "humidity": "humidity"},
        "  - platform: sht3xd\n    address: 0x44\n    update_interval: 10s\n"
        "    temperature: {id: air_temperature}\n    humidity: {id: humidity}\n",
    ),
    "barometer": (
        {"pressure": "pressure"},
        "  - {platform: bmp280_i2c, address: 0x76, update_interval: 10s, pressure: {id: pressure}}\n",
    ),
    "anemometer": (
        {"wind": "wind", "gust": "wind"},
        _PULSES.format(id="wind", filter="2ms", interval="3s", factor="0.0111167  # 0.667 m of wind a pulse"),
    ),
    "rain_gauge": (
        {"rain": "rain"},
        _PULSES.format(id="rain", filter="10ms", interval="60s", factor="0.279  # mm a tip"),
    ),
}
"""Sensors of farm.yaml that ESPHome reads: its sensor by channel, and how it is set up. Those with a calibration say
volts."""

HEAD = """\
# Node {node} of farm {farm}, by cooee build. It holds the node's key: whoever reads it can speak as this node.
# Passwords are in secrets.yaml beside it: wifi_ssid, wifi_password, mqtt_broker, mqtt_ca, {node}_mqtt_password.
substitutions:
  pin_sda: GPIO21
  pin_scl: GPIO22
  pin_soil_moisture_10cm: GPIO32
  pin_soil_moisture_30cm: GPIO33
  pin_soil_moisture_60cm: GPIO35
  pin_solar_radiation: GPIO36
  pin_probe_power: GPIO25
  pin_soil_temperature: GPIO4
  pin_wind: GPIO26
  pin_rain: GPIO27
  pin_battery: GPIO34
  battery_ratio: "2.0"

esphome:
  name: {name}

esp32:
  board: esp32dev
  framework: {{type: esp-idf}}

logger:

wifi:
  ssid: !secret wifi_ssid
  password: !secret wifi_password
  reboot_timeout: 0s  # a restart would lose what waits to be sent

mqtt:
  broker: !secret mqtt_broker
  port: 8883
  certificate_authority: !secret mqtt_ca
  username: {node}
  password: !secret {node}_mqtt_password
  topic_prefix: null  # frames alone, and nothing of ESPHome's own
  discovery: false
  log_topic: null
  reboot_timeout: 0s

external_components:
  - source: {{type: local, path: {components}}}

cooee:
  id: node
  farm: {farm}
  node: {node}
  address: {address}
  incarnation: 0x{incarnation:08x}
  key: "{key}"
  wake_interval: {wake}s
  sentinels: [{sentinels}]
  site: {{field_capacity: {site[0]}, wilting_point: {site[1]}, saturation: {site[2]}, depletion_fraction: {site[3]}}}
  crop: {crop}
"""
BATTERY = """\
  - platform: adc
    id: battery
    pin: ${pin_battery}
    attenuation: 12db
    samples: 16
    update_interval: 5s
    filters:
      - multiply: ${battery_ratio}
"""
SLEEP = """\
  on_done:
    - deep_sleep.enter:
        id: sleeper
        sleep_duration: !lambda return id(node).sleep_ms();

deep_sleep:
  id: sleeper
  run_duration: {run}s
  sleep_duration: {wake}s
"""


def yaml_of(farm: Farm, node: Node, enrolled: Enrolled | None) -> str:
    """ESPHome's file of a node. CooeeError for a sensor that it does not read, and for a node without a key."""
    if enrolled is None:
        raise CooeeError(f"node {node.id!r} has no key yet; make one: cooee enrol {node.id}")
    unknown = [sensor for sensor in node.sensors if sensor not in SENSORS]
    if unknown:
        raise CooeeError(f"node {node.id!r}: an ESP32 reads no {unknown[0]}; it reads {', '.join(SENSORS)}")
    site = site_of(farm.zone_by_id[node.zone], date.today())
    head = HEAD.format(
        node=node.id,
        farm=farm.id,
        name=node.id.replace("_", "-"),
        components=COMPONENTS,
        address=node.address,
        incarnation=enrolled.incarnation,
        key=enrolled.key.hex(),
        wake=node.wake_interval_s,
        sentinels=", ".join(node.sentinels),
        site=(site.field_capacity, site.wilting_point, site.saturation, site.depletion_fraction),
        crop=f"{{planted_on: {site.planted_on}, planted_days: {site.planted_days}, stages: {list(site.stages)}, "
        f"kcb: {list(site.kcb)}, root_m: {list(site.root_m)}, drainage_h: {site.drainage_h}}}",
    )
    sources = {channel: source for sensor in node.sensors for channel, source in SENSORS[sensor][0].items()}
    sleeps = not set(node.sensors) & set(PULSES)
    return (
        head
        + _block("channels", sources | {"battery": "battery"})
        + _calibration(node)
        + _policies(node)
        + (SLEEP.format(run=RUN_S, wake=node.wake_interval_s) if sleeps else "")
        + _buses(node)
        + "\nsensor:\n"
        + "".join(SENSORS[sensor][1] for sensor in node.sensors)
        + BATTERY
    )


def _block(name: str, rows: dict[str, str]) -> str:
    return f"  {name}:\n" + "".join(f"    {key}: {value}\n" for key, value in rows.items())


def _calibration(node: Node) -> str:
    built_in = {c: SOLAR_POINTS if c == "solar_radiation" else SOIL_POINTS for c in CALIBRATED if c in node.channels}
    rows = {c: str([list(point) for point in node.calibration.get(c, points)]) for c, points in built_in.items()}
    return _block("calibration", rows) if rows else ""


def _policies(node: Node) -> str:
    rows = [list(change) for change in node.policy_changes]
    return f"  policy_changes: {rows}\n" if rows else ""


def _buses(node: Node) -> str:
    text = ""
    if {"sht3x", "barometer"} & set(node.sensors):
        text += "\ni2c: {sda: '${pin_sda}', scl: '${pin_scl}'}\n"
    if "soil_thermometer" in node.sensors:
        text += "\none_wire:\n  - {platform: gpio, pin: '${pin_soil_temperature}'}\n"
    if any(sensor.startswith("soil_probe_") for sensor in node.sensors):
        text += "\nswitch:\n  - {platform: gpio, id: probe_power, pin: '${pin_probe_power}', restore_mode: ALWAYS_ON}\n"
    return text


def write_yaml(farm: Farm, node: Node, folder: Path, enrolled: Enrolled | None) -> Path:
    """Writes a node's file for its owner alone; CooeeError as `yaml_of`."""
    text = yaml_of(farm, node, enrolled)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{node.id}.yaml"
    path.touch(0o600)
    write_file(path, text)
    return path
