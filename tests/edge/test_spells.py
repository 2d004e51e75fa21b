"""Runs of true flags, against a walk over the flags."""

from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.spells import runs_of_true


@given(st.lists(st.booleans(), max_size=60))
def test_runs_are_those_of_a_walk(flags: list[bool]) -> None:
    walked, place = [], 0
    for value, group in groupby(flags):
        end = place + len(list(group))
        if value:
            walked.append([place, end])
        place = end
    assert runs_of_true(np.array(flags, dtype=bool)).tolist() == walked
