"""`cooee bench field` and `cooee bench water` write what they promise."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import field, water
from edge.contract.errors import CooeeError

DATA = Path(__file__).parents[1] / "simulations" / "data"


SHORT_SEASONS = """
import sys
from pathlib import Path
from bench import field
field.SIZES, field.SEASON_DAYS = (12, 24, 36), 3
field.command(json_file=Path(sys.argv[1]), jobs=1, sizes="12,24,36")
"""


def test_field_writes_its_figures(tmp_path: Path) -> None:
    # In a process of its own: the greatest memory of this one is that of whatever tests ran in it before.
    subprocess.run([sys.executable, "-c", SHORT_SEASONS, str(tmp_path / "field.json")], check=True, timeout=60)
    result = json.loads((tmp_path / "field.json").read_text())
    assert 0 < result["water_balance_s"] < 5
    assert result["season_s"] > 0
    assert 1e7 < result["peak_bytes"] < 4e9
    assert set(result["cost"]) == {"12", "24", "36"}
    assert all(
        cost["processor_ms_a_node"] > 0 and cost["peak_bytes"] <= result["peak_bytes"]
        for cost in result["cost"].values()
    )
    assert result["cost_spread"] >= 0


@pytest.mark.parametrize(
    ("sizes", "message"), [("12,many", "is numbers of nodes, by commas"), ("70000", "1 to 65534 are allowed")]
)
def test_sizes_that_are_none_are_answered(sizes: str, message: str) -> None:
    with pytest.raises(CooeeError, match=message):
        field.command(jobs=1, sizes=sizes)


def test_water_writes_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    water.command(data=DATA / "cotton2018", json_file=tmp_path / "water.json", peer=False)
    result = json.loads((tmp_path / "water.json").read_text())
    assert result["plots"] == 2
    assert {"rmse_mm", "bias_mm", "balanced_accuracy", "rows"} <= result.keys()
    assert f"depletion RMSE {result['rmse_mm']:.1f} mm" in capsys.readouterr().out
