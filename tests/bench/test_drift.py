"""What the filter says of soil probes that drift, on one season and on the measured ones."""

import re
from dataclasses import replace

import numpy as np

from bench import drift
from simulations.runs.dataset import PLANS


def test_a_probe_that_goes_its_own_way_is_seen_and_one_that_goes_with_the_others_is_not() -> None:
    steps = 10 * 7 * drift.A_DAY
    away = np.zeros((2, steps, 2))
    away[0, :, 1] = np.linspace(0, 0.1, steps)
    probes = drift.Probes(zones=("a", "a"), read=away, offset=away)
    moved = drift.moved(probes, probes.others, 2)
    assert abs(moved[0, -1, 1] - 0.02) < 1e-4, "two weeks of ten"
    assert not moved[1].any(), "the other's offset stays"
    together = replace(probes, read=away[[0, 0]])
    assert not drift.moved(together, together.others, 2).any()
    assert drift.moved(together, None, 2)[0, -1, 1] > 0.0199


def test_simulated_drifts_are_found_and_measured_probes_are_doubted_more_often() -> None:
    one = drift.season(next(plan for plan in PLANS if plan.split == "validation"))
    row = drift.in_words([one], drift.measured(), 4, 0.02, beside=True)
    found = re.search(r"\+0\.002 a day ([\d.]+), .*false ([\d.]+) a probe-month; measured probes doubted ([\d.]+)", row)
    assert found is not None, row
    upwards, false, measured = map(float, found.groups())
    assert upwards > 0.7
    assert false < 0.02
    assert measured > 0.5, "more than one in two years: which is why the page does not go by it"
