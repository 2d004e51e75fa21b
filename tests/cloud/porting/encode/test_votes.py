"""Weights of leaves: how far they may be trusted, and how they are rounded."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.porting.encode.votes import Ballot, cast_ballot
from cloud.porting.model.trees import Leaf

Probabilities = tuple[float, ...]


def probabilities(*rows: int) -> Probabilities:
    """Of a leaf with so many training rows of each class, as scikit-learn has them."""
    return tuple(n / sum(rows) for n in rows)


def cast(leaves: list[Probabilities], votes: str = "exact") -> Ballot:
    """The ballot of trees that are one leaf each."""
    return cast_ballot([Leaf(p) for p in leaves], len(leaves[0]), votes)


def sums(ballot: Ballot, leaves: list[Probabilities]) -> list[int]:
    """What the leaves add up to, by class."""
    return [sum(ballot.weights[p][c] for p in leaves) for c in range(len(leaves[0]))]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(4, 9), (10, 3), (11, 15)], [6142, 6143]),
        ([(6, 15), (8, 13), (5, 1)], [6143, 6142]),
        ([(42, 35), (57, 20), (17, 60), (38, 39)], [8191, 8189]),
    ],
)
def test_a_tie_that_weights_take_for_a_lead_is_in_doubt(rows: list[tuple[int, int]], expected: list[int]) -> None:
    """Both classes have half of the votes, and the rounded weights are as far apart as they can be."""
    assert sum(Fraction(a, a + b) for a, b in rows) == Fraction(len(rows), 2)
    leaves = [probabilities(*row) for row in rows]
    ballot = cast(leaves)
    assert sums(ballot, leaves) == expected
    assert ballot.doubt == abs(expected[0] - expected[1])


@given(st.lists(st.tuples(*[st.integers(0, 40)] * 3).filter(any), min_size=2, max_size=12))
def test_a_lead_beyond_doubt_is_a_lead(rows: list[tuple[int, int, int]]) -> None:
    leaves = [probabilities(*row) for row in rows]
    ballot = cast(leaves)
    if ballot.kind == "class":
        return
    votes = [sum(Fraction(row[c], sum(row)) for row in rows) for c in range(3)]
    weights = sums(ballot, leaves)
    for a in range(3):
        for b in range(3):
            if weights[a] - weights[b] > ballot.doubt:
                assert votes[a] > votes[b]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((1, 1, 1, 1), [4, 4, 4, 3]),
        ((1, 1, 0, 0), [8, 7, 0, 0]),
        ((0, 1, 1, 1), [0, 5, 5, 5]),
        ((1, 2, 0, 3), [3, 5, 0, 7]),
    ],
)
def test_of_equal_remainders_the_first_is_rounded_up(rows: tuple[int, ...], expected: list[int]) -> None:
    """Small votes of four classes: weights of 15 in all; scikit-learn takes the first of equal classes too."""
    leaf = probabilities(*rows)
    assert list(cast([leaf, probabilities(3, 1, 1, 0)], "small").weights[leaf]) == expected
