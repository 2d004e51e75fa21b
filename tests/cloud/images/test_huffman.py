"""Codes are the shortest there are, and no code begins another."""

import heapq
import itertools
from collections import Counter
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from cloud.images.huffman import LONGEST, Code, code_lengths, entropy_bits, shortest_code

COUNTS = st.dictionaries(st.integers(0, 255), st.integers(1, 5000), min_size=2, max_size=40)


def _huffman_cost(counts: dict[int, int]) -> int:
    """Bits of all symbols in Huffman's code of any length: the sum of all that is joined."""
    heap, cost = list(counts.values()), 0
    heapq.heapify(heap)
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        cost += joined
        heapq.heappush(heap, joined)
    return cost


@given(COUNTS)
def test_lengths_are_huffmans_where_these_are_short_enough(counts: dict[int, int]) -> None:
    free, limited = code_lengths(counts, longest=len(counts)), code_lengths(counts)
    best = _huffman_cost(counts)
    cost = sum(counts[symbol] * length for symbol, length in limited.items())
    assert sum(counts[symbol] * length for symbol, length in free.items()) == best
    assert max(limited.values()) <= LONGEST
    assert cost == best if max(free.values()) <= LONGEST else cost >= best
    for lengths in (free, limited):
        assert sum(Fraction(1, 1 << length) for length in lengths.values()) == 1


@given(COUNTS)
def test_no_code_begins_another(counts: dict[int, int]) -> None:
    words = sorted(Code(base=0, low_bits=0, lengths=code_lengths(counts)).words.values())
    assert not any(after.startswith(before) for before, after in itertools.pairwise(words))


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=60))
def test_the_chosen_code_is_no_longer_than_plain_numbers(numbers: list[int]) -> None:
    code = shortest_code(numbers)
    width = (max(numbers) - min(numbers)).bit_length()
    plain = 24 + len(numbers) * width
    if width <= 15:
        assert 8 * len(code.table) + code.bits(Counter(numbers)) <= plain
    symbols = [n - code.base >> code.low_bits for n in numbers]
    assert max(symbols) <= 255
    assert entropy_bits(symbols) <= sum(code.lengths.get(s, 0) for s in symbols) + 1e-9
