"""Simulated soil probes against 41 real ones: the same shares of what is missing, below nought, fallen, apart."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from edge.contract.errors import CooeeError
from simulations.nodes import faults
from simulations.nodes.soil_probes import Measures, fit, measures, read_probes, simulated

FILE = Path(__file__).parents[1] / "data" / "soil" / "usses_decagon_vwc_2h.csv.gz"
SEEDS = range(1, 6)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return read_probes(FILE)


@pytest.fixture(scope="module")
def real(table: pd.DataFrame) -> Measures:
    return measures(table)


@pytest.fixture(scope="module")
def made(table: pd.DataFrame) -> list[Measures]:
    return [measures(simulated(table, seed)) for seed in SEEDS]


def test_the_committed_figures_are_the_fit(real: Measures) -> None:
    assert faults.fitted() == pytest.approx(fit(real), rel=1e-3)


def test_simulated_probes_do_what_real_ones_do(real: Measures, made: list[Measures]) -> None:
    """Between half and twice as much, on average over seeds: 41 probes say no more."""

    def seen(of: Measures) -> dict[str, float]:
        return {
            "missing": float(of.missing.mean()),
            "negative": float(of.negative.mean()),
            "some negative": float((of.negative > 0.01).mean()),
            "falls": float((of.falls_a_year * of.years).sum() / of.years.sum()),
            "dropouts": float(np.exp(np.log(of.dropout_days).mean())),
            "apart": float(np.median(np.abs(of.pair_offset))),
            "spans": float(np.median(np.abs(of.pair_gain))),
        }

    ours = [seen(each) for each in made]
    for name, value in seen(real).items():
        assert 0.5 < np.mean([each[name] for each in ours]) / value < 2, name


def test_what_is_no_table_of_probes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("when,moisture\n2015-01-01,0.2\n2015-01-02,0.2\n")
    with pytest.raises(CooeeError, match=re.escape("column 'moisture': write plot|treatment|position")):
        read_probes(tmp_path / "other.csv")
    with pytest.raises(CooeeError, match="is no table of soil probes"):
        read_probes(tmp_path / "none.csv")
