"""Trees that know what no node knows, on two seasons."""

import re
from dataclasses import replace

import pytest

from bench import limits
from bench.limits import fields, judged, knowing, splits
from cloud.training.recipes import RECIPES
from simulations.runs.dataset import PLANS


def test_who_knows_the_coming_lowest_calls_in_time_and_not_falsely(monkeypatch: pytest.MonkeyPatch) -> None:
    one = next(plan for plan in PLANS if plan.split == "train" and plan.shift_degc <= -6)
    other = replace(one, seed=999, split="validation")
    monkeypatch.setattr(limits, "PLANS", (one, other))
    monkeypatch.setitem(limits.TRIED, "frost", ((4,), (0.5,)))
    recipe = next(r for r in RECIPES if "frost" in r.classes)
    recipe = replace(recipe, targets=tuple(target for target in recipe.targets if target.name == "frost"))
    seasons = [knowing(plan, field) for plan, field in fields("frost")]
    known = seasons[0]
    assert [season.split for season in seasons] == ["train", "validation"]
    # Within six hours of a frost the true lowest is below 0 degC, and not elsewhere.
    lowest = known.columns(("lowest_0.5",))[:, : -limits.AHEAD, 0] / 100
    within = known.within_horizon("frost", 6)[:, : -limits.AHEAD]
    assert lowest[within].max() < 0.5 * 5
    assert lowest[~within].min() > -0.5 * 5
    parts = splits("frost", seasons)
    named = {where: [[[s.name for s in side] for side in part] for part in some] for where, some in parts.items()}
    assert named == {"validation": [[[one.name], [other.name]]], "measured hours": [[[], [one.name]]]}
    troubles = len(seasons[1].watched("frost").episodes())
    first = next(judged("frost", replace(recipe, features=("lowest_0.5",)), parts["validation"], (0,)))
    found = re.fullmatch(r"(\d+) troubles, (\d+) found, (\d+) in time, ([0-9.]+) false, .*", first)
    assert found is not None
    assert int(found[1]) == troubles > 5
    assert troubles / 2 < int(found[3]) <= int(found[2])
    assert float(found[4]) <= limits.GOALS["frost"]
