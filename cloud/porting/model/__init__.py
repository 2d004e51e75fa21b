"""What is ported, free of scikit-learn and of C: trees, feature types, names, and the form that is asked for."""
