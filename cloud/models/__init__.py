"""Classifiers of a few hundred bytes, as scikit-learn estimators; whole numbers at inference (docs/MODELS.md)."""

from .augment import Jitter, image_side
from .bonsai import BonsaiClassifier, IntegerBonsai
from .cascade import CascadeClassifier
from .compact_boosting import CompactBoostingClassifier, CompactEnsemble
from .distilled import DistilledClassifier
from .image_conv import ImageConvClassifier, image_layers
from .integer_convolution import IntegerConvolution, IntegerStage
from .low_bit_net import IntegerNet, LowBitNetClassifier
from .separable_conv import SeparableConvClassifier

__all__ = [
    "BonsaiClassifier",
    "CascadeClassifier",
    "CompactBoostingClassifier",
    "CompactEnsemble",
    "DistilledClassifier",
    "ImageConvClassifier",
    "IntegerBonsai",
    "IntegerConvolution",
    "IntegerNet",
    "IntegerStage",
    "Jitter",
    "LowBitNetClassifier",
    "SeparableConvClassifier",
    "image_layers",
    "image_side",
]
