"""The cards say what the files say that they are made of."""

import csv

import pytest

from bench.cards import FOLDER, ROOT, cards
from edge.core import Sentinel, sentinels


def test_cards_are_those_of_todays_figures() -> None:
    written = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    assert written == cards(), "run python -m bench.cards"
    assert set(written) == {s.name for s in sentinels()}


@pytest.mark.parametrize("sentinel", sentinels(), ids=lambda s: str(s.name))
def test_a_card_has_every_kind_and_the_cost_on_the_uno(sentinel: Sentinel) -> None:
    text = cards()[sentinel.name]
    for kind in sentinel.classes[1:]:
        assert f"| {kind} | sentinel |" in text
    with (ROOT / "docs/figures/sizes.csv").open(encoding="utf-8") as lines:
        row = next(r for r in csv.DictReader(lines) if (r["board"], r["part"]) == ("ATmega328P", sentinel.name))
    assert f"| ATmega328P | {row['flash']} | {row['ram']} |" in text


def test_a_card_says_what_is_better() -> None:
    """What was false on measured data; a rule that found as many with no more false calls: of frosts that is 1 degC."""
    assert "frost: 1 of 27 calls on measured data were false." in cards()["weather"]
    assert "frost: 1 degC found as many or more with no more false calls." in cards()["weather"]
