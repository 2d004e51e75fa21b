"""Probes that seem wrong, found in what a real store holds of their last weeks."""

from collections.abc import Iterator
from contextlib import closing
from math import inf
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import cooee
from cloud.block.probe_watch import STEP_MS, ProbeWatch
from cloud.clock import HOUR_MS, Pace
from cloud.farm_view import view_farm
from cloud.language.times import ago
from cloud.notify.concerns import ODD_PROBE, concerns
from cloud.store import Store, Stored, open_store
from edge.contract.messages import Call, Reading, Status
from edge.farm import Farm, parse_farm, sample_farm_text
from edge.probe_trouble import STEPS

NOW = 1_433_355_600_000 // STEP_MS * STEP_MS + HOUR_MS
FELL_H = 60
NODES = ("tomato-1", "tomato-2")
CHANNEL = "soil_moisture_10cm"


@pytest.fixture(scope="module")
def farm() -> Farm:
    return parse_farm(sample_farm_text(), source="farm.yaml")


def clock(farm: Farm) -> Stored:
    """A simulated farm's clock stands at NOW."""
    gateway = Status(
        farm=farm.id, node=farm.gateway, t=NOW, state="online", wake_interval_s=60, gateway=True, simulated=True
    )
    return Stored(zone="", message=gateway)


@pytest.fixture
def store(farm: Farm, tmp_path: Path) -> Iterator[Store]:
    """Both nodes, every hour for as long as is looked back; the upper probe of the first fell FELL_H ago."""
    rng, rows = np.random.default_rng(1), []
    for node in NODES:
        for back in range(STEPS * STEP_MS // HOUR_MS):
            soil = dict(zip((CHANNEL, "soil_moisture_30cm"), 0.22 + 4e-6 * back + rng.normal(0, 4e-4, 2), strict=True))
            if node == NODES[0] and back < FELL_H:
                soil[CHANNEL] -= 0.05
            t = NOW - back * HOUR_MS
            message = Reading(
                farm=farm.id,
                node=node,
                boot=1,
                seq=10_000 - back,
                t=t,
                values={name: round(value, 4) for name, value in soil.items()},
            )
            rows.append(Stored(zone="tomatoes", message=message))
    with closing(open_store(f"sqlite={tmp_path}/cooee.db")) as opened:
        opened.append([*rows, clock(farm)])
        yield opened


def test_a_probe_that_fell_is_found_and_since_when(store: Store, farm: Farm) -> None:
    found = ProbeWatch().look(store, farm, NOW, seconds=inf)
    assert found.keys() == {NODES[0]}
    ((channel, doubted),) = found[NODES[0]].items()
    assert (channel, doubted.why) == (CHANNEL, "fell")
    assert abs((NOW - doubted.since) / HOUR_MS - FELL_H) <= 12


def test_a_look_is_short_and_goes_on_where_the_last_one_stopped(store: Store, farm: Farm) -> None:
    """The first judges nothing, each further one a zone; within a step of the clock none is judged again."""
    watch = ProbeWatch()
    looks = [watch.look(store, farm, NOW, seconds=0) for _ in (None, *farm.zones)]
    assert looks[0] == {}
    assert looks[-1].keys() == {NODES[0]}
    store.close()
    assert watch.look(store, farm, NOW, seconds=0) == looks[-1]


def test_it_is_told_as_a_small_thing_of_the_zone(store: Store, farm: Farm) -> None:
    watch = ProbeWatch()
    watch.look(store, farm, NOW, seconds=inf)
    view = view_farm(farm, store, Pace(), watch)
    tomatoes = view.zone("tomatoes")
    assert [s.state for s in tomatoes.sensors if s.node.id in NODES] == ["suspect", "sleeping"]
    (told,) = (concern for concern in concerns(view) if concern.kind == ODD_PROBE)
    assert (told.zone, told.level, set(told.who)) == ("tomatoes", "no_word", {NODES[0]})
    assert told.advice.title == "Tomato block: look at the probe of tomato-1 when you are there."
    assert "soil water at 10\N{NO-BREAK SPACE}cm: it fell all at once" in told.advice.why


def test_who_stands_beside_a_node_reads_what_the_page_says(store: Store, farm: Farm, tmp_path: Path) -> None:
    (tmp_path / "farm.yaml").write_text(sample_farm_text())
    ((doubted,),) = (of.values() for of in ProbeWatch().look(store, farm, NOW, seconds=inf).values())

    def status(node: str, *options: str) -> str:
        arguments = ["status", node, "--farm", f"{tmp_path}/farm.yaml", "--data", str(tmp_path), *options]
        said = CliRunner().invoke(cooee.build_app("status"), arguments)
        assert said.exit_code == 0, said.output
        return said.output.replace("\N{NO-BREAK SPACE}", " ")

    assert (
        "It reports, but something is odd: tomato-1, soil water at 10 cm: it fell all at once, alone and faster than "
        f"soil dries (noticed {ago(doubted.since, NOW)}). Look at the probe."
    ) in status("tomato-1")
    assert "Reports on time and rests in between." in status("tomato-2")
    assert "is not known here (--store names another store)" in status(
        "tomato-2", "--store", f"sqlite={tmp_path}/no.db"
    )


@pytest.mark.parametrize("drifting", [("store-1",), ("store-1", "store-2")])
def test_a_call_of_the_cell_that_drifts_alone_is_a_probe_to_look_at(
    farm: Farm, tmp_path: Path, drifting: tuple[str, ...]
) -> None:
    """Two cells of a store; one calls. Where both read more and more it is the fruit."""
    rng = np.random.default_rng(1)

    def ppm(node: str, back: int) -> float:
        rise = 0.1 * max(0.0, 5 - back / 24) if node in drifting else 0.0
        return round(float(0.3 + rise + rng.normal(0, 0.02)), 2)

    def reading(node: str, back: int) -> Stored:
        values = {"ethylene": ppm(node, back), "air_temperature": 2.0 + back % 3 / 10, "humidity": 90.0 + back % 2}
        t = NOW - back * HOUR_MS
        message = Reading(farm=farm.id, node=node, boot=1, seq=10_000 - back, t=t, values=values)
        return Stored(zone="store", message=message)

    call = Call(
        farm=farm.id, node="store-1", boot=1, seq=20_000, t=NOW, sentinel="ethylene", version="0badcafe",
        kind="ripening", confidence=90, state="raised", raised_t=NOW, why=(),
    )  # fmt: skip
    rows = [reading(node, back) for node in ("store-1", "store-2") for back in range(STEPS * STEP_MS // HOUR_MS)]
    with closing(open_store(f"sqlite={tmp_path}/store.db")) as store:
        store.append([*rows, Stored(zone="store", message=call), clock(farm)])
        watch = ProbeWatch()
        watch.look(store, farm, NOW, seconds=inf)
        view = view_farm(farm, store, Pace(), watch)
    (trouble,) = view.zone("store").troubles
    if len(drifting) == 1:
        assert (trouble.level, [odd.sensor for odd in trouble.held]) == ("no_word", ["store-1"])
        assert "suspected only: ripening. Look at the probe of store-1 first." in trouble.advice.title
        assert "it goes another way than the others here" in trouble.advice.why
    else:
        assert (trouble.level, trouble.held) == ("needs_you", ())
