"""Generated C stays as it is, byte for byte, until somebody means to change it: then run this file as a module
(`python -m tests.cloud.porting.emit.test_frozen`) and commit frozen.json with the change."""

import hashlib
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from cloud.porting import port
from cloud.porting.encode import nibbles

FROZEN = Path(__file__).with_name("frozen.json")
RANGES = {"uint8": (0, 256), "int16": (-3000, 3000), "float32": (-3000, 3000)}


def data(feature: str, classes: int, width: int = 6, rows: int = 250) -> tuple[NDArray[Any], NDArray[Any]]:
    """Whole numbers, and classes that only half depend on them."""
    rng = np.random.default_rng(7)
    low, high = RANGES[feature]
    x = rng.integers(low, high, (rows, width))
    return x, np.where(
        rng.random(rows) < 0.5, (x[:, 0] - low) * classes // (high - low), rng.integers(0, classes, rows)
    )


def trees() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Trees and forests of every kind of votes, and boosting."""
    for feature, classes in itertools.product(RANGES, (2, 3, 6)):
        x, y = data(feature, classes)
        for mode, confidence in itertools.product(("table", "inline"), (True, False)):
            tree = DecisionTreeClassifier(max_depth=5, random_state=0).fit(x, y)
            said = {"feature_type": feature, "mode": mode, "confidence": confidence}
            yield f"tree {feature} {classes} {mode} {confidence}", tree, said
        kinds = ("exact", "small", "hard") if feature == "uint8" else ("exact",)
        for mode, votes in itertools.product(("table", "inline"), kinds):
            forest = RandomForestClassifier(3, max_depth=4, random_state=0).fit(x, y)
            said = {"feature_type": feature, "mode": mode, "votes": votes}
            yield f"forest {feature} {classes} {mode} {votes}", forest, said
        bare = RandomForestClassifier(6, max_depth=4, random_state=0).fit(x, y)
        yield (
            f"forest {feature} {classes} class alone",
            bare,
            {
                "feature_type": feature,
                "mode": "inline",
                "confidence": False,
            },
        )
        for mode in ("table", "inline"):
            boosted = GradientBoostingClassifier(n_estimators=3, max_depth=3, random_state=0).fit(x, y)
            yield f"boosting {feature} {classes} {mode}", boosted, {"feature_type": feature, "mode": mode}
    x, y = data("int16", 3, width=70)
    wide = ExtraTreesClassifier(4, max_depth=6, max_features=20, random_state=0).fit(x, y)
    weighed = RandomForestClassifier(3, max_depth=4, random_state=0).fit(x, y, sample_weight=1 + np.arange(250) / 251)
    for mode in ("table", "inline"):
        yield f"many features {mode}", wide, {"mode": mode}
        yield f"weights in training {mode}", weighed, {"mode": mode}
    scaled = make_pipeline(StandardScaler(), MinMaxScaler(), DecisionTreeClassifier(max_depth=4, random_state=0))
    yield "scalers", scaled.fit(x, y), {"mode": "table"}


def weights() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Linear models, naive Bayes and nets with weights that are written down here, as training rounds by computer."""
    for feature, classes in itertools.product(("uint8", "int16"), (2, 3)):
        x, y = data(feature, classes, width=3)
        scores = 1 if classes == 2 else classes
        tilt = np.linspace(-1, 1, 3 * scores).reshape(scores, 3)
        linear = LogisticRegression().fit(x, y)
        linear.coef_, linear.intercept_ = tilt / 64, np.linspace(-1, 1, scores)
        bayes = GaussianNB().fit(x, y)
        bayes.theta_, bayes.var_ = np.arange(3.0 * classes).reshape(classes, 3) * 20, np.full((classes, 3), 900.0)
        net = MLPClassifier((4,), max_iter=1, random_state=0).fit(x, y)
        net.coefs_ = [np.linspace(-1, 1, 12).reshape(3, 4) / 32, np.linspace(-1, 1, 4 * scores).reshape(4, scores)]
        net.intercepts_ = [np.linspace(0, 1, 4), np.zeros(scores)]
        for estimator in (linear, bayes, net):
            name = f"{type(estimator).__name__} {feature} {classes}"
            yield name, estimator, {"feature_type": feature, "rows": x, "confidence": classes == 3}


def generated(patch: pytest.MonkeyPatch) -> dict[str, str]:
    """SHA-256 of the files of every case, without the banner, which names versions; tables as words of bytes where
    these fit, and as nibbles."""
    found = {}
    tables = [(f"{name}, nibbles", estimator, said) for name, estimator, said in trees() if said["mode"] == "table"]
    for worth, cases in ((10**9, [*trees(), *weights()]), (-(10**9), tables)):
        patch.setattr(nibbles, "WALKER", worth)
        for name, estimator, said in cases:
            files = port(estimator, name="frozen", **said).files
            text = "".join(files[f"frozen{suffix}"].partition(" */\n")[2] for suffix in (".h", ".c", "_golden.h"))
            found[name] = hashlib.sha256(text.encode()).hexdigest()
    return found


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_generated_c_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert generated(monkeypatch) == json.loads(FROZEN.read_text())


if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as patched:
        FROZEN.write_text(json.dumps(generated(patched), indent=1) + "\n")
