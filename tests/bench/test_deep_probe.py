"""What a soil probe at 60 cm is worth, on one season."""

from bench.deep_probe import errors, rmse
from edge.agronomy.crops import soils


def test_it_is_known_for_every_soil_with_the_probe_and_without() -> None:
    off = errors("davis", 801)
    assert list(off) == list(soils())
    for soil, of in off.items():
        assert of.shape[0] == 2
        assert of.shape[1] > 50, soil
        assert 2 < rmse(of).max() < 60, "mm, of some hundred"
        assert (of[0] != of[1]).any(), "the probe changes what the filter says"
