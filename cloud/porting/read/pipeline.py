"""Reads what comes before the classifier in a pipeline: scalers, imputers, selectors, column transformers and PCA."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_selection import RFE, SelectorMixin
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from ..errors import PortError
from .columns import Columns, beside
from .scaling import Floats, Scaling, Seen, unseen

STEPS = (
    StandardScaler,
    MinMaxScaler,
    MaxAbsScaler,
    RobustScaler,
    SimpleImputer,
    SelectorMixin,
    ColumnTransformer,
    PCA,
)
STEP_NAMES = ", ".join(step.__name__ for step in STEPS).replace(
    "SelectorMixin", "selectors of features (such as SelectKBest)"
)


def steps_of(estimator: Any) -> list[Any]:
    """The steps of a pipeline, those of pipelines in it and of what is frozen too, the classifier last; an estimator
    alone is the one step, and one behind a choice of features (RFE) the last of two.

    Raises:
        PortError: a step that cannot be ported, or no step at all.
    """
    *before, last = list(_flat(estimator)) or [None]
    if last is None:
        raise PortError("the pipeline has no classifier: give one with a classifier as its last step")
    if isinstance(last, RFE):
        if not hasattr(last, "estimator_"):
            raise PortError(f"{type(last).__name__} is not fitted: call fit() before port()")
        *within, decider = _flat(last.estimator_)
        before, last = [*before, last, *within], decider
    for step in before:
        _check_step(step)
    return [*before, last]


def _flat(estimator: Any) -> Iterator[Any]:
    while isinstance(estimator, FrozenEstimator):
        estimator = estimator.estimator
    if not isinstance(estimator, Pipeline):
        yield estimator
        return
    for _, step in estimator.steps:
        if not _does_nothing(step):
            yield from _flat(step)


def _does_nothing(step: Any) -> bool:
    if isinstance(step, FunctionTransformer):
        return step.func is None
    return step is None or isinstance(step, str)


def _check_step(step: Any) -> None:
    kind = next((kind for kind in STEPS if isinstance(step, kind)), None)
    if kind is None:
        raise PortError(
            f"a pipeline with {type(step).__name__} cannot be ported; before the classifier there may be {STEP_NAMES}"
        )
    if type(step).transform is not kind.transform:
        raise PortError(
            f"{type(step).__name__} has a transform() of its own, which cannot be ported: use {kind.__name__}"
        )


def read_scaling(steps: Sequence[Any], features: Sequence[str], scales: Sequence[float] = ()) -> Scaling:
    """What fitted steps do to the features, which the node hands over multiplied by `scales`, if any.

    Raises:
        PortError: a step that cannot be folded.
    """
    return _Reader(features).read(steps, scales)


class _Reader:
    """Reads steps one after the other; the first that tells of a feature's training rows is the one to believe."""

    def __init__(self, features: Sequence[str]) -> None:
        self._features = tuple(features)
        self._seen = unseen(len(features))

    def read(self, steps: Sequence[Any], scales: Sequence[float]) -> Scaling:
        columns = Columns.of(len(self._features))
        if scales:
            columns = columns.then(divide=np.asarray(scales))
        projected: tuple[Floats, Floats] | None = None
        names = list(self._features)
        for step in steps:
            if isinstance(step, PCA):
                own, start = _projection(step)
                self._tell_components(step, columns)
                projected = (own, start) if projected is None else (own @ projected[0], own @ projected[1] + start)
            elif projected is None:
                columns, names = self._columns(columns, step, names)
            else:
                projected = self._after_projection(*projected, step)
        matrix, offset = projected or (None, None)
        return Scaling(features=self._features, columns=columns, seen=self._seen, matrix=matrix, offset=offset)

    def _columns(self, columns: Columns, step: Any, names: list[str]) -> tuple[Columns, list[str]]:
        """The columns after a step that keeps each alone, and their names."""
        if isinstance(step, StandardScaler):
            if step.mean_ is not None and step.var_ is not None:
                spread = np.where((step.scale_ == 1) & (step.var_ < 0.5), 0, np.sqrt(step.var_))
                self._tell(columns.sources, mean=step.mean_, spread=spread)
            mean = step.mean_ if step.with_mean else 0
            return columns.then(subtract=mean, divide=step.scale_ if step.with_std else 1), names
        if isinstance(step, MinMaxScaler):
            self._tell(columns.sources, low=step.data_min_, high=step.data_max_)
            lowest, highest = step.feature_range if step.clip else (-np.inf, np.inf)
            return columns.then(factor=step.scale_, add=step.min_, lowest=lowest, highest=highest), names
        if isinstance(step, MaxAbsScaler):
            bound = 1 if step.clip else np.inf
            return columns.then(over=step.scale_, lowest=-bound, highest=bound), names
        if isinstance(step, RobustScaler):
            centre, scale = step.center_ if step.with_centering else 0, step.scale_ if step.with_scaling else 1
            return columns.then(add=np.negative(centre), over=scale), names
        if isinstance(step, SelectorMixin):
            kept = step.get_support(indices=True)
            return columns.take(kept), [names[i] for i in kept]
        if isinstance(step, SimpleImputer):
            return _filled(columns, step, names)
        if isinstance(step, ColumnTransformer):
            return self._beside(columns, step, names)
        raise PortError(f"{type(step).__name__} cannot be ported inside a ColumnTransformer: put it after")

    def _beside(self, columns: Columns, step: Any, names: list[str]) -> tuple[Columns, list[str]]:
        """The columns after a ColumnTransformer."""
        if step.transformer_weights:
            raise PortError("ColumnTransformer with transformer_weights cannot be ported: train without them")
        own = list(getattr(step, "feature_names_in_", names))
        parts: list[Columns] = []
        named: list[str] = []
        for _, transformer, chosen in step.transformers_:
            places = _places(chosen, own)
            if len(places) == 0 or (isinstance(transformer, str) and transformer == "drop"):
                continue
            part, words = columns.take(places), [names[i] for i in places]
            for inner in _flat(transformer):
                if _does_nothing(inner):
                    continue
                _check_step(inner)
                part, words = self._columns(part, inner, words)
            parts.append(part)
            named += words
        if not parts:
            raise PortError("the ColumnTransformer drops every feature")
        return beside(parts), named

    def _after_projection(self, matrix: Floats, offset: Floats, step: Any) -> tuple[Floats, Floats]:
        """The projection with a step after it."""
        components = [f"component {i}" for i in range(len(matrix))]
        columns, _ = _Reader(components)._columns(Columns.of(len(matrix)), step, components)
        if columns.bounded:
            raise PortError(f"{type(step).__name__}(clip=True) cannot be folded into weights: train with clip=False")
        return matrix[columns.sources] * columns.slope()[:, None], columns.apply(offset[columns.sources])

    def _tell(self, sources: NDArray[np.intp], **told: Floats) -> None:
        """Notes what a step tells of the features that none has told of."""
        parts = {key: value.copy() for key, value in vars(self._seen).items()}
        untold = np.isnan(parts["mean"][sources]) & np.isnan(parts["low"][sources])
        for key, value in told.items():
            parts[key][sources[untold]] = value[untold]
        self._seen = Seen(**parts)

    def _tell_components(self, step: Any, columns: Columns) -> None:
        """Means and spreads as a PCA knows them."""
        if not len(columns.steps):
            variance = (step.components_**2 * step.explained_variance_[:, None]).sum(axis=0) + step.noise_variance_
            self._tell(columns.sources, mean=step.mean_, spread=np.sqrt(variance))


def _projection(step: Any) -> tuple[Floats, Floats]:
    """A PCA as matrix @ x + offset."""
    matrix = np.asarray(step.components_, np.float64)
    if step.whiten:
        spread = np.sqrt(step.explained_variance_)
        matrix = matrix / np.maximum(spread, np.finfo(spread.dtype).eps)[:, None]
    return matrix, -matrix @ step.mean_


def _filled(columns: Columns, step: Any, names: list[str]) -> tuple[Columns, list[str]]:
    """The columns after a SimpleImputer, which drops those that it saw always missing."""
    if not (isinstance(step.missing_values, float) and np.isnan(step.missing_values)):
        raise PortError(f"SimpleImputer(missing_values={step.missing_values!r}) cannot be ported: mark them as NaN")
    if step.add_indicator:
        raise PortError("SimpleImputer(add_indicator=True) cannot be ported: train without it")
    values = np.asarray(step.statistics_, dtype=np.float64)
    kept = np.arange(len(values)) if step.keep_empty_features else np.flatnonzero(~np.isnan(values))
    return columns.take(kept).then(fill=values[kept]), [names[i] for i in kept]


def _places(chosen: Any, names: Sequence[str]) -> NDArray[np.intp]:
    """Columns that are given as one, a list, a slice or a mask, by number or name."""
    if isinstance(chosen, slice):
        start, stop = chosen.start, chosen.stop
        start = names.index(start) if isinstance(start, str) else start
        stop = names.index(stop) + 1 if isinstance(stop, str) else stop
        return np.arange(len(names))[start : stop : chosen.step]
    given = np.atleast_1d(np.asarray(chosen))
    if given.dtype == np.bool_:
        return np.flatnonzero(given)
    every = np.arange(len(names))
    return np.array([names.index(word) if isinstance(word, str) else every[word] for word in given.tolist()], np.intp)
