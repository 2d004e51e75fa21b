"""Trains the sentinels: data sets, students, alarm policies, evaluation, report."""
