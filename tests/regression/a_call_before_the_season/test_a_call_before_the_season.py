"""A frost of 1 April counted as missed where it was called in time, on 31 March: the call was before the months that
count."""

from datetime import UTC, datetime
from pathlib import Path

from bench.reality.cli import measure
from tests.bench.test_reality import one_frost, station


def test_a_call_of_31_march_answers_a_frost_of_1_april(tmp_path: Path) -> None:
    """The air passes 1 degC between 22 h and 23 h on 31 March; the frost that counts begins at midnight."""
    station(tmp_path, [*one_frost()[2:], 10.0, 10.0], begin=datetime(2015, 3, 27, tzinfo=UTC))
    fixed = measure(tmp_path)["frost"]["1 degC"]
    assert (fixed["troubles"], fixed["found"], fixed["false"]) == (1, 1, 0)
    assert 1 <= fixed["lead_h"]["value"] <= 2
