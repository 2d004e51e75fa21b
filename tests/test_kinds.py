"""Kinds of trouble: one table, and nothing but a kind's truth, recipe and sentence names it (docs/DESIGN.md)."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.advice.advice import advise
from cloud.advice.trouble import Trouble
from cloud.language.names import kind_in_words
from cloud.training.recipes import RECIPES, Target
from dashboard.charts.panels import PANELS, target_lines
from edge.contract import kinds as table
from edge.contract.channels import channel_names
from edge.contract.kinds import kinds
from edge.contract.messages import Call
from edge.core import feature_names, sentinels
from edge.farm import parse_farm, sample_farm_text
from edge.scoring import HOUR_MS, CallSpan, Episode, score, spells
from simulations.field.season import simulate
from simulations.scoring.cards import cards
from simulations.scoring.threshold_baseline import thresholds
from simulations.weather.ten_minutes import whately

ROOT = Path(__file__).resolve().parents[1]
MAY_NAME_A_KIND = {
    "simulations/field/season.py": "its truth",
    "simulations/field/air.py": "its truth, of what the air brings",
    "cloud/training/recipes.py": "its recipe",
    "cloud/advice/advice.py": "its sentence",
    "cloud/advice/trouble.py": "what soil water tells of before a sensor calls, and what criteria follow",
    "simulations/scenarios/scenario_file.py": "frost and wind that a scenario orders, which are events of the weather",
    "simulations/scoring/published_rules.py": "what each published rule is of",
    "bench/reality/weather.py": "where it was measured",
    "bench/reality/soil.py": "where it was measured",
    "bench/reality/stores.py": "where it was measured",
    "bench/cli.py": "a measurement of frost",
    "bench/frost.py": "what a weather service is worth to frost",
    "bench/limits.py": "what it takes to know of it more than a node does",
    "bench/limits_soil.py": "the same, of water",
    "bench/page.py": "a store to show",
}
HAIL = re.findall(r"^```toml\n(.*?)^```", (ROOT / "docs/DESIGN.md").read_text(encoding="utf-8"), re.M | re.S)[0]
"""The row of the worked example."""


@pytest.fixture
def hail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The table with one more kind."""
    path = tmp_path / "kinds.toml"
    path.write_text(table.TABLE.read_text(encoding="utf-8") + "\n" + HAIL, encoding="utf-8")
    monkeypatch.setattr(table, "TABLE", path)
    kinds.cache_clear()
    yield
    monkeypatch.undo()
    kinds.cache_clear()


def _strings(path: Path) -> set[str]:
    return {
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_no_other_module_names_a_kind() -> None:
    names = set(kinds()) - set(channel_names())  # "wind" is a channel too, and may be named as one
    files = [ROOT / "cooee.py"]
    for package in ("edge", "cloud", "dashboard", "simulations", "bench"):
        files += (ROOT / package).rglob("*.py")
    naming = {str(p.relative_to(ROOT)) for p in files if _strings(p) & names}
    assert naming == set(MAY_NAME_A_KIND)


def test_every_kind_has_its_row_truth_recipe_and_sentinel() -> None:
    taught = [target.name for recipe in RECIPES for target in recipe.targets]
    assert sorted(taught) == sorted(kinds())
    assert sorted(name for sentinel in sentinels() for name in sentinel.classes[1:]) == sorted(kinds())
    assert {feature for kind in kinds().values() for feature in kind.baseline} <= set(feature_names())
    assert all(any(kind in panel.kinds for panel in PANELS) for kind in kinds().values()), "drawn on some chart"


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ('name = "hail"', 'name = "frost"', "kinds.toml: two kinds have the same name"),
        ('chart = "rain"', 'chart = "sky"', "kinds.toml: hail: there is no channel 'sky' to draw it on"),
        ('baseline = ["rain"]', "baseline = []", "kinds.toml: hail: write at least one feature for its baseline"),
    ],
)
def test_a_wrong_row_is_told(hail: None, right: str, wrong: str, says: str) -> None:
    assert isinstance(table.TABLE, Path)
    table.TABLE.write_text(table.TABLE.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")
    with pytest.raises(ValueError, match=f"^{says}"):
        kinds()


def test_a_new_kind_is_scored_drawn_and_said_from_its_row(hail: None) -> None:
    farm = parse_farm(sample_farm_text(), source="sample farm")
    zone = next(z for z in farm.zones if z.soil)
    season = simulate(farm, whately().season(5, 1, 2), seed=1)
    row = [z.id for z in farm.zones].index(zone.id)
    assert not season.truth["hail"].any(), "it has a truth of its own, empty until the field reckons it"
    season.truth["hail"][row, [100, 111, 170]] = True  # 100 minutes apart, then 10 h: two troubles
    found = spells(season.truth["hail"][row], season.t, kinds()["hail"].gap_h)
    assert len(found) == 2

    troubles = [Episode(zone=zone.id, kind="hail", start=start, end=end) for start, end in found]
    calls = [
        CallSpan(zone=zone.id, node="n", kind="hail", raised=t, cleared=t + HOUR_MS)
        for t in (troubles[0].start - 7 * HOUR_MS, troubles[0].start - 30 * 60_000)
    ]
    (line,) = score(troubles, calls)
    assert (line.kind, line.troubles, line.found, line.false_calls) == ("hail", 2, 1, 1), (
        "seven hours ahead is too early"
    )
    assert cards(troubles, calls, Counter(hail=48))["hail"].score == line
    assert Target(name="hail", horizon_h=1).trouble.missed_cost == 9.0

    (panel,) = (panel for panel in PANELS if "hail" in [kind.name for kind in panel.kinds])
    assert panel.title == "Rain"
    assert [(mark.value, mark.label) for mark in target_lines(zone, panel)] == [(4.0, "hail")]

    call = Call(
        farm=farm.id, node="n", boot=1, seq=1, t=0, sentinel="s", version="00000000", kind="hail",
        confidence=80, state="raised", raised_t=0, why=(),
    )  # fmt: skip
    assert kind_in_words("hail") == "hail"
    assert "hail" in advise(Trouble(zone=zone, kind="hail", calls=[call], now=0)).title, "before it has a sentence"


def test_a_kind_that_nobody_knows_is_said_by_its_name() -> None:
    assert kind_in_words("hail_storm") == "hail storm"


def test_the_baseline_looks_at_a_feature_of_each_kind() -> None:
    for threshold, kind in zip(thresholds(), kinds().values(), strict=True):
        above = kind.baseline_above != (threshold.feature in kind.baseline_reversed)
        assert (threshold.kind, threshold.above) == (kind.name, above)
        assert threshold.feature in kind.baseline
