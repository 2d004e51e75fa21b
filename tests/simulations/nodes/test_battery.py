"""Battery, brown-out and clock, against published numbers and by hand."""

import numpy as np
import pytest

from edge.board.battery import Cell, Draw
from edge.farm.lora import time_on_air_s
from simulations.nodes.battery import battery_volts, browned_out, cell_of, clock_drift_s

HOURLY = 3600.0


@pytest.mark.parametrize(
    ("size", "factor", "ms"), [(23, 7, 61.696), (64, 7, 118.016), (64, 10, 698.368), (64, 12, 2793.472)]
)
def test_time_on_air_of_lorawans_longest_and_ten_byte_frames(size: int, factor: int, ms: float) -> None:
    """51 bytes of payload and 13 of LoRaWAN."""
    assert time_on_air_s(size, factor) * 1000 == pytest.approx(ms, abs=0.001)


def test_a_spreading_factor_of_6_is_refused() -> None:
    with pytest.raises(ValueError, match="7 to 12, found 6"):
        time_on_air_s(20, 6)


def test_a_cell_lasts_what_its_charge_and_draw_say() -> None:
    """10 mAh an hour from 100 mAh: 10 hours, the cell's own loss apart."""
    draw = Draw(sleep_ma=10, awake_s=0, transmit_ma=0, awake_ma=0, receive_ma=0)
    dead = browned_out(battery_volts(1, 1, np.full(14, 25.0), HOURLY, cell=Cell(capacity_mah=100), draw=draw))
    assert 9 <= int(np.argmax(dead)) <= 10
    assert dead[10:].all()


def test_half_a_cell_reads_what_the_curve_says() -> None:
    """1,300 of 2,600 mAh are drawn: 3.82 V, less 29 mA through 0.15 ohm."""
    draw = Draw(sleep_ma=0, awake_s=0, awake_ma=0, transmit_ma=29, receive_s=0)
    volts = battery_volts(10**6, 1, np.full(1, 25.0), 1.0, draw=draw, charge=0.5)
    assert volts[0] == pytest.approx(3.82 - 0.029 * 0.15, abs=1e-4)


def test_more_wakes_and_more_channels_leave_less() -> None:
    warm = np.full(20_000, 20.0)
    seldom, often, long = (battery_volts(every, channels, warm, 600.0) for every, channels in ((6, 4), (1, 4), (1, 8)))
    assert (seldom[1:] >= often[1:]).all()
    assert seldom[-1] > often[-1] > long[-1]


def test_a_low_cell_browns_out_on_a_cold_night_and_comes_back_by_day() -> None:
    day = np.concatenate([np.full(12, 20.0), np.full(12, -15.0), np.full(12, 20.0)])
    for charge, at_night in ((0.2, True), (0.8, False)):
        dead = browned_out(battery_volts(1, 4, day, HOURLY, charge=charge))
        assert not dead[:12].any()
        assert dead[12:24].all() == at_night
        assert not dead[24:].any()


def test_a_brown_out_ends_above_where_it_began() -> None:
    assert browned_out(np.array([2.72, 2.69, 2.72, 2.74, 2.76, 2.72])).tolist() == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]


def test_cells_of_one_make_differ_a_little() -> None:
    sizes = np.array([cell_of(np.random.default_rng(i)).capacity_mah for i in range(400)]) / Cell().capacity_mah
    assert 0.03 < sizes.std() < 0.05
    assert len(np.unique(sizes)) < 20, "few classes, that nodes can share a curve"


def test_a_crystal_is_slow_in_the_cold() -> None:
    """0.034 ppm x 35 degC squared is 41.65 ppm: 3.6 s a day."""
    assert clock_drift_s(np.full(24, -10.0), HOURLY)[-1] == pytest.approx(-3.5986, abs=1e-3)
    assert clock_drift_s(np.full(24, 25.0), HOURLY, offset_ppm=20)[-1] == pytest.approx(1.728)
