"""The bench of convolution on measured gases: who is kept from whom, features as in C, and figures that add up."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import bench.conv as conv
from bench.cli import app
from bench.conv_data import SAMPLES, SERIES, features
from cloud.porting import port
from cloud.porting.check.boards import measure, missing_tools
from tests.parts import fail_or_skip


def test_no_window_is_in_two_folds_and_copies_are_left_out() -> None:
    for name, channels, classes, folds in (("pineapple", 5, 4, 9), ("smellnet", 6, 11, 6)):
        series = SERIES[name]()
        assert series.windows.shape[1] == SAMPLES * channels
        assert set(series.classes) == set(range(classes))
        assert len(set(series.fold)) == folds
        for fold in set(series.fold):
            own = {window.tobytes() for window in series.windows[series.fold == fold]}
            assert not own & {window.tobytes() for window in series.windows[series.fold != fold]}


def test_features_are_those_of_a_line() -> None:
    window = np.stack([10 + 2 * np.arange(SAMPLES), 700 - np.arange(SAMPLES) // 2], axis=1).astype(np.int16)
    first, second = features(window.reshape(1, -1), 2).reshape(2, 4).tolist()
    assert first == [69, 10, 128, 512]
    assert second[:3] == [685, 671, 700]
    assert second[3] == pytest.approx(-128, abs=1)


def test_a_small_series_from_fits_to_boards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if missing := missing_tools("uno") or missing_tools("cortex-m3"):
        fail_or_skip(missing)
    whole = SERIES["pineapple"]()
    part = np.isin(whole.fold, [3, 4])
    small = replace(
        whole, windows=whole.windows[part][::3], classes=whole.classes[part][::3], fold=whole.fold[part][::3]
    )
    monkeypatch.setattr(conv, "SERIES", {"pineapple": lambda: small})
    monkeypatch.setattr(conv, "WAYS", {name: way for name, way in conv.WAYS.items() if "forest" not in name})
    monkeypatch.setattr(conv, "STEPS", 1)
    file = tmp_path / "conv.json"
    done = CliRunner().invoke(app, ["conv", "--seeds", "1", "--json", str(file)])
    assert done.exit_code == 0, done.output
    rows = {row["way"]: row for row in json.loads(file.read_text())["rows"]}
    commonest = 100 * np.mean([(small.classes[small.fold == f] == c).mean() for f, c in ((3, 2), (4, 2))])
    assert rows["always the commonest"]["accuracy"] == pytest.approx(commonest, abs=3)
    for way in ("convolution", "features, tree"):
        assert rows[way]["agreement"] == 1
        assert rows[way]["accuracy"] > 40
        assert rows[way]["costs"]["uno"]["fits"]
    assert rows["features, tree"]["costs"]["uno"]["cycles"] < rows["convolution"]["costs"]["uno"]["cycles"]


def test_features_in_c_are_python_s_at_both_ends_of_the_converter() -> None:
    if missing := missing_tools("uno"):
        fail_or_skip(missing)
    series, way = SERIES["pineapple"](), conv.WAYS["features, tree"]
    rng = np.random.default_rng(0)
    steps = rng.choice([0, 1, 500, 1022, 1023], (30, SAMPLES * series.channels)).astype(np.int16)
    ramps = np.repeat(np.linspace(0, 1023, SAMPLES).astype(np.int16), series.channels)
    wild = np.concatenate([steps, [ramps], [ramps[::-1]]])
    rows = features(wild, series.channels)
    model = way.build(0, series).fit(rows, rng.integers(0, 4, len(rows)))
    program = conv._with_features(port(model, name="model", confidence=False).program(), series)
    np.testing.assert_array_equal(model.classes_[measure(program, wild, "uno")[1]], model.predict(rows))


def test_an_unknown_series_is_refused() -> None:
    done = CliRunner().invoke(app, ["conv", "--series", "mango"])
    assert "choose from pineapple, smellnet" in str(done.exception)
