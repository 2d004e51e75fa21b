"""`cooee doctor`: what is installed, running, reachable, behind, quarantined; exit 1 when something is wrong."""

import math
import shutil
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from edge.contract import topics
from edge.contract.errors import CooeeError
from edge.contract.health import health
from edge.contract.messages import Status
from edge.farm import FARM_FILE, Farm, load_farm
from edge.farm.map import MapError, map_file, outlines
from edge.gateway.outbox_readers import read_backlog, read_channels, read_links
from edge.mqtt import client as mqtt
from edge.mqtt.options import Address, Ca, Certificate, Key, PasswordFile
from edge.node.commission import other_sensors
from edge.node.keys import KEYS_FILE, newest, read_keys
from edge.options import IngestStore
from edge.service.data_folder import DATA, embedded_store
from edge.service.logs import printable
from edge.service.quarantine import read_tallies

from .advice.probe_advice import odd_in_words
from .advice.watching import cannot_watch, troubles_seen_by
from .block import weather_service
from .block.probe_watch import ProbeWatch
from .broker_trial import days_left, round_trip
from .ingest.farm_keeper import who_keeps
from .language.speech import listed
from .notify.database import FILE as NOTIFY_FILE
from .notify.failures import failures
from .sensor_state import sensor_state
from .store import Store, open_store

PROGRAMS = {
    "mosquitto": ("the broker", "apt-get install mosquitto", True),
    "cc": ("compiles ported sentinels for this machine", "apt-get install gcc", True),
    "avr-gcc": ("builds for an Arduino Uno", "apt-get install gcc-avr avr-libc", False),
    "arm-none-eabi-gcc": ("builds for a Cortex-M", "apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi", False),
}
"""What each program is for, how to get it, and whether a farm needs it."""
COUNTED = {
    "reading": "readings",
    "call": "calls",
    "node": "states of nodes",
    "judgement": "judgements",
    "record": "records",
}
"""What the rows of each table are called."""
SHOWN = 6
"""Nodes that a line names at most."""
Access = tuple[Path | None, Path | None, Path | None, Path | None]
"""Files of the broker's access: password, CA, certificate, key."""
RENEW_DAYS = 60
RENEW = "cooee broker renew, where it was made"
BEHIND = 1000
"""Messages without a receipt from which on the gateway counts as behind."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    state: Literal["ok", "note", "WRONG"]
    what: str


def command(
    farm: Annotated[Path, typer.Option(help="The farm.yaml to check.")] = FARM_FILE,
    data: Annotated[Path, typer.Option(help="Data folder of gateway and ingest.")] = DATA,
    address: Address = mqtt.BROKER,
    password_file: PasswordFile = None,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
    store: IngestStore = None,
) -> None:
    """Say what is installed, running, reachable, behind, quarantined."""
    wrong = False
    access = (password_file, ca, certificate, key)
    for finding in findings(farm, data, address, store or embedded_store(data), access):
        typer.echo(f"{finding.state:5}  {finding.what}")
        wrong = wrong or finding.state == "WRONG"
    if wrong:
        raise typer.Exit(1)


def findings(
    farm_file: Path, data: Path, address: str, store_url: str, access: Access = (None, None, None, None)
) -> Iterator[Finding]:
    """Every check in order; one that fails does not hide the next."""
    yield from _installed()
    farm: Farm | None = None
    try:
        farm = load_farm(farm_file)
        yield Finding("ok", f"{farm_file}: {farm.name}, {len(farm.zones)} zones, {len(farm.nodes)} nodes")
        yield from _map(farm, farm_file)
        yield from _forecast(farm, farm_file)
        yield from watched(farm)
        yield _security(farm, data)
    except CooeeError as error:
        yield from (Finding("WRONG", line) for line in str(error).splitlines())
    yield from _broker(address, access, farm)
    if farm:
        yield from _keeper(address, access, farm)
    yield from _guarded("outbox", lambda: _outbox(data / "outbox.db", farm))
    yield from _guarded("quarantine", lambda: _quarantine(data))
    yield from _guarded("notifications", lambda: _notifications(data, farm.timezone if farm else "UTC"))
    yield from _guarded("store", lambda: _store(store_url, farm, data))


def _map(farm: Farm, farm_file: Path) -> Iterator[Finding]:
    """Which blocks the page can draw only around their sensors, where others have outlines."""
    try:
        drawn = outlines(farm, map_file(farm, farm_file))
    except MapError as error:
        yield Finding("WRONG", str(error))
        return
    missing = [zone.name for zone in farm.zones if zone.id not in drawn]
    if drawn and missing:
        yield Finding("note", f"map: {len(missing)} zones have no outline: {_few(missing)}")


def _forecast(farm: Farm, farm_file: Path) -> Iterator[Finding]:
    """Whether the weather service's forecast can be read; the page says whether it is old."""
    if farm.forecast is None:
        return
    try:
        days = weather_service.ask(farm.forecast, farm_file.parent)
        yield Finding("ok", f"forecast: {len(days)} days from {days[0].day}")
    except weather_service.ForecastError as error:
        yield Finding("WRONG", f"forecast: {error}")


def _security(farm: Farm, data: Path) -> Finding:
    """Whether frames are sealed, and whom the gateway cannot hear for that."""
    if farm.security == "open":
        return Finding("note", "security: open: anyone in radio range can invent readings and calls")
    if missing := _without_key(farm, data):
        return Finding(
            "note", f"{len(missing)} nodes are not enrolled, so not heard: {_few(missing)}: cooee enrol NODE"
        )
    return Finding("ok", f"frames are sealed, all {len(farm.nodes)} nodes are enrolled")


def _without_key(farm: Farm, data: Path) -> list[str]:
    """The nodes that the gateway hears only when they are enrolled, and that are not."""
    enrolled = newest(read_keys(data / KEYS_FILE))
    sealed = [node for node in farm.nodes if node.board != "gateway" and node.link != "direct"]
    return [node.id for node in sealed if farm.security == "sealed" and node.id not in enrolled]


def watched(farm: Farm) -> Iterator[Finding]:
    """What the farm's nodes can call about, and what some cannot and why; nodes alike share a line."""
    seen: dict[str, list[str]] = defaultdict(list)
    unseen: dict[str, list[str]] = defaultdict(list)
    for node in farm.nodes:
        seen[listed(troubles_seen_by(node.sentinels))].append(node.id)
        for why in cannot_watch(farm.zone_by_id[node.zone], node):
            unseen[why].append(node.id)
    for troubles, nodes in seen.items():
        yield Finding("ok" if troubles else "note", f"watch for {troubles or 'nothing'}: {_few(nodes)}")
    for why, nodes in unseen.items():
        yield Finding("note", f"cannot watch for {why}: {_few(nodes)}")


def _few(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _guarded(what: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except (CooeeError, sqlite3.Error) as error:
        yield Finding("WRONG", f"{what}: {error}")


def _installed() -> Iterator[Finding]:
    for program, (purpose, how, needed) in PROGRAMS.items():
        path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
        if path:
            yield Finding("ok", f"{program} is installed ({path})")
        else:
            yield Finding("WRONG" if needed else "note", f"{program} is missing ({purpose}): {how}")


def _broker(address: str, access: Access, farm: Farm | None) -> Iterator[Finding]:
    """Logs in, publishes to a topic that no service reads, and reads it back."""
    try:
        server = mqtt.parse_server(address, *access)
    except CooeeError as error:
        yield Finding("WRONG", str(error))
        return
    topic = topics.topic(farm.id if farm else "farm", "doctor", "command")
    if wrong := round_trip(server, topic):
        yield Finding("WRONG", f"broker {server}: {wrong}")
        return
    yield Finding("ok", f"the broker {server} lets us in, takes a message and gives it back")
    if server.tls and (days := days_left(server, server.tls)) < RENEW_DAYS:
        yield Finding("WRONG", f"the broker's certificate ends in {days:.0f} days, and then nobody gets in: {RENEW}")


def _keeper(address: str, access: Access, farm: Farm) -> Iterator[Finding]:
    try:
        kept = who_keeps(farm, mqtt.parse_server(address, *access))
    except (CooeeError, OSError):
        return  # the broker's own line has said why
    for claim in kept:
        says = f"{claim.worker} on {printable(claim.host)} keeps the farm in {printable(claim.store)}"
        yield Finding("ok", says)
    if not kept:
        yield Finding("WRONG", f"no ingest of farm {farm.id} is connected to the broker: start `cooee ingest`")


def _outbox(path: Path, farm: Farm | None) -> Iterator[Finding]:
    if not path.exists():
        yield Finding("note", f"{path}: no gateway has run with this data folder")
        return
    waiting, dropped = read_backlog(path)
    hint = ": is ingest running, can it write its store?" if waiting >= BEHIND else ""
    yield Finding("WRONG" if waiting >= BEHIND else "ok", f"{waiting} messages wait at the gateway for a receipt{hint}")
    for kind, count in dropped.items():
        yield Finding("WRONG", f"{count} of kind {kind} were dropped because the gateway's outbox was full")
    links, channels = read_links(path), read_channels(path)
    for node in farm.nodes if farm else ():
        if node.id in channels and (says := other_sensors(node, channels[node.id].split(","))):
            yield Finding("WRONG", f"{says}: mend farm.yaml, or build its program anew")
        if node.link and links.get(node.id, node.link) != node.link:
            yield Finding("WRONG", f"{node.id} comes over {links[node.id]}, farm.yaml says link: {node.link}")


def _quarantine(data: Path) -> Iterator[Finding]:
    found = False
    for name in ("gateway-quarantine.db", "quarantine.db"):
        for tally in read_tallies(data / name):
            found = True
            yield Finding(
                "WRONG",
                f"quarantined, {tally.kind}: {tally.count} since the start; "
                f"see cooee quarantine list --data {data} --kind '{tally.kind}'",
            )
    if not found:
        yield Finding("ok", "nothing is in quarantine")


def _notifications(data: Path, timezone: str) -> Iterator[Finding]:
    if not (data / NOTIFY_FILE).exists():
        yield Finding("note", "nobody is notified: see docs/NOTIFY.md")
        return
    found = failures(data, timezone, time.time_ns() // 1_000_000)
    yield from (Finding("WRONG", line) for line in found)
    if not found:
        yield Finding("ok", "notifications go out")


def _store(url: str, farm: Farm | None, data: Path) -> Iterator[Finding]:
    store = open_store(url, read_only=True)
    try:
        if farm is None:
            yield Finding("ok", "the store answers")
            return
        counts = store.counts(farm.id)
        yield Finding("ok", "the store answers: " + ", ".join(f"{n} {COUNTED[name]}" for name, n in counts.items()))
        yield from _field(store, farm, _without_key(farm, data))
    finally:
        store.close()


def _field(store: Store, farm: Farm, without_key: list[str]) -> Iterator[Finding]:
    now, simulated = store.farm_now(farm.id)
    statuses = {status.node: status for status in store.statuses(farm.id)}
    yield _gateway(statuses.get(farm.gateway), farm, simulated)
    latest = {reading.node: reading for _, reading in store.latest(farm.id)}
    if mute := [node for node in without_key if node not in latest]:
        yield Finding(
            "WRONG", f"never heard, for want of a key: {_few(mute)}: cooee enrol NODE, then build and flash it"
        )
    doubts = ProbeWatch().look(store, farm, now, seconds=math.inf)
    for node in farm.nodes:
        reading = latest.get(node.id)
        state = health(reading.t if reading else None, now, node.wake_interval_s)
        if reading and state in ("late", "dead"):
            yield Finding("WRONG", f"{node.id} is {state}: last heard {(now - reading.t) / 3_600_000:.1f} h ago")
        elif reading is None and node.board == "gateway":
            yield Finding("WRONG", f"{node.id} has no reading yet: do its sensors speak? See cooee map --listen")
        elif reading is None and node.id not in mute:
            yield Finding("WRONG", f"{node.id} has never been heard: is it switched on, is its address {node.address}?")
        elif reading and reading.faults:
            told = [f"{name} ({why})" if (why := reading.why_faulty.get(name)) else name for name in reading.faults]
            yield Finding("WRONG", f"{node.id}: faulty probe, {', '.join(told)}")
        elif reading and node.id in doubts:
            sensor = sensor_state(node, reading, statuses.get(node.id), now, doubts[node.id])
            yield Finding("note", f"look at the probe: {odd_in_words(sensor.odd, now)}")
    if all(node.id in latest for node in farm.nodes):
        yield Finding("ok", f"all nodes have been heard: {len(farm.nodes)}")


def _gateway(status: Status | None, farm: Farm, simulated: bool) -> Finding:
    links = {node.link or "udp" for node in farm.nodes if node.board != "gateway"}
    silent = "; of link: udp, the simulated radio, it says nothing before a simulated node speaks" * (links == {"udp"})
    if status is None:
        return Finding("WRONG", f"no word from the gateway yet: start it with `cooee gateway`{silent}")
    kind = " of a simulated farm" if simulated else ""
    if status.state == "offline":
        return Finding("WRONG", f"the gateway {status.node}{kind} is offline{silent}")
    return Finding("ok", f"the gateway {status.node}{kind} is {status.state}")
