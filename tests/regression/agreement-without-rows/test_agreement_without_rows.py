"""A LogisticRegression without a scaler printed an agreement of 100 % on synthetic rows, and agreed on 78 % of its own
kind of rows."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier

from cloud.porting import port


def problem() -> tuple[NDArray[Any], NDArray[Any]]:
    """Classes that lie close together, far from what features can be."""
    rng = np.random.default_rng(0)
    x = np.rint(rng.normal(1000, 4, (500, 4)))
    return x, (x[:, 0] + x[:, 1] - x[:, 2] > 1000).astype(int)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("estimator", [LogisticRegression(max_iter=5000), GaussianNB(), MLPClassifier((3,))])
def test_only_rows_that_were_given_are_called_agreement(estimator: Any) -> None:
    x, y = problem()
    estimator.fit(x, y)
    blind = port(estimator, name="model")
    assert blind.agreement is None
    assert "agreement: not known" in blind.files["model.h"]
    assert "%" not in blind.files["model.h"]
    seen = port(estimator, name="model", rows=x)
    assert seen.agreement is not None
    assert seen.agreement == (seen.predict(x) == estimator.predict(x)).mean()
    assert f"agreement {100 * seen.agreement:.2f} % on 500 rows given" in seen.files["model.h"]


def test_rounded_votes_too() -> None:
    x, y = problem()
    forest = RandomForestClassifier(4, max_depth=3, random_state=0).fit(x, y)
    assert port(forest, name="model", votes="small").agreement is None
    assert "agreement: not known" in port(forest, name="model", votes="hard").files["model.h"]
    assert "agreement" not in port(forest, name="model").files["model.h"]
