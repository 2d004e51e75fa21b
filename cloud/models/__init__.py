"""Classifiers of a few hundred bytes, as scikit-learn estimators; whole numbers at inference (docs/MODELS.md)."""

from .distilled import DistilledClassifier
from .low_bit_net import IntegerNet, LowBitNetClassifier

__all__ = ["DistilledClassifier", "IntegerNet", "LowBitNetClassifier"]
