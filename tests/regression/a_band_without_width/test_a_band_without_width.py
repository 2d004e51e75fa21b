"""Towards morning the band around a night's lowest closes, and was told as "(15 °C to 15 °C)"."""

import pytest

from cloud.block.forecast import Outlook, dry_in_words
from cloud.block.tonight import tonight_in_words
from cloud.language.reader import Reader, speaking_to
from edge.farm import Units


@pytest.mark.parametrize(
    ("units", "most", "said"),
    [
        ("metric", 15.4, "tonight down to about 15°C"),
        ("metric", 15.6, "tonight down to about 15°C (15°C to 16°C)"),
        ("us", 15.2, "tonight down to about 59°F"),
        ("us", 15.4, "tonight down to about 59°F (59°F to 60°F)"),
    ],
)
def test_ends_that_read_alike_are_not_told(units: Units, most: float, said: str) -> None:
    with speaking_to(Reader(units=units)):
        assert tonight_in_words(Outlook(value=15.1, least=14.9, most=most)) == said


def test_nor_are_those_of_days() -> None:
    assert dry_in_words(Outlook(value=2.2, least=1.7, most=2.4)) == "dry in about 2 days"
    assert dry_in_words(Outlook(value=0.1, least=0.6, most=0.9)) == "dry in about 1 day"
