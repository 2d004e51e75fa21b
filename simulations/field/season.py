"""The simulated field: a season of a farm under given weather, with the truth of every zone and what every node
reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from edge.agronomy.crops import crop
from edge.board.battery import Cell
from edge.contract.channels import MISSING, channels
from edge.contract.kinds import kinds
from edge.farm import Farm, Node, Zone

from ..events import NOTHING, Events
from ..nodes.battery import BROWN_OUT_V, battery_volts, browned_out, cell_of
from ..nodes.sensors import sense
from ..rng import stream
from ..time_grid import STEP_S, STEPS_A_DAY, day_of
from ..weather.series import Weather
from .air import air_troubles, crop_air, nearly_air_troubles
from .frost import STAGE_DEGF_DAYS, killed_buds
from .soil import planting_day, simulate_soil
from .store_air import ORCHARD_PPM, fill, season_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

STORE_HUMIDITY = 92.0


@dataclass(frozen=True, kw_only=True)
class Block:
    """Consecutive steps: `t` UTC ms (steps,), readings int16 (nodes, steps, channels)."""

    first_step: int
    t: NDArray[np.int64]
    readings: NDArray[np.int16]


@dataclass(frozen=True, kw_only=True)
class Season:
    """A farm's season: `t` UTC ms (steps,), readings int16 and what is wrong with probes (codes of faults.FAULTS),
    (nodes, steps, channels), truth and `nearly` by kind bool (zones, steps), `dead` bool (nodes, steps) where a node
    has no power. Zones and nodes are in farm.yaml's order."""

    farm: Farm
    weather: str
    seed: int
    t: NDArray[np.int64]
    readings: NDArray[np.int16]
    wrong: NDArray[np.uint8]
    truth: dict[str, Bools]
    nearly: dict[str, Bools]
    dead: Bools
    depletion: Floats = field(repr=False)

    @property
    def first_day(self) -> date:
        """On which it begins, and nodes are programmed."""
        return day_of(self.t[0])

    def blocks(self, steps: int = STEPS_A_DAY) -> list[Block]:
        """The season in pieces of at most `steps` steps."""
        return [
            Block(first_step=i, t=self.t[i : i + steps], readings=self.readings[:, i : i + steps])
            for i in range(0, len(self.t), steps)
        ]


class Field:
    """A farm's season: the truth of all zones is reckoned at once; what nodes read of it, when asked for.

    `t` UTC ms (steps,); `truth` by kind, bool (zones, steps); `nearly`: where a zone is close to it; `depletion` of the
    root zone, mm (zones, steps), 0 in a store. By day, (zones, days): `raw` readily available water and `runoff` water
    that ran off, mm; `bud_kill` share of flower buds that frosts have killed so far, 0 for crops without figures;
    `in_ground` whether a crop is (a store's is always there). Rows are in farm.yaml's order.
    """

    def __init__(self, farm: Farm, weather: Weather, seed: int, events: Events = NOTHING) -> None:
        self.farm, self.weather, self.seed, self.events = farm, weather, seed, events
        self.t = weather.times_ms()
        self._hour = ((self.t / 3_600_000 + weather.utc_offset_h) % 24).round(6)
        steps = len(self.t)
        self.truth = {kind: np.zeros((len(farm.zones), steps), dtype=bool) for kind in kinds()}
        self.nearly = {kind: np.zeros((len(farm.zones), steps), dtype=bool) for kind in kinds()}
        self.depletion = np.zeros((len(farm.zones), steps))
        self.raw = np.zeros((len(farm.zones), weather.days))
        self.runoff, self.bud_kill = np.zeros((2, len(farm.zones), weather.days))
        self.in_ground = np.ones((len(farm.zones), weather.days), dtype=bool)
        self._batteries: dict[tuple[int, int, Cell], Floats] = {}
        self._values: dict[str, dict[str, Floats]] = {}
        self._reckon_stores()
        self._reckon_fields()

    @property
    def first_day(self) -> date:
        """On which the season begins, and nodes are programmed."""
        return day_of(self.t[0])

    def values(self, zone: str) -> dict[str, Floats]:
        """What perfect sensors would read in a zone: values (steps,) by channel name, and of the gases that disturb."""
        return self._values[zone]

    def sense(self, nodes: Sequence[Node]) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
        """What some nodes read, int16 (nodes, steps, channels), and what is wrong with their probes, codes of
        faults.FAULTS of the same shape."""
        readings = np.empty((len(nodes), len(self.t), len(channels())), dtype=np.int16)
        wrong = np.empty(readings.shape, dtype=np.uint8)
        for row, node in enumerate(nodes):
            sense(
                node,
                self._values[node.zone] | {"battery": self.battery(node)},
                readings[row],
                wrong[row],
                rng=stream(self.seed, f"node {node.address}"),
                steps_a_day=STEPS_A_DAY,
                faults=[fault for fault in self.events.probes if fault.node == node.id],
            )
            dead = self.dead(node)
            if dead is not None:
                readings[row, dead] = MISSING
        return readings, wrong

    def dead(self, node: Node) -> Bools | None:
        """Where a node has no power, (steps,); None when it always has."""
        volts = self.battery(node)
        dead = browned_out(volts) if volts.min() < BROWN_OUT_V else np.zeros(len(volts), dtype=bool)
        for cut in self.events.cuts:
            if cut.node == node.id:
                dead[cut.steps] = True
        return dead if dead.any() else None

    def battery(self, node: Node) -> Floats:
        """Volts of a node's battery, (steps,)."""
        # Nodes that draw the same from the same share a curve.
        like = (
            max(1, round(node.wake_interval_s / STEP_S)),
            len(node.channels),
            cell_of(stream(self.seed, f"cell {node.address}")),
        )
        if like not in self._batteries:
            self._batteries[like] = battery_volts(like[0], like[1], self.weather.temperature, STEP_S, cell=like[2])
        volts = self._batteries[like]
        for weak in self.events.cells:
            if weak.node == node.id:
                volts = volts.copy()
                for steps, charge in ((weak.steps, weak.charge), (slice(weak.last, None), 1.0)):
                    volts[steps] = battery_volts(
                        like[0], like[1], self.weather.temperature[steps], STEP_S, cell=like[2], charge=charge
                    )
        return volts

    def _reckon_stores(self) -> None:
        rows = [row for row, zone in enumerate(self.farm.zones) if zone.store is not None]
        stores = []
        for zone in (self.farm.zones[row] for row in rows):
            gas = np.zeros(len(self.t))
            for event in self.events.gases:
                if event.zone == zone.id:
                    gas[event.steps] += event.ul_h
            stores.append(
                season_of(
                    zone,
                    rng=stream(self.seed, f"store {zone.id}"),
                    outside=self.weather.temperature,
                    hour=self._hour,
                    step_s=STEP_S,
                    gas_ul_h=gas,
                )
            )
        for row, room in zip(rows, fill(stores), strict=True):
            still = dict.fromkeys(("wind", "gust", "rain", "solar_radiation"), np.zeros(len(self.t)))
            self._values[self.farm.zones[row].id] = (
                room.gases
                | still
                | {
                    "air_temperature": room.temperature,
                    "humidity": np.full(len(self.t), STORE_HUMIDITY),
                    "pressure": self.weather.pressure,
                }
            )
            self.truth["ripening"][row], self.nearly["ripening"][row] = room.ripening, room.nearly

    def _reckon_fields(self) -> None:
        rows = [row for row, zone in enumerate(self.farm.zones) if zone.store is None]
        if not rows:
            return
        zones = [self.farm.zones[row] for row in rows]
        soil = simulate_soil(zones, self.weather, self._hour, self.seed, self.events.valves)
        self.truth["too_dry"][rows], self.truth["waterlogged"][rows] = soil.dry, soil.wet
        self.nearly["too_dry"][rows], self.nearly["waterlogged"][rows] = soil.short, soil.airless
        self.depletion[rows], self.raw[rows], self.runoff[rows], self.in_ground[rows] = (
            soil.depletion,
            soil.raw,
            soil.runoff,
            soil.in_ground,
        )
        airs = {site: crop_air(self.weather, *site) for site in dict.fromkeys(map(_site, zones))}
        troubles = {site: air_troubles(self.weather, air) for site, air in airs.items()}
        close = {site: nearly_air_troubles(self.weather, air) for site, air in airs.items()}
        orchard = np.full(len(self.t), ORCHARD_PPM)
        buds = {
            _orchard(zone): _bud_kill(zone, self.weather, airs[_site(zone)])
            for zone in zones
            if zone.crop in STAGE_DEGF_DAYS
        }
        for i, (row, zone) in enumerate(zip(rows, zones, strict=True)):
            for kind, happens in troubles[_site(zone)].items():
                self.truth[kind][row], self.nearly[kind][row] = happens, close[_site(zone)][kind]
            self.bud_kill[row] = buds.get(_orchard(zone), 0.0)
            own = {
                "soil_moisture_10cm": soil.at_10[i],
                "soil_moisture_30cm": soil.at_30[i],
                "soil_moisture_60cm": soil.at_60[i],
                "ethylene": orchard,
            }
            self._values[zone.id] = airs[_site(zone)] | own


def simulate(farm: Farm, weather: Weather, seed: int, events: Events = NOTHING) -> Season:
    """A whole season of `farm` under `weather`; the same seed gives the same bytes."""
    field = Field(farm, weather, seed, events)
    readings, wrong = field.sense(farm.nodes)
    dead = np.zeros(readings.shape[:2], dtype=bool)
    for row, node in enumerate(farm.nodes):
        cut = field.dead(node)
        if cut is not None:
            dead[row] = cut
    return Season(
        farm=farm,
        weather=weather.name,
        seed=seed,
        t=field.t,
        truth=field.truth,
        nearly=field.nearly,
        depletion=field.depletion,
        readings=readings,
        wrong=wrong,
        dead=dead,
    )


def _site(zone: Zone) -> tuple[float, float]:
    """What makes a zone's air differ from the station's; zones alike share one."""
    return zone.cold_air_pooling_degc, zone.wind_shelter


def _orchard(zone: Zone) -> tuple[object, ...]:
    """What a zone's flower buds depend on; zones alike lose as many."""
    return _site(zone), zone.crop, zone.planted


def _bud_kill(zone: Zone, weather: Weather, air: dict[str, Floats]) -> Floats:
    leaf_out = planting_day(zone, weather)
    initial, development, _, _ = crop(zone.crop).stages
    return killed_buds(zone.crop, air["air_temperature"], leaf_out=leaf_out, fruit_set=leaf_out + initial + development)
