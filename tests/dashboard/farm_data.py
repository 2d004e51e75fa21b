"""A farm's past for the page's tests: the sample farm's readings, calls and silence, written straight to a store."""

import math
from collections.abc import Iterator
from pathlib import Path

from cloud.store import Store, Stored
from edge.contract.messages import Call, CallState, Evidence, Message, Reading, Status
from edge.farm import Farm, Node, parse_farm, sample_farm_text

NOW = 1_433_355_600_000
"""3 June 2015, 14:20 in Whately."""
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def sample_farm() -> Farm:
    return parse_farm(sample_farm_text(), source="sample_farm.yaml")


def write_farm_file(folder: Path) -> Path:
    path = folder / "farm.yaml"
    path.write_text(sample_farm_text(), encoding="utf-8")
    return path


def many_blocks_text(count: int = 12) -> str:
    """farm.yaml with so many tomato blocks of one soil probe each; the first has a weather node too."""
    head = sample_farm_text().split("zones:")[0]
    zones = "".join(
        f"  - {{id: b{i}, name: Block {i}, crop: tomato, soil: sandy_loam, area_ha: 1.2, irrigation: drip}}\n"
        for i in range(1, count + 1)
    )
    node = "  - {{id: {0}, address: {1}, zone: {2}, position: [{3}, 10], sensors: [{4}], wake_interval: 10 min}}\n"
    nodes = "".join(node.format(f"p{i}", i, f"b{i}", 40 * i, "soil_probe") for i in range(1, count + 1))
    return f"{head}zones:\n{zones}nodes:\n{nodes}{node.format('w1', 100, 'b1', 20, 'sht3x, anemometer')}"


def stored(farm: Farm, *messages: Message) -> list[Stored]:
    zones = {node.id: node.zone for node in farm.nodes}
    return [Stored(zone=zones.get(message.node, "unknown"), message=message) for message in messages]


def clock(farm: Farm, now: int = NOW) -> Status:
    return Status(
        farm=farm.id, node=farm.gateway, t=now, state="online", wake_interval_s=60, gateway=True, simulated=True
    )


def reading(
    farm: Farm, node: Node, t: int, *, boot: int = 1, faults: tuple[str, ...] = (), why: str = "", **changed: float
) -> Reading:
    """A plausible reading of a node at a time: daily rhythm, slowly drying soil; `changed` overrules channels. `why`:
    all that are faulty are."""
    day = t / DAY
    rhythm = math.sin(2 * math.pi * (day - 0.6))
    plausible = {
        "soil_moisture_10cm": 0.175 + 0.01 * math.sin(day),
        "soil_moisture_30cm": 0.205 + 0.008 * math.sin(day / 2),
        "soil_moisture_60cm": 0.22,
        "soil_temperature": 16 + 2 * rhythm,
        "ethylene": 1.1 + 0.2 * rhythm,
        "air_temperature": 15 + 7 * rhythm,
        "humidity": 70 - 20 * rhythm,
        "wind": 2.5 + rhythm,
        "gust": 5 + 2 * rhythm,
        "rain": 0.4 if int(day) % 5 == 0 and rhythm > 0.8 else 0.0,
        "pressure": 1005 + 5 * math.sin(day / 3),
        "battery": 3.9,
    }
    values = {name: changed.get(name, plausible[name]) for name in node.channels if name not in faults}
    why_faulty = dict.fromkeys(faults, why) if why else {}
    return Reading(
        farm=farm.id,
        node=node.id,
        boot=boot,
        seq=t // MINUTE % 2**32,
        t=t,
        values=values,
        faults=faults,
        why_faulty=why_faulty,
    )


def history(farm: Farm, since: int, until: int, step: int = 10 * MINUTE) -> Iterator[Reading]:
    for t in range(since, until, step):
        for node in farm.nodes:
            yield reading(farm, node, t)


def call(
    farm: Farm,
    node: str,
    sentinel: str,
    kind: str,
    raised_t: int,
    *why: Evidence,
    t: int | None = None,
    state: CallState = "raised",
) -> Call:
    t = raised_t if t is None else t
    return Call(
        farm=farm.id,
        node=node,
        boot=2,
        seq=t // MINUTE % 2**32,
        t=t,
        sentinel=sentinel,
        version="0badcafe",
        kind=kind,
        confidence=88,
        state=state,
        raised_t=raised_t,
        why=why,
    )


def fill(store: Store, farm: Farm, *, days: int = 12, silent: tuple[str, ...] = (), now: int = NOW) -> None:
    """Readings of all nodes up to `now`; nodes in `silent` stopped five hours before."""
    for start in range(now - days * DAY, now, DAY):
        rows = [
            r for r in history(farm, start, min(start + DAY, now + 1)) if r.node not in silent or r.t < now - 5 * HOUR
        ]
        store.append(stored(farm, *rows))
    store.append(stored(farm, clock(farm, now)))


def frost_comes(farm: Farm, now: int = NOW) -> list[Message]:
    """Air at the apple block falls by a degree an hour, to 1 °C now, and its weather node calls."""
    node = farm.node_by_id["apple-weather"]
    falls: list[Message] = [
        reading(farm, node, now - hours * HOUR, boot=3, air_temperature=1.0 + hours) for hours in (3, 2, 1, 0)
    ]
    why = Evidence(feature="air_temperature", value=2.0, unit="degC")
    return [*falls, call(farm, node.id, "weather", "frost", now - HOUR, why)]


def dry_block(farm: Farm, since: int, now: int = NOW) -> list[Message]:
    """The tomato block dries out: what its probes read now, and three calls."""
    probes = [node for node in farm.nodes if node.zone == "tomatoes" and "soil_probe" in node.sensors]
    readings: list[Message] = [
        reading(farm, node, now, boot=3, soil_moisture_10cm=0.14, soil_moisture_30cm=0.172) for node in probes
    ]
    why = (
        Evidence(feature="soil_deficit_30cm", value=1.12, unit=""),
        Evidence(feature="soil_loss_5d_10cm", value=0.21, unit=""),
    )
    return readings + [call(farm, node.id, "soil", "too_dry", since, *why) for node in probes[:3]]
