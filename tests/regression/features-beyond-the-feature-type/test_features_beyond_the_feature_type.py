"""A tree on pressure in Pa became `return CLASS_0` as int16 without a word, and a linear model "agreed on 100 %"."""

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from cloud.porting import PortError, port
from cooee import main


def weather(rows: int = 600) -> tuple[pd.DataFrame, NDArray[Any]]:
    """Pressure in Pa, lux up to 65,535 and a temperature that fits; two classes by the first two."""
    rng = np.random.default_rng(1)
    pressure, lux = rng.integers(98_000, 104_000, rows), rng.integers(0, 65_536, rows)
    table = pd.DataFrame({"pressure": pressure, "lux": lux, "temperature": rng.integers(-200, 400, rows)})
    return table, np.where((pressure > 101_325) ^ (lux > 40_000), "rain", "dry")


@pytest.mark.parametrize(
    "estimator",
    [
        DecisionTreeClassifier(),
        RandomForestClassifier(3),
        HistGradientBoostingClassifier(max_iter=3),
        make_pipeline(StandardScaler(), DecisionTreeClassifier()),
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(MinMaxScaler(), LogisticRegression()),
        GaussianNB(),
    ],
)
@pytest.mark.parametrize("feature_type", ["int16", "uint8"])
def test_refused_with_what_would_fit(estimator: Any, feature_type: str) -> None:
    x, y = weather()
    with pytest.raises(PortError, match=r"feature '(pressure|lux|temperature)'.*(float32|--scale|int16)"):
        port(estimator.fit(x, y), name="weather", feature_type=feature_type)


def test_the_message_names_a_scale_that_fits() -> None:
    x, _ = weather()
    with pytest.raises(PortError, match=r"--scale lux=0\.1"):
        port(DecisionTreeClassifier(max_depth=2).fit(x[["lux"]], x["lux"] > 40_000), name="lux")


@pytest.mark.parametrize(
    "estimator",
    [
        DecisionTreeClassifier(),
        make_pipeline(StandardScaler(), RandomForestClassifier(3)),
        HistGradientBoostingClassifier(max_iter=3),
    ],
)
@pytest.mark.parametrize("mode", ["table", "inline"])
def test_scaled_features_are_exact_on_every_integer_of_the_node(estimator: Any, mode: str) -> None:
    x, y = weather()
    estimator.fit(x, y)
    scales = {"pressure": 0.1, "lux": 0.5}
    ported = port(estimator, name="weather", mode=mode, scales=scales)
    rng = np.random.default_rng(2)
    node = rng.integers(0, 32768, (4000, 3))
    said = pd.DataFrame(node / [0.1, 0.5, 1], columns=x.columns)
    np.testing.assert_array_equal(ported.predict(said.to_numpy()), estimator.predict(said))
    assert "#define WEATHER_FEATURE_PRESSURE_SCALE 0.1\n" in ported.files["weather.h"]
    assert "TEMPERATURE_SCALE" not in ported.files["weather.h"]


def test_rows_are_given_in_the_units_of_training() -> None:
    x, y = weather()
    linear = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    ported = port(linear, name="weather", scales={"pressure": 0.1, "lux": 0.1}, rows=x)
    assert ported.agreement == (ported.predict(x) == linear.predict(x)).mean() > 0.99


def test_scales_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = weather()
    joblib.dump(DecisionTreeClassifier(max_depth=3).fit(x, y), tmp_path / "weather")
    call = ["port", str(tmp_path / "weather"), "--board", "host", "--out", str(tmp_path)]
    for words, code in ((["--scale", "pressure=0.1", "--scale", "lux=0.1"], 0), (["--scale", "pressure"], 2), ([], 2)):
        with pytest.raises(SystemExit) as ended:
            main([*call, *words])
        assert ended.value.code == code
    assert "#define WEATHER_FEATURE_LUX_SCALE 0.1\n" in (tmp_path / "weather.h").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scales": {"wind": 1.0}}, "feature 'wind' is unknown"),
        ({"scales": {"lux": 0.0}}, "no positive number"),
        ({"scales": {"lux": 0.1}, "feature_type": "float32"}, "needs no scale"),
    ],
)
def test_scales_that_make_no_sense(arguments: dict[str, Any], message: str) -> None:
    x, y = weather()
    with pytest.raises(PortError, match=message):
        port(DecisionTreeClassifier(max_depth=2).fit(x, y), name="weather", **arguments)
