"""Random models, ported and compared with scikit-learn on every row, under sanitizers (`cooee bench porting --examples
N`)."""

import json
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.progress import track
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from cloud.porting import PortError, port
from cloud.porting.check.agreement import answers
from edge.written_files import JsonFile, write_json

from .sanitized import classify_sanitized

FORMS = {
    "exact": (("inline", True), ("inline", False), ("table", True)),
    "boosted": (("inline", True), ("table", True)),
    "rounded": (("table", True),),
}
"""Modes in which each kind is tried, and whether with a confidence."""
WORKERS = 2
RANGES = {"uint8": (0, 255), "int16": (-32768, 32767), "float32": (-1000, 1000)}
CLOSE = 1e-4
"""Two best probabilities of a booster that are closer than this may come out in another order."""

REFUSED = ("scores reach", "not finite", "on none of")
"""Of models that are too wild for their feature type, or were trained on nothing: the porter refuses these, and says
why."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A fitted estimator, the type of its features and rows to try, shape (rows, features). `kind`: exact, boosted or
    rounded."""

    kind: str
    estimator: Any
    feature_type: str
    rows: NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One form of one model: rows compared, on how many the C found another class, and how far off the confidence was
    at most, in points. `failed` is what a compiler or a sanitizer said, or nothing."""

    seed: int
    kind: str
    model: str
    feature_type: str
    mode: str
    confidence: bool = True
    rows: int = 0
    wrong: int = 0
    points: float = 0.0
    failed: str = ""


def random_problem(seed: int) -> Problem:
    """1 to 64 features, some of them constant; 2 to 30 classes; rows that are there twice with different classes; whole
    numbers or floats at scales from 1e-6 to 1e6; depth from a single leaf to the end; trees with and without weights;
    scalers before some."""
    rng = np.random.default_rng(seed)
    kind = str(rng.choice(["exact", "exact", "boosted", "rounded"]))
    feature = str(rng.choice(["uint8", "int16"] if kind == "rounded" else list(RANGES)))
    x, y = _data(rng, feature, most_classes={"exact": 30, "boosted": 6, "rounded": 8}[kind])
    weight = rng.random(len(x)) if rng.random() < 0.3 else None
    classifier = _classifier(rng, kind, len(np.unique(y)))
    scaler = rng.choice(
        np.array([None, StandardScaler(), StandardScaler(with_mean=False), MinMaxScaler((-1, 1))], dtype=object)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if scaler is not None:
            estimator = make_pipeline(scaler, classifier).fit(x, y)
        elif isinstance(classifier, MLPClassifier):
            estimator = classifier.fit(x, y)
        else:
            estimator = classifier.fit(x, y, weight)
    tried = x[rng.integers(0, len(x), 300)]
    mixed = rng.random(tried.shape) < 0.4
    tried[mixed] = x[rng.integers(0, len(x), 300)][mixed]
    return Problem(kind=kind, estimator=estimator, feature_type=feature, rows=tried)


def _data(rng: np.random.Generator, feature: str, most_classes: int) -> tuple[NDArray[Any], NDArray[Any]]:
    low, high = RANGES[feature]
    span = int(rng.choice([1, 2, 5, 40, high - low]))
    start = int(rng.integers(low, high - span + 1))
    count, width = int(rng.integers(6, 150)), int(rng.integers(1, 65))
    x = rng.integers(start, start + span + 1, (count, width)).astype(float)
    if rng.random() < 0.3:
        x = start + (x - start) // 2 * 2  # gaps of two: thresholds are whole numbers
    x[:, rng.random(width) < rng.choice([0, 0.2, 1], p=[0.5, 0.45, 0.05])] = start
    if rng.random() < 0.3:
        x = x[rng.integers(0, count, count)]
    if feature == "float32":
        x = (
            ((x if rng.random() < 0.7 else rng.normal(0, 1, x.shape)) * rng.choice([1.0, 1e-6, 1e6]))
            .astype(np.float32)
            .astype(float)
        )
    classes = int(rng.integers(2, min(most_classes, count) + 1))
    y = rng.integers(0, classes, count)
    y[:2] = (0, 1)
    return x, y


def _classifier(rng: np.random.Generator, kind: str, classes: int) -> Any:
    depth = [1, 3, 6, None][rng.integers(4)]
    trees = int(rng.integers(1, 13))
    if kind == "exact":
        return [
            DecisionTreeClassifier(max_depth=depth, random_state=0),
            RandomForestClassifier(trees, max_depth=depth, random_state=0),
            ExtraTreesClassifier(trees, max_depth=depth, random_state=0),
        ][rng.integers(3)]
    if kind == "boosted":
        loss = "exponential" if classes == 2 and rng.random() < 0.5 else "log_loss"
        return [
            GradientBoostingClassifier(n_estimators=trees, max_depth=depth or 4, loss=loss, random_state=0),
            HistGradientBoostingClassifier(max_iter=trees, min_samples_leaf=3, random_state=0),
        ][rng.integers(2)]
    return [
        LogisticRegression(),
        GaussianNB(),
        MLPClassifier((int(rng.integers(1, 20)),), max_iter=20, random_state=0),
    ][rng.integers(3)]


def try_seed(seed: int) -> list[Tried]:
    """The model of a seed in its forms."""
    problem = random_problem(seed)
    return [_try(problem, seed, mode, confidence) for mode, confidence in FORMS[problem.kind]]


def _try(problem: Problem, seed: int, mode: str, confidence: bool) -> Tried:
    estimator = problem.estimator
    name = type(estimator[-1] if hasattr(estimator, "steps") else estimator).__name__
    tried = Tried(
        seed=seed,
        kind=problem.kind,
        model=name,
        feature_type=problem.feature_type,
        mode=mode,
        confidence=confidence,
    )
    try:
        ported = port(
            estimator,
            name="model",
            feature_type=problem.feature_type,
            mode=mode,
            confidence=confidence,
            rows=problem.rows if problem.kind == "rounded" else None,
        )
        rows = np.concatenate([ported.feature.rows(problem.rows, problem.rows.shape[1]), ported.golden.rows])
        classes, confidences = classify_sanitized(ported, rows)
    except PortError as error:
        refused = any(reason in str(error) for reason in REFUSED)
        return tried if refused else replace(tried, failed=str(error)[:500])
    said, per_cent = answers(estimator, ported.feature.natural(rows))
    different = classes != said
    if problem.kind == "boosted":
        best = np.sort(estimator.predict_proba(rows.astype(np.float64)), axis=1)[:, -2:]
        different &= best[:, 1] - best[:, 0] > CLOSE
    points = float(np.abs(confidences - np.rint(per_cent)).max()) if confidence else 0.0
    return replace(tried, rows=len(rows), wrong=int(different.sum()), points=points)


def report(tried: Sequence[Tried]) -> dict[str, Any]:
    """By kind of model: forms, rows, rows with another class, the most points that a confidence was off; and what went
    wrong where nothing should have."""
    kinds = {}
    for kind in ("exact", "boosted", "rounded"):
        mine = [t for t in tried if t.kind == kind]
        kinds[kind] = {
            "forms": len(mine),
            "rows": sum(t.rows for t in mine),
            "wrong": sum(t.wrong for t in mine),
            "points": max((t.points for t in mine), default=0.0),
        }
    return {
        "kinds": kinds,
        "failures": [asdict(t) for t in tried if t.failed or (t.kind != "rounded" and (t.wrong or t.points > 1))],
    }


def command(
    examples: Annotated[int, typer.Option(help="How many random models.")] = 300,
    seed: Annotated[int, typer.Option(help="Of the first model; the others follow.")] = 0,
    json_file: JsonFile = None,
) -> None:
    """Port random models and compare every row with scikit-learn, under the address and undefined-behaviour
    sanitizers."""
    seeds = range(seed, seed + examples)
    with ThreadPoolExecutor(WORKERS) as pool:
        tried = [
            form
            for forms in track(pool.map(try_seed, seeds), total=examples, description="random models")
            for form in forms
        ]
    found = report(tried)
    write_json(json_file, found)
    for kind, figures in found["kinds"].items():
        typer.echo(
            f"{kind}: {figures['forms']} forms, {figures['rows']} rows, {figures['wrong']} with another class, "
            f"confidence at most {figures['points']:.0f} points off"
        )
    for failure in found["failures"]:
        typer.echo(f"FAILED {json.dumps(failure)}")
    if found["failures"]:
        raise PortError(f"{len(found['failures'])} of {len(tried)} ported models are wrong")
