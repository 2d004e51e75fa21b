"""A Grafana dashboard of a farm in InfluxDB, and what provisions it: a chart a channel, calls as marks and as a list.

Everything comes from farm.yaml and the tables of channels and kinds. Nodes are named as farm.yaml has them now, as on
the page; the tag zone says where they once were.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from edge.contract.channels import Channel, channels
from edge.contract.kinds import Kind, kinds
from edge.farm import Farm
from edge.written_files import write_files

from ..store.influx import OPEN_CALLS
from ..store.influx_server import InfluxServer, text

SOURCE = {"type": "influxdb", "uid": "cooee"}
UNITS = {
    "m3/m3": "percentunit",
    "degC": "celsius",
    "%": "percent",
    "m/s": "velocityms",
    "mm": "lengthmm",
    "hPa": "pressurehpa",
    "V": "volt",
    "ppm": "ppm",
    "W/m2": "Wm2",
}
"""Unit of ours -> Grafana's."""
ADDS_UP = ("rain",)
"""Channels whose values are added in a point of a chart, not averaged."""
WIDTH, HEIGHT = 12, 8
COLUMNS = 24


def provision(farm: Farm, server: InfluxServer, token: Path, folder: Path) -> list[Path]:
    """Writes the dashboard, and the two files by which Grafana finds it and the server; returns their paths. `token` is
    the file with a token that may read the buckets. Grafana reads it when it starts: no token is in what is written."""
    dashboards = folder / "dashboards"
    calls = server.long if server.has_long else server.bucket
    sources = {
        "apiVersion": 1,
        "datasources": [
            {
                "name": "Cooee",
                "uid": SOURCE["uid"],
                "type": SOURCE["type"],
                "access": "proxy",
                "url": server.client.url,
                "jsonData": {"version": "Flux", "organization": server.org, "defaultBucket": server.bucket},
                "secureJsonData": {"token": f"$__file{{{token.resolve()}}}"},
            }
        ],
    }
    provider = {"name": "Cooee", "type": "file", "options": {"path": str(dashboards.resolve())}}
    written = {
        folder / "provisioning/datasources/cooee.yaml": yaml.safe_dump(sources, sort_keys=False),
        folder / "provisioning/dashboards/cooee.yaml": yaml.safe_dump({"apiVersion": 1, "providers": [provider]}),
        dashboards / "cooee.json": json.dumps(dashboard(farm, server.bucket, calls), indent=1, ensure_ascii=False)
        + "\n",
    }
    for path in written:
        path.parent.mkdir(parents=True, exist_ok=True)
    write_files(written)
    return list(written)


def dashboard(farm: Farm, bucket: str, calls: str) -> dict[str, Any]:
    """The dashboard as Grafana's JSON."""
    measured = {name for node in farm.nodes for name in node.channels}
    panels = [_open_calls(farm, calls), *(_chart(farm, each, bucket) for each in channels() if each.name in measured)]
    return {
        "uid": f"cooee-{farm.id}",
        "title": farm.name,
        "tags": ["cooee"],
        "schemaVersion": 39,
        "timezone": farm.timezone,
        "refresh": "1m",
        "time": {"from": "now-7d", "to": "now"},
        "templating": {"list": [_nodes(farm)]},
        "annotations": {"list": [_marks(farm, kind, calls) for kind in kinds().values()]},
        "panels": [panel | {"id": number, "gridPos": _place(number)} for number, panel in enumerate(panels, start=1)],
    }


def _place(number: int) -> dict[str, int]:
    """The list of calls over the whole width, below it two charts a row."""
    if number == 1:
        return {"x": 0, "y": 0, "w": COLUMNS, "h": HEIGHT}
    row, column = divmod(number - 2, COLUMNS // WIDTH)
    return {"x": WIDTH * column, "y": HEIGHT * (row + 1), "w": WIDTH, "h": HEIGHT}


def _nodes(farm: Farm) -> dict[str, Any]:
    """A choice of nodes: each with its block, which Grafana writes before a colon."""
    options = [
        f"{farm.zone_by_id[node.zone].name.replace(',', ' ').replace(':', ' ')} {node.id}" for node in farm.nodes
    ]
    query = ", ".join(f"{label} : {node.id}" for label, node in zip(options, farm.nodes, strict=True))
    every = {"text": ["All"], "value": ["$__all"]}
    return {
        "name": "node",
        "label": "Sensor",
        "type": "custom",
        "query": query,
        "multi": True,
        "includeAll": True,
        "current": every,
    }


def _chart(farm: Farm, channel: Channel, bucket: str) -> dict[str, Any]:
    lines = [kind.chart_line for kind in kinds().values() if kind.chart == channel.name and kind.chart_line is not None]
    steps: list[dict[str, Any]] = [
        {"color": "green", "value": None},
        *({"color": "red", "value": line} for line in lines),
    ]
    bars = channel.name in ADDS_UP
    return {
        "type": "timeseries",
        "title": channel.label,
        "datasource": SOURCE,
        "targets": [{"refId": "A", "datasource": SOURCE, "query": readings(farm, channel, bucket)}],
        "fieldConfig": {
            "defaults": {
                "unit": UNITS[channel.unit],
                "displayName": "${__field.labels.node}",
                "thresholds": {"mode": "absolute", "steps": steps},
                "custom": {
                    "drawStyle": "bars" if bars else "line",
                    "thresholdsStyle": {"mode": "line" if lines else "off"},
                    "spanNulls": 3 * 3_600_000,
                },
            },
            "overrides": [],
        },
    }


def readings(farm: Farm, channel: Channel, bucket: str) -> str:
    """Flux of a channel's readings of the chosen nodes; imported ones stand before their own."""
    mean = "sum" if channel.name in ADDS_UP else "mean"
    return (
        f"from(bucket: {text(bucket)})\n"
        "  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)\n"
        '  |> filter(fn: (r) => r._measurement == "reading" or r._measurement == "imported")\n'
        f"  |> filter(fn: (r) => r.farm == {text(farm.id)} and r._field == {text(channel.name)})\n"
        "  |> filter(fn: (r) => r.node =~ /^${node:regex}$/)\n"
        '  |> group(columns: ["node"])\n'
        f"  |> aggregateWindow(every: v.windowPeriod, fn: {mean}, createEmpty: false)\n"
    )


def _calls(farm: Farm, bucket: str) -> str:
    return (
        f"from(bucket: {text(bucket)})\n"
        "  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)\n"
        f'  |> filter(fn: (r) => r._measurement == "call" and r.farm == {text(farm.id)})\n'
        "  |> filter(fn: (r) => r.node =~ /^${node:regex}$/)\n"
        '  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")\n'
    )


def open_calls(farm: Farm, bucket: str) -> str:
    """Flux of the calls that were raised or repeated in the span and not cleared: a row each, the newest first."""
    return (
        _calls(farm, bucket) + OPEN_CALLS.lstrip("\n") + '  |> group() |> sort(columns: ["_time"], desc: true)\n'
        '  |> map(fn: (r) => ({_time: r._time, node: r.node, call: r["class"], confidence: r.confidence,'
        " raised: time(v: r.raised_t * 1000000)}))\n"
    )


def _open_calls(farm: Farm, bucket: str) -> dict[str, Any]:
    target = {"refId": "A", "datasource": SOURCE, "query": open_calls(farm, bucket)}
    return {"type": "table", "title": "Open calls", "datasource": SOURCE, "targets": [target]}


def raises(farm: Farm, kind: Kind, bucket: str) -> str:
    """Flux of the moments when calls of a kind were raised."""
    return _calls(farm, bucket) + (
        f'  |> filter(fn: (r) => r["class"] == {text(kind.name)} and r.state == "raised")\n'
        f'  |> group() |> map(fn: (r) => ({{_time: r._time, text: r.node + ": " + {text(kind.words)}}}))\n'
    )


def _marks(farm: Farm, kind: Kind, bucket: str) -> dict[str, Any]:
    query = raises(farm, kind, bucket)
    return {
        "name": kind.words,
        "datasource": SOURCE,
        "enable": True,
        "iconColor": kind.colour,
        "target": {"refId": "Anno", "query": query},
        "query": query,
    }
