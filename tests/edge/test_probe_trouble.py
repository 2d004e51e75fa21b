"""Which probes seem wrong, on courses whose answer is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.contract.channels import MISSING, channel
from edge.probe_trouble import HELD, STEP_H, STEPS, Bools, Doubt, Past, Probe, doubts, past_of

DAY = 24 // STEP_H
AT = 22 * DAY
"""Step at which something happens."""
SHALLOW, DEEP = "soil_moisture_10cm", "soil_moisture_30cm"
Floats = NDArray[np.float64]


def soil(seed: int, days: int = 40, level: float = 0.25) -> Floats:
    """Soil that dries by day and is watered on every fifth, as a probe with noise reads it."""
    step = np.arange(days * DAY)
    dried = 0.006 * (step % (5 * DAY)) / DAY + 0.002 * np.sin(2 * np.pi * step / DAY)
    return np.asarray(level - dried + np.random.default_rng(seed).normal(0, 0.0004, len(step)))


def read(values: Floats, coarse: float = 0.0) -> Past:
    """The same lowest, highest and mean value a step."""
    shown = np.round(values / coarse) * coarse if coarse else values
    return Past(low=shown, high=shown, mean=shown)


def said(why: Doubt, **probes: Past) -> dict[str, Bools]:
    """Where probes of the upper depth, a node each, are doubted so."""
    return {node: why_not[why] for (node, _), why_not in doubts({(n, SHALLOW): p for n, p in probes.items()}).items()}


def test_good_probes_are_not_doubted() -> None:
    probes = [(node, name) for node in "abc" for name in (SHALLOW, DEEP)]
    found = doubts({probe: read(soil(seed)) for seed, probe in enumerate(probes)})
    assert len(found) == 6
    assert not any(where.any() for of in found.values() for where in of.values())


def test_a_fall_of_one_probe_is_doubted_for_a_week() -> None:
    fallen = soil(1)
    fallen[AT:] -= 0.03
    fell = said("fell", a=read(fallen), b=read(soil(2)))
    assert not fell["b"].any()
    first, last = np.flatnonzero(fell["a"])[[0, -1]]
    assert 0 <= first - AT <= 12 // STEP_H, "known within half a day"
    assert last - first == pytest.approx(HELD, abs=3)


def test_what_the_whole_soil_does_is_no_fault() -> None:
    """Both probes fall at once; and one falls from saturation over a day, as sand drains."""
    pair = [soil(1), soil(2)]
    for values in pair:
        values[AT:] -= 0.03
    assert not any(where.any() for where in said("fell", a=read(pair[0]), b=read(pair[1])).values())
    drains = soil(3)
    drains[AT:] += 0.12 * np.exp(-np.arange(len(drains) - AT) * STEP_H / 12)
    assert not said("fell", a=read(drains))["a"].any()


def test_a_probe_that_often_falls_must_fall_further() -> None:
    restless = soil(1)
    for begin in range(DAY, len(restless), 2 * DAY):
        restless[begin : begin + DAY] -= 0.008
    restless[AT:] -= 0.012
    assert not said("fell", a=read(restless))["a"].any()


@pytest.mark.parametrize(("coarse", "doubted"), [(0.0001, True), (0.01, False)])
def test_standing_still_is_judged_by_resolution(coarse: float, doubted: bool) -> None:
    """Two days without a move: a fine probe is stuck, one that shows whole per cent is not."""
    values = soil(1)
    values[AT : AT + 2 * DAY] = values[AT]
    still = said("still", a=read(values, coarse))["a"]
    assert still.any() == doubted
    assert not doubted or AT < np.flatnonzero(still)[0] <= AT + 2 * DAY


def test_full_humidity_and_no_wind_may_stand() -> None:
    for name, value in (("humidity", 100.0), ("gust", 0.0)):
        values = 50 + np.random.default_rng(1).normal(0, 5, 40 * DAY)
        values[AT : AT + 3 * DAY] = value
        assert not doubts({("a", name): read(values)})["a", name]["still"].any()
        values[AT : AT + 3 * DAY] = 40.0
        assert doubts({("a", name): read(values)})["a", name]["still"].any()


def test_one_that_drifts_from_two_that_agree_is_apart() -> None:
    drifts = soil(1)
    drifts[AT:] -= 0.02 * np.arange(len(drifts) - AT) / DAY
    others = {"b": read(soil(2, level=0.29)), "c": read(soil(3, level=0.22))}
    apart = said("apart", a=read(drifts), **others)
    assert not apart["b"].any()
    assert not apart["c"].any()
    assert 4 * DAY <= np.flatnonzero(apart["a"])[0] - AT <= 6 * DAY
    assert not said("apart", a=read(drifts), b=others["b"])["a"].any(), "of two nobody knows which"


def test_a_fall_beside_the_other_of_its_depth_is_doubted_in_restless_soil() -> None:
    """Both are watered and drain every other day, by more than the probe falls: only their difference tells."""
    rise = np.tile(np.repeat([0.05, 0.0], DAY), 20) * np.exp(-np.tile(np.arange(2 * DAY), 20) / 3)
    fallen = soil(1) + rise
    fallen[AT + 5 :] -= 0.015
    fell = said("fell", a=read(fallen), b=read(soil(2) + rise))
    assert not fell["b"].any()
    assert 0 <= np.flatnonzero(fell["a"])[0] - AT - 5 <= 12 // STEP_H
    assert not said("fell", a=read(fallen))["a"].any(), "alone it cannot be told"
    rains = soil(2) + rise
    rains[AT:] += 0.03
    assert not said("fell", a=read(soil(1) + rise), b=read(rains))["a"].any(), "it rained on the other"


def test_plugs_that_were_mixed_up_are_found_when_the_soil_moves() -> None:
    """Above it loses 2 % of its volume a day and gets it back, below hardly anything."""
    step = np.arange(40 * DAY)
    above, below = 0.3 - 0.02 * (step % (4 * DAY)) / DAY, 0.28 - 0.001 * (step % (4 * DAY)) / DAY

    def where(exchanged: NDArray[np.bool_]) -> dict[Probe, Bools]:
        found: dict[Probe, Past] = {}
        for seed, node in enumerate("abc"):
            upper, lower = (v + np.random.default_rng(seed).normal(0, 0.0004, len(v)) for v in (above, below))
            if node == "a":
                upper, lower = np.where(exchanged, lower, upper), np.where(exchanged, upper, lower)
            found |= {(node, SHALLOW): read(upper), (node, DEEP): read(lower)}
        return {probe: why["exchanged"] for probe, why in doubts(found).items()}

    at_first = where(step < 10 * DAY)
    for name in (SHALLOW, DEEP):
        assert np.flatnonzero(at_first["a", name])[0] <= 3 * DAY
        assert not at_first["a", name][20 * DAY :].any(), "put right"
    assert not any(seems[: 9 * DAY].any() for (node, _), seems in at_first.items() if node != "a")
    assert not any(seems.any() for seems in where(step < 0).values())


def test_a_cell_that_leaps_alone_is_doubted_for_a_day() -> None:
    cells = {
        (node, "ethylene"): 0.1 + np.random.default_rng(seed).normal(0, 0.02, 40 * DAY)
        for seed, node in enumerate("ab")
    }
    cells["a", "ethylene"][AT:] += 40
    found = doubts({probe: read(values) for probe, values in cells.items()})
    assert np.flatnonzero(found["a", "ethylene"]["leapt"]).tolist() == list(range(AT, AT + DAY))
    assert not found["b", "ethylene"]["leapt"].any()
    cells["b", "ethylene"][AT:] += 30
    found = doubts({probe: read(values) for probe, values in cells.items()})
    assert not any(why["leapt"].any() for why in found.values()), "the air itself"


def test_a_judgement_rests_on_the_past_alone() -> None:
    """What a page that knows STEPS of the past says is what the simulated field says at that step."""
    fallen, stands = soil(1, days=60), soil(2, days=60)
    fallen[40 * DAY :] -= 0.05
    stands[41 * DAY : 43 * DAY] = stands[41 * DAY]
    whole = doubts({("a", SHALLOW): read(fallen), ("b", SHALLOW): read(stands)})
    for now in range(39 * DAY, 46 * DAY, 5):
        part = slice(now + 1 - STEPS, now + 1)
        page = doubts({("a", SHALLOW): read(fallen[part]), ("b", SHALLOW): read(stands[part])})
        for probe, why in page.items():
            assert {name: bool(where[-1]) for name, where in why.items()} == {
                name: bool(where[now]) for name, where in whole[probe].items()
            }
    assert whole["b", SHALLOW]["still"].any()


def test_readings_come_on_the_grid() -> None:
    """Two hours in steps of half an hour; what is missing or cannot be is left out."""
    of = channel(SHALLOW)
    raw = np.array([2000, 2100, MISSING, 2200, 9000, MISSING, MISSING, MISSING, 1500], dtype=np.int16)
    past = past_of(raw, 1800, of)
    assert np.allclose(past.low, [0.2, np.nan], equal_nan=True)
    assert np.allclose(past.high, [0.22, np.nan], equal_nan=True)
    assert np.allclose(past.mean, [0.21, np.nan], equal_nan=True)


def cells(**courses: Floats) -> dict[str, Bools]:
    """Where gas cells of one store, by node, are doubted for going their own way; noise is added."""
    rng = np.random.default_rng(1)
    probes = {(node, "ethylene"): read(course + rng.normal(0, 0.02, len(course))) for node, course in courses.items()}
    return {node: why.get("apart", np.zeros(1, dtype=bool)) for (node, _), why in doubts(probes).items()}


def test_a_cell_that_drifts_alone_is_doubted_and_the_air_itself_is_not() -> None:
    step = np.arange(40 * DAY)
    air, drift = 0.3 + 0.05 * np.sin(2 * np.pi * step / DAY), 0.05 * np.clip(step - AT, 0, None) / DAY
    found = cells(a=air + drift, b=air)
    assert 2 * DAY < np.flatnonzero(found["a"])[0] - AT < 4 * DAY, "0.12 ppm"
    assert not found["b"].any()
    found = cells(a=air + drift, b=air, c=air)
    assert found["a"].any()
    assert not found["b"].any()
    ripens = 0.3 * np.clip(step - AT, 0, None) / DAY
    assert not any(where.any() for where in cells(a=air + ripens, b=air + 0.8 * ripens).values())
    assert not cells(a=air + ripens)["a"].any(), "alone it cannot be told"


def test_a_cell_beside_one_that_stands_still_is_not_doubted_for_long() -> None:
    """Its neighbour stops as fruit ripens: from when that is known to stand still, nothing is held against it."""
    step = np.arange(40 * DAY)
    ripens = 0.3 + 0.3 * np.clip(step - AT, 0, None) / DAY
    rng = np.random.default_rng(1)
    stopped = ripens + rng.normal(0, 0.02, len(step))
    stopped[AT:] = stopped[AT - 1]
    probes = {("a", "ethylene"): read(ripens + rng.normal(0, 0.02, len(step))), ("b", "ethylene"): read(stopped)}
    found = doubts(probes)
    assert found["b", "ethylene"]["still"][AT + DAY :].all()
    assert not found["a", "ethylene"]["apart"][AT + 8 * DAY :].any()
