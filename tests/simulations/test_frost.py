"""Critical temperatures of buds, against the published table."""

import numpy as np
import pytest

from simulations.frost import STAGES_DEGF, bud_kill, critical_degc


@pytest.mark.parametrize(("crop", "stage", "tenth", "most"), [
    ("apple", "silver tip", -9.44, -16.67), ("apple", "full bloom", -2.22, -3.89), ("peach", "full bloom", -2.78, -4.44),
    ("pear", "full bloom", -2.22, -4.44), ("cherry", "full bloom", -2.22, -3.89)])
def test_published_degrees(crop: str, stage: str, tenth: float, most: float) -> None:
    assert critical_degc(crop, stage) == pytest.approx((tenth, most), abs=0.005)
    np.testing.assert_allclose(bud_kill(crop, stage, np.array([0.0, *critical_degc(crop, stage), -30.0])), [0, 0.1, 0.9, 1], atol=1e-9)


@pytest.mark.parametrize("crop", STAGES_DEGF)
def test_buds_get_ever_more_tender(crop: str) -> None:
    figures = np.array(list(STAGES_DEGF[crop].values()))
    assert (np.diff(figures, axis=0) >= 0).all()
    assert (figures[:, 0] > figures[:, 1]).all()
