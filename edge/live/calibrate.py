"""`cooee calibrate`: points of a soil probe, pyranometer or gas cell, taken on the live node, into farm.yaml and to the
node."""

import contextlib
import math
from collections import deque
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import fmean
from typing import Annotated

import typer

from ..contract.channels import channel as channel_named
from ..contract.errors import CooeeError
from ..core import Site
from ..farm import FARM_FILE, Farm, Node, load_farm, node_named
from ..farm.calibration import CALIBRATED, MOST_POINTS, ROUGH, Points, check, mv_of
from ..farm.edit import change_node
from ..mqtt import client as mqtt
from ..mqtt.options import with_broker
from ..node.commission import site_of
from ..options import FarmOfNode, GatewayData
from ..service.data_folder import DATA
from .live_node import ByBroker, ByCable, LiveNode
from .set_cli import send

WAKE_S = 60
"""While somebody stands beside it: the shortest wake interval."""
READINGS, STEADY_MV, TRIES = 3, 20.0, 3
MINERAL_G_CM3 = 2.65
"""Density of soil grains, as of quartz; what is between them is the saturation."""

SOIL_ADVICE = """\
Take points in your own soil, with the probe as it will stay: one dry, one a day or two after a soaking that drained
(field capacity), more between them if you like. Not in the air and not in a glass of water: your soil's whole range is
a small part of what lies between those two, the probe's output is no straight line there, and water without soil
around it is sensed unlike water in soil. A sample of known volume that you weigh wet and oven-dry is the best point."""
CELL_ADVICE = """\
Two points, both at about 20 degC: zero in clean air (outdoors, away from engines and fruit), and span gas of a known
concentration, once the reading stands still. A cell needs two hours of power before either."""


SUN_ADVICE = """\
With its certificate no light is needed: 2 mV a W/m2 is --point 0=0 --point 2500=1250. Else two points or more: dark,
under a black cap, and sun, at a clear and steady noon beside a pyranometer that you trust. A lux meter is none."""
KINDS = {
    "ethylene": (CELL_ADVICE, ("zero", "span")),
    "solar_radiation": (SUN_ADVICE, ("dark", "sun")),
}
"""Of channels that are not a soil's: what to know, and the points that there are."""


class Probe:
    """A probe on a live node, read in millivolts."""

    def __init__(self, live: LiveNode, channel: str) -> None:
        self._live, self._channel = live, channel
        self._points = live.node.calibration.get(channel, ROUGH[channel])

    def begin(self) -> None:
        """The node wakes every minute, with points that we know."""
        calibration = self._live.node.calibration | {self._channel: self._points}
        every_s = self._live.wake_interval_s
        typer.echo(f"{self._live.node.id} is asked to wake every minute; it hears that within {every_s} s ...")
        if self._points == ROUGH[self._channel]:
            typer.echo("Until the end it has a rough straight line for this probe, so what it measures is not right.")
        self._live.use(self._live.node.model_copy(update={"wake_interval_s": WAKE_S, "calibration": calibration}))

    def millivolts(self) -> int:
        """The mean of READINGS in a row that stand still. CooeeError: the probe is faulty on any calibration."""
        last: deque[float] = deque(maxlen=READINGS)
        faulty = 0
        for mv in self._told():
            if mv is None and self._points != ROUGH[self._channel]:
                typer.echo("  faulty, or beyond its points")
                self._points = ROUGH[self._channel]
                self.begin()
                return self.millivolts()
            if mv is None:
                faulty += 1
                typer.echo("  faulty")
                if faulty == TRIES:
                    raise CooeeError(
                        f"{self._channel} is faulty with a line on which every voltage would do: check its wires "
                        "(docs/FIRMWARE.md), and whether a cell has warmed up"
                    )
                continue
            typer.echo(f"  {mv:.0f} mV")
            last.append(mv)
            if len(last) == READINGS and max(last) - min(last) <= STEADY_MV:
                return round(fmean(last))
        raise AssertionError("readings come until one raises")

    def _told(self) -> Iterator[float | None]:
        for reading in self._live.readings():
            value = reading.values.get(self._channel)
            yield None if value is None else mv_of(self._channel, self._points, value)


def gravimetric(wet_g: float, dry_g: float, bulk_g_cm3: float) -> float:
    """Water of a soil sample [m3/m3]: mass lost in the oven (105 degC, a day) by dry mass, times the soil's dry bulk
    density [g/cm3], water being 1 g/cm3. CooeeError for masses that cannot be."""
    if not 0 < dry_g <= wet_g or not 0.2 <= bulk_g_cm3 <= MINERAL_G_CM3:
        raise CooeeError(
            f"a sample of {wet_g:g} g wet and {dry_g:g} g dry with {bulk_g_cm3:g} g/cm3 cannot be: dry is less than "
            f"wet, and a bulk density is 0.2 to {MINERAL_G_CM3} g/cm3"
        )
    return (wet_g - dry_g) / dry_g * bulk_g_cm3


def ask_value(kind: str, site: Site) -> float:
    """The value of a point, asked for."""
    match kind:
        case "dry":
            return float(typer.prompt("  m3/m3 of it, where plants wilt", default=site.wilting_point, type=float))
        case "capacity":
            return float(typer.prompt("  m3/m3 of it at field capacity", default=site.field_capacity, type=float))
        case "sample":
            usual = round((1 - site.saturation) * MINERAL_G_CM3, 2)
            wet = typer.prompt("  grams wet", type=float)
            dry = typer.prompt("  grams after a day at 105 degC", type=float)
            return gravimetric(wet, dry, typer.prompt("  dry grams a cm3 of soil", default=usual, type=float))
        case "span":
            return float(typer.prompt("  ppm of the span gas", type=float))
        case "sun":
            return float(typer.prompt("  W/m2 that the other says", type=float))
        case _:
            return 0.0


def ask_points(probe: Probe, channel: str, site: Site, points: dict[int, float]) -> None:
    """Adds points until somebody says it is enough, or a probe takes no more."""
    advice, kinds = KINDS.get(channel, (SOIL_ADVICE, ("dry", "capacity", "sample")))
    typer.echo(advice)
    probe.begin()
    while len(points) < (2 if channel == "ethylene" else MOST_POINTS):
        kind = typer.prompt(f"Next point ({', '.join(kinds)}, or end)")
        if kind == "end":
            return
        if kind not in kinds:
            typer.echo(f"  write one of {', '.join(kinds)}, end")
            continue
        millivolts = probe.millivolts()
        try:
            value = round(ask_value(kind, site), 4)
        except CooeeError as error:
            typer.echo(f"  {error}")
            continue
        points[millivolts] = value
        typer.echo(f"  {millivolts} mV = {value:g} {channel_named(channel).unit}")


def _point(text: str) -> tuple[int, float]:
    mv, _, value = text.partition("=")
    with contextlib.suppress(ValueError):
        if math.isfinite(float(value)):
            return int(mv), float(value)
    raise CooeeError(f"--point {text}: write MV=VALUE, as in 2480=0.09")


def _channel(node: Node, asked: str | None) -> str:
    can = [name for name in CALIBRATED if name in node.channels and node.board != "gateway"]
    if asked is None and len(can) > 1:
        asked = typer.prompt(f"Which probe ({', '.join(can)})")
    asked = asked or (can[0] if can else "")
    if asked not in can:
        raise CooeeError(
            f"{node.id} has {', '.join(can) or 'no probe'} to calibrate" + (f", not {asked}" * bool(asked))
        )
    return asked


def write(path: Path, node: Node, channel: str, points: Points) -> Farm:
    """Puts points into farm.yaml; CooeeError says what is wrong with them, and the file stays as it was."""
    try:
        checked = check(node.channels, {channel: points})[channel]
    except ValueError as error:
        raise CooeeError(str(error)) from None
    text = "[" + ", ".join(f"[{mv}, {value:g}]" for mv, value in checked) + "]"
    farm = change_node(path, node.id, f"calibration.{channel}", text)
    typer.echo(f"{path} has {channel}: {text} for {node.id}")
    return farm


@with_broker
def command(
    node: Annotated[str, typer.Argument(help="The node's id in farm.yaml.")],
    channel: Annotated[str | None, typer.Option(help="Which of its probes, as soil_moisture_10cm.")] = None,
    point: Annotated[
        list[str] | None,
        typer.Option(help="MV=VALUE, a point that is known already. With two or more, nothing is asked."),
    ] = None,
    port: Annotated[
        str | None, typer.Option(help="A serial device that no gateway uses; without it, through the gateway.")
    ] = None,
    farm: FarmOfNode = FARM_FILE,
    data: GatewayData = DATA,
    *,
    server: mqtt.Server,
) -> None:
    """Guides through the calibration of a probe on its live node, writes it into farm.yaml and sends it."""
    loaded = load_farm(farm)
    found = node_named(loaded, node)
    chosen = _channel(found, channel)
    points = dict(_point(text) for text in point or ())
    if len(points) >= 2 and port is None:
        written = write(farm, found, chosen, tuple(points.items()))
        typer.echo(send(server, written, written.node_by_id[node]))
        typer.echo(f"It gets them at its next wake; see: cooee status {node}")
        return
    live = ByCable(loaded, found, data, port) if port else ByBroker(loaded, found, data, server)
    with contextlib.closing(live):
        last = found
        try:
            if len(points) < 2:
                ask_points(Probe(live, chosen), chosen, site_of(loaded.zone_by_id[found.zone], date.today()), points)
            if len(points) < 2:
                known = "".join(f" --point {mv}={value:g}" for mv, value in points.items())
                raise CooeeError(
                    f"two points are needed; go on later with cooee calibrate {node} --channel {chosen}{known}"
                )
            last = write(farm, found, chosen, tuple(points.items())).node_by_id[node]
        except BaseException:
            live.send(last)  # as it was before
            raise
        live.use(last)
    typer.echo(f"{node} uses it.")
