"""Home Assistant's own core and MQTT integration, headless: what it shows of what a broker says.

    python run.py FOLDER BROKER_PORT HTTP_PORT

For each line on standard input it writes one of JSON: `shown`, entity id -> state, attributes and device, and
`complaints`, what these parts have logged as a warning or worse. Runs in the Python of install.sh, not in ours."""

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Any

from homeassistant import auth, bootstrap, config_entries, core, loader
from homeassistant.helpers import device_registry, entity_registry
from homeassistant.setup import async_setup_component

PARTS = ("mqtt", "sensor", "binary_sensor")


class Complaints(logging.Handler):
    """What is logged as a warning or worse."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


async def started(folder: str, broker_port: int, http_port: int) -> Any:
    """A Home Assistant with nothing but MQTT, and discovery on."""
    Path(folder, "configuration.yaml").touch()
    hass = core.HomeAssistant(folder)
    hass.config.skip_pip = True
    loader.async_setup(hass)
    hass.config_entries = config_entries.ConfigEntries(hass, {})
    await bootstrap.async_load_base_functionality(hass)
    hass.auth = await auth.auth_manager_from_config(hass, [], [])
    await async_setup_component(hass, "http", {"http": {"server_host": "127.0.0.1", "server_port": http_port}})
    mqtt = {"broker": "127.0.0.1", "port": broker_port, "discovery": True}
    entry = config_entries.ConfigEntry(
        version=1, minor_version=1, domain="mqtt", title="mqtt", source="user", data=mqtt
    )
    await hass.config_entries.async_add(entry)
    await hass.async_start()
    return hass


def shown(hass: Any) -> dict[str, Any]:
    devices, entities = device_registry.async_get(hass), entity_registry.async_get(hass)
    found = {}
    for state in hass.states.async_all(PARTS):
        device = devices.async_get(entities.async_get(state.entity_id).device_id)
        found[state.entity_id] = {"state": state.state, "device": device.name, "attributes": dict(state.attributes)}
    return found


async def main(folder: str, broker_port: int, http_port: int) -> None:
    complaints = Complaints()
    for part in PARTS:
        logging.getLogger(f"homeassistant.components.{part}").addHandler(complaints)
    hass = await started(folder, broker_port, http_port)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while await lines.readline():
        print(json.dumps({"shown": shown(hass), "complaints": complaints.lines}, default=str), flush=True)
    await hass.async_stop(force=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
