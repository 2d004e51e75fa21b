"""Battery, brown-out and clock, against published numbers and by hand."""

import numpy as np
import pytest

from simulations.power import Cell, Draw, clock_drift_s, discharge, time_on_air_s

HOURLY = 3600.0


@pytest.mark.parametrize(("size", "factor", "ms"), [(23, 7, 61.696), (64, 7, 118.016), (64, 10, 698.368), (64, 12, 2793.472)])
def test_time_on_air_of_lorawans_longest_and_ten_byte_frames(size: int, factor: int, ms: float) -> None:
    """51 bytes of payload and 13 of LoRaWAN."""
    assert time_on_air_s(size, factor) * 1000 == pytest.approx(ms, abs=0.001)


def test_a_spreading_factor_of_6_is_refused() -> None:
    with pytest.raises(ValueError, match="7 to 12, found 6"):
        time_on_air_s(20, 6)


def test_a_cell_lasts_what_its_charge_and_draw_say() -> None:
    """10 mAh an hour from 100 mAh: 10 hours, the cell's own loss apart."""
    draw = Draw(sleep_ma=10, awake_s=0)
    _, dead = discharge(Cell(capacity_mah=100), draw, np.full(14, 25.0), HOURLY, np.zeros((1, 14)), np.zeros((1, 14)))
    assert 9 <= int(np.argmax(dead[0])) <= 10
    assert dead[0, 10:].all()


def test_more_sent_is_less_left() -> None:
    frames = np.stack([np.full(2000, n * Draw().frame_mah(30)) for n in (1, 6)])
    volts, _ = discharge(Cell(), Draw(), np.full(2000, 20.0), HOURLY, np.ones((2, 2000)), frames)
    assert (volts[0] >= volts[1]).all()
    assert volts[0, -1] > volts[1, -1]


def test_a_low_cell_browns_out_on_a_cold_night_and_comes_back_by_day() -> None:
    day = np.concatenate([np.full(12, 20.0), np.full(12, -15.0), np.full(12, 20.0)])
    nothing = np.zeros((2, 36))
    for charge, at_night in ((0.2, True), (0.8, False)):
        _, dead = discharge(Cell(), Draw(), day, HOURLY, nothing, nothing, charge=charge)
        assert not dead[:, :12].any()
        assert dead[:, 12:24].all() == at_night
        assert not dead[:, 24:].any()


def test_a_crystal_is_slow_in_the_cold() -> None:
    """0.034 ppm x 35 degC squared is 41.65 ppm: 3.6 s a day."""
    assert clock_drift_s(np.full(24, -10.0), HOURLY)[-1] == pytest.approx(-3.5986, abs=1e-3)
    assert clock_drift_s(np.full(24, 25.0), HOURLY, offset_ppm=20)[-1] == pytest.approx(1.728)
