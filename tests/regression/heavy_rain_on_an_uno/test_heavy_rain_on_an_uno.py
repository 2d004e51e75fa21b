"""An Uno's water filter took 4 mm of rain in half an hour for none at all: 40,000 units overflow its int of 16 bits."""

from pathlib import Path

import numpy as np

from cloud.porting.check.boards import Program, measure
from firmware import FIRMWARE

HERE = Path(__file__).parent
DRIED_E1 = 2
"""What goes by evapotranspiration in the same half-hour, at most, 0.1 mm."""


def test_the_soil_gains_what_has_fallen() -> None:
    files = [*HERE.glob("rain.*"), *(FIRMWARE / "src").glob("*.[ch]")]
    program = Program(
        files={path.name: path.read_text(encoding="utf-8") for path in files},
        header="rain.h",
        predict="rain_predict",
        c_type="int16_t",
        features=1,
        flags=("-DCOOEE_WATER_DEEP=0",),
    )
    fallen_e2 = np.array([200, 400, 600, 1200], dtype=np.int16)
    _, gained_e1 = measure(program, fallen_e2[:, None], "uno")
    lost_e1 = fallen_e2 // 10 - np.asarray(gained_e1)
    assert ((lost_e1 >= 0) & (lost_e1 <= DRIED_E1)).all(), gained_e1
