"""How many node-steps a second the node core takes on one core of this computer: `python -m bench.node_core`.

A node-step is everything a node does when it wakes: five channels checked and windowed, one sentinel judged with its
alarms, the telemetry frame encoded. The figure is the best of five runs.
"""

import time

import numpy as np
import typer
from numpy.typing import NDArray

from edge.contract.channels import MISSING, channel, channel_names
from edge.core import NodeConfig, Nodes, Site, feature_names, features

NODES, STEPS, STEP_S, RUNS = 1000, 1000, 600, 5
CHANNELS = ("soil_moisture_10cm", "soil_moisture_30cm", "air_temperature", "humidity", "battery")
SITE = Site(field_capacity=0.24, wilting_point=0.10, saturation=0.44, depletion_fraction=0.4)


def measure() -> dict[str, float]:
    """Millions of node-steps a second: `nodes` is the whole node, `features` computes every feature instead."""
    readings = _readings()
    configs = [
        NodeConfig(address=i + 1, boot=0, wake_interval_s=STEP_S, channels=CHANNELS, site=SITE, sentinels=("soil",))
        for i in range(NODES)
    ]
    best = {"nodes": 0.0, "features": 0.0}
    for _ in range(RUNS):
        nodes = Nodes(configs)
        start = time.perf_counter()
        nodes.run(readings, 0, STEP_S)
        best["nodes"] = max(best["nodes"], _rate(start))
        start = time.perf_counter()
        features(readings, step_s=STEP_S, sites=[SITE] * NODES)
        best["features"] = max(best["features"], _rate(start))
    return best


def _rate(start: float) -> float:
    return NODES * STEPS / (time.perf_counter() - start) / 1e6


def _readings() -> NDArray[np.int16]:
    """Soil that dries out by day, under a daily course of temperature and humidity."""
    rng = np.random.default_rng(1)
    hours = np.arange(STEPS) * STEP_S / 3600
    day = np.sin(hours / 24 * 2 * np.pi)
    values = (0.26 - 0.0008 * hours, 0.28 - 0.0006 * hours, 15 + 8 * day, 70 - 25 * day, 3.9 - 0.0005 * hours)
    readings = np.full((NODES, STEPS, len(channel_names())), MISSING, dtype=np.int16)
    for name, value in zip(CHANNELS, values, strict=True):
        noise = rng.normal(0, 8, (NODES, STEPS))
        readings[:, :, channel(name).id] = np.rint(value / channel(name).scale + noise)
    return readings


def command() -> None:
    """Measure the node core: wakes a second on one processor core."""
    rates = measure()
    typer.echo(
        f"node core, one core, {len(CHANNELS)} channels: {rates['nodes']:.1f} million node-steps/s (telemetry encoded, "
        f"one sentinel); all {len(feature_names())} features: {rates['features']:.1f} million node-steps/s"
    )


if __name__ == "__main__":
    typer.run(command)
