"""Classifiers of cloud.models, which decide by whole numbers themselves: their C is exact."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..models import (
    BonsaiClassifier,
    CompactBoostingClassifier,
    DistilledClassifier,
    ImageConvClassifier,
    SeparableConvClassifier,
)
from .emit.bonsai import bonsai_body
from .emit.compact_boosting import compact_boosting_body
from .emit.image_conv import image_conv_body
from .emit.low_bit_net import low_bit_net_body
from .emit.separable_conv import separable_conv_body
from .errors import PortError
from .model.features import FeatureType
from .model.form import Form
from .model.names import Names
from .model.stream import Stream
from .read.scaling import Scaling

Draw = Callable[[Form], str]


def student_of(estimator: Any) -> Any:
    """The student of a fitted DistilledClassifier, which is what is ported; any other estimator itself."""
    return getattr(estimator, "student_", estimator) if isinstance(estimator, DistilledClassifier) else estimator


def read_whole(
    classifier: Any, scaling: Scaling, names: Names, feature: FeatureType
) -> tuple[list[NDArray[Any]], Draw]:
    """What decides, and what draws the C.

    Raises:
        PortError: a scaler before a classifier that scales its features itself.
    """
    if isinstance(classifier, CompactBoostingClassifier):
        if not np.array_equal(scaling.axes().sources, np.arange(len(names.features))):
            raise PortError("CompactBoostingClassifier behind a ColumnTransformer cannot be ported: select before")
        ensemble = classifier.ensemble_
        floor = scaling.floor(feature, single=False)
        draw = partial(compact_boosting_body, ensemble, floor, classifier.score_shift, names, feature)
        return [*vars(ensemble).values(), *scaling.arrays()], draw
    if not scaling.plain:
        raise PortError(f"{type(classifier).__name__} scales its features itself: train it without a scaler")
    scale = classifier.inputs_
    if isinstance(classifier, SeparableConvClassifier):
        draw = partial(separable_conv_body, classifier.net_, scale, stream_of(classifier), names, feature)
        return [*classifier.net_.arrays(), *map(np.asarray, (scale.low, scale.shift, scale.top))], draw
    if isinstance(classifier, ImageConvClassifier):
        draw = partial(image_conv_body, classifier.net_, scale, classifier.width_, names, feature)
        return [*classifier.net_.arrays(), *map(np.asarray, (scale.low, scale.shift, scale.top))], draw
    numbers, draw = (
        (vars(classifier.tree_), partial(bonsai_body, classifier.tree_, scale, names, feature))
        if isinstance(classifier, BonsaiClassifier)
        else (vars(classifier.net_), partial(low_bit_net_body, classifier.net_, scale, names, feature))
    )
    return [np.asarray(value) for value in (*numbers.values(), scale.low, scale.shift, scale.top)], draw


def stream_of(classifier: SeparableConvClassifier) -> Stream:
    """How a window comes to the C."""
    return Stream(channels=classifier.channels, samples=classifier.window_)
