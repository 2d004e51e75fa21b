"""`cooee monitor`: what a node says, as it comes: from the broker, or straight from a serial line."""

import datetime
import queue
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import paho.mqtt.client as paho
import typer

from .. import core
from ..contract import topics
from ..contract.errors import CooeeError, FrameError, MessageError
from ..contract.messages import Call, Reading, Status
from ..contract.payloads import parse
from ..farm import FARM_FILE, Farm, load_farm, node_named
from ..links.serial_line import SerialLine
from ..links.serial_port import check_device
from ..mqtt import client as mqtt
from ..mqtt.options import with_broker
from ..node.keys import Keys
from ..node.sentinel_images import sentinel_name
from ..options import FarmOfNodes
from ..service.data_folder import DATA
from .gateway_heard import silent_gateway

WAIT_S = 0.2


@with_broker
def command(
    node: Annotated[
        str | None, typer.Argument(help="The node's id in farm.yaml; with --port, every node there.")
    ] = None,
    port: Annotated[str | None, typer.Option(help="A serial device that no gateway uses, as /dev/ttyACM0.")] = None,
    farm: FarmOfNodes = FARM_FILE,
    data: Annotated[Path, typer.Option(help="Folder with the nodes' keys.")] = DATA,
    *,
    server: mqtt.Server,
) -> None:
    """Shows what a node says, until Ctrl-C: readings, faults, calls, and on a serial line hellos too."""
    loaded = load_farm(farm)
    its = node_named(loaded, node) if node is not None else None
    wakes = f" of {its.id}, which wakes every {its.wake_interval_s} s" if its else ""
    if port is not None:
        check_device(port)
        lines = from_line(loaded, Keys(data), SerialLine(port), node)
    elif node is not None:
        lines = from_broker(loaded, server, node)
    else:
        raise CooeeError("name a node, as in cooee monitor bean-1, or a serial line: --port /dev/ttyACM0")
    typer.echo(f"waiting for what comes{wakes}; times are UTC, Ctrl-C ends it", err=True)
    try:
        direct = its is not None and its.link == "direct"
        if port is None and not direct and (silent := silent_gateway(server, loaded)):
            typer.echo(silent, err=True)
        for line in lines:
            typer.echo(line)
    except KeyboardInterrupt:
        return


def from_line(farm: Farm, keys: Keys, line: SerialLine, node: str | None) -> Iterator[str]:
    """Lines of what comes over a serial line. Nothing is acknowledged: the board keeps its frames for the gateway."""
    try:
        while True:
            if line.fileno() is None:
                time.sleep(WAIT_S)
                continue
            for heard in line.receive():
                told = _told(farm, keys, heard.frame, node)
                if told is not None:
                    yield f"{_clock(heard.received_ms)} {told}"
            time.sleep(WAIT_S)
    finally:
        line.close()


def _told(farm: Farm, keys: Keys, data: bytes, wanted: str | None) -> str | None:
    try:
        head = core.read_head(data)
        node = farm.node_by_address.get(head.address)
        if node is None:
            return f"address {head.address} is not in farm.yaml"
        if wanted not in (None, node.id):
            return None
        key = keys.key(node.id, head.incarnation)
        frame = core.decode(data, core.OPEN_KEY if key is None else key)
    except FrameError as error:
        return f"no frame that can be read: {error}"
    age = "of before its restart" if frame.time == "earlier" else f"{frame.age_s} s old"
    return f"{node.id} boot {frame.boot} no. {frame.sequence}, {age}: {frame_in_words(frame)}"


def frame_in_words(frame: core.Frame) -> str:
    """What a frame of a node says."""
    match frame:
        case core.Hello():
            return (
                f"hello after {frame.reset}, wakes every {frame.wake_interval_s} s, settings {frame.settings_version}, "
                f"{_runs(frame.sentinels)}measures {', '.join(frame.channels)}"
            )
        case core.Telemetry():
            return _readings(frame.values, frame.faults, frame.why_faulty)
        case core.CallFrame():
            why = ", ".join(f"{w.name} {w.value:g} {w.unit}".strip() for w in frame.why)
            return _call(frame.state, frame.sentinel_name, frame.kind, frame.confidence, why)
        case core.Wanted():
            what = "settings" if frame.kind == core.SETTINGS else f"sentinel {sentinel_name(frame.kind)}"
            more = f" {frame.offset}" if frame.state == "wants" else f", as {frame.why}" if frame.why else ""
            return f"{what} {frame.version}: {frame.state}{more}"
        case _:
            return "a frame to a node"


def _runs(versions: tuple[int, ...]) -> str:
    return f"sentinels {', '.join(f'{version:08x}' for version in versions)}, " if versions else ""


def _readings(values: dict[str, float], faults: tuple[str, ...], why: Mapping[str, str]) -> str:
    told = [f"{name} {value:g}" for name, value in values.items()]
    told += [f"{name} FAULTY" + (f" ({why[name]})" if name in why else "") for name in faults]
    return ", ".join(told) or "nothing measured"


def _call(state: str, sentinel: str, kind: str, confidence: int, why: str) -> str:
    return f"call {state}: {sentinel} says {kind}, {confidence} %" + (f" ({why})" if why else "")


def from_broker(farm: Farm, server: mqtt.Server, node: str) -> Iterator[str]:
    """Lines of what the gateway publishes of a node. CooeeError: the broker cannot be used."""
    came: queue.SimpleQueue[str | CooeeError] = queue.SimpleQueue()
    client = mqtt.new_client("", server)
    client.on_connect = _subscribe(farm, node, server, came)
    client.on_message = lambda _client, _data, message: came.put(_message_in_words(message))
    try:
        client.connect(server.host, server.port)
    except OSError as error:
        raise CooeeError(f"broker {server}: {mqtt.explain(error)}") from None
    client.loop_start()
    try:
        while True:
            line = came.get()
            if isinstance(line, CooeeError):
                raise line
            yield line
    finally:
        client.disconnect()
        client.loop_stop()


def _subscribe(
    farm: Farm, node: str, server: mqtt.Server, came: "queue.SimpleQueue[str | CooeeError]"
) -> Callable[..., None]:
    def connected(client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            came.put(CooeeError(f"broker {server}: {mqtt.explain(reason)}"))
            return
        client.subscribe([(topics.topic(farm.id, node, kind), 1) for kind in topics.UP])

    return connected


def _message_in_words(message: paho.MQTTMessage) -> str:
    topic = topics.parse_topic(message.topic)
    try:
        told = None if topic is None else parse(topic, bytes(message.payload))
    except MessageError as error:
        return f"{message.topic}: cannot be read: {error}"
    match told:
        case Reading():
            return f"{_clock(told.t)} {_readings(told.values, told.faults, told.why_faulty)}"
        case Call():
            why = ", ".join(f"{w.feature} {w.value:g} {w.unit}".strip() for w in told.why)
            return f"{_clock(told.t)} {_call(told.state, told.sentinel, told.kind, told.confidence, why)}"
        case Status():
            return f"{_clock(told.t)} {told.state}, wakes every {told.wake_interval_s} s"
        case _:
            return f"{message.topic}: not of a node"


def _clock(t_ms: int | None) -> str:
    if t_ms is None:
        return "--:--:--"
    return f"{datetime.datetime.fromtimestamp(t_ms / 1000, datetime.UTC):%H:%M:%S}"
