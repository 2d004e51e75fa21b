"""From fitted scikit-learn estimators to what is ported."""
