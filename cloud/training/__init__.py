"""Trains the sentinels: data sets, candidates, alarm policies, evaluation, report."""
